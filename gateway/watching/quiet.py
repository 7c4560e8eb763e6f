"""Asking for quiet: checked against the plan, so that a misspelt rule is told of and not silently useless."""

from __future__ import annotations

import time
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from gateway.errors import ChangeRefused
from gateway.routing.journal import in_one_piece
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.watching import silences, store
from gateway.watching.notices import Silence
from gateway.watching.sentences import time_of

LONGEST = 30 * 86_400.0


def ask(
    places: Places, plan: RoutingPlan, rule: str, route: str, author: str, reason: str, seconds: float
) -> Silence:
    """Keep a silence from now on; raises ChangeRefused for an unknown rule or route, or without a reason."""
    _check("rule", rule, [it.name for it in plan.alerts])
    if route:
        _check("route", route, [it.name for it in plan.routes])
    if not reason.strip():
        raise ChangeRefused("a silence needs a reason, for whoever wonders why nobody was told")
    if not 0 < seconds <= LONGEST:
        raise ChangeRefused(f"a silence lasts up to {LONGEST / 86_400:.0f} days, not {seconds:g} seconds")
    now = time.time()
    with store.opened(places.watch) as connection, in_one_piece(connection):
        return silences.add(connection, rule, route, author, reason, now, now + seconds)


def lift(places: Places, rule: str, route: str) -> list[Silence]:
    """End the silences of a rule, on one route or (empty) on all; raises ChangeRefused if there is none."""
    ended: list[Silence] = []
    if places.watch.exists():
        with store.opened(places.watch) as connection, in_one_piece(connection):
            ended = silences.end(connection, rule, route, time.time())
    if not ended:
        where = f" on route {route}" if route else ""
        raise ChangeRefused(f"rule {rule} is not silenced{where}; `gateway alerts` lists the silences")
    return ended


def told(silence: Silence) -> dict[str, Any]:
    """Return a silence for an answer."""
    return {**asdict(silence), "since": time_of(silence.since), "until": time_of(silence.until)}


def _check(kind: str, name: str, known: list[str]) -> None:
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known[:20]) or 'none'}"
        raise ChangeRefused(f"there is no {kind} {name}; {hint}")
