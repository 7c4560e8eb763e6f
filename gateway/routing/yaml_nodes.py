"""The nodes of a YAML text: strings, lists and mappings that know where they stand in it.

Lines and columns count from 1, as editors do; `start` and `end` are offsets into the text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `style` is `'`, `"`, `|`, `>` or empty for plain; `start` and `end` include quotes."""

    value: str
    line: int
    column: int
    start: int
    end: int
    style: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` where it is written in brackets."""

    items: tuple[Node, ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file, without repeated keys; `flow` where it has braces."""

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A value that has been complained about already; whoever meets it stays silent."""

    line: int
    column: int


Node = Scalar | Sequence | Mapping | Refused
