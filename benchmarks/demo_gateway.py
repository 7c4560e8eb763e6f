"""The gateway under the demo: the one that runs, or one started for the demo alone."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.admin import ROUTE, Refused, command, status
from benchmarks.contenders import ROOT
from benchmarks.our_gateway import check_runs, up
from benchmarks.process import child, wait_until

MODEL = "/v2/models/late"
_START_SECONDS = 60.0


@contextmanager
def gateway(state: Path) -> Iterator[tuple[str, Path, bool]]:
    """Yield a gateway's address and state directory, and whether it was started here.

    The one that runs with that state directory has its weights put back at the end.
    """
    try:
        url = f"http://{status(state)['listen']}"
    except Refused:
        with _started() as own:
            yield f"http://{status(own)['listen']}", own, True
        return
    before = all_weights(state)
    try:
        yield url, state, False
    finally:
        _put_back(before, state)


@contextmanager
def _started() -> Iterator[Path]:
    """Run a gateway on a copy of routing.yaml: the demo's changes must not be written into the real one."""
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as name:
        folder = Path(name)
        shutil.copy(ROOT / "routing.yaml", folder)
        (folder / "model_versions").symlink_to(ROOT / "model_versions")
        state, log = folder / "state", folder / "log"
        with child(up(folder, state), log, core=None) as process:

            def is_ready() -> bool:
                check_runs(process, log)
                return all_healthy(state)

            wait_until(is_ready, _START_SECONDS, "the demo's gateway is ready")
            yield state


def _put_back(before: Mapping[str, Mapping[str, float]], state: Path) -> None:
    after = all_weights(state)
    for route, weights in before.items():
        if after.get(route) != weights:
            back = [f"{name}={weight:g}" for name, weight in weights.items()]
            command("set-weight", *back, "--route", route, state=state)


def all_weights(state: Path) -> dict[str, dict[str, float]]:
    """Ask the gateway for the live weights of every route."""
    return {
        str(route["name"]): {str(name): float(weight) for name, weight in route["weights"].items()}
        for route in status(state)["routes"]
    }


def live_weights(state: Path) -> dict[str, float]:
    """Ask for the live weights of the demo's route; raises Refused where the gateway has no such route."""
    found = all_weights(state)
    if ROUTE not in found:
        raise Refused(
            f"the gateway that runs has no route {ROUTE!r}; run it on the repository's routing.yaml"
        )
    return found[ROUTE]


def all_healthy(state: Path) -> bool:
    """Tell whether every process of the gateway runs and every model is loaded."""
    try:
        processes = status(state)["processes"]
    except Refused:
        return False  # it has only just been started
    roles = {one["role"] for one in processes}
    return {"worker", "replica"} <= roles and all(one["healthy"] for one in processes)


def get_json(url: str) -> Mapping[str, Any] | None:
    """Get a JSON object; None when nothing answers there with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: Mapping[str, Any] = json.load(answer)
            return found
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
