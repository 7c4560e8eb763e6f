"""The tables of measured rollouts, for docs/rollouts-measured.md and for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.report import markdown
from benchmarks.rollouts.row import Outcome

HEAD = ("what", "requests", "bad answers", "must", "reached", "verdict")
BEGIN, END = "<!-- rollouts -->", "<!-- /rollouts -->"
_INTRO = f"""# Rollouts, measured

What stands between the marks is written by `make rollouts`. Each row starts a gateway of its own with two
workers (`gateway up`) before model versions of this repository, each a process of its own, on loopback. The
load is steady: 400 requests a second, real flights as questions; where users are pinned there are 20,000 of
them by `x-user-id`, of whom the n-th asks n^-0.9 times as often as the first. Clients retry nothing. The
rollout is started with `gateway rollout`, in steps of 5, 25, 50 and 100 %; nobody helps it. A *bad answer* is
one that a user got and that was no whole 200, or came late where that is the fault.

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
    """Return what the gateway said of a row, and what else is to be told of it."""
    if one.reached is None:
        return []
    said = [f"{one.row.what}: “{one.reached.said}”"] if one.reached.said else []
    return [*said, *(f"{one.row.what}: {note}" for note in one.reached.notes)]


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
