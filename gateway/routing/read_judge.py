"""The `judge` of a rollout: when a version is worse, when it is good enough, how long to wait for either."""

from __future__ import annotations

import re
from typing import Any

from gateway.routing.judges import ErrorsJudge, Judge, LabelsJudge, LatencyJudge, OutputsJudge
from gateway.routing.read_metrics import read_metrics
from gateway.routing.read_settings import Reader, choice, is_off, meanings, or_off, read_keys, seconds, whole
from gateway.routing.report import Report, described, entries, mapping, sequence, text
from gateway.routing.yaml_nodes import Node

MAX_QUANTILES = 4
MOST_REQUESTS = 100_000_000
LONGEST_DAYS = 30
HIGHEST_RATE = 50.0
_DECIMAL = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")


def number(least: float, most: float, *, above: bool = False) -> Reader:
    """Return the reader of a decimal number within limits; `above`: the least itself is too little."""

    def read(report: Report, node: Node, what: str) -> float | None:
        value = text(report, node, what, f"{least:g}")
        if value is None:
            return None
        found = float(value) if _DECIMAL.fullmatch(value) else None
        if found is not None and least + above * 1e-9 <= found <= most:
            return found
        within = f"above {least:g} and at most {most:g}" if above else f"from {least:g} to {most:g}"
        hundredth = _hundredth(value)
        meant = f"; write `{hundredth:g}`" if least + above * 1e-9 <= hundredth <= most else ""
        report.add(node, f"`{what}` must be a number {within}, not {described(node)}{meant}")
        return None

    return read


def _hundredth(value: str) -> float:
    """Return what `95`, `95%` or `p95` means as a fraction, 0 for anything that is none of these."""
    plain = value.strip("p% ")
    found = float(plain) if _DECIMAL.fullmatch(plain) else 0.0
    return found / 100 if found > 1 or plain != value else 0.0


def _rate(report: Report, node: Node, what: str) -> float | None:
    """Read a share of bad answers, always with a percent sign; 0 alone needs none."""
    value = text(report, node, what, "0.5%")
    if value is None:
        return None
    plain = value.removesuffix("%").rstrip()
    rate = float(plain) if _DECIMAL.fullmatch(plain) else None
    if rate is not None and (value.endswith("%") or not rate) and rate <= HIGHEST_RATE:
        return rate / 100
    if rate and not value.endswith("%"):
        advice = f"say the percent sign, as in `{rate:g}%`"
        if rate * 100 <= HIGHEST_RATE:
            advice = f"is it percent, then write `{rate:g}%`, or a fraction, then write `{rate * 100:g}%`?"
        report.add(node, f"`{what}` is {described(node)}: {advice}")
    else:
        within = f"from `0%` to `{HIGHEST_RATE:g}%`"
        report.add(node, f"`{what}` must be a share {within}, such as `0.5%`, not {described(node)}")
    return None


_quantile = number(0.01, 0.999)


def _quantiles(report: Report, node: Node, what: str) -> tuple[float, ...] | None:
    items = sequence(report, node, what, "[0.5, 0.95, 0.99]") or ()
    if len(items) > MAX_QUANTILES:
        report.add(node, f"there are {len(items)} quantiles; at most {MAX_QUANTILES} are possible")
        return None
    found: list[float] = []
    for item in items:
        quantile = _quantile(report, item, what)
        if quantile is None:
            return None
        if found and quantile <= found[-1]:
            report.add(item, f"`{what}` must grow, each once: {quantile:g} cannot stand behind {found[-1]:g}")
            return None
        found.append(quantile)
    return tuple(found) or None


def _output(report: Report, node: Node, what: str) -> str | None:
    return text(report, node, what, "probability")


_MARGIN = number(1, 100, above=True)
_ERRORS: dict[str, Reader] = {"margin": _MARGIN, "acceptable_rate": _rate}
_LATENCY: dict[str, Reader] = {
    "quantiles": _quantiles,
    "margin": _MARGIN,
    "ignore_below": seconds("ms", zero=True),
}
_LABELS: dict[str, Reader] = {
    "margin": _MARGIN,
    "tolerance": number(0, 1e9),
    "min_labels": whole(1, MOST_REQUESTS),
    "every": seconds(),
}
_OUTPUTS: dict[str, Reader] = {"on_change": choice("hold", "abort", "ignore"), "output": _output}


def _part(kind: type, example: str, readers: dict[str, Reader]) -> Reader:
    """Return the reader of a mapping that may be `off` instead."""

    def read(report: Report, node: Node, what: str) -> Any:
        if is_off(node):
            return None
        found = read_keys(report, node, what, f"{example}` or `off", readers)
        return kind(**found[0]) if found else None

    return or_off(read, "off")


_PARTS: dict[str, Reader] = {
    "errors": _part(ErrorsJudge, "{margin: 1.5, acceptable_rate: 0.5%}", _ERRORS),
    "latency": _part(LatencyJudge, "{quantiles: [0.5, 0.95, 0.99], margin: 1.5}", _LATENCY),
    "outputs": _part(OutputsJudge, "{on_change: hold}", _OUTPUTS),
    "labels": _part(LabelsJudge, "{margin: 1.5, min_labels: 200}", _LABELS),
}
_PLAIN: dict[str, Reader] = {
    "alpha": number(0.0001, 0.5),
    "metrics": read_metrics,
    "min_requests": whole(1, MOST_REQUESTS),
    "max_wait": seconds(days=LONGEST_DAYS),
    "then": choice("pause", "abort", "promote"),
}
JUDGE_KEYS = (*_PLAIN, *_PARTS)


def read_judge(report: Report, node: Node) -> Judge:
    """Return when a version is worse or good enough; what is not given, or wrong, is as usual."""
    found = mapping(report, node, "judge", "{alpha: 0.05, min_requests: 500}")
    if found is None:
        return Judge()
    given = entries(report, found, "`judge`", JUDGE_KEYS)
    parts = {key: reader(report, given[key], key) for key, reader in _PARTS.items() if key in given}
    return Judge(**meanings(report, given, _PLAIN), **parts)
