"""The shared vocabulary of failure: whose fault it is, and which status that becomes.

Everything a person can cause or mend derives from `GatewayError`, whose text says what happened, where,
why, and what to do next. `Fault` is the part that a client of the data plane sees: it is raised or
returned wherever the mistake is noticed and turned into an answer once, at the boundary.
"""

from __future__ import annotations

from dataclasses import dataclass


class GatewayError(Exception):
    """A failure with a message meant for a person; its text stands on its own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, at the place where a person can mend it.

    `line` and `column` count from 1, as editors do; 0 means the file as a whole.
    """

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}" if self.line else self.message


class ConfigError(GatewayError):
    """routing.yaml was refused; carries every problem found, in the order of the file."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column)))
        super().__init__("\n".join(f"{file}:{p}" if p.line else f"{file}: {p}" for p in self.problems))


class ChangeRefused(GatewayError):
    """A change of routing was understood but cannot be made; nothing was changed."""


class StaleRevision(ChangeRefused):
    """The change was based on a revision that is no longer the latest one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a request is answered by the gateway itself rather than by a service.

    `status` is the HTTP status, `outcome` the value of the metric label, `detail` one sentence for the
    client, `service` the service concerned or an empty string; `retry_after` is in whole seconds, 0 where
    nobody can say when to come again.
    """

    status: int
    outcome: str
    detail: str
    service: str = ""
    retry_after: int = 0
