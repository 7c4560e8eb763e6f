"""What a reading of the whole trail found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

SHOWN: Final = 50
"""Problems that are told one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that is not as it was written: entry `n` (0: a head), in which file and line (0: none)."""

    n: int
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{where}entry {self.n} {self.message}" if self.n else f"{where}{self.message}"


@dataclass(slots=True)
class Verified:
    """How many entries there are, of which times, and what is wrong with them.

    `signed` is the last entry that a head tells of. `unwritten` could not be written when they happened, as
    later entries say; `mended` lines were left incomplete by processes that died. `more` problems are counted
    beyond those in `problems`.
    """

    entries: int = 0
    since: str = ""
    until: str = ""
    signed: int = 0
    unwritten: int = 0
    mended: int = 0
    problems: list[Found] = field(default_factory=list)
    more: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether every entry is as it was written."""
        return not self.problems

    def add(self, found: Found) -> None:
        """Keep a problem, or count it where there are very many."""
        if len(self.problems) < SHOWN:
            self.problems.append(found)
        else:
            self.more += 1
