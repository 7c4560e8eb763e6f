"""The generated part of docs/detectors.md. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.detectors.trial import Found
from benchmarks.report import markdown

BEGIN, END = "<!-- detectors -->", "<!-- /detectors -->"
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Results:
    """Per detector what it made of nothing, of a steep drop and of gentle decay; and of days in spells."""

    textbook: Mapping[str, Sequence[Found]]
    stormy: Mapping[str, Sequence[Found]]
    spells: Sequence[Found]

    @property
    def missed(self) -> list[str]:
        """The cases in which ours certainly alarms more often than it may."""
        guaranteed = [*next(iter(self.textbook.values())), *next(iter(self.stormy.values()))]
        guaranteed += [found for found in self.spells if found.case.name.startswith("0,")]
        return [found.case.name for found in guaranteed if found.interval[0] > ALPHA]


def sections(results: Results, seconds: float) -> list[str]:
    """Return headings, tables and remarks in Markdown, in order."""
    return [
        "### Independent labels\n",
        "60,000 labels, wrong in 10 % of the cases; after 30,000 in 20 %, at one blow or bit by bit. Ours\n"
        "looks at buckets of 100. Delays in labels, median / p90.\n",
        _beside(results.textbook),
        "### Days that differ\n",
        "392 days of 200 labels, 9 to 21 % of them wrong, 40 % in a storm (one day in twelve);\n"
        "half-way they get worse by ten points, at one blow or bit by bit. Delays in days.\n",
        _beside(results.stormy),
        "### Days in spells\n",
        "The same with days that resemble the one before. Nothing changes, so every alarm is a false one.\n",
        markdown(
            (
                ("likeness of neighbours, looked at", "streams", "false alarms", "exact 95 % interval"),
                [_spell(found) for found in results.spells],
            )
        ),
        f"All of this took {seconds:.0f} s.\n",
    ]


def _beside(table: Mapping[str, Sequence[Found]]) -> str:
    head = ("detector", "false alarms", "exact 95 % interval", "steep: delay", "gentle: delay")
    return markdown((head, [_row(name, *found) for name, found in table.items()]))


def _row(name: str, same: Found, steep: Found, gentle: Found) -> Sequence[str]:
    return name, *_false(same), _delays(steep), _delays(gentle)


def _false(found: Found) -> tuple[str, str]:
    low, high = found.interval
    return f"{found.early / len(found.alarms):.1%}", f"{low:.1%} … {high:.1%}"


def _delays(found: Found) -> str:
    if 2 * found.early > len(found.alarms):
        return "alarmed before"
    shown = [found.delay(q) for q in (0.5, 0.9)]
    return " / ".join("not found" if one is None else f"{one:,.0f}" for one in shown)


def _spell(found: Found) -> Sequence[str]:
    return found.case.name, f"{len(found.alarms):,}", *_false(found)


def with_part(page: str, begin: str, end: str, lines: Sequence[str]) -> str:
    """Return the page with what stands between two marks replaced; raises ValueError without marks."""
    if begin not in page or end not in page:
        raise ValueError(f"docs/detectors.md lacks its marks {begin} and {end}: put them back")
    head, rest = page.split(begin, 1)
    return "\n".join([head + begin, "", *lines, end]) + rest.split(end, 1)[1]
