"""What the recorder has counted since `gateway up`: carried in marks, so that they count what is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.requestlog.intake import Loss


@dataclass(slots=True)
class Counts:
    """Totals of one gateway's life, which began at `life` (nanoseconds since 1970).

    `turns` grows with every batch that was written or given up: of two states the one with more is later.
    `bytes` are those written; `dropped` are records, by reason.
    """

    life: int
    turns: int = 0
    records: int = 0
    bytes: int = 0
    gaps: int = 0
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, records: int) -> None:
        """Count records that will never be written."""
        self.dropped[reason] = self.dropped.get(reason, 0) + records

    def document(self) -> dict[str, Any]:
        """Return them as JSON values."""
        return {
            "life": self.life,
            "turns": self.turns,
            "records": self.records,
            "bytes": self.bytes,
            "gaps": self.gaps,
            "dropped": dict(self.dropped),
        }


def read_counts(document: Mapping[str, Any]) -> Counts:
    """Return counts from their document; what it does not say is 0."""
    numbers = {name: int(document.get(name, 0)) for name in ("life", "turns", "records", "bytes", "gaps")}
    dropped = {str(reason): int(count) for reason, count in dict(document.get("dropped", {})).items()}
    return Counts(**numbers, dropped=dropped)


@dataclass(slots=True)
class Gaps:
    """Records that are missing, to be told in the next batch: by worker and reason, from when to when."""

    _found: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)

    def add(self, loss: Loss, start: int, end: int) -> None:
        """Remember a loss between two times, in microseconds since 1970."""
        key = (loss.worker, loss.reason)
        before = self._found.get(key)
        records = loss.records + (before[2] if before else 0)
        self._found[key] = (min(start, before[0]) if before else start, end, records)

    @classmethod
    def of(cls, loss: Loss, start: int, end: int) -> list[dict[str, Any]]:
        """Return the documents of one loss between two times."""
        gaps = cls()
        gaps.add(loss, start, end)
        return gaps.documents()

    def __len__(self) -> int:
        return len(self._found)

    def documents(self) -> list[dict[str, Any]]:
        """Return a document for each, as it stands in a segment below `gap`."""
        return [
            {"worker": worker, "from": start, "to": end, "records": records, "reason": reason}
            for (worker, reason), (start, end, records) in self._found.items()
        ]

    def restore(self, documents: list[dict[str, Any]]) -> None:
        """Take over gaps that an earlier recorder could not tell of."""
        for it in documents:
            self.add(Loss(it["worker"], it["reason"], it["records"]), it["from"], it["to"])

    def clear(self) -> None:
        """Forget them: they are written."""
        self._found.clear()
