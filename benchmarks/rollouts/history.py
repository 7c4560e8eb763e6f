"""What the journal says of a route's rollouts, and whether it is what the design promises. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from gateway.routing.journal import Revision
from gateway.routing.plan import UNITS, Route

BY_PERSON = ("promote",)


@dataclass(frozen=True, slots=True)
class Move:
    """One revision as a route saw it; `at` is seconds since 1970."""

    revision: int
    at: float
    action: str
    author: str
    route: Route


def moves_in(entries: Sequence[Revision], name: str) -> list[Move]:
    """Return a route's part of journal entries, oldest first."""
    found = []
    for entry in entries:
        route = entry.plan.route(name)
        if route is not None:
            found.append(Move(entry.revision, entry.at, entry.action, entry.author, route))
    return found


def problems(moves: Sequence[Move]) -> list[str]:
    """Return what must not be: weights that are not the step's, steps skipped, repeated or taken twice."""
    found = [problem for move in moves for problem in _weights(move)]
    for before, after in pairwise(moves):
        found += [f"revision {after.revision} ({after.action}): {said}" for said in _moved(before, after)]
    return found


def _weights(move: Move) -> Iterator[str]:
    """A route's weights follow from where its rollout stands."""
    progress = move.route.progress
    if progress is None:
        return
    if progress.is_active:
        share = progress.steps[progress.step].weight
        wanted = {progress.canary: share, progress.stable: UNITS - share}
    else:
        wanted = {move.route.stable: UNITS}
    given = {name: units for name, units in move.route.weights if units}
    if given != wanted:
        yield f"revision {move.revision} gives {given}, where its step says {wanted}"


def _moved(before: Move, after: Move) -> Iterator[str]:
    """From one revision to the next a rollout stays, goes one step up, ends, or another one begins."""
    old, new = before.route.progress, after.route.progress
    if new is None or new == old:
        return
    if old is None or old.id != new.id:
        if old is not None and old.is_active:
            yield f"rollout {new.id} begins before rollout {old.id} has ended"
        if new.step or new.id != after.revision:
            yield f"a rollout begins at step {new.step + 1} of id {new.id}"
        return
    if not old.is_active and new.state != old.state:
        yield f"a rollout that was {old.state} becomes {new.state}"
    elif new.is_active and new.step not in (old.step, old.step + 1):
        yield f"from step {old.step + 1} to {new.step + 1}"
    elif new.is_active and new.step == old.step and after.action in ("advance", *BY_PERSON):
        yield f"step {new.step + 1} is taken twice"


def ends(moves: Sequence[Move]) -> dict[int, str]:
    """Return how each rollout ended: promoted, rolled back, or where it stands."""
    found: dict[int, str] = {}
    for move in moves:
        progress = move.route.progress
        if progress is None:
            continue
        if progress.is_active:
            found[progress.id] = progress.state
        elif progress.state == "degraded":
            found[progress.id] = "rolled back"
        else:
            found[progress.id] = "promoted" if progress.canary == move.route.stable else "taken over"
    return found


def last_of(moves: Sequence[Move], action: str) -> Move | None:
    """Return the latest revision that an action made."""
    return next((move for move in reversed(moves) if move.action == action), None)
