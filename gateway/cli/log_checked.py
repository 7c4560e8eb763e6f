"""What `gateway log check` found, in words and as a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from gateway.cli.numbers import in_bytes
from gateway.requestlog.check import Checked
from gateway.requestlog.damage import CUT_OFF, WITHIN, remedy


def as_document(found: Checked) -> dict[str, Any]:
    """Return it for programs."""
    return {"records": found.records, **asdict(found)}


def in_words(found: Checked) -> list[str]:
    """Return it for people: a line for each day, then what is not as it should be."""
    lines = [
        f"{found.records:,} records in {in_bytes(found.size)}; {found.unsealed:,} of them in "
        f"{many(found.segments, 'segment')} not sealed yet"
    ]
    for name, day in sorted(found.days.items()):
        lines.append(
            f"  {name}  {day.records:>12,} records  {day.predictions:>12,} predictions  "
            f"{day.files:>4} files  {in_bytes(day.size):>10}"
        )
    lines += [
        f"never written: {many(count, 'record')}, {reason}" for reason, count in sorted(found.gaps.items())
    ]
    if found.waiting:
        lines.append(f"{in_bytes(found.waiting)} are waiting for sinks")
    if found.stale:
        lines.append(f"to be removed: {many(found.stale, 'file')} that others replace")
    lines += [
        f"unreadable: {many(count, 'line')} of {path}; nothing is to be done, sealing makes a gap of them"
        for path, count in found.torn.items()
    ]
    lines += [f"{path} cannot be read: {why}; {_next(path, why)}" for path, why in found.broken.items()]
    return lines if found.broken or found.unreadable else [*lines, "everything can be read"]


def _next(path: str, why: str) -> str:
    if why in (CUT_OFF, WITHIN):
        return f"all else works without it; {remedy(path)}"
    return "run this as the user that the gateway runs as"


def many(count: int, what: str) -> str:
    """Write a count with its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
