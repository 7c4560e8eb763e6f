"""The table of the targets: what each figure must reach, what was measured, and the verdict. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.contenders import DIRECT, ENVOY, NGINX, OURS, STARLETTE
from benchmarks.figures import median_ratio, quiet_median
from benchmarks.latency import OTHERS
from benchmarks.protocols import KINDS

Results = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table. `measured` is what to print, `verdict` follows from the value behind it."""

    figure: str
    measured: str
    must: str
    aim: str
    verdict: str


@dataclass(frozen=True)
class Target:
    """One figure: where it comes from and what it must reach (at most); `reads` raises KeyError when its part
    was not measured, ValueError with a reason when it could not be."""

    figure: str
    reads: Callable[[Results], float]
    must: float
    aim: float | None
    unit: str = ""
    digits: int = 0

    def shown(self, value: float | None) -> str:
        """Write a bound with its unit."""
        return "" if value is None else f"{value:g}{self.unit}"


def cpu_ratio(other: str) -> Callable[[Results], float]:
    """Read our CPU time per request as a multiple of another contender's."""

    def reads(results: Results) -> float:
        cost = results["cpu"]["cpu_us"]
        for name in (OURS, other):
            if name in results["cpu"]["gave_up"]:
                raise ValueError(f"{name} broke off: {results['cpu']['gave_up'][name]}")
            if name not in cost:
                raise ValueError(results["missing"].get(name, f"{name} was not run"))
        return median_ratio(cost[OURS], cost[other])

    return reads


def protocol_ratio(part: str, kind: str) -> Callable[[Results], float]:
    """Read our CPU time for one kind of load as a multiple of nginx's."""

    def reads(results: Results) -> float:
        found = results[part][kind]
        for name in (OURS, NGINX):
            if name in found["gave_up"]:
                raise ValueError(f"{name}: {found['gave_up'][name]}")
        return median_ratio(found["cpu_us"][OURS], found["cpu_us"][NGINX])

    return reads


def checks(way: str) -> Callable[[Results], float]:
    """Read what the checks of one request cost, in microseconds; only those of the compiled copy count."""

    def reads(results: Results) -> float:
        found = results["validation"]
        if not found["compiled"]:
            raise ValueError("nothing is compiled: `make compile`")
        return float(median(one - other for one, other in zip(found[way], found["bare"], strict=True)))

    return reads


def added(results: Results, name: str, quantile: str) -> float:
    """Read the latency a contender adds to going direct, in microseconds, from the medians of the rounds."""
    latency = results["latency"]
    if name in latency["gave_up"]:
        raise ValueError(f"{name} cannot keep up: {latency['gave_up'][name]}")
    if name not in latency["rounds_us"]:
        raise ValueError(results["missing"].get(name, f"{name} was not run"))
    own, direct = (quiet_median(latency["rounds_us"][who], OTHERS, quantile) for who in (name, DIRECT))
    return own - direct


def latency_ratio(quantile: str) -> Callable[[Results], float]:
    """Read our added latency as a multiple of nginx's."""

    def reads(results: Results) -> float:
        theirs = added(results, NGINX, quantile)
        if theirs <= 0:
            raise ValueError("nginx was not slower than no proxy at all: the machine was too noisy")
        return added(results, OURS, quantile) / theirs

    return reads


def _list(part: str, name: str, how: Callable[[list[float]], float]) -> Callable[[Results], float]:
    return lambda results: float(how(results[part][name]))


def _one(part: str, name: str) -> Callable[[Results], float]:
    return lambda results: float(results[part][name])


def _routes(results: Results) -> float:
    cost = results["routes"]["cpu_us"]
    return median_ratio(cost["many"], cost["one"])


_CPU = "CPU time per proxied request, one worker, ratio to nginx"
_LATENCY = "added latency {} at half of nginx's peak rate, ratio to nginx"
_ROLLBACK = "rollback under load to the last canary answer begun, {}"
TARGETS = (
    Target(_CPU, cpu_ratio(NGINX), 2.0, 1.0, digits=2),
    Target("… ratio to Envoy", cpu_ratio(ENVOY), 0.45, 0.25, digits=2),
    Target("… ratio to Starlette + httpx", cpu_ratio(STARLETTE), 0.02, 0.01, digits=4),
    Target(_LATENCY.format("p50"), latency_ratio("p50"), 3, 1, digits=2),
    Target(_LATENCY.format("p99"), latency_ratio("p99"), 3, 1, digits=2),
    *(
        Target(
            f"{kind.name}: CPU time per {kind.unit}, ratio to nginx",
            protocol_ratio(kind.part, kind.name),
            2.0,
            1.0,
            digits=2,
        )
        for kind in KINDS
    ),
    Target("strict checks of one request, CPU time", checks("known"), 2, None, " µs", 2),
    Target("… whose request line was never seen before", checks("fresh"), 2, None, " µs", 2),
    Target(_ROLLBACK.format("median"), _list("rollback", "last_canary_ms", median), 20, 2, " ms", 1),
    Target(_ROLLBACK.format("worst"), _list("rollback", "last_canary_ms", max), 20, 2, " ms", 1),
    Target(
        "`gateway rollback`, whole command, median", _list("rollback", "command_ms", median), 200, 40, " ms"
    ),
    Target("requests failed during the weight changes and saves under load", _one("changes", "failed"), 0, 0),
    Target("resident memory of a worker, idle", _one("memory", "idle_mb"), 45, None, " MB", 1),
    Target("… with all connections open", _one("memory", "crowded_mb"), 120, None, " MB", 1),
    Target("many routes: CPU time per request compared with one route", _routes, 1.2, 1.0, " ×", 3),
)


def rows(results: Results) -> list[Row]:
    """Return every target's row, in the order of the targets."""
    return [row(target, results) for target in TARGETS]


def row(target: Target, results: Results) -> Row:
    """Judge one figure."""
    must, aim = "≤ " + target.shown(target.must), target.shown(target.aim)
    try:
        value = target.reads(results)
    except KeyError as part:
        reason = results["failed"].get(part.args[0], "not part of this run")
        return Row(target.figure, "–", must, aim, f"not measured: {reason}")
    except ValueError as reason:
        return Row(target.figure, "–", must, aim, f"not measured: {reason}")
    measured = f"{value:,.{target.digits}f}{target.unit}"
    return Row(target.figure, measured, must, aim, verdict(value, target))


def verdict(value: float, target: Target) -> str:
    """Say how a value stands to its target."""
    if value > target.must:
        return "missed"
    return "aim reached" if target.aim is not None and value <= target.aim else "met"
