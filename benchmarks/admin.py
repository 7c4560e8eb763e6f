"""The administrator's side of a benchmark: weights, rollback and saves, by the doors people use."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks import our_gateway
from benchmarks.process import last_line

ROUTE = "late"


class Refused(Exception):
    """The gateway did not do what it was asked."""


class Admin:
    """One keep-alive connection to the admin API."""

    def __init__(self, port: int) -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def weights(self) -> dict[str, float]:
        """Return the live weights of the route."""
        found = self._ask("GET", "weights")["weights"]
        return {str(name): float(weight) for name, weight in found.items()}

    def set_weights(self, weights: Mapping[str, float]) -> None:
        """Publish new weights; returns when the gateway has acknowledged them."""
        self._ask("PUT", "weights", {"weights": dict(weights)})

    def roll_back(self) -> int:
        """Send everything to stable; returns when the request set out, in CLOCK_MONOTONIC nanoseconds."""
        set_out = time.monotonic_ns()
        self._ask("POST", "rollback")
        return set_out

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _ask(self, method: str, what: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        body = b"" if content is None else json.dumps(content).encode()
        path = f"/api/v1/routes/{ROUTE}/{what}"
        self._wire.request(method, path, body, {"content-type": "application/json"} if body else {})
        answer = self._wire.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {text[:300]!r}")
        found: dict[str, Any] = json.loads(text) if text else {}
        return found


def command(verb: str, *rest: str, state: Path) -> str:
    """Run one verb of the gateway's command line and return what it printed; raises Refused when it fails."""
    whole = our_gateway.verb(state, verb, *rest)
    done = subprocess.run(whole, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise Refused(f"gateway {verb}: exit {done.returncode}: {complaint(done.stdout, done.stderr)}")
    return done.stdout


def complaint(printed: str, errors: str) -> str:
    """Return what a failed command said: its "error" where it was asked for JSON, else its last line."""
    if printed.startswith("{"):
        return str(json.loads(printed)["error"])
    return last_line(errors or printed)


def status(state: Path) -> dict[str, Any]:
    """Return `gateway status --json`."""
    found: dict[str, Any] = json.loads(command("status", "--json", state=state))
    return found


def workers(state: Path) -> list[int]:
    """List the pids of the gateway's workers."""
    return [int(one["pid"]) for one in status(state)["processes"] if one["role"] == "worker"]


def save(file: Path, text: str) -> None:
    """Save a file the way editors do: write a neighbour, then rename it."""
    neighbour = file.with_name(f".{file.name}.saving")
    neighbour.write_text(text)
    os.replace(neighbour, file)
