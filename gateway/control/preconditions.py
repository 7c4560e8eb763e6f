"""If-Match and ETag: a change names the revision it was thought out on, and fails once there is another."""

from __future__ import annotations

import re

from gateway.control.problems import Refusal
from gateway.errors import StaleRevision

_TAG = re.compile(r'\s*(?:W/)?(?:"([^"]*)"|(\d+))\s*(?:,|$)')


def etag(revision: int) -> str:
    """Return a revision as the entity tag of everything that it decides."""
    return f'"{revision}"'


def if_match(header: str | None) -> frozenset[str] | None:
    """Return the tags of which one must be the latest revision; None where any will do. Raises Refusal.

    A bare number is taken for the tag that was meant: the quotes are easily lost in a shell. Weak tags
    never match a strong one, but here each is as strong as the number in it.
    """
    if header is None or header.strip() == "*":
        return None
    tags: set[str] = set()
    position = 0
    while position < len(header):
        found = _TAG.match(header, position)
        if found is None:
            raise Refusal(
                400, f'If-Match: {header} is no entity tag; send the ETag as it came: If-Match: "7"'
            )
        tags.add(found[1] if found[1] is not None else found[2])
        position = found.end()
    return frozenset(tags)


def check_latest(expected: frozenset[str] | None, revision: int) -> None:
    """Raise StaleRevision where a change was based on another revision than the latest one."""
    if expected is not None and str(revision) not in expected:
        based_on = " or ".join(sorted(expected)) or "nothing"
        raise StaleRevision(f"revision {based_on} is not the latest one; it is {revision} now")
