"""The gateway's own program, as every benchmark starts it and asks it something."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FREE = "127.0.0.1:0"
"""A free port on loopback."""


def program() -> Path:
    """Return the console script that belongs to the Python that runs the benchmark."""
    return Path(sys.executable).with_name("gateway")


def up(
    folder: Path, state: Path, *, workers: int | None = None, listen: str = FREE, admin: str = FREE
) -> list[str]:
    """Return the command that runs a gateway on the routing.yaml in a folder."""
    command = [str(program()), "up", "--config", str(folder / "routing.yaml"), "--state-dir", str(state)]
    if workers is not None:
        command += ["--workers", str(workers)]
    return [*command, "--listen", listen, "--admin", admin]


def verb(state: Path, *words: str) -> list[str]:
    """Return the command that asks the gateway of a state directory something."""
    return [str(program()), *words, "--state-dir", str(state)]


def check_runs(process: subprocess.Popen[bytes], log: Path) -> None:
    """Raise RuntimeError with the end of its log where a gateway that was started has ended."""
    if process.poll() is not None:
        end = log.read_text(errors="replace")[-800:].strip()
        raise RuntimeError(f"gateway up ended with {process.returncode}: {end}")
