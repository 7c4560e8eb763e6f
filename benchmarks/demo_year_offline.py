"""`python -m benchmarks.demo_year_offline FILE`: the year as the detectors see it, without a gateway.

FILE is what `benchmarks.demo_year_flights` wrote. Prints the year for v1 and v2, then controls: the days of
the year in random order, a model trained on the first 59 of them, and the same detectors. There nothing has
changed, so at most 5 % of the controls may ever show decay. Writes the tables into docs/detectors.md.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
from numpy.random import default_rng
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.contenders import ROOT
from benchmarks.demo_year_days import FIRST, Said, days_of, said
from benchmarks.demo_year_flights import Year, load
from benchmarks.demo_year_table import HEAD, months
from benchmarks.detectors.page import with_part
from benchmarks.prove.interval import exact_interval
from benchmarks.report import markdown
from gateway.statistics.decay import Decay
from model_versions import card, histograms, train

SEED = 20_132
"""Other orders of days than those on which `drift.OUTLIERS` was chosen."""
PAGE = ROOT / "docs" / "detectors.md"
BEGIN, END = "<!-- year -->", "<!-- /year -->"
_SPELL = 7


@dataclass(frozen=True, slots=True)
class Control:
    """What the detectors said in one shuffled year: the most evidence of decay, and what drifted.

    Of so many `weeks` anything drifted at the end of `drifting`; `ever` names what did so on any day.
    """

    decay: float
    weeks: int
    drifting: int
    ever: tuple[str, ...] = ()


def main() -> int:
    """Print the tables and write them; returns 1 when controls show decay more often than stated."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_year_offline", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--controls", type=int, default=100, help="shuffled years (default: %(default)s)")
    options = parser.parse_args()
    year = load(options.file)
    lines = [line for version in ("v1", "v2") for line in _section(year, version)]
    with threadpool_limits(limits=1):
        controls = [control(year, number) for number in range(options.controls)]
    lines += told(controls)
    print("\n".join(lines))
    PAGE.write_text(with_part(PAGE.read_text("utf-8"), BEGIN, END, lines), encoding="utf-8")
    return 1 if exact_interval(_alarmed(controls), len(controls))[0] > Decay().alpha else 0


def _section(year: Year, version: str) -> list[str]:
    estimator = joblib.load(ROOT / "model_versions" / version / card.ARTIFACT)
    found = served(year, estimator, reference_of(version))
    probability = estimator.predict_proba(year.data.matrix)[:, 1]
    return [f"### {version}\n", markdown((HEAD, list(months(found, year, probability))))]


def told(controls: Sequence[Control]) -> list[str]:
    """Return what the controls came to."""
    alarmed, count = _alarmed(controls), len(controls)
    low, high = exact_interval(alarmed, count)
    weeks, drifting = sum(one.weeks for one in controls), sum(one.drifting for one in controls)
    ever = sum(bool(one.ever) for one in controls)
    ever_low, ever_high = exact_interval(ever, count)
    names = Counter(name for one in controls for name in one.ever)
    which = ", ".join(f"{name} {times}" for name, times in names.most_common()) or "none"
    return [
        "### Controls\n",
        f"The days of the year in random order, {count} times; a model trained on the first {FIRST} days",
        f"serves the others. Nothing has changed, and {alarmed} of {count} ever show decay",
        f"({low:.1%} … {high:.1%}; stated: 5 % at most). Drift of any input or output is alarmed",
        f"at the end of {drifting} of {weeks:,} weeks, and on any day at all in {ever} of {count} years",
        f"({ever_low:.1%} … {ever_high:.1%}): {which}.\n",
    ]


def _alarmed(controls: Sequence[Control]) -> int:
    return sum(one.decay >= 1 for one in controls)


def reference_of(version: str) -> dict[str, Any]:
    """Return the histograms of a version in the repository, as they were counted."""
    import yaml

    found = yaml.safe_load((ROOT / "model_versions" / version / "model.yaml").read_text(encoding="utf-8"))
    reference: dict[str, Any] = found["reference"]
    return reference


def served(year: Year, estimator: Any, reference: dict[str, Any]) -> list[Said]:
    """Return what the detectors say of each day that an estimator serves."""
    probability = estimator.predict_proba(year.data.matrix)[:, 1]
    return said(days_of(year, probability, reference), reference)


def control(year: Year, number: int) -> Control:
    """Shuffle the days, train on the first ones, and serve the others."""
    shuffled = year.of_days(default_rng([SEED, number]).permutation(int(year.day[-1]) + 1))
    learnt = shuffled.rows(0, FIRST)
    matrix, late, days = shuffled.data.matrix[learnt], shuffled.data.late[learnt], shuffled.day[learnt]
    estimator = train.gradient_boosting(shuffled.data).fit(matrix, late)
    unseen = shuffled.rows(FIRST, FIRST + 31)
    scores = estimator.predict_proba(shuffled.data.matrix[unseen])[:, 1]
    reference = {
        "inputs": histograms.of_inputs(shuffled.data, matrix, days),
        "outputs": histograms.of_outputs(scores, shuffled.day[unseen], card.THRESHOLD),
    }
    found = served(shuffled, estimator, reference)
    weekly = [one for one in found[_SPELL - 1 :: _SPELL] if one.drift]
    ever = sorted({name for one in found for name in one.drifting})
    drifting = sum(bool(one.drifting) for one in weekly)
    return Control(max(one.decay for one in found), len(weekly), drifting, tuple(ever))


if __name__ == "__main__":
    sys.exit(main())
