"""The watcher: from the log to alarms, in real files and databases, and the same after any restart."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gateway.requestlog.policy import LabelPolicy
from gateway.routing.watches import AlertRule, Monitor
from gateway.watching import intake, overview, store
from gateway.watching.summary import Losses, Predictions, Truths, total
from tests.watching.watched import START, Watched, plan_of, prediction, record, watched

FIRST = START * 1_000_000
ERRORS = AlertRule("errors", "errors", ">", 0.05, hold=60.0, severity="page", least=50)


def watch(it: Watched, until: float, every: float = 10.0, *, restarted: bool = False) -> None:
    """Have it watched from the beginning of the log for so many seconds; `restarted` before each tick."""
    watcher = it.watcher()
    for number in range(int(until / every) + 1):
        it.clock += every
        watcher = it.watcher() if restarted else watcher
        assert watcher.tick(START + number * every)["problems"] == ()


def kept(it: Watched, kind: str, version: str = "v1") -> Any:
    """Return all summaries of a kind, of all bins together."""
    with store.opened(it.places.watch) as connection:
        found = store.window(connection, kind, "late", 0, 2**62)
    rows = [summary for (name, _), made in found.items() if name == version for _, summary in made]
    return total({"predictions": Predictions, "truths": Truths}[kind], rows)


def everything(it: Watched) -> list[Any]:
    """Return all that is kept of the log."""
    with store.opened(it.places.watch) as connection:
        rows = connection.execute(
            "SELECT kind, route, version, basis, start, body FROM summaries ORDER BY 1, 2, 3, 4, 5"
        )
        return [(*row[:5], json.loads(row[5])) for row in rows]


def mixed(count: int, seconds: float) -> list[dict[str, Any]]:
    """Return records of two versions with a model and one without, spread over some time."""
    dice = random.Random(3)
    found = []
    for n in range(count):
        version = dice.choice(("v1", "v1", "v2", "far"))
        model = None if version == "far" else "models/v1"
        at = START + seconds * n / count
        found.append(
            prediction(n, at, dice.randrange(4_000), dice.randrange(8) / 8, version=version, model=model)
        )
    return found


def test_errors_raise_an_alarm_and_its_end_is_told(it: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Too many 5xx answers: told once when they have lasted, and once when they have stopped for as long."""
    it.follow(plan_of((ERRORS,), Monitor(every=60, window=60)))
    bad = {"status": 500, "outcome": "server_error"}
    it.write([record(n, START + n, **(bad if 60 <= n < 240 and n % 2 else {})) for n in range(400)])
    with caplog.at_level("INFO", logger="gateway.watching"):
        watch(it, 410)
    assert [(event["state"], event["versions"]) for event in it.told] == [
        ("firing", ["v1"]),
        ("resolved", ["v1"]),
    ]
    assert [(line.levelname, line.message) for line in caplog.records] == [
        ("WARNING", f"alarm (page) on route late: {it.told[0]['why']}"),
        ("INFO", f"alarm (page) on route late: {it.told[1]['why']}"),
    ]
    [alert] = it.told[0]["alerts"]
    assert (alert["value"], alert["before"], alert["n"], alert["state"]) == (0.5, 0.0, 60, "firing")
    assert it.told[0]["event"] == "alert"
    assert it.told[0]["why"].startswith(
        "errors firing: errors, v1: 50 %, above 5 %, it was 0 % in the window before"
    )


def test_twelve_bad_inputs_are_one_message(it: Watched) -> None:
    """Missing, out of range, never seen, drift: each rule tells once, by the reference in model.yaml."""
    rules = (
        AlertRule("missing", "missing", ">", 0.05),
        AlertRule("range", "out_of_range", ">", 0.05),
        AlertRule("new", "new_categories", ">", 0.02),
        AlertRule("drift", "drift", ">", 0.25, field="distance", least=50),
        AlertRule("outputs", "output_drift", ">", 0.25, field="chance"),
    )
    it.follow(plan_of(rules, Monitor(every=60, window=60)))
    inputs = [
        {"distance": [9_000 if n % 2 else None], "carrier": ["ZZ" if n % 10 else None]} for n in range(200)
    ]
    it.write([prediction(n, START + n / 4, 0, 0.9, inputs=inputs[n]) for n in range(200)])
    watch(it, 130)
    told = {event["rule"]: event for event in it.told}
    assert set(told) == {"missing", "range", "new", "drift", "outputs"}
    assert len(it.told) == 5
    assert told["missing"]["fields"] == ["carrier", "distance"]
    assert told["drift"]["alerts"][0]["value"] > 1


def test_a_restart_at_any_point_changes_nothing(tmp_path: Path) -> None:
    """One watcher all the time, a new one for each tick, one that looks once: the same summaries."""
    found = []
    for name, every, restarted in (
        ("one", 10, False),
        ("many", 10, True),
        ("odd", 7, True),
        ("late", 500, False),
    ):
        it = watched(tmp_path / name, plan_of((), Monitor(every=60, window=600)))
        it.write(mixed(900, 400.0))
        watch(it, 1_000, every, restarted=restarted)
        found.append(everything(it))
        assert (
            kept(it, "predictions").n + kept(it, "predictions", "v2").n + kept(it, "predictions", "far").n
            == 900
        )
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.parametrize("after", range(6))
def test_a_death_in_the_midst_of_keeping_changes_nothing(
    it: Watched, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Whichever write it dies at, the next one counts what was not kept, once."""
    monkeypatch.setattr(intake, "PIECE", 100)
    it.follow(plan_of((), Monitor(every=60, window=600)))
    it.write(mixed(450, 45.0))
    calls = iter(range(100))
    real = store.set_marks

    def dying(connection: sqlite3.Connection, marks: Any) -> None:
        real(connection, marks)
        if next(calls) == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(store, "set_marks", dying)
    with pytest.raises(KeyboardInterrupt):
        it.watcher().tick(START + 100)
    monkeypatch.setattr(store, "set_marks", real)
    it.watcher().tick(START + 100)
    assert sum(kept(it, "predictions", version).n for version in ("v1", "v2", "far")) == 450


def test_late_labels_join_the_bucket_of_their_prediction(it: Watched) -> None:
    """Truth that comes hours later, said again and corrected, ends as the last word on each prediction."""
    it.follow(plan_of((), Monitor(every=60, window=600)))
    it.write([prediction(n, START + n, 1.0, 0.8) for n in range(120)])
    watch(it, 130)
    it.label(START + 7_000, dict.fromkeys(range(100), True))
    it.watcher().tick(START + 7_200)
    it.label(START + 8_000, {**dict.fromkeys(range(40), False), **dict.fromkeys(range(40, 50), True)})
    it.watcher().tick(START + 9_000)
    found = kept(it, "truths")
    assert (found.n, found.right) == (100, 60)
    assert {bin_: n for bin_, n in found.positives.items() if n} == {160: 60}
    assert {bin_: n for bin_, n in found.negatives.items() if n} == {160: 40}
    with store.opened(it.places.watch) as connection:
        [rows] = store.window(connection, "truths", "late", 0, 2**62).values()
    assert [start for start, _ in rows] == [FIRST, FIRST + 60_000_000]


def test_without_a_model_the_first_thousand_are_the_reference(it: Watched) -> None:
    """A service that runs elsewhere is compared with its own beginning, and with nothing before that."""
    rule = AlertRule("drift", "drift", ">", 0.25, least=100)
    it.follow(plan_of((rule,), Monitor(every=5, window=60)))
    far = {"version": "far", "model": None}
    usual = [prediction(n, START + n / 20, n % 100, 0.5, **far) for n in range(1_200)]
    moved = [prediction(n, START + n / 20, 1_000 + n % 100, 0.5, **far) for n in range(1_200, 6_000)]
    it.write([*usual, *moved])
    watch(it, 310)
    values = overview.monitor(it.places, it.plan, "late", "far")["values"]
    drift = next(value for value in values if (value["signal"], value["field"]) == ("drift", "distance"))
    assert drift["reference_of"] == "first"
    assert drift["value"] > 1
    assert [event["fields"] for event in it.told] == [["distance"]]


def test_records_lost_by_the_log_are_an_alarm_of_all_routes(it: Watched) -> None:
    """Nobody knows of which they were."""
    it.follow(plan_of((AlertRule("log-drops", "dropped", ">", 0.001),)))
    gap = {"worker": 0, "from": FIRST, "to": FIRST + 5_000_000, "records": 100, "reason": "ring_full"}
    it.write([record(n, START + n / 10) for n in range(100)], {"gap": gap})
    watch(it, 70)
    [event] = it.told
    assert (event["route"], event["alerts"][0]["value"]) == ("(all)", 0.5)
    with store.opened(it.places.watch) as connection:
        [rows] = store.window(connection, "losses", "", 0, 2**62).values()
    assert total(Losses, [one for _, one in rows]) == Losses(100, {"ring_full": 100})


def test_a_replay_is_looked_at_day_by_day_of_its_own_time(it: Watched) -> None:
    """Predictions that say when they belong: thirty days in one minute, the alarm in the days it was bad."""
    rule = AlertRule("missing", "missing", ">", 0.2, field="distance", least=5)
    it.follow(plan_of((rule,), Monitor(every=86_400, window=86_400, time="parameters.when")))
    day = 1_356_998_400
    records = []
    for n in range(300):
        is_bad = 100 <= n < 150 and n % 2 == 0
        when = {"parameters": {"when": day + n * 8_640}}
        records.append(prediction(n, START + n / 5, None if is_bad else 1.0, 0.5, **when))
    it.write(records)
    watch(it, 70, 1.0)
    assert [event["state"] for event in it.told] == ["firing", "resolved"]
    [alert] = it.told[1]["alerts"]
    assert alert["since"] == "2013-01-12T00:00:00Z"
    assert alert["resolved"] == "2013-01-17T00:00:00Z"


def test_decay_is_alarmed_from_labels_alone(it: Watched) -> None:
    """Sixty days as they were, then a model that is hardly better than chance."""
    rule = AlertRule("quality-decay", "decay", ">", 1.0)
    it.follow(plan_of((rule,), Monitor(every=86_400, window=604_800, time="parameters.when"), LabelPolicy()))
    dice = random.Random(11)
    day, records, truths = 1_356_998_400, [], {}
    for n in range(90 * 60):
        chance = dice.random()
        sharp = chance if n < 60 * 60 else 0.5 + 0.1 * (chance - 0.5)
        truths[n] = dice.random() < sharp
        when = {"parameters": {"when": day + n // 60 * 86_400 + n % 60}}
        records.append(prediction(n, START + n / 100, 1.0, chance, **when))
    it.write(records)
    it.label(START + 55, truths)
    watch(it, 80, 20.0)
    [event] = it.told
    assert event["rule"] == "quality-decay"
    assert "on average since 2013-0" in event["why"]
    with store.opened(it.places.watch) as connection:
        from gateway.watching.decays import verdicts

        [(_, verdict)] = verdicts(connection, 2**62)
    assert verdict.evidence >= 1
    assert verdict.since is not None
    assert 50 <= (verdict.since - day) / 86_400 <= 75


def test_one_route_that_cannot_be_counted_does_not_blind_the_others(
    it: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told of in the report."""
    from gateway.watching import summarise

    def failing(*_: object) -> None:
        raise duckdb.InvalidInputException("nonsense")

    monkeypatch.setattr(summarise, "answers", failing)
    it.write([record(n, START + n / 10) for n in range(100)])
    report = it.watcher().tick(START + 70)
    assert report["problems"] == ("records of route late could not be counted: nonsense",)
    assert report["records"] == 100


def test_nothing_is_done_before_it_is_due(it: Watched) -> None:
    """Ticks every second cost next to nothing, and a recorder that is dead is waited for."""
    it.write([record(n, START + n / 10) for n in range(100)])
    watcher = it.watcher()
    watcher.tick(START + 62)
    assert watcher.report()["last_run"] == START + 62
    for second in range(63, 122):
        it.clock += 1
        watcher.tick(START + second)
        assert watcher.report()["last_run"] == START + 62
    it.places.recorder.write_text(json.dumps({"beat": it.clock - 60, "state": "recording", "lag_ms": 0}))
    it.clock += 1
    watcher.tick(START + 122)
    assert watcher.report()["last_run"] == START + 62


def test_while_nothing_is_due_the_database_is_not_asked(it: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is again once something is due, plan or database are others, or the clock was put back."""
    it.write([record(n, START + n / 10) for n in range(100)])
    watcher = it.watcher()
    opened = []
    usual = store.opened

    def counted(path: Path) -> AbstractContextManager[sqlite3.Connection]:
        opened.append(path)
        return usual(path)

    monkeypatch.setattr(store, "opened", counted)

    def asked(moment: float) -> bool:
        before = len(opened)
        it.clock += 1
        watcher.tick(moment)
        return len(opened) > before

    assert [asked(START + second) for second in (62, 63, 64, 65)] == [True, True, False, False]
    it.follow(plan_of((ERRORS,), Monitor(every=60, window=60)))
    assert [asked(START + second) for second in (66, 67)] == [True, False]
    assert [asked(START + second) for second in (65, 66)] == [True, False]
    it.places.watch.unlink()
    assert [asked(START + second) for second in (67, 68, 69)] == [True, True, False]
    it.clock += 10
    assert asked(START + 130)
    assert watcher.report()["last_run"] == START + 130


def test_a_tick_keeps_to_its_budget(it: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is done by the next ticks, although no other bucket has begun."""
    monkeypatch.setattr(intake, "PIECE", 100)
    it.write([record(n, START + n / 10) for n in range(500)])
    watcher = it.watcher()
    watcher.monotonic = iter(range(0, 100_000, 4)).__next__
    seen = [watcher.tick(START + 100)["records"] for _ in range(12)]
    assert seen[0] < 500
    assert seen[-1] == 500


def test_a_version_that_is_gone_takes_its_alarm_with_it(it: Watched) -> None:
    """Nobody is reminded for ever of a canary that was taken back; nor of a rule that was deleted."""
    it.follow(plan_of((ERRORS,), Monitor(every=60, window=60)))
    it.write([record(n, START + n, status=500, outcome="server_error") for n in range(200)])
    watch(it, 190)
    assert [event["state"] for event in it.told] == ["firing"]
    it.follow(plan_of((), Monitor(every=60, window=60)))
    watcher = it.watcher()
    watcher.tick(START + 260)
    assert overview.alerts(it.places, START + 260, everything=True)["alerts"] == []
    assert len(it.told) == 1
