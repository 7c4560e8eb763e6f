"""From a user's own key to what the request log has in its place.

A person has `user-17`, the log has a keyed hash of it. The key comes in a body and is answered with its
pseudonym, so that it stands in no URL, no history and no log; nothing here repeats it in an error either.
"""

from __future__ import annotations

from pathlib import Path

from gateway.control.problems import Refusal
from gateway.routing.places import Places


def pseudonym(places: Places, key: str) -> str:
    """Return what stands for a sticky key in this log; raises Refusal where there is no log to know it."""
    from gateway.requestlog.policy import LogSettings
    from gateway.requestlog.secrets import Secrets

    if not places.log.pseudonym_key.exists():
        raise Refusal(
            404,
            "this request log has no key for pseudonyms, so it holds no user's requests yet; if it does, "
            "restore log/pseudonym.key from a backup",
        )
    return Secrets.load(places.log, LogSettings(), Path()).pseudonym(key.encode())
