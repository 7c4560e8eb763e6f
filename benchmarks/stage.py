"""What every measurement stands on: the upstream, the proxies before it, the pool of requests, the cores."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import heads
from benchmarks.configs import Site
from benchmarks.contenders import Contender, upstream
from benchmarks.free_port import free_port
from benchmarks.process import Cores, child, last_line, pick_cores, tree, wait_until

_START_SECONDS = 60.0  # 10,000 routes take a while to read
_PROBE_SECONDS = 5.0


@dataclass(frozen=True)
class Running:
    """One proxy at work."""

    name: str
    site: Site
    process: subprocess.Popen[bytes]

    def pids(self) -> list[int]:
        """List the proxy's processes: its root and whatever that started."""
        return tree(self.process.pid)


@dataclass(frozen=True)
class Stage:
    """What all measurements share."""

    folder: Path
    cores: Cores
    requests: list[bytes]
    pool_file: Path
    upstream: Running

    def site(self, name: str) -> Site:
        """Make a folder and find ports for one more contender."""
        folder = self.folder / name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        ports = {"port": free_port(), "admin_port": free_port(), "tls_port": free_port()}
        return replace(self.upstream.site, folder=folder, **ports)


@contextmanager
def stage(seed: int = 1) -> Iterator[Stage]:
    """Start the upstream and write the pool; everything is gone when the block ends."""
    allow_many_files()
    cores = pick_cores(frozenset(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory(prefix="gateway-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        requests = heads.pool(seed)
        pool_file = heads.write_pool(requests, folder / "pool")
        answer = Site(folder / "upstream", free_port(), free_port(), free_port(), free_port())
        answer.folder.mkdir()
        answer = replace(answer, port=answer.blue)
        behind = stack.enter_context(run(upstream(), answer, cores.load, requests[0]))
        yield Stage(folder, cores, requests, pool_file, behind)


@contextmanager
def run(contender: Contender, site: Site, core: int | None, probe: bytes) -> Iterator[Running]:
    """Run one proxy until the block ends; enters once it has answered `probe`, else quotes its log."""
    command, log = contender.prepare(site), site.folder / "log"
    with child(command, log, core, contender.env(site)) as process:

        def said() -> str:
            return last_line(log.read_text(errors="replace"))

        def is_ready() -> bool:
            if process.poll() is not None:
                code = process.returncode
                raise RuntimeError(f"{contender.name} ended with {code} at its start: {said()}")
            return answers(site.port, probe)

        try:
            wait_until(is_ready, _START_SECONDS, f"{contender.name} answers a request with 200")
        except TimeoutError as slow:
            raise TimeoutError(f"{slow}; its log ends: {said()}") from slow
        yield Running(contender.name, site, process)


@contextmanager
def run_all(
    stage_: Stage, proxies: Sequence[Contender], raw: int = 0
) -> Iterator[tuple[list[Running], dict[str, str]]]:
    """Run all that can run here, side by side; the second value says why others cannot.

    `raw` is the port of the raw upstream.
    """
    running: list[Running] = []
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        for contender in proxies:
            if reason := contender.missing():
                missing[contender.name] = reason
                continue
            site, core = replace(stage_.site(contender.name), raw=raw), stage_.cores.proxy
            try:
                running.append(stack.enter_context(run(contender, site, core, stage_.requests[0])))
            except (RuntimeError, TimeoutError) as failure:
                missing[contender.name] = str(failure)
        yield running, missing


def answers(port: int, probe: bytes) -> bool:
    """Tell whether the server on `port` answers `probe` with 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), _PROBE_SECONDS) as wire:
            wire.sendall(probe)
            return wire.recv(65536).split(b"\r\n", 1)[0].split(b" ")[1:2] == [b"200"]
    except OSError:
        return False  # not listening yet, or it hung up: the caller asks again until its own deadline


def allow_many_files() -> None:
    """Raise this process's (and its children's) limit of open files to what the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
