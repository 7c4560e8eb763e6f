"""Who made a change and what they did, in words: the journal keeps `api:127.0.0.1`, people read a sentence.

The one place that knows; templates use it as the filters `author` and `deed`. What the journal has stays in
the element's title, because that is what a search of the audit trail is given.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.control.access.listening import is_loopback

_IN_SENTENCE: Final = re.compile(r"\b(?:api|cli|token|user):[^\s,;()]*[^\s,;():.]")
FILE: Final = "edited in routing.yaml"
WHOLE: Final = {
    "file": FILE,
    "rollout": "the rollout, by itself",
    "socket": "admin socket, this machine",
    "unknown": "nobody known",
}
DEEDS: Final = {
    "file": FILE,
    "set-weight": "weights set",
    "rollback": "rolled back",
    "restore": "went back to an earlier state",
    "rollout": "rollout started",
    "pause": "rollout paused",
    "resume": "rollout resumed",
    "promote": "rollout promoted",
    "abort": "rollout aborted",
    "thresholds": "rollout measured what is usual",
    "let-go": "way back to the version before closed",
    "unpark": "version woken",
    "park": "version put to sleep",
    "switch": "switched to another version",
}
"""Actions of the journal; one that is missing here is shown as it is."""


def author(raw: str) -> str:
    """Return an author of the journal or the trail as people read it; what is not known stays as it is."""
    kind, _, name = raw.partition(":")
    if raw in WHOLE:
        return WHOLE[raw]
    if not name:
        return raw
    if kind == "token":
        return f"token {name}"
    if kind == "user":
        return f"user {name}"
    if kind == "cli":
        return f"{name}, command line"
    if kind == "api":
        return f"dashboard, {'this machine' if is_loopback(_host(name)) else name}"
    return raw


def spoken(sentence: str) -> str:
    """Return a sentence, with each author in it as people read them: the journal keeps some as they are."""
    return _IN_SENTENCE.sub(
        lambda found: _between_commas(author(found[0]), found.string[found.end() :]), sentence
    )


def _between_commas(name: str, rest: str) -> str:
    return f"{name}," if ", " in name and rest.startswith(" ") else name


def _host(address: str) -> str:
    """Return an address as a Host header has it, which is what tells whether it is this machine."""
    return f"[{address}]" if ":" in address else address


def deed(action: str) -> str:
    """Return what was done, as people read it."""
    return DEEDS.get(action, action)


def done_by(action: str, raw: str) -> str:
    """Return what was done and by whom; a file that was edited says both at once."""
    return FILE if (action, raw) == ("file", "file") else f"{deed(action)} by {author(raw)}"
