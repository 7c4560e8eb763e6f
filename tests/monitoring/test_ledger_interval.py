"""What a request adds to a ledger: a key counts once per interval and metric, whatever it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring.ledger import LedgerWriter
from gateway.monitoring.ledger_layout import BAD, CANARY, DRAW, ENTRIES, OUTPUT, STABLE
from gateway.monitoring.ledger_read import read_ledger

requests = st.lists(st.tuples(st.integers(1, 2**64 - 1) | st.integers(1, 4), st.integers(0, 7)), max_size=60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a worker's ledger is."""
    return tmp_path / "ledger-9-0"


@pytest.fixture
def writer(path: Path) -> Iterator[LedgerWriter]:
    """Return the writer of a new ledger."""
    found = LedgerWriter(path, 7)
    yield found
    found.close()


def test_requests_without_a_key_are_counted(path: Path, writer: LedgerWriter) -> None:
    """Each of them, with every metric it was bad for."""
    interval = writer.interval(5, False)
    for arm, bits in [(CANARY, 0), (CANARY, 0b1000_0101), (STABLE, 1), (CANARY, 1)]:
        interval.count(arm, bits)
    ledger = read_ledger(path)
    stable, canary = ledger.counters
    assert (stable.since, stable.arm, stable.draws, stable.bad) == (5, STABLE, 1, (1,) + (0,) * 7)
    assert (canary.since, canary.arm, canary.draws, canary.bad) == (5, CANARY, 3, (2, 0, 1, 0, 0, 0, 0, 1))
    assert (ledger.keyed, ledger.used, ledger.full) == (False, 0, False)


def test_a_key_is_drawn_once_and_bad_once_for_each_metric(path: Path, writer: LedgerWriter) -> None:
    """The draw carries the metrics of its first request; all further ones have an entry of their own."""
    interval = writer.interval(5, True)
    drawn = [
        interval.note(key, CANARY, bits, 10 * key) for key, bits in [(7, 1), (7, 1), (8, 0), (7, 6), (8, 0)]
    ]
    assert drawn == [True, False, True, False, False]
    assert [(e.key, e.kind, e.bits, e.arm, e.since, e.at) for e in read_ledger(path).entries] == [
        (7, DRAW, 1, CANARY, 5, 70),
        (8, DRAW, 0, CANARY, 5, 80),
        (7, BAD, 6, CANARY, 5, 70),
    ]


@given(requests)
def test_what_is_written_is_what_was_first(asked: list[tuple[int, int]]) -> None:
    """Whatever the order: one draw of each key, and each of its bad metrics exactly once."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger-9-0"
        writer = LedgerWriter(path, 7)
        interval = writer.interval(5, True)
        for at, (key, bits) in enumerate(asked):
            interval.note(key, key & 1, bits, at)
        writer.close()
        entries = read_ledger(path).entries
    drawn = [e.key for e in entries if e.kind == DRAW]
    assert drawn == list(dict.fromkeys(key for key, _ in asked))
    for key in drawn:
        for metric in range(3):
            written = sum(e.bits >> metric & 1 for e in entries if e.key == key)
            assert written == any(bits >> metric & 1 for asking, bits in asked if asking == key)


def test_a_key_is_drawn_again_in_the_next_interval(path: Path, writer: LedgerWriter) -> None:
    """And what began in the one before is told from that, and belongs to it."""
    before = writer.interval(5, True)
    assert before.note(7, CANARY, 0, 1)
    now = writer.interval(6, True)
    assert now.note(7, CANARY, 0, 2)
    assert not before.note(7, CANARY, 1, 3)
    assert [(e.since, e.kind) for e in read_ledger(path).entries] == [(5, DRAW), (6, DRAW), (5, BAD)]


def test_a_full_interval_follows_the_keys_it_knows(path: Path, writer: LedgerWriter) -> None:
    """It takes no new ones, says so, and leaves room for the next interval, of which it says nothing."""
    interval = writer.interval(5, True)
    assert (interval.new_until, interval.bad_until) == (ENTRIES // 2, ENTRIES * 3 // 4)
    interval.new_until, interval.bad_until = 2, 3
    assert interval.note(7, CANARY, 0, 1)
    assert interval.note(8, CANARY, 0, 1)
    assert not read_ledger(path).full
    assert not interval.note(9, CANARY, 1, 1)
    interval.output(7, CANARY, 1, 0.5)
    assert read_ledger(path).full
    assert not interval.note(7, CANARY, 1, 1)
    assert not interval.note(8, CANARY, 1, 1)
    assert [(e.key, e.kind) for e in read_ledger(path).entries] == [(7, DRAW), (8, DRAW), (7, BAD)]
    assert interval.keys == {7: 1, 8: 0}
    assert writer.interval(5, True) is interval
    assert read_ledger(path).full
    assert writer.interval(6, True).note(9, CANARY, 0, 1)
    assert not read_ledger(path).full


def test_each_interval_leaves_something_for_the_next(writer: LedgerWriter) -> None:
    """However many there are."""
    writer.used = ENTRIES // 2
    assert writer.interval(5, True).new_until == ENTRIES * 3 // 4
    writer.used = ENTRIES - 4
    assert writer.interval(6, True).room() == 2


def test_outputs_are_numbers_of_an_arm(path: Path, writer: LedgerWriter) -> None:
    """And what had none is counted."""
    interval = writer.interval(5, False)
    room = interval.room()
    interval.output(0, STABLE, 17, -2.5)
    interval.malformed()
    ledger = read_ledger(path)
    assert [tuple(e) for e in ledger.entries] == [(0, 5, STABLE, OUTPUT, 0, 17, -2.5)]
    assert (ledger.malformed, interval.room()) == (1, room - 1)
