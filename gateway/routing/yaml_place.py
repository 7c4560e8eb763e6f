"""Where the YAML parser stopped, and what stands around that place."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from gateway.errors import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parser stopped (`line`, `column` from 1), and the beginning of what it was reading."""

    lines: list[str]
    line: int
    column: int
    begun_line: int
    begun_column: int

    @property
    def text(self) -> str:
        return self.lines[self.line - 1]

    @property
    def before(self) -> str:
        return self.text[: self.column - 1]

    @property
    def char(self) -> str:
        return self.text[self.column - 1 : self.column]

    @property
    def begun_char(self) -> str:
        return self.lines[self.begun_line - 1][self.begun_column - 1 : self.begun_column]

    @property
    def at_end(self) -> bool:
        return not self.char and not any(line.strip() for line in self.lines[self.line :])

    def here(self, message: str) -> Problem:
        return Problem(self.line, self.column, message)

    def above(self) -> int:
        """Return the number of the nearest line above that is neither empty nor a comment, 0 for none."""
        numbers = range(self.line - 1, 0, -1)
        return next((n for n in numbers if self.lines[n - 1].partition("#")[0].strip()), 0)

    def begun(self, message: str) -> Problem:
        return Problem(self.begun_line, self.begun_column, message)


def place_of(error: yaml.MarkedYAMLError, lines: list[str]) -> Place:
    """Return the parser's position; at the end of the file, the last line that says something."""
    mark, begun = error.problem_mark, error.context_mark or error.problem_mark
    assert mark is not None
    assert begun is not None
    line, column = mark.line, mark.column
    if line >= len(lines) or not any(rest.strip() for rest in [lines[line][column:], *lines[line + 1 :]]):
        line = max((n for n, content in enumerate(lines[: line + 1]) if content.strip()), default=0)
        column = len(lines[line].rstrip())
    return Place(lines, line + 1, column + 1, begun.line + 1, begun.column + 1)
