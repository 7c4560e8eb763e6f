"""Blue-green: everything to another version in one publish, once that has shown that it can answer.

Until then nothing moves: the version is started where it rests, waited for, checked and warmed with requests
of nobody's. Whoever is killed in the middle leaves the traffic where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ChangeRefused, GatewayError
from gateway.rollout.moves import route_for, start, switch
from gateway.rollout.smoke import Replica, Sample, ask, is_there, replicas, try_out
from gateway.routing import journal
from gateway.routing.change import Request, commit
from gateway.routing.parking import park, unpark
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan, Service
from gateway.routing.rollouts import Step

PATIENCE = 60.0
"""Seconds for which a version may start up."""
LOOK_EVERY = 0.05
TIMES = 20
"""How often each sample is sent to each replica: the first answers of a process are its slowest."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be switched: `route` (None: the only one there is), to which service, with which samples.

    `steps` (empty: all at once) make a rollout of it, judged as any other. `timeout` is that of each request.
    """

    to: str
    route: str | None = None
    samples: tuple[Sample, ...] = ()
    steps: tuple[Step, ...] = ()
    timeout: float = 10.0
    patience: float = PATIENCE


def carry_out(
    places: Places, config: Path, order: Order, request: Request, tell: Callable[[str], None]
) -> tuple[RoutingPlan, bool]:
    """Do it; return the live plan and whether it is a new revision.

    `tell` is given a line for each thing done. Raises ChangeRefused or GatewayError where a check fails;
    nothing has moved then, and a version that rested before does so again.
    """
    plan = latest(places)
    route = route_for(plan, order.route, order.to)
    service = _known(plan, order.to)
    if order.to == route.stable and route.share(order.to) == 100:
        raise ChangeRefused(
            f"{order.to} has all the traffic of route {route.name} already; nothing was changed"
        )
    rested = order.to in plan.parked
    if rested:
        commit(places, Request("unpark", request.author, request.reason), lambda head: unpark(head, order.to))
        tell(f"{order.to} rested and is started")
    try:
        _prove(places, config.parent, service, order, tell)
    except BaseException:  # Ctrl-C too
        if rested:
            commit(places, Request("park", request.author, request.reason), lambda head: park(head, order.to))
        raise
    return commit(places, request, lambda head: _moved(head, route.name, service, order, request.reason))


def _moved(head: RoutingPlan, name: str, service: Service, order: Order, reason: str) -> RoutingPlan:
    if head.service(service.name) != service:
        raise ChangeRefused(
            f"{service.name} was changed in routing.yaml while it was checked; nothing was moved"
        )
    route = route_for(head, name)
    if order.steps:
        return start(head, route, service.name, steps=order.steps)
    why = f"everything was switched from {route.stable} to {service.name}"
    return switch(head, route, service.name, f"{why}: {reason}" if reason else why, time.time())


def latest(places: Places) -> RoutingPlan:
    """Return the plan in force; raises ChangeRefused where nothing was ever started."""
    with journal.opened(places.journal) as connection:
        head = journal.head(connection)
    if head is None:
        raise ChangeRefused("nothing has been started here yet; run: gateway up")
    return head.plan


def _known(plan: RoutingPlan, name: str) -> Service:
    service = plan.service(name)
    if service is None:
        raise ChangeRefused(
            f"there is no service {name}; there is {', '.join(s.name for s in plan.services[:20])}"
        )
    return service


def _prove(places: Places, folder: Path, service: Service, order: Order, tell: Callable[[str], None]) -> None:
    """Have every replica answer; raises GatewayError where one does not."""
    found = replicas(places, service)
    for replica in found:
        _wait_for(replica, order, folder)
    tell(f"{len(found)} of {len(found)} replicas of {service.name} are up")
    health = service.traffic.health
    if health is not None:
        for replica in found:
            answer = ask(replica, "GET", health.path, timeout=health.timeout, folder=folder)
            if not answer.is_ok:
                check = f"its health check {health.path} with {answer.status}"
                raise GatewayError(f"{replica.name} answered {check}; nothing was moved")
        tell(f"they pass their health check {health.path}")
    if not order.samples:
        tell("there is no sample request for it, so it was not tried out; give one with --sample")
        return
    for replica in found:
        _warm(replica, order, folder, tell)


def _wait_for(replica: Replica, order: Order, folder: Path) -> None:
    deadline = time.monotonic() + order.patience
    while not is_there(replica, order.timeout, folder):
        if time.monotonic() > deadline:
            raise GatewayError(
                f"{replica.name} could not be connected to within {order.patience:g} s; nothing was moved. "
                "See `gateway status` for why"
            )
        time.sleep(LOOK_EVERY)


def _warm(replica: Replica, order: Order, folder: Path, tell: Callable[[str], None]) -> None:
    samples = list(order.samples)
    try:
        taken = try_out(replica, samples, times=TIMES, timeout=order.timeout, folder=folder)
    except GatewayError as error:
        raise GatewayError(f"{error}; nothing was moved") from error
    taken.sort()
    tell(
        f"{replica.name} answered {len(taken)} sample requests, half of them within "
        f"{taken[len(taken) // 2] * 1000:.1f} ms, the slowest after {taken[-1] * 1000:.0f} ms"
    )
