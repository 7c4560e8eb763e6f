"""Reading evidence: the same as counted by hand, however often one looked and whoever was killed when."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.monitoring.tally import TallyWriter
from gateway.rollout import read as module
from gateway.rollout.evidence import Counts, Evidence
from gateway.rollout.read import SETTLED, EvidenceReader
from gateway.rollout.starts import EPOCH, MOST
from gateway.routing import journal
from tests.rollout.ledger_site import ROLLOUT, Seen, Site, by_hand, in_short, requests

BOOT = 10.0
"""Seconds of the monotonic clock at which the requests of a test begin."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a gateway's files with a route of sticky keys."""
    with Site(tmp_path) as found:
        yield found


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Site]:
    """Return a gateway's files with a route without keys."""
    with Site(tmp_path, keyed=False) as found:
        yield found


def reader_of(site: Site, before: Evidence | None = None) -> EvidenceReader:
    """Return a new reader, as a control process has that has just begun."""
    return EvidenceReader(site.places, ROLLOUT, before)


def now(at: int) -> float:
    """Return the clock when what was seen until `at` has settled."""
    return BOOT + (at + SETTLED) / 1000


def requested(evidence: Evidence) -> list[tuple[int, int]]:
    """Return the requests of canary and stable in each span."""
    return [(span.canary.requests, span.stable.requests) for span in evidence.spans]


looks = st.lists(
    st.tuples(st.integers(0, 2999), st.sampled_from(["look", "reader", "amnesia", "worker"])), max_size=8
)


@settings(max_examples=60)
@given(found=requests(), when=looks)
def test_keys_are_counted_as_by_hand_whoever_is_killed(
    found: list[Seen], when: list[tuple[int, str]]
) -> None:
    """Readers and workers that are killed at any moment change nothing, nor do looks in between."""
    with TemporaryDirectory() as folder, Site(Path(folder)) as site:
        evidence = lived_through(site, found, when)
        assert in_short(evidence) == by_hand(found)
        assert {span.era for span in evidence.spans} == {0}


@settings(max_examples=30)
@given(found=requests(keys=False), when=looks)
def test_requests_without_keys_are_counted_whoever_is_killed(
    found: list[Seen], when: list[tuple[int, str]]
) -> None:
    """Each once, in the span of its step."""
    with TemporaryDirectory() as folder, Site(Path(folder), keyed=False) as site:
        evidence = lived_through(site, found, when)
        assert [draws for draws, _ in in_short(evidence)] == [draws for draws, _ in by_hand(found)]


def lived_through(site: Site, found: list[Seen], when: list[tuple[int, str]]) -> Evidence:
    """Write requests down while readers look and are killed; return the evidence once all has settled."""
    todo = list(found)
    reader = reader_of(site)
    kept: Evidence | None = None
    for at, what in sorted([*when, (0, "look"), (1000, "look"), (2000, "look"), (4000, "look")]):
        while todo and todo[0].at <= at:
            site.write(todo.pop(0))
        if what == "worker":
            site.restart_worker(at % 3)
        if what in ("reader", "amnesia"):
            reader = reader_of(site, kept if what == "reader" else None)
        evidence = reader.evidence(site.route(min(at // 1000, 2)), now(at))
        assert reader.problem == ""
        kept = evidence if what == "look" else kept
    return evidence


def test_a_step_that_nobody_looked_at_is_found_in_the_journal(site: Site) -> None:
    """While no control process ran, somebody went on: what was counted then has its step and its share."""
    reader = reader_of(site)
    reader.evidence(site.route(0), now(0))
    for step in (1, 2):
        site.write(Seen(step * 1000, step, 0, step, 1, 1))
    evidence = reader_of(site).evidence(site.route(2), now(3000))
    assert [(span.step, span.share) for span in evidence.spans] == [(0, 0.05), (1, 0.25), (2, 0.5)]
    assert requested(evidence) == [(0, 0), (1, 0), (1, 0)]


def test_an_interval_that_the_journal_does_not_know_is_said(site: Site) -> None:
    """Without its share its numbers mean nothing."""
    site.write(Seen(0, 20, 0, 1, 1, 1))
    reader = reader_of(site)
    for _ in range(2):
        assert requested(reader.evidence(site.route(0), now(0))) == [(0, 0)]
    site.write(Seen(0, 20, 0, 0, 1, 1))
    reader.evidence(site.route(0), now(0))
    assert f"the journal has no revision {ROLLOUT + 20} of route late" in reader.problem


def test_a_journal_that_cannot_be_read_makes_an_interval_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted as soon as the journal says what it was."""
    reader = reader_of(site)
    reader.evidence(site.route(0), now(0))
    site.write(Seen(1000, 1, 0, 1, 1, 1))

    def locked(path: Path) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "opened", locked)
        assert requested(reader.evidence(site.route(0), now(1000))) == [(0, 0)]
        assert "database is locked" in reader.problem
    assert requested(reader.evidence(site.route(0), now(1000))) == [(0, 0), (1, 0)]
    assert reader.problem == ""


def test_nothing_is_counted_before_it_has_settled(site: Site) -> None:
    """Another worker may still have something older to write down."""
    site.write(Seen(0, 0, 0, 1, 1, 0))
    reader = reader_of(site)
    assert requested(reader.evidence(site.route(0), now(-1))) == [(0, 0)]
    assert requested(reader.evidence(site.route(0), now(0))) == [(1, 0)]


def test_epochs_are_the_same_after_a_restart(plain: Site) -> None:
    """Where a span began is written down before it is used, also when spans were put together since."""
    kept = reader_of(plain)
    at = 0.0
    for index in range(MOST + 10):
        plain.write(Seen(0, 0, index % 2, 0, index % 2, 1))
        evidence = kept.evidence(plain.route(0), BOOT + at)
        again = reader_of(plain, evidence if index % 3 else None).evidence(plain.route(0), BOOT + at)
        assert again == evidence
        at += EPOCH * (1 if index < MOST else 2)
    assert 1 < len(evidence.spans) <= MOST
    assert sum(map(sum, requested(evidence))) == MOST + 10


def test_outputs_are_counted_again_where_spans_are_put_together(plain: Site) -> None:
    """A prediction stays in the span that its own has become part of."""
    reader, at = reader_of(plain), 0
    for index in range(2 * MOST):
        plain.write(Seen(0, 0, 0, 0, 0, 0))
        for _ in range(10):
            plain.writer(0).interval(ROLLOUT, False).output(0, 0, at, float(index))
        evidence = reader.evidence(plain.route(0), at / 1000 + 1)
        at += int(EPOCH * 1000 * 4)
    assert sum(sum(span.outputs[1]) for span in evidence.spans) == 20 * MOST - 200
    assert reader_of(plain).evidence(plain.route(0), at / 1000 + 1).edges == evidence.edges


def test_after_a_reboot_counting_goes_on_in_another_era(tmp_path: Path) -> None:
    """The ledgers are gone: what was shown stays, keys are forgotten, and all that is new counts."""
    with Site(tmp_path) as site:
        site.write(Seen(0, 0, 0, 1, 1, 1))
        before = reader_of(site).evidence(site.route(0), now(0))
    with Site(tmp_path / "again") as site:
        site.write(Seen(0, 0, 0, 1, 1, 1))
        evidence = reader_of(site, before).evidence(site.route(0), now(0))
    assert evidence.spans[:1] == before.spans
    assert [(span.number, span.era, span.step, span.canary.requests) for span in evidence.spans] == [
        (1, 0, 0, 1),
        (2, 1, 0, 1),
    ]
    assert len(evidence.spans[1].firsts) == 1


@pytest.mark.parametrize("is_away", [False, True])
def test_a_ledger_that_is_lost_begins_another_era(site: Site, is_away: bool) -> None:
    """Nothing that the other workers counted is counted twice, whether or not a reader saw it happen."""
    for worker in (0, 1):
        for key in (worker + 1, 0):
            site.write(Seen(0, 0, worker, key, 1, 1))
    reader = reader_of(site)
    before = reader.evidence(site.route(0), now(0))
    site.restart_worker(0)
    site.places.ledger(ROLLOUT, 0).unlink()
    if is_away:
        reader = reader_of(site, before)
    evidence = reader.evidence(site.route(0), now(1))
    assert evidence.spans[:1] == before.spans
    assert requested(evidence) == [(4, 0), (0, 0)]
    site.write(Seen(500, 0, 1, 9, 1, 1))
    site.write(Seen(500, 0, 0, 0, 1, 1))
    for found in (reader, reader_of(site)):
        evidence = found.evidence(site.route(0), now(500))
        assert requested(evidence) == [(4, 0), (2, 0)]
        assert [span.era for span in evidence.spans] == [0, 1]


def test_keys_of_a_lost_ledger_are_forgotten_at_once(site: Site) -> None:
    """A reader that saw them goes on as one that comes after it would: who draws again is a draw again."""
    site.write(Seen(0, 0, 0, 1, 1, 1))
    reader = reader_of(site)
    reader.evidence(site.route(0), now(0))
    site.restart_worker(0)
    site.places.ledger(ROLLOUT, 0).unlink()
    reader.evidence(site.route(0), now(1))
    site.write(Seen(500, 0, 0, 1, 1, 1))
    evidence = reader.evidence(site.route(0), now(500))
    assert requested(evidence) == [(1, 0), (1, 0)]
    assert reader_of(site, evidence).evidence(site.route(0), now(500)) == evidence


def test_what_cannot_be_read_at_first_is_waited_for(site: Site) -> None:
    """Begun without a file, it would be counted twice once that is back."""
    site.write(Seen(0, 0, 0, 1, 1, 1))
    before = reader_of(site).evidence(site.route(0), now(0))
    path = site.places.ledger(ROLLOUT, 0)
    good = path.read_bytes()
    path.write_bytes(b"no ledger")
    reader = reader_of(site, before)
    assert reader.evidence(site.route(0), now(0)) == before
    assert "cannot be read" in reader.problem
    path.write_bytes(good)
    assert reader.evidence(site.route(0), now(0)) == before
    assert reader.problem == ""


def test_nothing_is_counted_that_could_not_be_counted_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the begin of a span cannot be written down it waits for the next look."""

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    site.write(Seen(0, 0, 0, 1, 1, 1))
    reader = reader_of(site)
    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_file", full)
        assert reader.evidence(site.route(0), now(0)) == Evidence(ROLLOUT)
        assert "No space left on device" in reader.problem
    assert requested(reader.evidence(site.route(0), now(0))) == [(1, 0)]
    site.write(Seen(1000, 1, 0, 1, 1, 1))
    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_file", full)
        assert requested(reader.evidence(site.route(1), now(1000))) == [(1, 0)]
    assert requested(reader.evidence(site.route(1), now(1000))) == [(1, 0), (1, 0)]


def test_spans_that_cannot_be_read_begin_another_era(site: Site) -> None:
    """What was kept stays, and nothing counts twice."""
    site.write(Seen(0, 0, 0, 0, 1, 1))
    before = reader_of(site).evidence(site.route(0), now(0))
    (site.places.run / f"spans-{ROLLOUT}.json").write_bytes(b'{"past": 1}')
    reader = reader_of(site, before)
    assert requested(reader.evidence(site.route(0), now(0))) == [(1, 0), (0, 0)]
    assert "counting begins anew" in reader.problem


def test_metrics_follow_the_thresholds(site: Site) -> None:
    """Latency counts from when its thresholds are frozen; a route that has moved on changes nothing."""
    route = site.route(0)
    assert route.progress is not None
    unknown = replace(route, progress=replace(route.progress, thresholds=()))
    site.write(Seen(0, 0, 0, 1, 1, 3))
    reader = reader_of(site)
    assert reader.evidence(unknown, now(0)).spans[0].canary == Counts(1, (1,))
    assert reader.evidence(route, now(0)).spans[0].canary == Counts(1, (1, 1))
    over = replace(route, progress=replace(route.progress, state="degraded"), since=99)
    assert reader.evidence(over, now(0)).spans[0].canary == Counts(1, (1, 1))
    another = replace(route, progress=replace(route.progress, id=99, thresholds=()), since=99, sticky=None)
    assert len(reader.evidence(another, now(0)).spans[0].firsts) == 1


def test_silence_is_that_of_all_workers(site: Site) -> None:
    """Since the last beat of any; before the first beat it is the time since the machine began."""
    reader = reader_of(site)
    assert reader.silent(50.0) == 50.0
    for worker, beat in enumerate((30.0, 42.0)):
        TallyWriter(site.places.tally(worker), os.getpid()).beat(beat, 1, 0)
    site.places.tally(2).write_bytes(b"nothing")
    assert reader.silent(50.0) == pytest.approx(8.0)
    assert reader.silent(41.0) == 0.0


def test_closing_removes_what_was_written(site: Site) -> None:
    """Ledgers and spans of this rollout; nothing else in the folder goes."""
    site.write(Seen(0, 0, 0, 1, 1, 1))
    before = set(site.places.run.iterdir()) - set(site.places.ledgers())
    reader = reader_of(site)
    reader.evidence(site.route(0), now(0))
    reader.close()
    assert set(site.places.run.iterdir()) == before
    reader.close()


def test_reading_leaves_the_journal_as_it_is(site: Site) -> None:
    """A look is no change."""
    site.write(Seen(1000, 1, 0, 1, 1, 1))
    reader_of(site).evidence(site.route(0), now(1000))
    with journal.opened(site.places.journal) as connection:
        assert [entry.revision for entry in journal.latest(connection, 9)] == [7, 6, 5]
