"""A record that the target refuses is found without losing, doubling or reordering the others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.sinks.deliver import deliver
from gateway.requestlog.sinks.target import Item, SendFailed
from tests.requestlog.sinks.log_site import record


def items(count: int) -> list[Item]:
    """Return items with their number as `end`."""
    return [Item(record(number), b"", number, number) for number in range(count)]


@given(count=st.integers(0, 40), poison=st.sets(st.integers(0, 39)), one_by_one=st.booleans())
def test_the_good_are_taken_and_the_bad_refused(count: int, poison: set[int], one_by_one: bool) -> None:
    """In order, each once, whether the target takes a batch as a whole or one by one."""
    taken: list[int] = []
    told: list[int] = []
    refused: list[int] = []

    def send(part: Sequence[Item]) -> None:
        bad = [number for number, item in enumerate(part) if item.end in poison]
        done = bad[0] if bad and one_by_one else 0 if bad else len(part)
        taken.extend(item.end for item in part[:done])
        if bad:
            raise SendFailed("no", refused=True, done=done)

    deliver(
        items(count),
        send,
        lambda part: told.extend(item.end for item in part),
        lambda item, _: refused.append(item.end),
    )
    assert taken == told == [number for number in range(count) if number not in poison]
    assert refused == [number for number in range(count) if number in poison]


def test_a_target_that_goes_down_ends_it() -> None:
    """What was taken before need not be sent again, even the first part of a batch."""
    told: list[int] = []

    def send(part: Sequence[Item]) -> None:
        raise SendFailed("down", done=2)

    with pytest.raises(SendFailed, match="down"):
        deliver(items(5), send, lambda part: told.extend(item.end for item in part), lambda *_: None)
    assert told == [0, 1]
