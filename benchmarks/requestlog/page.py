"""The tables of the measured request log, for docs/request-log-measured.md and for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.report import markdown
from benchmarks.requestlog.row import Outcome

HEAD = ("what", "requests", "failed", "must", "reached", "verdict")
BEGIN, END = "<!-- request-log -->", "<!-- /request-log -->"
_INTRO = f"""# The request log, measured

What stands between the marks is written by `make request-log`. Each row starts a gateway of its own
(`gateway up`) on loopback, before an nginx that gives the same answers to all: 14 bytes to a small GET, a
prediction of 300 bytes to a flight of 1 kB as an Open Inference request. No two heads are alike. Everything
is logged, bodies too, unless a row says otherwise. Load, upstream and gateway share the machine below.

{BEGIN}
{END}
"""


def lines(outcomes: Sequence[Outcome]) -> list[Sequence[str]]:
    """Return the cells of the table."""
    found: list[Sequence[str]] = []
    for one in outcomes:
        row, reached = one.row, one.reached
        if reached is None:
            found.append((row.what, "–", "–", row.must, one.problem, one.verdict))
            continue
        said = "; ".join(str(figure) for figure in reached.figures)
        found.append((row.what, f"{reached.requests:,}", f"{reached.bad:,}", row.must, said, one.verdict))
    return found


def notes(one: Outcome) -> list[str]:
    """Return what else is to be told of a row."""
    if one.reached is None:
        return []
    return [f"{one.row.what}: {note}" for note in one.reached.notes]


def page(text: str, outcomes: Sequence[Outcome], machine: Mapping[str, str]) -> str:
    """Return the page with what stands between its marks written anew."""
    before, _, rest = (text if BEGIN in text else _INTRO).partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"the page has no {END} behind {BEGIN}: put it where the tables end")
    return f"{before}{BEGIN}\n{''.join(_sections(outcomes, machine))}{END}{after}"


def _sections(outcomes: Sequence[Outcome], machine: Mapping[str, str]) -> Iterator[str]:
    for group in dict.fromkeys(one.row.group for one in outcomes):
        members = [one for one in outcomes if one.row.group == group]
        yield f"\n## {group}\n\n{markdown((HEAD, lines(members)))}\n"
        yield "".join(f"- {said}\n" for one in members for said in notes(one))
        for one in members:
            yield from (f"\n{markdown(table)}" for table in (one.reached.tables if one.reached else ()))
    seconds = sum(one.seconds for one in outcomes)
    about = "".join(f"- {name}: {value}\n" for name, value in machine.items())
    yield f"\n## Measured on\n\n{about}- all rows together: {seconds:.0f} s\n"
