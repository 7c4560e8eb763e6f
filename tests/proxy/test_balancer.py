"""Which replica is next: fewest outstanding, in turns, and a part of a full share while it warms up."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.proxy.balancer import Balancer
from gateway.proxy.endpoint import Endpoint
from tests.proxy.fleet import backend, service


def balancer(*weights: float) -> tuple[Balancer, list[Endpoint]]:
    """Return a balancer of replicas of these weights."""
    endpoints = backend(service(len(weights))).endpoints
    for endpoint, weight in zip(endpoints, weights, strict=True):
        endpoint.weight = weight
    made = Balancer()
    made.use(list(endpoints))
    return made, endpoints


def picks(made: Balancer, endpoints: list[Endpoint], count: int) -> list[int]:
    """Return how often each is picked, one request at a time."""
    counted = Counter(made.pick(()) for _ in range(count))
    return [counted[endpoint] for endpoint in endpoints]


async def test_the_fewest_outstanding_is_picked() -> None:
    """Wherever it stands."""
    made, endpoints = balancer(1, 1, 1)
    for endpoint, outstanding in zip(endpoints, (2, 1, 3), strict=True):
        endpoint.outstanding = outstanding
    assert [made.pick(()) for _ in range(3)] == [endpoints[1]] * 3


async def test_equals_take_turns() -> None:
    """Each once before any comes twice."""
    made, endpoints = balancer(1, 1, 1)
    assert [made.pick(()) for _ in range(6)] == endpoints * 2


async def test_what_was_tried_is_passed_over() -> None:
    """Down to none."""
    made, (first, second) = balancer(1, 1)
    first.outstanding = 0
    second.outstanding = 9
    assert made.pick((first,)) is second
    assert made.pick((first, second)) is None
    assert Balancer().pick(()) is None


@pytest.mark.parametrize("weight", [0.1, 0.3, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("replicas", [2, 3, 7])
async def test_a_warming_replica_gets_its_part_of_a_full_share(weight: float, replicas: int) -> None:
    """With one request at a time, where nothing is ever outstanding."""
    made, endpoints = balancer(weight, *[1.0] * (replicas - 1))
    counted = picks(made, endpoints, 2000)
    assert counted[0] == pytest.approx(weight * 2000 / replicas, abs=2)


async def test_a_warming_replica_gets_its_part_under_load() -> None:
    """With many requests outstanding, of which each replica answers its oldest in turn."""
    made, endpoints = balancer(0.2, 1.0, 1.0)
    waiting: list[Endpoint] = []
    counted = Counter[Endpoint]()
    for _ in range(3000):
        if len(waiting) == 30:
            waiting.pop(0).outstanding -= 1
        picked = made.pick(())
        assert picked is not None
        picked.outstanding += 1
        waiting.append(picked)
        counted[picked] += 1
    assert counted[endpoints[0]] == pytest.approx(0.2 * 1000, rel=0.05)


async def test_a_busy_replica_gets_nothing_more_for_being_cold() -> None:
    """Requests outstanding count there too."""
    made, endpoints = balancer(0.5, 1.0)
    endpoints[0].outstanding = 5
    assert picks(made, endpoints, 100) == [0, 100]


async def test_replicas_equally_cold_share_evenly() -> None:
    """Somebody has to answer all the requests."""
    made, endpoints = balancer(0.1, 0.1)
    assert picks(made, endpoints, 100) == [50, 50]


async def test_a_lone_cold_replica_answers_everything() -> None:
    """There is nobody else."""
    made, endpoints = balancer(0.1)
    assert picks(made, endpoints, 10) == [10]


async def test_a_cold_replica_has_its_turn_at_last_where_others_were_tried() -> None:
    """It is left to the caller to insist."""
    made, (cold, warm) = balancer(0.1, 1.0)
    assert made.pick((warm,)) is None
    assert [made.pick((warm,)) for _ in range(25)].count(cold) == 1
