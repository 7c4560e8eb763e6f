"""A trace for each bucket of latency: the latest request of every octave, by route and version.

Octave n holds latencies below 2**n microseconds and not below half of that; the ends are those of the buckets
in /metrics.
"""

from __future__ import annotations

from typing import Any

from gateway.requestlog.frame import NO_ID, Frame

FIRST, LAST = 6, 31
"""Latencies below 64 µs are in the first octave, those from 2**30 µs on (18 minutes) in the last."""

Exemplar = tuple[bytes, int, int]
"""The trace, the latency in microseconds, and when it ended in microseconds since 1970."""


class Exemplars:
    """The latest request of each route, version and octave."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[tuple[bytes, bytes, int], Exemplar] = {}

    def see(self, frame: Frame, route: bytes, version: bytes) -> None:
        """Remember a request, if it has a trace."""
        if frame.trace != NO_ID and version:
            latency = frame.latency
            self._found[route, version, latency.bit_length()] = (
                frame.trace,
                latency,
                frame.ended,
            )

    def forget(self, routes: set[bytes]) -> None:
        """Forget what is of no route among these."""
        self._found = {key: found for key, found in self._found.items() if key[0] in routes}

    def document(self) -> dict[str, Any]:
        """Return {route: {version: {octave: [trace id, seconds, unix time]}}}."""
        routes: dict[str, Any] = {}
        latest = sorted(
            self._found.items(), key=lambda item: item[1][2]
        )  # first and last octave have several
        for (route, version, bits), (trace, latency, ended) in latest:
            versions = routes.setdefault(route.decode("utf-8", "replace"), {})
            octaves = versions.setdefault(version.decode("utf-8", "replace"), {})
            octaves[str(min(max(bits, FIRST), LAST))] = [trace.decode(), latency / 1e6, ended / 1e6]
        return routes
