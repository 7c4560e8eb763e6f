"""What recorded requests cannot tell about another routing.yaml, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.routing.plan import Route, RoutingPlan
from gateway.whatif.recorded import Found
from gateway.whatif.resplit import Outcome, Plans

SHOWN = 5


def caveats(
    found: Found, outcome: Outcome, other: RoutingPlan, plans: Plans, missing: Iterable[int]
) -> list[str]:
    """Return one sentence for each thing that the numbers do not show, the weightiest first."""
    before = _routes_before(found, plans)
    return [
        *_of_the_log(found, before),
        *_of_keys(other, before, outcome),
        *_of_overrides(other, before),
        *_of_paths(other, before),
        *_of_the_journal(missing),
        *_of_others(found, outcome),
        "what would be answered is not known: health, retries, limits and rollouts are left out of account",
    ]


def _routes_before(found: Found, plans: Plans) -> dict[str, list[Route]]:
    """Return the routes that the requests were divided by, each in all its forms."""
    routes: dict[str, list[Route]] = {}
    for name, revision in sorted(found.revisions):
        plan = plans.get(revision)
        route = plan.route(name) if plan is not None else None
        if route is not None and route not in routes.setdefault(name, []):
            routes[name].append(route)
    return routes


def _of_the_log(found: Found, before: dict[str, list[Route]]) -> Iterator[str]:
    if found.share < 1:
        yield (
            f"{found.divisible:,} requests are recorded; a sample of about {found.share:.1%} by their id was "
            "divided, and the counts are of it"
        )
    if found.dropped:
        yield (
            f'{found.dropped:,} records were dropped in this time (see: gateway query "FROM gaps"), so '
            "there were more requests than are counted here"
        )
    for name, routes in before.items():
        shares = sorted({route.log.sample for route in routes if route.log is not None})
        if shares and shares[0] < 1:
            told = " and ".join(f"{share:.9g}" for share in (s * 100 for s in shares))
            yield f"route {name} logs {told} % of its requests: its counts are of those, not of all"


def _of_keys(other: RoutingPlan, before: dict[str, list[Route]], outcome: Outcome) -> Iterator[str]:
    for route in other.routes:
        if route.sticky is None or route.name not in outcome.divisions:
            continue
        if any(known.sticky != route.sticky for known in before.get(route.name, [])):
            yield (
                f"route {route.name} would be sticky by something else than before, which is not in the log: "
                "the shares are right on average, which users move is not known"
            )
        else:
            yield (
                f"route {route.name}: how many users move is an estimate; the log has no keys, only hashes "
                "of them, so which users move is not known"
            )


def _of_overrides(other: RoutingPlan, before: dict[str, list[Route]]) -> Iterator[str]:
    for route in other.routes:
        known = before.get(route.name)
        if known and any(one.overrides != route.overrides for one in known):
            yield (
                f"route {route.name} has other overrides than before: headers are not in the log; requests "
                "are taken to stay overridden where an override leads to the same version, and not else"
            )


def _of_paths(other: RoutingPlan, before: dict[str, list[Route]]) -> Iterator[str]:
    for name, routes in before.items():
        strict = [one for one in routes if one.log is not None and one.log.filter.mode == "strict"]
        for path in dict.fromkeys(one.path for one in strict):
            below = [r.name for r in other.routes if r.path.startswith(path.rstrip("/") + "/")]
            if below:
                yield (
                    f"route {name} logs its own path only (filter: strict): which requests would go to "
                    f"{', '.join(below[:SHOWN])} below it is not known"
                )


def _of_the_journal(missing: Iterable[int]) -> Iterator[str]:
    gone = sorted(missing)
    if gone:
        listed = ", ".join(map(str, gone[:SHOWN])) + (" and others" if len(gone) > SHOWN else "")
        yield (
            f"the journal no longer has revision {listed}: users of that time are divided as if they were "
            "new, so more of them seem to move"
        )


def _of_others(found: Found, outcome: Outcome) -> Iterator[str]:
    if outcome.previews:
        yield f"{outcome.previews:,} previews are left out: they name their version themselves"
    if found.pathless:
        yield (
            f"{found.pathless:,} requests are left out whose path is not in the log, as of those that no "
            "route was for: whether this file has one for them is not known"
        )
    if found.turned_away:
        yield f"{found.turned_away:,} requests are left out that were refused before they were divided"
