"""The `metrics` of a judge: a Prometheus server, or anything else that speaks HTTP, is asked as well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway.routing import fields
from gateway.routing.judges import Metric
from gateway.routing.read_settings import Reader, choice, read_keys, seconds
from gateway.routing.read_web import web_url
from gateway.routing.report import Report, described, sequence, text
from gateway.routing.yaml_nodes import Node

MAX_METRICS = 10
TAKEN = ("errors", "latency", "outputs", "labels", "traffic", "judge")
"""Names that verdicts and pauses have for what the gateway itself looks at."""
_EXAMPLE = "{name: load, provider: http, url: https://ci.example/verdict}"
_NUMBER = r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?"
_COMPARISON = re.compile(rf"(<|<=|>|>=) ?({_NUMBER})")
_PLACE = re.compile(r"\{\{([^{}]*)\}\}")
PLACES = ("canary", "stable", "route")
_ONLY_PROMETHEUS = ("query", "pass", "fail")


def _comparison(report: Report, node: Node, what: str) -> str | None:
    """Read `< 0.01` and the like, as operator and number with one space between."""
    value = text(report, node, what, '"< 0.01"')
    found = _COMPARISON.fullmatch(value) if value is not None else None
    if found is not None:
        return f"{found[1]} {found[2]}"
    if value is not None:
        report.add(
            node,
            f"`{what}` is {described(node)}: write one of < <= > >= and a number, in quotes, as in"
            ' `"< 0.01"`',
        )
    return None


def _query(report: Report, node: Node, what: str) -> str | None:
    """Read PromQL, in which `{{canary}}`, `{{stable}}` and `{{route}}` stand for their names."""
    value = text(report, node, what, 'sum(rate(errors_total{version="{{canary}}"}[5m]))')
    unknown = [name for name in _PLACE.findall(value or "") if name not in PLACES]
    if unknown:
        known = ", ".join(f"`{{{{{name}}}}}`" for name in PLACES)
        report.add(node, f"`{{{{{unknown[0]}}}}}` in `{what}` stands for nothing; there is {known}")
    return value


_READERS: dict[str, Reader] = {
    "name": fields.name,
    "provider": choice("prometheus", "http"),
    "url": web_url,
    "query": _query,
    "pass": _comparison,
    "fail": _comparison,
    "every": seconds(),
    "timeout": seconds("ms", "s"),
}


def read_metrics(report: Report, node: Node, what: str) -> tuple[Metric, ...]:
    """Return the judges elsewhere that can be read."""
    items = sequence(report, node, what, f"[{_EXAMPLE}]") or ()
    if len(items) > MAX_METRICS:
        report.add(node, f"there are {len(items)} metrics; at most {MAX_METRICS} are possible")
        return ()
    metrics: list[Metric] = []
    for item in items:
        found = read_keys(report, item, what, _EXAMPLE, _READERS)
        metric = _metric(report, item, *found) if found else None
        if metric is None:
            continue
        if metric.name in TAKEN or metric.name in [other.name for other in metrics]:
            report.add(item, f"the name `{metric.name}` is taken; give each metric one of its own")
        metrics.append(metric)
    return tuple(metrics)


def _metric(report: Report, item: Node, values: dict[str, Any], nodes: Mapping[str, Node]) -> Metric | None:
    provider = values.get("provider")
    for key in ("name", "provider", "url", *(("query",) if provider == "prometheus" else ())):
        if key not in nodes:
            report.add(item, f"this metric has no `{key}`")
    if provider == "prometheus":
        _check_conditions(report, item, values, nodes)
    for key in _ONLY_PROMETHEUS:
        if provider == "http" and key in nodes:
            says = '`{"verdict": "pass"}`, `"fail"` or `"inconclusive"`'
            report.add(nodes[key], f"`{key}` is for `provider: prometheus`; with http the answer says {says}")
    if any(key not in values for key in ("name", "provider", "url")):
        return None
    renamed = {{"pass": "passes", "fail": "fails"}.get(key, key): value for key, value in values.items()}
    return Metric(**renamed)


def _check_conditions(report: Report, item: Node, values: dict[str, Any], nodes: Mapping[str, Node]) -> None:
    """A number needs a condition; where one is unsaid it is the opposite of the other."""
    if "pass" not in nodes and "fail" not in nodes:
        report.add(item, "this metric has neither `pass` nor `fail`; say which numbers are good enough")
    if "pass" in values and "fail" in values and _overlap(values["pass"], values["fail"]):
        report.add(
            nodes["fail"],
            f"`pass` ({values['pass']}) and `fail` ({values['fail']}) can both be true of one number; what"
            " lies between them is inconclusive, so leave a gap",
        )


def _overlap(one: str, other: str) -> bool:
    """Tell whether some number fits both comparisons."""
    (sign, bound), (other_sign, other_bound) = one.split(), other.split()
    if sign[0] == other_sign[0]:
        return True
    below, above = (bound, other_bound) if sign[0] == "<" else (other_bound, bound)
    both_closed = sign.endswith("=") and other_sign.endswith("=")
    return float(above) < float(below) or (both_closed and float(above) == float(below))
