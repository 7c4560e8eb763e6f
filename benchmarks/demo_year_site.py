"""The gateway under the replay of the year: one of its own, one model, watched by the time of flights."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.admin import status
from benchmarks.contenders import ROOT
from benchmarks.demo_gateway import all_healthy
from benchmarks.demo_year_days import CALENDAR, WINDOW
from benchmarks.demo_year_flights import Year
from benchmarks.our_gateway import check_runs, up
from benchmarks.process import child, wait_until
from gateway.routing.places import Places
from gateway.watching import store
from model_versions import flights, train

ROUTE = "late"
_START_SECONDS = 60.0
_LINES = "application/x-ndjson"
_LOOKED = f"looked at own time:{ROUTE}"


@dataclass(frozen=True, slots=True)
class Site:
    """A gateway that runs: where requests go, where its admin listens, and its state directory."""

    url: str
    admin: str
    state: Path

    def label(self, labels: Sequence[dict[str, Any]]) -> None:
        """Tell the truth about predictions; raises OSError where it is not taken."""
        body = b"".join(json.dumps(label).encode() + b"\n" for label in labels)
        request = urllib.request.Request(f"{self.admin}/api/v1/labels", body, {"content-type": _LINES})
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts there are, those that were resolved of late too."""
        found: list[dict[str, Any]] = self._get("/api/v1/alerts?all=true")["alerts"]
        return found

    def watched_up_to(self) -> float:
        """Return the moment of the last look by the time of flights (seconds since 1970); 0 before any."""
        with store.opened(Places(self.state).watch) as connection:
            return store.marks(connection).get(_LOOKED, 0) / 1e6

    def _get(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(self.admin + path, timeout=30) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


def routing(version: str) -> dict[str, Any]:
    """Return the routing.yaml of the replay.

    A strict filter leaves the calendar out of the log, and so out of what is watched. Software is not: a day
    of flights takes less than a second here.
    """
    kept = [spec.name for spec in flights.INPUTS if spec.name not in CALENDAR]
    return {
        "listen": "127.0.0.1:0",
        "admin": "127.0.0.1:0",
        "services": {version: {"model": f"model_versions/{version}"}},
        "log": {"filter": {"mode": "strict", "keep": [*kept, "late_probability", "late", "event_time"]}},
        "routes": [
            {
                "name": ROUTE,
                "path": "/v2/models/late",
                "weights": {version: 100},
                "monitor": {
                    "every": "24h",
                    "window": f"{WINDOW}d",
                    "time": "parameters.event_time",
                    "groups": ["inputs", "outputs", "quality"],
                },
            }
        ],
    }


@contextmanager
def site(version: str, control: Year | None) -> Iterator[Site]:
    """Run a gateway that serves a version; of a control year, one trained on its first months."""
    with tempfile.TemporaryDirectory(prefix="gateway-year-") as name:
        folder = Path(name)
        models = folder / "model_versions"
        if control is None:
            shutil.copytree(ROOT / "model_versions" / version, models / version)
        else:
            recipe = next(one for one in train.RECIPES if one.version == version)
            train.train(recipe, control.data, models / version)
        (folder / "routing.yaml").write_text(yaml.safe_dump(routing(version), sort_keys=False))
        state, log = folder / "state", folder / "log"
        with child(up(folder, state), log, core=None) as process:

            def is_ready() -> bool:
                check_runs(process, log)
                return all_healthy(state)

            wait_until(is_ready, _START_SECONDS, "the gateway of the year is ready")
            found = status(state)
            yield Site(f"http://{found['listen']}", f"http://{found['admin']}", state)
