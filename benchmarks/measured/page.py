"""The tables of a kind of measurement, for its page in docs/ and for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measured.row import Outcome
from benchmarks.report import markdown

Outcomes = Sequence[Outcome[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page in docs/: what stands between the marks of its `name` is written, the rest is people's.

    One that is not there yet begins with `intro`. `failed` heads the column of answers that failed.
    """

    file: Path
    name: str
    intro: str
    failed: str = "failed"

    @property
    def begin(self) -> str:
        """Where the tables begin."""
        return f"<!-- {self.name} -->"

    @property
    def end(self) -> str:
        """Where they end."""
        return f"<!-- /{self.name} -->"

    @property
    def head(self) -> Sequence[str]:
        """The head of every table of rows."""
        return ("what", "requests", self.failed, "must", "reached", "verdict")

    def around(self) -> tuple[str, str]:
        """Return what stands before and behind the tables; raises ValueError where they are not marked."""
        if not self.file.exists():
            return f"{self.intro}\n", "\n"
        before, begin, rest = self.file.read_text(encoding="utf-8").partition(self.begin)
        _, end, after = rest.partition(self.end)
        if not begin or not end:
            missing = self.end if begin else self.begin
            raise ValueError(
                f"{self.file} has no {missing}: put it where the tables {'end' if begin else 'begin'}"
            )
        return before, after

    def write(self, outcomes: Outcomes, machine: Mapping[str, str]) -> None:
        """Write the tables anew; raises ValueError where they are not marked."""
        before, after = self.around()
        tables = "".join(self._sections(outcomes, machine))
        self.file.write_text(f"{before}{self.begin}\n{tables}{self.end}{after}", encoding="utf-8")

    def _sections(self, outcomes: Outcomes, machine: Mapping[str, str]) -> Iterator[str]:
        for group in dict.fromkeys(one.row.group for one in outcomes):
            members = [one for one in outcomes if one.row.group == group]
            yield f"\n## {group}\n\n{markdown((self.head, lines(members)))}\n"
            yield "".join(f"- {said}\n" for one in members for said in notes(one))
            for one in members:
                yield from (f"\n{markdown(table)}" for table in (one.reached.tables if one.reached else ()))
        seconds = sum(one.seconds for one in outcomes)
        about = "".join(f"- {name}: {value}\n" for name, value in machine.items())
        yield f"\n## Measured on\n\n{about}- all rows together: {seconds:.0f} s\n"


def lines(outcomes: Outcomes) -> list[Sequence[str]]:
    """Return the cells of the table."""
    found: list[Sequence[str]] = []
    for one in outcomes:
        row, reached = one.row, one.reached
        if reached is None:
            found.append((row.what, "–", "–", row.must, one.problem, one.verdict))
            continue
        said = "; ".join(str(figure) for figure in reached.figures)
        found.append((row.what, f"{reached.requests:,}", f"{reached.failed:,}", row.must, said, one.verdict))
    return found


def notes(one: Outcome[Any]) -> list[str]:
    """Return what the gateway said of a row, and what else is to be told of it."""
    if one.reached is None:
        return []
    said = [f"“{one.reached.said}”"] if one.reached.said else []
    return [f"{one.row.what}: {note}" for note in (*said, *one.reached.notes)]
