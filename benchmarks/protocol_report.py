"""The table of large bodies, streams, TLS and WebSockets. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.contenders import NGINX
from benchmarks.figures import median_ratio
from benchmarks.protocols import KINDS
from benchmarks.rows import Results

_HEAD = ("load", "proxy", "CPU µs per unit", "ratio to nginx", "units/s", "failed")
INTRODUCTION = """## Bodies, streams, TLS and WebSockets

TLS 1.3 with a P-256 certificate. A handshake is a whole one, no session is resumed; its figure has the one
request and the end of the connection in it. Bodies are JSON and pass as they come: nginx has
`proxy_request_buffering off`, for streams `proxy_buffering off`, and buffers of 256 KiB for bodies and 64 KiB
for answers, with which they cost it half of what they do by default. A streamed answer is ten chunks, each
sent by itself. 64 WebSockets each send 16 bytes as soon as the echo of the 16 before is there. Where the load
needs more CPU than the proxy, units/s is the load's own peak.
"""


def measured(results: Results) -> bool:
    """Tell whether there is anything to show."""
    return any(kind.part in results for kind in KINDS)


def table(results: Results) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Return, for each kind of load, the cost of each contender, and why any is missing."""
    body: list[Sequence[str]] = []
    for kind in KINDS:
        if kind.part in results:
            body += _lines(f"{kind.name}, per {kind.unit}", results[kind.part][kind.name])
    return _HEAD, body


def _lines(load: str, part: Results) -> Iterator[Sequence[str]]:
    cost, absent = part["cpu_us"], part["gave_up"]
    nginx = None if NGINX in absent else cost.get(NGINX)
    for name, rounds in cost.items():
        if name not in absent:
            ratio = f"{median_ratio(rounds, nginx):.2f}" if nginx else "–"
            rate = f"{max(part['rate'][name]):,.0f}"
            yield load, name, f"{median(rounds):,.1f}", ratio, rate, str(part["failed"][name])
    for name, reason in absent.items():
        yield load, name, "–", "–", "–", reason
