"""The command lines that the supervisor starts processes with; `__main__` takes them apart again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.routing.places import Places
    from gateway.supervision.generation import Commands

WORKER_HEAP = ("MALLOC_MMAP_THRESHOLD_=4194304", "MALLOC_TRIM_THRESHOLD_=33554432")
"""Large bodies come in pieces of up to 256 KiB. The C library would fetch the memory of each from the kernel
and return it at once, which costs a worker three times as much as the rest of its work on such bodies."""


def commands(places: Places, config: Path, copy: Path | None, told: str) -> Commands:
    """Return them; workers run the compiled `copy` where there is one, `told` is for the admin side."""
    from gateway.supervision.generation import Commands

    # -P: what lies in the folder that `gateway up` is typed in must never be imported.
    here = [sys.executable, "-P", "-m", "gateway.assemble"]
    worker = ["env", *WORKER_HEAP, *([f"PYTHONPATH={copy}"] if copy else []), *here]
    state, folder = str(places.state), config.parent
    return Commands(
        worker=lambda n, fds: [
            *worker,
            "worker",
            state,
            str(n),
            str(folder),
            *(f"{name}={fd}" for name, fd in fds.items()),
        ],
        control=lambda fd: [*here, "control", state, str(config), str(fd), told],
        replica=lambda model, path: [*here, "replica", str(folder / model), path],
        spare=lambda models: [*here, "spare", *(str(folder / model) for model in models)],
        recorder=[*worker, "recorder", state, str(folder)],
        keeper=[*here, "keeper", state, str(folder)],
    )
