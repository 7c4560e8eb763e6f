"""The parts of a recorder: put together by a wiring, following its rules, and told of once a second."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from gateway.requestlog.batch import Taken
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.recorder_parts import Wiring, made
from gateway.requestlog.recorder_report import read_report
from gateway.requestlog.rules import Rules
from tests.requestlog.logs import RULES, Bench, open_screen


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rings and a log."""
    return Bench(tmp_path)


def wiring(bench: Bench, rules: list[Rules | None]) -> Wiring:
    """Return a wiring whose rules come one after another."""
    return Wiring(
        LogPlaces(bench.folder / "log"),
        bench.rings,
        lambda: rules.pop(0) if rules else None,
        open_screen,
        bench.report,
        bench.run / "exemplars.json",
    )


def test_a_recorder_follows_the_rules_there_are(bench: Bench) -> None:
    """And the new ones once there are any."""
    wired = wiring(bench, [None, None, RULES])
    recorder, _ = made(wired)
    recorder.start(wired.report)
    writer = bench.writer()
    recorder.intake.look()
    for expected in (None, "models/v2"):
        bench.write(writer)
        recorder.turn()
        assert bench.records()[-1].get("model") == expected
    recorder.finish(1.0)


def test_a_plan_that_comes_while_frames_are_taken_holds_for_them(bench: Bench) -> None:
    """Their requests may have been answered under it, and it may let pass less than the one before."""
    rules: list[Rules | None] = [Rules()]
    recorder, _ = made(wiring(bench, rules))
    recorder.start(bench.report)
    bench.write(bench.writer())
    recorder.intake.look()
    take = recorder.intake.take

    def published_meanwhile() -> Taken:
        rules.append(RULES)
        return take()

    recorder.intake.take = published_meanwhile  # type: ignore[method-assign]
    recorder.turn()
    assert [record.get("model") for record in bench.records()] == ["models/v2"]
    recorder.finish(1.0)


def test_it_is_told_each_second(bench: Bench) -> None:
    """The report with the rate of the last seconds, and the exemplars."""
    wired = wiring(bench, [RULES])
    recorder, teller = made(wired)
    recorder.clock = bench.time.clock()
    recorder.start(wired.report)
    teller.tell(recorder)
    bench.write(bench.writer(), 10)
    recorder.intake.look()
    recorder.turn()
    bench.time.now += 2
    teller.tell(recorder)
    found = read_report(bench.report)
    assert found is not None
    assert found["records"] == 10
    assert found["records_per_second"] == 5
    assert list(json.loads((bench.run / "exemplars.json").read_bytes())) == ["flights"]
    recorder.finish(1.0)


def test_a_report_that_cannot_be_written_ends_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Memory may be full; the log goes on."""
    wired = wiring(bench, [RULES])
    recorder, teller = made(wired)
    recorder.start(wired.report)
    for path in (bench.report, wired.exemplars):
        path.unlink(missing_ok=True)
        path.mkdir()
    with caplog.at_level(logging.ERROR):
        teller.tell(recorder)
    assert caplog.text.count("cannot be written") == 2
    recorder.finish(1.0)
