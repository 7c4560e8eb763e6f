"""What a sink says of itself: for run/keeper.json, and one sentence for `gateway status`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["idle", "sending", "down"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`waiting_*` is what has not been taken yet; `down_for` and `next_try` are seconds, 0 unless down.

    `failed_tries` counts since the process began, the other counts since the sink was first there. `error` is
    the latest, empty where nothing is wrong.
    """

    name: str
    kind: str
    state: State
    waiting_records: int = 0
    waiting_bytes: int = 0
    waiting_seconds: float = 0.0
    sent: int = 0
    refused: int = 0
    lost: int = 0
    vanished: int = 0
    failed_tries: int = 0
    down_for: float = 0.0
    next_try: float = 0.0
    error: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as plain data, the sentence included."""
        return {**asdict(self), "says": self.sentence()}

    def sentence(self) -> str:
        """Return what a person should know, the worst last."""
        waiting = f"{self.waiting_records:,} records ({self.waiting_bytes / 1e6:.1f} MB) wait on disk"
        if self.state == "down":
            text = (
                f"down for {self.down_for:.0f} s: {self.error}; {waiting}, next try in {self.next_try:.0f} s"
            )
        elif self.waiting_records:
            text = f"{waiting}, the oldest for {self.waiting_seconds:.0f} s"
        else:
            text = "up to date"
        if self.error and self.state != "down":
            text += f"; {self.error}"
        return f"sink {self.name}: {text}{self._damage()}"

    def _damage(self) -> str:
        text = ""
        if self.refused:
            text += f"; {self.refused:,} refused by the target, see {self.name}.refused.ndjson"
        if self.lost:
            text += f"; {self.lost:,} given up or gone before they were sent"
        if self.vanished:
            text += f"; {self.vanished} segments gone before anybody counted them"
        return text
