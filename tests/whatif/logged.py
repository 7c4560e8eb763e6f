"""A log and a journal for what-ifs: requests that a splitter divided, and predictions of a real model."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from gateway.requestlog.places import LogPlaces
from gateway.routing import journal
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.split import Splitter
from gateway.serving.load import load_model
from gateway.serving.model_spec import ModelSpec
from gateway.whatif.inputs import number_of
from tests.requestlog.lake_log import record, segment

MODELS = Path(__file__).parents[2] / "model_versions"


def now_us() -> int:
    """Return the time in microseconds since 1970."""
    return time.time_ns() // 1000


def places_with(folder: Path, *plans: RoutingPlan) -> Places:
    """Return a state directory whose journal has these plans, each under its own revision."""
    places = Places(folder)
    folder.mkdir(exist_ok=True)
    with journal.opened(places.journal) as connection:
        for plan in plans:
            journal.append(
                connection, Revision(plan.revision, 1.0, "t", "", "file", plan, "text: 1\n", "written")
            )
    return places


def divided(
    plan: RoutingPlan, count: int, users: int = 0, seed: int = 1, **given: Any
) -> list[dict[str, Any]]:
    """Return records of requests of a plan's first route, divided as a worker would."""
    dice = random.Random(seed)
    route = plan.routes[0]
    splitter = Splitter(route)
    found = []
    for _ in range(count):
        identity = dice.getrandbits(128)
        user = dice.randrange(users) if users else 0
        index = splitter.by_key(b"user %d" % user) if users else splitter.by_draw(identity >> 64)
        name = splitter.services[index]
        found.append(
            record(
                0,
                **{
                    "id": f"{identity:032x}",
                    "ts": now_us(),
                    "path": f"{route.path}/infer",
                    "route": route.name,
                    "version": name,
                    "chosen": name,
                    "why": "sticky" if users else "weights",
                    "key": f"p_{user:024x}" if users else None,
                    "revision": plan.revision,
                    **given,
                },
            )
        )
    return found


def flights(spec: ModelSpec, count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return inputs that a model takes, drawn evenly."""
    dice = random.Random(seed)
    return [{one.name: _value(one, dice) for one in spec.inputs} for _ in range(count)]


def _value(spec: Any, dice: random.Random) -> Any:
    if spec.categories:
        return dice.choice(spec.categories)
    if spec.datatype == "INT64":
        return dice.randint(int(spec.minimum), int(spec.maximum))
    return round(dice.uniform(spec.minimum, spec.maximum), 2)


def predicted(of: str, count: int, seed: int = 1, rows: int = 1, **given: Any) -> list[dict[str, Any]]:
    """Return records of what a model of this repository answered, each request with so many rows."""
    import numpy as np

    model = load_model(MODELS / of)
    asked = flights(model.spec, count * rows, seed)
    numbers = [[number_of(one, flight[one.name]) for one in model.spec.inputs] for flight in asked]
    outputs = model.predict(np.array(numbers, dtype=np.float64))
    dice = random.Random(seed + 1000)
    found = []
    for at in range(0, len(asked), rows):
        part = asked[at : at + rows]
        found.append(
            record(
                0,
                **{
                    "id": f"{dice.getrandbits(128):032x}",
                    "ts": now_us(),
                    "version": of,
                    "chosen": of,
                    "revision": 1,
                    "service_ms": 2.0,
                    "inputs": {name: [flight[name] for flight in part] for name in part[0]},
                    "outputs": {name: values[at : at + rows].tolist() for name, values in outputs.items()},
                    **given,
                },
            )
        )
    return found


def write(places: Places, *records: Any) -> None:
    """Put records into the log's open segment."""
    segment(LogPlaces(places.state / "log"), 0, records)
