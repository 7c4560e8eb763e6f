"""Where the files are: found from the state directory, and never in a path too long."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from gateway.routing.run_directory import prepare


def test_tallies_are_found_by_worker(tmp_path: Path) -> None:
    """Every worker's counters, and nothing else."""
    places = prepare(tmp_path / "state")
    for name in ("worker-1.tally", "worker-0.tally", "slot", "plan.json"):
        (places.run / name).touch()
    assert places.tallies() == [places.tally(0), places.tally(1)]


def test_what_workers_hold_is_found_by_worker_and_process(tmp_path: Path) -> None:
    """Two processes of one worker number have a file each; tallies and the rest are not among them."""
    places = prepare(tmp_path / "state")
    for path in (
        places.counts(1, 20),
        places.counts(0, 7),
        places.counts(1, 3),
        places.tally(1),
        places.rates,
    ):
        path.touch()
    assert places.all_counts() == sorted([places.counts(0, 7), places.counts(1, 20), places.counts(1, 3)])
    assert places.tallies() == [places.tally(1)]


def test_a_socket_for_each_service_model_and_replica(tmp_path: Path) -> None:
    """Another model of the same service, and names that only differ late, have sockets of their own."""
    places = prepare(tmp_path / "state")
    keys = [
        (s, m, n) for s in ("blue", "blue" * 15, "blue" * 15 + "x") for m in ("m/v1", "m/v2") for n in (0, 1)
    ]
    assert len({places.socket(*key) for key in keys}) == len(keys)


def test_a_socket_can_be_bound_however_long_the_names_are(tmp_path: Path) -> None:
    """The kernel takes 107 bytes of path: neither a deep folder nor the longest service name is too long."""
    places = prepare(tmp_path / ("folder-" * 12) / ("folder-" * 12) / ".gateway")
    path = places.socket("s" * 63, "model_versions/v1", 63)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    assert path.is_socket()
    os.unlink(path)
