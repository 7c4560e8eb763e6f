"""The shapes of what the admin API tells of the audit trail."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from gateway.control.models import Answer


class AuditEntry(Answer):
    """One entry: who did or tried what, from where, why, and what came of it.

    `before` and `after` are small values such as weights and revision. `unwritten` tells of entries before
    this one that could not be written. `prev` is the hash of the entry before.
    """

    n: int
    at: str
    who: str
    origin: str = Field(alias="from")
    what: str
    route: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    why: str
    result: Literal["done", "refused", "failed"]
    detail: str
    unwritten: dict[str, Any] | None = None
    prev: str
    hash: str


class AuditEntries(Answer):
    """Entries, newest first; `next` is the `before` that the older ones follow with, null: no more."""

    entries: list[AuditEntry]
    next: int | None


class AuditProblem(Answer):
    """An entry that is not as it was written; `n` 0: it is a head."""

    n: int
    file: str
    line: int
    message: str


class AuditVerification(Answer):
    """Whether the trail is as it was written, and up to which entry it is signed.

    `unwritten` could not be written when they happened; `mended` lines were left incomplete by processes that
    died. `more` problems are counted beyond those that are told.
    """

    ok: bool
    entries: int
    since: str | None
    until: str | None
    signed: int
    unwritten: int
    mended: int
    problems: list[AuditProblem]
    more: int
