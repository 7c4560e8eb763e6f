"""What a pump and its target say to each other: the items sent, and how sending fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.errors import GatewayError

Record = dict[str, Any]
"""One line of the log, as `gateway.requestlog.columns` describes it."""

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Item:
    """A record to be sent: parsed, and as the line it was, without its end.

    `end` is the offset in its segment behind the line; `passed` counts the segment's records up to it.
    """

    record: Record
    line: bytes
    end: int
    passed: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """What a target took but threw away, as it said itself; it must not be sent again."""

    count: int
    said: str


class SendFailed(GatewayError):
    """A target did not take what it was sent; the text says who and why.

    `refused`: because of what was sent, so that trying again is of no use. `retry_after`: seconds that the
    target asked for, 0 where it did not. `done`: how many of the items, from the first, it has taken.
    """

    def __init__(self, text: str, *, refused: bool = False, retry_after: float = 0.0, done: int = 0) -> None:
        super().__init__(text)
        self.refused = refused
        self.retry_after = retry_after
        self.done = done


def unwritable(error: Exception) -> SendFailed:
    """Return the refusal of what cannot be put into the target's form, as if the target itself had refused:
    one record that no form can hold must not keep back all others for ever."""
    return SendFailed(f"it cannot be written in this form: {type(error).__name__}: {error}", refused=True)


class Target(Protocol):
    """Somewhere that records are sent to. Made without asking anybody; used by one thread.

    `linger`: seconds that a batch may wait to become full, `most_bytes`: how long its lines are together at
    most. Where there is a linger the position is stored after each batch, because such a target names what
    it writes by the batch.
    """

    linger: float
    most_bytes: int

    def send(self, items: Sequence[Item]) -> Rejected | None:
        """Hand over the items, and return once they are taken; raises SendFailed."""

    def close(self) -> None:
        """Let go of connections."""
