"""The shape of the request log in the status."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from gateway.control.log.models import SinkState
from gateway.control.status.models import Status
from gateway.control.status.snapshot import snapshot
from gateway.requestlog.sinks.standing import Standing

if TYPE_CHECKING:
    from tests.control.conftest import Site


def test_all_that_the_keeper_says_of_tasks_and_sinks_is_described(site: Site) -> None:
    """Nothing is told that is not in the shape."""
    sink = Standing("bus", "kafka", "down", error="no broker", down_for=61.0)
    task = {"name": "sinks", "state": "ok", "runs": 1, "failures": 0, "problem": "", "seconds": 0.1}
    site.places.keeper.write_text(json.dumps({"tasks": [{**task, "said": {"sinks": [asdict(sink)]}}]}))
    found = snapshot(site.places, 1000.0)
    log = Status.model_validate_json(json.dumps(found), extra="forbid").log
    assert log.tasks[0].name == "sinks"
    assert log.sinks == [SinkState(**asdict(sink), is_well=False, sentence=sink.sentence())]
    assert sink.sentence() in found["warnings"]
