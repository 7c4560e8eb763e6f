"""The watcher: from the log to alerts, in real files and databases."""

from __future__ import annotations

from pathlib import Path

from gateway.routing.watches import AlertRule, Monitor
from tests.watching.watched import START, plan_of, record, watched


def test_errors_raise_an_alarm_and_its_end_is_told(tmp_path: Path) -> None:
    """Too many 5xx answers: the alert fires once, and is told to be resolved when they have stopped."""
    rule = AlertRule("errors", "errors", ">", 0.05, hold=60.0, severity="page", least=50)
    it = watched(tmp_path, plan_of((rule,), Monitor(every=60, window=60)))
    bad = {"status": 500, "outcome": "server_error"}
    it.write([record(n, START + n, **(bad if 60 <= n < 240 and n % 2 else {})) for n in range(400)])
    watcher = it.watcher()
    for seconds in range(0, 410, 10):
        it.clock += 10
        watcher.tick(START + seconds)
        assert watcher.report()["problem"] == ""
    print(it.told)
    assert 0
