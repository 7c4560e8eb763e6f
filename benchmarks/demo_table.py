"""What the demo prints: a line for each version, a line for each phase. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.figures import percentile
from benchmarks.replay import AT_ONCE, CHANGING, Outcome
from benchmarks.scores import accuracy, auc

NOTHING = "–"
UNSIGNED = "(no version)"


@dataclass(frozen=True)
class Phase:
    """A stretch of the replay under one set of weights; `asked` are shares of one."""

    name: str
    asked: Mapping[str, float]


@dataclass(frozen=True)
class Content:
    """A table, in text."""

    head: Sequence[str]
    lines: Sequence[Sequence[str]]


def by_version(outcomes: Sequence[Outcome], phases: Sequence[Phase]) -> Content:
    """Say for each version how many it answered, how fast, how many failed and how often it was right."""
    head = ("version", "model", "requests", "p50 ms", "p99 ms", "errors", "right", "AUC")
    return Content(head, [_version(name, outcomes) for name in versions(outcomes, phases)])


def by_phase(outcomes: Sequence[Outcome], phases: Sequence[Phase]) -> Content:
    """Say for each phase which share every version was to get and which it got."""
    names = versions(outcomes, phases)
    lines = []
    for number, phase in enumerate(phases):
        served = Counter(one.version or UNSIGNED for one in outcomes if one.phase == number)
        shares = [f"{phase.asked.get(name, 0):.1%} → {_share(served, name)}" for name in names]
        lines.append([phase.name, f"{served.total():,}", *shares])
    return Content(("phase", "requests", *names), lines)


def versions(outcomes: Sequence[Outcome], phases: Sequence[Phase]) -> list[str]:
    """List every version that was to answer or did, in the order of the routing."""
    asked = [name for phase in phases for name in phase.asked]
    return list(dict.fromkeys([*asked, *sorted({one.version or UNSIGNED for one in outcomes})]))


def _share(served: Counter[str], name: str) -> str:
    return f"{served[name] / served.total():.1%}" if served else NOTHING


def _version(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    own = [one for one in outcomes if (one.version or UNSIGNED) == name]
    good = [one for one in own if not one.error]
    model = ", ".join(sorted({one.model for one in good})) or NOTHING
    errors = str(len(own) - len(good))
    return [name, model, f"{len(own):,}", *_latency(good), errors, *_rightness(good)]


def _latency(good: Sequence[Outcome]) -> list[str]:
    if not good:
        return [NOTHING, NOTHING]
    seconds = [one.seconds for one in good]
    return [f"{percentile(seconds, quantile) * 1e3:.1f}" for quantile in (0.5, 0.99)]


def _rightness(good: Sequence[Outcome]) -> list[str]:
    if not good:
        return [NOTHING, NOTHING]
    probabilities, truths = [one.probability for one in good], [one.was_late for one in good]
    area = auc(probabilities, truths)
    return [f"{accuracy(probabilities, truths):.1%}", NOTHING if area is None else f"{area:.3f}"]


def footnotes(outcomes: Sequence[Outcome]) -> list[str]:
    """Say what the tables leave out."""
    punctual = sum(not one.was_late for one in outcomes) / len(outcomes)
    between = sum(one.phase == CHANGING for one in outcomes)
    said = [
        "v3 (canary) was trained on January to June, these flights of March included: its scores flatter it.",
        f"Always answering “on time” would have been right {punctual:.1%} of the time.",
        f"{between:,} requests set out while a command was changing the weights; they count for no phase.",
        f"Latency is the client's: a Python client with up to {AT_ONCE} requests at once.",
    ]
    if errors := Counter(one.error for one in outcomes if one.error):
        said.append("Errors: " + ", ".join(f"{why} × {times}" for why, times in errors.most_common()))
    return said
