"""Reading `reference:` of model.yaml: histograms that fit the inputs and outputs they are of, or problems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from gateway.serving.model_spec import InputSpec, OutputSpec
from gateway.serving.problems import Problems, nearest, shown
from gateway.serving.reference import Reference, References

_KEYS = ("n", "days", "clumping", "missing", "edges", "counts")
_BOOLEAN = ("false", "true")


def read_references(
    value: object, inputs: Sequence[InputSpec], outputs: Sequence[OutputSpec], problems: Problems
) -> References:
    """Read the histograms; every scalar is a text still. A model without any has none."""
    if value is None:
        return References()
    top = problems.mapping(value, "reference")
    problems.unknown_keys(top, ("inputs", "outputs"), "reference")
    of_inputs = {spec.name: spec.categories for spec in inputs}
    of_outputs = {spec.name: _BOOLEAN if spec.datatype == "BOOL" else () for spec in outputs}
    return References(
        inputs=_group(top.get("inputs", {}), "reference.inputs", of_inputs, problems),
        outputs=_group(top.get("outputs", {}), "reference.outputs", of_outputs, problems),
    )


def _group(
    value: object, where: str, known: Mapping[str, tuple[str, ...]], problems: Problems
) -> dict[str, Reference]:
    found = {}
    for name, entry in problems.mapping(value, where).items():
        if name in known:
            found[name] = _reference(entry, f"{where}.{name}", known[name], problems)
        else:
            problems.add(f"{where}: {shown(name)} is none of {', '.join(known)}{nearest(name, known)}")
    return found


def _reference(value: object, where: str, categories: tuple[str, ...], problems: Problems) -> Reference:
    entry = problems.mapping(value, where)
    problems.unknown_keys(entry, _KEYS, where)
    edges = _numbers(entry.get("edges", []), f"{where}.edges", problems)
    counts = [
        round(count) for count in _numbers(entry.get("counts"), f"{where}.counts", problems, whole=True)
    ]
    n = _number(entry.get("n"), f"{where}.n", problems)
    missing = _number(entry.get("missing", "0"), f"{where}.missing", problems)
    if categories and "edges" in entry:
        problems.add(f"{where}: edges are for numbers; this has categories, so it needs counts alone")
    if any(high <= low for low, high in pairwise(edges)):
        problems.add(f"{where}.edges: expected each above the one before it")
    bins = len(categories) or len(edges) + 1
    if len(counts) != bins:
        what = f"{bins} categories" if categories else f"{len(edges)} edges"
        problems.add(f"{where}.counts: expected {bins} for {what}, got {len(counts)}")
    if not 0 <= missing <= 1:
        problems.add(f"{where}.missing: expected a share from 0 to 1, got {missing:g}")
    if sum(counts) > n:
        problems.add(f"{where}.n: expected the number of rows, got {n:g} for counts of {sum(counts):,}")
    days, clumping = _clumping(entry, where, n, problems)
    return Reference(tuple(counts), round(n), missing, tuple(edges), categories, days, clumping)


def _clumping(entry: Mapping[str, object], where: str, n: float, problems: Problems) -> tuple[int, float]:
    """Over how many days the rows were counted, and how alike those of one day are; 0 days: not known."""
    days = _number(entry.get("days", "0"), f"{where}.days", problems)
    clumping = _number(entry.get("clumping", "0"), f"{where}.clumping", problems)
    if days != round(days) or not 0 <= days <= n:
        problems.add(f"{where}.days: expected a whole number from 0 to the {n:g} rows, got {days:g}")
    if not 0 <= clumping <= 1:
        problems.add(f"{where}.clumping: expected a correlation from 0 to 1, got {clumping:g}")
    if clumping and not days:
        problems.add(f"{where}.clumping: needs `days`, the number of days that it was seen over")
    return round(days), clumping


def _number(value: object, where: str, problems: Problems) -> float:
    try:
        number = float(value) if isinstance(value, str) else math.nan
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return number
    problems.add(f"{where}: expected a finite number, got {shown(value)}")
    return 0.0


def _numbers(value: object, where: str, problems: Problems, *, whole: bool = False) -> list[float]:
    """The finite numbers of a list, `whole` ones not negative; an empty list where any is none of these."""
    expected = "whole numbers from 0 on" if whole else "finite numbers"
    try:
        numbers = [float(one) for one in value] if isinstance(value, list) else [math.nan]
    except (TypeError, ValueError):
        numbers = [math.nan]
    if all(math.isfinite(one) and (not whole or (one >= 0 and one == round(one))) for one in numbers):
        return numbers
    problems.add(f"{where}: expected {expected}, got {shown(value)}")
    return []
