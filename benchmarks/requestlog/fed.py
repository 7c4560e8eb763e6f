"""The same high rate without a proxy: frames put into a ring as workers do, for recorder and keeper alone."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contenders import ROOT
from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.requestlog.asking import ANSWER
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import LONG, ROUTE, SERVICE, gateway
from benchmarks.rollouts import users
from gateway.requestlog.frame import HEAD, NO_ID, NO_SPAN
from gateway.requestlog.ring import RingWriter

RINGS = (8, 9)
"""The numbers of workers that there are not."""
SIZE = 16 * 1024 * 1024
_TURN = 0.01
_TYPE = b"application/json"


def feed(paths: Sequence[Path], rate: float, seconds: float) -> int:
    """Put so many frames into rings, in turn; return how many there were."""
    dice = random.Random(1)
    bodies, answer = users.bodies(1), ANSWER.encode()
    rings = [RingWriter(path, SIZE) for path in paths]
    count, began = 0, time.monotonic()
    while (now := time.monotonic()) < began + seconds:
        while count < (now - began) * rate:
            ring = rings[count % len(rings)]
            ring.write(_frame(ring.n, dice, dice.choice(bodies), answer))
            count += 1
        time.sleep(_TURN)
    return count


def _frame(n: int, dice: random.Random, body: bytes, answer: bytes) -> bytes:
    user = b"user-%d" % dice.randrange(1_000_000)
    texts = (b"POST", users.PATH.encode(), b"late", b"v1", b"v1", user, _TYPE, _TYPE, body, answer)
    method, path, route, version, chosen, key, asked, answered, request, response = map(len, texts)
    ids = (b"%032x" % dice.getrandbits(128), NO_ID, NO_SPAN, NO_SPAN)
    size = HEAD.size + sum(map(len, texts))
    numbers = (size, 0, n, time.time_ns() // 1000, request, response, *ids, 1500, 100, 1300)
    lengths = (request, response, key, asked, answered, 1, 1, 200, path, route, version, chosen, method, 0, 1)
    return HEAD.pack(*numbers, *lengths) + b"".join(texts)


def measure(scale: Scale) -> Reached:
    """Feed one ring for so long, then seal, and count."""
    with gateway(SERVICE % 9 + ROUTE, workers=1) as site:
        site.told()
        rings = [str(site.places.ring(number)) for number in RINGS]
        cpu = {role: site.cpu(role) for role in ("recorder", "keeper")}
        command = [sys.executable, "-m", __spec__.name, f"{scale.rate:g}", f"{scale.sustain:g}", *rings]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=scale.sustain + LONG, cwd=ROOT, check=True
        )
        fed = int(done.stdout)
        site.told()
        site.sealed()
        records, dropped = site.counts()
        stored = int(site.verb("query", "SELECT count(*) FROM requests", "--format", "csv").split()[-1])
        used = {role: (site.cpu(role) - then) / 1e3 / fed for role, then in cpu.items()}
    figures = (
        Figure("a second", fed / scale.sustain, least=0.99 * scale.rate),
        Figure("dropped", sum(dropped.values()), most=0),
        Figure("not written", fed - records, most=0),
        Figure("not found by a query", fed - stored, most=0),
        *(Figure(f"the {role}'s CPU for each", cost, " µs") for role, cost in used.items()),
    )
    return Reached(fed, 0, figures)


ROWS = (
    Row(
        "fed",
        "What it bears",
        "20,000 records of predictions a second for a minute, put into memory as workers do: recorder and "
        "keeper alone",
        "0 dropped, every record found by a query",
        measure,
    ),
)


if __name__ == "__main__":
    print(feed([Path(name) for name in sys.argv[3:]], float(sys.argv[1]), float(sys.argv[2])))
