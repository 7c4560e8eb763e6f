"""A log to watch: records written as the recorder writes them, labels as whoever receives them, a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.requestlog.policy import LabelPolicy, LogPolicy
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.rollouts import Notify
from gateway.routing.slot import publish
from gateway.routing.watches import AlertRule, Monitor
from gateway.watching.watcher import Watcher

START = 1_780_000_020
"""Seconds since 1970 at the beginning of a minute: when the log begins."""
MODEL = """
name: late
version: v1
inputs:
- {name: distance, datatype: FP64, min: 0, max: 5000}
- {name: carrier, datatype: BYTES, categories: [AA, B6, UA]}
outputs:
- {name: chance, datatype: FP64, threshold: 0.5}
- {name: late, datatype: BOOL}
reference:
  inputs:
    distance:
      {n: 400, days: 40, clumping: 0.001, missing: 0, edges: [500, 1000, 2000], counts: [100, 100, 100, 100]}
    carrier: {n: 400, missing: 0, counts: [200, 150, 50]}
  outputs:
    chance: {n: 400, days: 40, clumping: 0, missing: 0, edges: [0.2, 0.5, 0.8], counts: [100, 100, 100, 100]}
    late: {n: 400, missing: 0, counts: [200, 200]}
libraries: {scikit-learn: 1.9.1}
artifact: {file: model.joblib, sha256: %s, bytes: 1}
""" % ("0" * 64)


def record(number: int, at: float, **given: Any) -> dict[str, Any]:
    """Return record `number`, answered at a time (seconds since 1970)."""
    made: dict[str, Any] = {
        "id": f"{number:032x}",
        "ts": round(at * 1e6),
        "method": "POST",
        "path": "/late",
        "route": "late",
        "version": "v1",
        "model": "models/v1",
        "chosen": "v1",
        "why": "weights",
        "revision": 1,
        "status": 200,
        "outcome": "ok",
        "latency_ms": 2.0,
        "queue_ms": 0.1,
        "attempts": 1,
        "worker": 0,
        "n": number,
        **given,
    }
    return {name: value for name, value in made.items() if value is not None}


def prediction(number: int, at: float, distance: Any, chance: Any, **given: Any) -> dict[str, Any]:
    """Return a record with one prediction; its carrier goes through the categories."""
    said: dict[str, Any] = {
        "inputs": {"distance": [distance], "carrier": [("AA", "B6", "AA", "UA", "B6", "AA")[number % 6]]},
        "outputs": {"chance": [chance], "late": [chance is not None and chance > 0.5]},
    }
    return record(number, at, **{**said, **given})


@dataclass(slots=True)
class Watched:
    """A gateway's files in a folder, and who watches them."""

    folder: Path
    plan: RoutingPlan
    told: list[Mapping[str, Any]] = field(default_factory=list)
    clock: float = 0.0
    _segments: int = 0

    @property
    def places(self) -> Places:
        """Its files."""
        return Places(self.folder / "state")

    def watcher(self) -> Watcher:
        """Return a new one, as after a restart."""
        return Watcher(self.places, self.folder, self._tell, lambda: self.plan, self.now)

    def now(self) -> float:
        """Be the monotonic clock: it stands still but for what a test adds."""
        return self.clock

    def _tell(self, _receivers: tuple[Notify, ...], event: Mapping[str, Any]) -> None:
        self.told.append(event)

    def follow(self, plan: RoutingPlan) -> None:
        """Publish another plan."""
        self.plan = plan
        publish(self.places, plan)

    def write(self, records: list[dict[str, Any]], *lines: dict[str, Any]) -> None:
        """Write records, and other lines, as a segment of its own."""
        self._segments += 1
        folder = self.places.log.open
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{START * 1_000_000_000 + self._segments:019d}.ndjson"
        (folder / name).write_bytes(b"".join(orjson.dumps(it) + b"\n" for it in [*records, *lines]))

    def label_key(self, at: float, route: str, truths: Mapping[str, Any]) -> None:
        """Say the truth of predictions by the value of an input, received at a time."""
        folder = self.places.log.labels
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            {"row": 0, "route": route, "key": key, **_truth(value), "received": round(at * 1e6)}
            for key, value in truths.items()
        ]
        with (folder / "2026-05-28T00.ndjson").open("ab") as file:
            file.write(b"".join(orjson.dumps(it) + b"\n" for it in lines))

    def label(self, at: float, truths: Mapping[int, Any], row: int = 0) -> None:
        """Say the truth of records by their numbers, received at a time."""
        folder = self.places.log.labels
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            {"id": f"{number:032x}", "row": row, **_truth(value), "received": round(at * 1e6)}
            for number, value in truths.items()
        ]
        with (folder / "2026-05-28T00.ndjson").open("ab") as file:
            file.write(b"".join(orjson.dumps(it) + b"\n" for it in lines))


def _truth(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"label": value, "value": None}
    return {"label": str(value).lower(), "value": float(value)}


def plan_of(
    rules: tuple[AlertRule, ...] = (),
    monitor: Monitor = Monitor(),  # noqa: B008 - it is frozen
    labels: LabelPolicy = LabelPolicy(),  # noqa: B008 - it is frozen
) -> RoutingPlan:
    """Return a plan of one route, two versions with a model and one that runs elsewhere."""
    services = (
        Service("v1", model="models/v1"),
        Service("v2", model="models/v1"),
        Service("far", urls=("http://127.0.0.1:1",)),
    )
    route = Route(
        "late",
        "/late",
        "v1",
        (("v1", 60_000), ("v2", 20_000), ("far", 20_000)),
        log=LogPolicy(labels=labels),
        monitor=monitor,
    )
    return RoutingPlan(services, (route,), alerts=rules, revision=1)


def watched(folder: Path, plan: RoutingPlan) -> Watched:
    """Return a gateway with a model and a published plan."""
    made = Watched(folder, plan)
    made.places.run.mkdir(parents=True)
    (folder / "models" / "v1").mkdir(parents=True)
    (folder / "models" / "v1" / "model.yaml").write_text(MODEL)
    made.follow(plan)
    return made
