"""Compiles what is on the request path with mypyc, for workers that need less CPU time per request.

Run with the Python of an environment that has requirements-compile.txt, and a C compiler:

    python deploy/compile_workers.py .venv

The copy goes to `compiled/` of the environment named; `gateway up` finds it there. The source is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gateway.supervision.compiled import PACKAGE, compiled_home, source_digest  # noqa: E402

HOT = (
    "http/answer.py",
    "http/framing.py",
    "http/h2_answer.py",
    "http/h2_translate.py",
    "http/header_lines.py",
    "http/headers.py",
    "http/host.py",
    "http/message.py",
    "http/request.py",
    "http/strict.py",
    "http/upgrade.py",
    "http/websocket.py",
    "monitoring/ledger.py",
    "monitoring/ledger_interval.py",
    "monitoring/tally.py",
    "monitoring/tally_block.py",
    "proxy/admission.py",
    "proxy/answer_reading.py",
    "proxy/answered.py",
    "proxy/answering.py",
    "proxy/arrivals.py",
    "proxy/auth.py",
    "proxy/backend.py",
    "proxy/balancer.py",
    "proxy/breaker.py",
    "proxy/budget.py",
    "proxy/cell.py",
    "proxy/client.py",
    "proxy/compiled_route.py",
    "proxy/context.py",
    "proxy/dispatch.py",
    "proxy/door.py",
    "proxy/endpoint.py",
    "proxy/evidence.py",
    "proxy/exchange.py",
    "proxy/heads.py",
    "proxy/http2.py",
    "proxy/http2_deadlines.py",
    "proxy/http2_encoder.py",
    "proxy/http2_floods.py",
    "proxy/http2_frames.py",
    "proxy/http2_sender.py",
    "proxy/http2_stream.py",
    "proxy/http2_streams.py",
    "proxy/http2_unsent.py",
    "proxy/kept_body.py",
    "proxy/ledgers.py",
    "proxy/log_entry.py",
    "proxy/log_frame.py",
    "proxy/logbook.py",
    "proxy/observe.py",
    "proxy/outbox.py",
    "proxy/outgoing.py",
    "proxy/outliers.py",
    "proxy/own_answers.py",
    "proxy/peers.py",
    "proxy/pool.py",
    "proxy/predictions.py",
    "proxy/rates.py",
    "proxy/reading.py",
    "proxy/retrying.py",
    "proxy/server.py",
    "proxy/shared_counts.py",
    "proxy/shared_memory.py",
    "proxy/standing.py",
    "proxy/table.py",
    "proxy/tracing.py",
    "proxy/tunnel.py",
    "proxy/upstream.py",
    "proxy/way.py",
    "requestlog/batch.py",
    "requestlog/content.py",
    "requestlog/exemplars.py",
    "requestlog/filter.py",
    "requestlog/frame.py",
    "requestlog/frame_fields.py",
    "requestlog/looks.py",
    "requestlog/record.py",
    "requestlog/redact.py",
    "requestlog/ring.py",
    "requestlog/ring_layout.py",
    "requestlog/ring_read.py",
    "requestlog/scribe.py",
    "requestlog/secrets.py",
    "requestlog/spots.py",
    "requestlog/tensors.py",
    "routing/match.py",
    "routing/split.py",
    "statistics/histogram.py",
)
"""What every request runs through."""


def main(arguments: list[str]) -> int:
    """Compile into the environment named by the first argument."""
    home = compiled_home(arguments[0])
    target = home / source_digest()
    if target.is_dir():
        print(f"compiled already: {target}")
        return 0
    if shutil.which(os.environ.get("CC", "cc")) is None:
        print("no C compiler found (apt-get install gcc python3-dev): workers run as plain Python")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder)
        shutil.copytree(PACKAGE, built / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
        failed = _build(built)
        if failed:
            print(f"compiling failed, so workers run as plain Python:\n{failed[-2000:]}", file=sys.stderr)
            return 1
        _install(built, home, target)
    print(f"compiled: {target}")
    return 0


def _build(folder: Path) -> str:
    """Compile in place; return what went wrong, or nothing."""
    # h2 is an extra, and not in the environment that compiles
    flags = ["--ignore-missing-imports", *(f"{PACKAGE.name}/{name}" for name in HOT)]
    setup = (
        "from mypyc.build import mypycify\nfrom setuptools import setup\n"
        f"setup(name='compiled', packages=[], ext_modules=mypycify({flags!r}, opt_level='3'))\n"
    )
    (folder / "setup.py").write_text(setup)
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def _install(built: Path, home: Path, target: Path) -> None:
    """Put the copy in its place in one step, and drop those of other sources."""
    home.mkdir(exist_ok=True)
    for old in home.iterdir():
        shutil.rmtree(old)
    making = home / f".{target.name}"
    making.mkdir()
    shutil.copytree(built / PACKAGE.name, making / PACKAGE.name)
    for shared in built.glob("*.so"):
        shutil.copy(shared, making)
    making.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
