"""What a route does about time, failing services and greedy clients: timeouts, retries, rate limit."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.routing import fields
from gateway.routing.read_settings import Reader, choice, meanings, read_keys, seconds, whole
from gateway.routing.report import Report, described, entries, mapping, shown, text
from gateway.routing.settings import Failing, RateLimit, Sticky, Timeouts
from gateway.routing.yaml_nodes import Node, Scalar

MOST_REQUESTS = 1_000_000
_RATE = re.compile(r"([0-9]{1,7}) ?/ ?(s|m|h)")
_DECIMAL_RATE = re.compile(r"([0-9]{0,7}\.[0-9]{1,9}) ?/ ?(s|m|h)")
_PER = {"s": 1.0, "m": 60.0, "h": 3600.0}
_TIMEOUTS: dict[str, Reader] = {key: seconds("ms", "s") for key in ("connect", "header", "total", "per_try")}
_FAILING: dict[str, Reader] = {"retries": whole(0, 5), "on_unavailable": choice("stable", "fail")}


def read_timeouts(report: Report, node: Node) -> Timeouts:
    """Return the time-outs of a route; what is not given, or wrong, is as usual."""
    found = read_keys(report, node, "timeouts", "{connect: 1s, header: 60s, total: 15m}", _TIMEOUTS)
    if found is None:
        return Timeouts()
    values, nodes = found
    timeouts = Timeouts(**values)
    if "per_try" in values:
        _check_per_try(report, nodes, values, timeouts)
    return timeouts


def _check_per_try(
    report: Report, nodes: Mapping[str, Node], values: Mapping[str, float], timeouts: Timeouts
) -> None:
    """A try that may take as long as everything leaves no time for another one."""
    for key, whole_time in (("header", timeouts.header), ("total", timeouts.total)):
        if timeouts.per_try >= whole_time and (key in values or key not in nodes):
            usual = "" if key in nodes else " by default"
            longest = f"`{key}` ({fields.shown_duration(whole_time)}{usual})"
            report.add(
                nodes["per_try"],
                f"`per_try` ({fields.shown_duration(timeouts.per_try)}) must be shorter than {longest},"
                " or there is no time for another try",
            )
            return


def read_failing(report: Report, given: Mapping[str, Node]) -> Failing:
    """Return what a route does when a service fails, from the values of its keys."""
    return Failing(**meanings(report, given, _FAILING))


def read_rate_limit(report: Report, node: Node) -> RateLimit | None:
    """Return the rate limit of a route, written `100/s` or as a mapping; None where it cannot be read."""
    if isinstance(node, Scalar) and node.value:
        return _short_rate(report, node)
    found = read_keys(report, node, "rate_limit", "{requests: 100, per: 1s}` or `100/s", _RATE_LIMIT)
    if found is None:
        return None
    values, nodes = found
    if "requests" not in nodes:
        report.add(node, "`rate_limit` has no `requests`; say how many, such as `requests: 100`")
    if "requests" not in values:
        return None
    return RateLimit(**{"burst": values["requests"], **values})


def _short_rate(report: Report, node: Scalar) -> RateLimit | None:
    value = text(report, node, "rate_limit", "100/s")
    if value is None:
        return None
    found = _RATE.fullmatch(value)
    if found is None:
        advice = _whole_rate(value) or "write it as `100/s`, `5000/m` or `10000/h`"
        report.add(node, f"`rate_limit` is {described(node)}: {advice}")
        return None
    requests = int(found[1])
    if 1 <= requests <= MOST_REQUESTS:
        return RateLimit(requests, _PER[found[2]], burst=requests)
    report.add(node, f"`rate_limit` is {described(node)}: it must be from 1 to {MOST_REQUESTS} requests")
    return None


def _whole_rate(value: str) -> str:
    """Return how a rate with decimals is written in whole requests, empty where it is no such rate."""
    found = _DECIMAL_RATE.fullmatch(value)
    if found is None or not float(found[1]):
        return ""
    each_hour = float(found[1]) * _PER["h"] / _PER[found[2]]
    for unit, per in _PER.items():
        requests = each_hour * per / _PER["h"]
        if 1 <= requests <= MOST_REQUESTS and abs(requests - round(requests)) < 1e-6:
            return f"requests are whole, so write `{round(requests)}/{unit}`"
    if each_hour >= 1:
        return f"requests are whole, so write `{min(round(each_hour), MOST_REQUESTS)}/h`"
    per_one = fields.shown_duration(min(round(_PER["h"] / each_hour), fields.MAX_SECONDS))
    return f"requests are whole, so write `{{requests: 1, per: {per_one}}}`"


def read_sticky(report: Report, node: Node) -> Sticky | None:
    """Return what pins a user to a version."""
    return _key(report, node, "sticky", "x-user-id", "split per request")


def _by(report: Report, node: Node, what: str) -> Sticky | None:
    return _key(report, node, what, "x-api-key", "count all requests together")


_RATE_LIMIT: dict[str, Reader] = {
    "requests": whole(1, MOST_REQUESTS),
    "per": seconds(),
    "burst": whole(1, MOST_REQUESTS),
    "by": _by,
}


def _key(report: Report, node: Node, what: str, header: str, otherwise: str) -> Sticky | None:
    """Read `{header: NAME}`, `{cookie: NAME}`, `{ip: true}` or `{client: true}`.

    `otherwise` is what leaving it out does.
    """
    found = mapping(report, node, what, f"{{header: {header}}}")
    if found is None:
        return None
    given = entries(report, found, f"`{what}`", ("header", "cookie", "ip", "client"))
    if len(found.pairs) > 1:
        report.add(found, f"`{what}` takes exactly one of `header`, `cookie`, `ip` and `client`")
        return None
    for kind, value in given.items():
        if kind in ("ip", "client"):
            return _nameless(report, value, kind, f"leave `{what}` out to {otherwise}")
        name = fields.token(report, value, kind, header if kind == "header" else "uid")
        return None if name is None else Sticky(kind, name.lower() if kind == "header" else name)
    return None


def _nameless(report: Report, node: Node, kind: str, advice: str) -> Sticky | None:
    value = text(report, node, kind, "true")
    if value == "true":
        return Sticky(kind)
    if value is not None:
        report.add(node, f"`{kind}` can only be `true`, not `{shown(value)}`; {advice}")
    return None
