"""Weight changes and saves of routing.yaml under load: not one request may fail."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import yaml

from benchmarks.admin import Admin, save
from benchmarks.configs import routing_yaml
from benchmarks.process import wait_until
from benchmarks.scale import Scale
from benchmarks.stage import Running, Stage
from benchmarks.traffic import let_flow, traffic

_PAUSE = 0.02  # seconds between changes: long enough for traffic on each plan, short enough to be rude
_SAVE_SECONDS = 5.0


def measure(stage: Stage, gateway: Running, scale: Scale) -> dict[str, Any]:
    """Change weights and save the file under load; every request is accounted for."""
    admin = Admin(gateway.site.admin_port)
    try:
        with traffic(gateway.site.port, stage.requests, stage.cores.load) as flow:
            for number in range(scale.weight_changes):
                admin.set_weights({"blue": 100 - number % 50, "canary": number % 50})
                let_flow(_PAUSE)
            _wait_for_write_back(gateway, admin)
            seconds = [_save(gateway, admin, canary=11 + number) for number in range(scale.saves)]
            books = flow.finish()
    finally:
        admin.close()
    return {
        "weight_changes": scale.weight_changes,
        "saves": scale.saves,
        "save_live_ms": [one * 1e3 for one in seconds],
        "sent": books.sent,
        "answered": books.answered,
        "failed": books.failed,
        "failures": dict(books.failures),
    }


def _wait_for_write_back(gateway: Running, admin: Admin) -> None:
    """Wait until routing.yaml says what is live: a person saves a file that they have read."""

    def is_written() -> bool:
        (route,) = yaml.safe_load((gateway.site.folder / "routing.yaml").read_text())["routes"]
        return same_split(admin.weights(), route["weights"])

    wait_until(is_written, _SAVE_SECONDS, "the last weights are written back to routing.yaml")


def _save(gateway: Running, admin: Admin, canary: int) -> float:
    """Save other weights; returns the seconds until they are live."""
    wanted = {"blue": 100 - canary, "canary": canary}
    start = time.monotonic()
    save(gateway.site.folder / "routing.yaml", routing_yaml(gateway.site, wanted))
    wait_until(
        lambda: same_split(admin.weights(), wanted),
        _SAVE_SECONDS,
        f"routing.yaml is saved with {wanted} and live",
    )
    return time.monotonic() - start


def same_split(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Tell whether two sets of weights mean the same shares, whatever unit each is in."""
    whole, other_whole = sum(one.values()), sum(other.values())
    if not whole or not other_whole:
        return False
    names = one.keys() | other.keys()
    return all(abs(one.get(n, 0) / whole - other.get(n, 0) / other_whole) < 1e-5 for n in names)
