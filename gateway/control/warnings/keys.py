"""Which routes ask for keys that cannot be read: their clients are turned away, or none can be revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.routing.key_files import why_not_read
from gateway.routing.plan import RoutingPlan


def key_warnings(plan: RoutingPlan, folder: Path) -> Iterator[str]:
    """Yield a sentence for each file of keys that cannot be used; files are named from `folder`."""
    using: dict[str, list[str]] = {}
    for route in plan.routes:
        if route.auth is not None:
            using.setdefault(route.auth.keys, []).append(route.name)
    for file, routes in using.items():
        problem = why_not_read(folder / file)
        if problem:
            named = ", ".join(routes[:3]) + (f" and {len(routes) - 3} more" if len(routes) > 3 else "")
            yield (
                f"the keys of route {named} cannot be read ({file}: {problem}): workers keep those they had, "
                "and one that has none answers 503; mend the file, or make it with `gateway key create`"
            )
