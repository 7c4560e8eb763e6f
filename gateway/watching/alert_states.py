"""The states of an alert and everything that can change them, in one table.

Nothing elsewhere moves an alert. What is read at a moment is that the rule holds, that it does not, or that
there is not enough data to say so; without data an alert stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

State = Literal["inactive", "pending", "firing", "resolved"]
Reading = Literal["holds", "not", "no data"]
STATES: tuple[State, ...] = ("inactive", "pending", "firing", "resolved")
READINGS: tuple[Reading, ...] = ("holds", "not", "no data")

TABLE: dict[tuple[State, Reading], tuple[State, State]] = {
    ("inactive", "holds"): ("pending", "firing"),
    ("inactive", "not"): ("inactive", "inactive"),
    ("inactive", "no data"): ("inactive", "inactive"),
    ("pending", "holds"): ("pending", "firing"),
    ("pending", "not"): ("inactive", "inactive"),
    ("pending", "no data"): ("pending", "pending"),
    ("firing", "holds"): ("firing", "firing"),
    ("firing", "not"): ("firing", "resolved"),
    ("firing", "no data"): ("firing", "firing"),
    ("resolved", "holds"): ("pending", "firing"),
    ("resolved", "not"): ("resolved", "resolved"),
    ("resolved", "no data"): ("resolved", "resolved"),
}
"""By state and reading: the state at first, and that once the reading has lasted for the rule's hold."""


@dataclass(frozen=True, slots=True)
class Course:
    """Where one alert stands. Times are seconds since 1970, 0 where it has not come to that.

    `reading` is the last one that said something, and has been the same since `turned`; `is_blind` while
    there is no data; `seen` is when the last one was that did. `since` is when the rule began to hold that
    led to this state.
    """

    state: State = "inactive"
    reading: Reading = "not"
    turned: float = 0.0
    since: float = 0.0
    fired: float = 0.0
    resolved: float = 0.0
    is_blind: bool = False
    seen: float = 0.0


def step(course: Course, reading: Reading, at: float, hold: float) -> Course:
    """Return where an alert stands after what is read `at` a moment, under a rule with that hold."""
    at_first, at_last = TABLE[course.state, reading]
    if reading == "no data":
        return replace(course, state=at_first, is_blind=True)
    # What nobody saw has not lasted: two bad moments with a night between them are two beginnings.
    is_apart = course.is_blind and at - course.seen > hold
    turned = course.turned if reading == course.reading and course.turned and not is_apart else at
    state = at_last if at - turned >= hold else at_first
    moved = replace(course, state=state, reading=reading, turned=turned, is_blind=False, seen=at)
    if reading == "holds" and course.state != "firing" and (is_apart or course.state != "pending"):
        moved = replace(moved, since=turned, fired=0.0, resolved=0.0)
    if state == "firing" and course.state != "firing":
        moved = replace(moved, fired=at)
    if state == "resolved" and course.state == "firing":
        moved = replace(moved, resolved=at)
    return moved
