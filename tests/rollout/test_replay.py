"""Replay: what was recorded comes out again to the last bit, and whatever does not is told."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.rollout import replay as module
from gateway.rollout.decide import decide
from gateway.rollout.decision import Situation
from gateway.rollout.evidence import Counts, Evidence, Span
from gateway.rollout.judge import judge
from gateway.rollout.ports import Decided
from gateway.rollout.record import append_decided
from gateway.rollout.replay import Difference, replay, replayed
from gateway.rollout.verdict import MetricVerdict
from gateway.routing import journal
from gateway.routing.judges import Judge
from gateway.routing.rollouts import Progress, Rollout

SPEC = Rollout()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Return a journal."""
    with journal.opened(tmp_path / "journal.db") as found:
        yield found


def made(
    canary: Counts,
    stable: Counts,
    external: tuple[MetricVerdict, ...] = (),
    situation: Situation | None = None,
) -> Decided:
    """Return what is judged and decided from these counts."""
    progress = Progress(
        5, "green", "blue", "progressing", 0, SPEC.steps, "it began", thresholds=(900, 1000, 1100)
    )
    evidence = Evidence(5, (Span(1, 0, 0, 5, 0.05, canary, stable),))
    verdict = judge(SPEC.judge, progress, evidence, external)
    found = situation or Situation(elapsed=70.0)
    decision = decide(progress, SPEC, verdict, found, evidence)
    return Decided(
        1.0, 5, "late", 9, SPEC.judge, progress, SPEC, evidence, external, found, verdict, decision
    )


GOOD = made(Counts(50, (0, 0, 0, 0)), Counts(950, (1, 0, 0, 0)))
BAD = made(Counts(500, (100, 9, 5, 1)), Counts(9500, (19, 90, 50, 10)))


def altered(connection: sqlite3.Connection, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the document of the first decision behind the record's back."""
    (body,) = connection.execute("SELECT body FROM decisions WHERE seq = 1").fetchone()
    document = json.loads(zlib.decompress(body))
    change(document)
    packed = zlib.compress(json.dumps(document).encode())
    connection.execute("UPDATE decisions SET body = ? WHERE seq = 1", (packed,))


def test_what_was_recorded_comes_out_again(connection: sqlite3.Connection) -> None:
    """Verdicts that did nothing and those that took a version back."""
    assert BAD.decision is not None
    assert BAD.decision.event == "fail"
    append_decided(connection, GOOD)
    append_decided(connection, BAD)
    assert replay(connection) == []
    assert replayed(connection) == 2


counts = st.integers(0, 400).flatmap(
    lambda requests: st.builds(
        Counts, st.just(requests), st.tuples(*[st.integers(0, requests) for _ in range(4)])
    )
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    canary=counts,
    stable=counts,
    external=st.lists(st.builds(MetricVerdict, name=st.just("m")), max_size=1).map(tuple),
    situation=st.builds(Situation),
)
def test_any_decision_comes_out_again(
    connection: sqlite3.Connection,
    canary: Counts,
    stable: Counts,
    external: tuple[MetricVerdict, ...],
    situation: Situation,
) -> None:
    """Whatever went into it, unusual floats included."""
    append_decided(connection, made(canary, stable, external, situation))
    assert replay(connection) == []


def test_a_changed_number_is_told_with_its_place(connection: sqlite3.Connection) -> None:
    """The smallest change of one float, and the decision that is another one."""
    append_decided(connection, BAD)
    worse = BAD.verdict.metrics[0].worse

    def change(document: dict[str, Any]) -> None:
        document["verdict"]["metrics"][0]["worse"] = worse * (1 + 2**-52)
        document["decision"]["event"] = "fail"
        document["decision"]["why"] = "for no reason"

    altered(connection, change)
    first, second = replay(connection)
    assert (first.rollout, first.seq, first.what, first.derived) == (
        5,
        1,
        "verdict.metrics[0].worse",
        str(worse),
    )
    assert float(first.recorded) == worse * (1 + 2**-52)
    assert (second.what, second.recorded) == ("decision.why", '"for no reason"')


@pytest.mark.parametrize("zero", [0, -0.0])
def test_numbers_that_are_merely_equal_are_told(connection: sqlite3.Connection, zero: float) -> None:
    """Bit for bit: -0.0 and the integer 0 are not what was derived."""
    found = made(Counts(), Counts(), (MetricVerdict("m", "pass", "m says so", worse=0.0),))
    append_decided(connection, found)
    altered(connection, lambda document: document["verdict"]["metrics"][-1].update(worse=zero))
    place = f"verdict.metrics[{len(found.verdict.metrics) - 1}].worse"
    assert replay(connection) == [Difference(5, 1, place, str(zero), "0.0")]


def test_changed_evidence_is_told(connection: sqlite3.Connection) -> None:
    """What a verdict was made from cannot be changed without the verdict."""
    append_decided(connection, BAD)
    altered(connection, lambda document: document["evidence"]["spans"][0]["canary"].update(bad=[0, 0, 0, 0]))
    assert replay(connection)[0].what == "verdict.outcome"


def test_a_decision_that_was_none_differs_as_a_whole(connection: sqlite3.Connection) -> None:
    """Nothing happened, they say, where a version had to be taken back."""
    append_decided(connection, BAD)
    altered(connection, lambda document: document.update(decision=None))
    connection.execute("UPDATE decisions SET event = ''")
    (found,) = replay(connection)
    assert (found.what, found.recorded) == ("decision", "null")
    assert '"event": "fail"' in found.derived


def test_a_row_that_cannot_be_read_is_a_difference(connection: sqlite3.Connection) -> None:
    """The others are still looked at."""
    append_decided(connection, GOOD)
    append_decided(connection, BAD)
    connection.execute("UPDATE decisions SET body = x'00' WHERE seq = 1")
    (found,) = replay(connection)
    assert (found.rollout, found.seq, found.what) == (5, 1, "row")
    assert "cannot be read: its body is no deflated JSON" in found.recorded


def test_what_cannot_be_derived_is_a_difference(connection: sqlite3.Connection) -> None:
    """Numbers that a judge cannot work with stop nobody from looking at the rest."""
    append_decided(connection, GOOD)
    append_decided(connection, BAD)
    altered(connection, lambda document: document["progress"].update(step=99))
    found = {difference.what: difference for difference in replay(connection)}
    assert {difference.seq for difference in found.values()} == {1}
    assert found["decision"].derived.startswith("cannot be derived: IndexError")


def test_one_rollout_alone_can_be_replayed(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A difference elsewhere is none of it."""
    append_decided(connection, GOOD)

    def another(spec: Judge, *rest: object) -> str:
        return "well"

    monkeypatch.setattr(module, "judge", another)
    monkeypatch.setattr(module, "to_document", lambda value: value if isinstance(value, str) else None)
    assert replay(connection, 5) == [Difference(5, 1, "verdict", "null", '"well"')]
    assert replay(connection, 6) == []
