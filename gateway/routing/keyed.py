"""The weights that sticky keys are hashed with: finer than the file's, so that rounding moves nobody.

A route's weights are cut to 0.001 %. When one share grows, the others shrink in proportion, but once cut they
are not quite in proportion any more, and a few users in a million would move between two versions of which
neither grew. So a route remembers the proportions its keys were placed with, and keeps them as long as the
weights agree with them up to the cut.
"""

from __future__ import annotations

from gateway.routing.plan import Route

Keyed = tuple[float, ...]


def placing_weights(route: Route) -> Keyed:
    """Return the weights keys are placed with, in the order of `route.weights`."""
    return route.keyed or tuple(float(units) for _, units in route.weights)


def succeed_keyed(before: Route | None, route: Route) -> Keyed:
    """Return the placing weights of a route that comes after `before`.

    Services whose new units are their old placing weights, scaled alike and cut, keep the old ones; the
    others are put on the same scale. A zero share stays zero.
    """
    units = dict(route.weights)
    old = _by_name(before) if before else {}
    shared = [name for name in units if units[name] and old.get(name)]
    kept = _kept(units, old, shared) if len(shared) > 1 else []
    if not kept:
        return tuple(float(share) for share in units.values())
    if before is not None and len(kept) == len(shared) and route.weights != before.weights:
        kept.remove(max(kept, key=lambda name: abs(units[name] / dict(before.weights)[name] - 1)))
    scale = sum(units[name] for name in kept) / sum(old[name] for name in kept)
    return tuple(old[name] if name in kept else share / scale for name, share in units.items())


def _kept(units: dict[str, int], old: dict[str, float], shared: list[str]) -> list[str]:
    """Return the largest group of services that kept their proportions to one another."""
    best: list[str] = []
    for reference in sorted(shared, key=lambda name: -units[name]):
        scale = units[reference] / old[reference]
        group = [
            name
            for name in shared
            # Each of the two may have been cut by less than one unit.
            if abs(old[name] * scale - units[name]) < 1 + old[name] / old[reference]
        ]
        # A small reference says little of the scale; all of them together say it better.
        scale = sum(units[name] for name in group) / sum(old[name] for name in group)
        group = [name for name in group if abs(old[name] * scale - units[name]) < 2]
        if len(group) > len(best):
            best = group
    return best if len(best) > 1 else []


def _by_name(route: Route) -> dict[str, float]:
    return dict(zip((name for name, _ in route.weights), placing_weights(route), strict=True))
