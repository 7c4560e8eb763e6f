"""Checks the heads themselves: each signed, each following the one before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gateway.audit.findings import Found
from gateway.audit.heads import NO_HEAD, Head, is_signed, read_head
from gateway.audit.keys import Key


def check_heads(path: Path, key: Key, add: Callable[[Found], None]) -> list[Head]:
    """Return the heads that were signed with this key, in order; `add` is told of what is wrong.

    Raises OSError where there is a file that cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    found: list[Head] = []
    before: Head | None = NO_HEAD
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        head, wrong = _checked(line, key, before)
        if wrong:
            add(Found(0, path.name, number, wrong))
        if head is not None:
            found.append(head)
        before = head
    if content and not content.endswith(b"\n"):
        add(Found(0, path.name, content.count(b"\n") + 1, "this head is cut short: the file ends within it"))
    return sorted(found, key=lambda head: head.n)


def _checked(line: bytes, key: Key, before: Head | None) -> tuple[Head | None, str]:
    """Return a head that counts, and what is wrong; `before` None: the one before does not count."""
    try:
        head = read_head(line)
    except ValueError as error:
        return None, f"this is no head: {error}"
    if head.key != key.name:
        return (
            None,
            f"the head of entry {head.n} was signed with another key, {head.key}; this one is {key.name}",
        )
    if not is_signed(head, key):
        return None, f"the head of entry {head.n} was changed: its signature is not that of what it says"
    if before is not None and (head.prev != before.mac or head.first != before.n + 1):
        return head, f"the head of entry {head.n} does not follow the one before: heads were removed or moved"
    return head, ""
