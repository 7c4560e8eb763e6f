"""Looking after replicas without requests: probes of those that are down, active checks of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.proxy.endpoint import Endpoint
from gateway.proxy.health import PROBE_FIRST, PROBE_LAST, ActiveCheck
from gateway.proxy.pool import Backend
from gateway.routing.settings import HealthCheck, Traffic
from tests.proxy.fleet import backend, service_at
from tests.proxy.peer import OK, until
from tests.proxy.stage import Service, Stage
from tests.waiting import BOUND

NOW = 1_000_000.0
CHECK = HealthCheck("/ready?deep=1", interval=1, timeout=BOUND, healthy=2, unhealthy=3)
"""Connecting has as long by the clock on the wall; all else goes by the time of the test."""
BAD = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n"
STEP = 0.1


def checked(*services: Service, check: HealthCheck = CHECK, share: float = 0.0) -> Backend:
    """Return a service whose replicas are checked, each at this place of the interval."""
    traffic = Traffic(health=check, slow_start=0)
    blue = backend(service_at(*(service.url for service in services), traffic=traffic))
    for endpoint in blue.endpoints:
        endpoint._check = ActiveCheck(endpoint, check, share)
    return blue


def check_of(blue: Backend, which: int = 0) -> ActiveCheck:
    """Return the checks of one replica."""
    check = blue.endpoints[which]._check
    assert check is not None
    return check


async def tick_until(
    blue: Backend, now: float, condition: Callable[[], object], step: float = STEP, hanging: int = 0
) -> float:
    """Tick as a worker does until the condition comes true; return when it did.

    Each check under way is answered first, or makes the condition true, but for those of the first `hanging`.
    """
    checks = [check_of(blue, n) for n in range(len(blue.endpoints))]

    def arrived() -> bool:
        if any(check._connecting for check in checks):
            return False
        return bool(condition()) or not any(check.in_flight for check in checks[hanging:])

    while not condition():
        blue.tick(now)
        await until(arrived)
        now += step
    return now - step


async def checks(blue: Backend, now: float, count: int) -> float:
    """Have so many checks of the first replica answered; return when the next one is due."""
    check = check_of(blue)
    for _ in range(count):
        blue.tick(now)
        assert check.in_flight
        await until(lambda: not check.in_flight)
        now += CHECK.interval
    return now


async def answered(blue: Backend) -> None:
    """Wait for the answer to the check under way, if there is one."""
    check = check_of(blue)
    await until(lambda: not check.in_flight)


async def probed(endpoint: Endpoint) -> None:
    """Have a replica that is down probed, as often as its probes are due, until it is up."""
    while not endpoint.up:
        endpoint.tick(endpoint._probe._next)
        await until(lambda: not endpoint._probe.in_flight)


async def started(blue: Backend) -> float:
    """Let the checks begin; return when the first one is due."""
    blue.tick(NOW)
    assert not check_of(blue).in_flight
    return NOW + 0.001


async def test_a_check_is_a_request_on_a_connection_of_its_own(stage: Stage) -> None:
    """Which ends with it; nothing is kept for real requests."""
    service = await stage.service(OK)
    blue = checked(service)
    now = await started(blue)
    await checks(blue, now, 2)
    host = service.url.removeprefix("http://").encode()
    assert (
        service.requests
        == [
            b"GET /ready?deep=1 HTTP/1.1\r\nhost: %b\r\nuser-agent: gateway-health\r\n"
            b"connection: close\r\n\r\n" % host
        ]
        * 2
    )
    assert len(service.peers) == 2
    assert blue.endpoints[0].idle == []
    await until(lambda: all(peer.reader.at_eof() for peer in service.peers))


async def test_enough_failures_in_a_row_take_a_replica_out_and_enough_successes_put_it_back(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """One success between them begins the count anew, and so does one failure."""
    answers = [BAD, BAD, OK, BAD, BAD, BAD, OK, BAD, OK, OK]
    script = iter(answers)
    blue = checked(await stage.service(lambda _: next(script)))
    endpoint, states = blue.endpoints[0], []
    now = await started(blue)
    with caplog.at_level(logging.INFO, "gateway.worker"):
        for _ in answers:
            now = await checks(blue, now, 1)
            states.append(endpoint.well)
    assert states == [True] * 5 + [False] * 4 + [True]
    said = [message.partition(" is ")[2] for message in caplog.messages]
    assert said == [
        "unwell: 3 checks of /ready?deep=1 failed, the last: status 500",
        "well again: 2 checks of /ready?deep=1 succeeded",
    ]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
@pytest.mark.parametrize("patience", [3.0, 10.0])
async def test_a_replica_that_hangs_is_out_in_time(stage: Stage, share: float, patience: float) -> None:
    """It accepts connections and answers none, as when it is stopped: three intervals and a time-out at most.

    To within the ticks at which it is noticed that a check is due or late.
    """
    check, step = replace(CHECK, interval=10, timeout=patience), 1.0
    hanging, fine = await stage.service(), await stage.service(OK)
    blue = checked(hanging, fine, check=check, share=share)
    out_at = await tick_until(blue, NOW, lambda: not blue.endpoints[0].well, step, hanging=1)
    assert out_at - NOW <= check.interval * check.unhealthy + check.timeout + 2 * step
    assert {blue.pick() for _ in range(10)} == {blue.endpoints[1]}
    blue.retire()
    for peer in hanging.peers:
        await peer.end()


async def test_a_check_that_takes_long_is_the_only_one(stage: Stage) -> None:
    """The next begins when it is over, however short the interval is."""
    hanging = await stage.service()
    blue = checked(hanging, check=replace(CHECK, timeout=5))
    await tick_until(blue, NOW, lambda: hanging.peers)
    for tenth in range(1, 49):
        blue.tick(NOW + 0.1 + tenth / 10)
    assert check_of(blue).in_flight
    assert len(hanging.peers) == 1
    blue.tick(NOW + 5.2)
    await until(lambda: len(hanging.peers) == 2)


async def test_a_late_tick_is_not_made_up_for(stage: Stage) -> None:
    """After a pause of the worker there is one check, not one for each interval missed."""
    service = await stage.service(OK)
    blue = checked(service)
    now = await checks(blue, await started(blue), 1)
    now = await checks(blue, now + 100, 1)
    blue.tick(now - CHECK.interval + 0.1)
    assert not check_of(blue).in_flight
    assert len(service.requests) == 2


async def test_workers_check_at_moments_of_their_own(stage: Stage) -> None:
    """Each at its place in the interval, and not all equally often."""
    service = await stage.service(OK)
    begun = []
    for share in (0.0, 0.5, 1.0):
        blue = checked(service, share=share)
        times: list[float] = []
        for step in range(30):
            before = len(service.peers)
            blue.tick(NOW + step * STEP)
            await answered(blue)
            times += [step * STEP] * (len(service.peers) - before)
        begun.append(times)
    assert [[round(time, 1) for time in times] for times in begun] == [
        [0.1, 1.0, 2.0],
        [0.5, 1.5, 2.4],
        [0.9, 1.8, 2.8],
    ]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", "status 302"),
        (b"nonsense\r\n\r\n", "the answer breaks HTTP/1.1"),
        (b"", "the connection was lost"),
    ],
)
async def test_all_but_2xx_is_a_failure(
    stage: Stage, answer: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A redirect, an answer that is none, a connection that just ends."""
    service = await stage.service()
    blue = checked(service, check=replace(CHECK, unhealthy=1))
    await tick_until(blue, NOW, lambda: service.peers)
    peer = await service.accepted()
    await peer.head()
    peer.writer.write(answer)
    peer.writer.close()
    await until(lambda: not blue.endpoints[0].well)
    assert why in caplog.text


async def test_the_head_of_an_answer_is_enough(stage: Stage) -> None:
    """After hints, and though the body never ends; the connection is not waited for."""
    service = await stage.service()
    blue = checked(service, check=replace(CHECK, healthy=1))
    blue.endpoints[0].set_well(False, "a test")
    await tick_until(blue, NOW, lambda: service.peers)
    peer = await service.accepted()
    await peer.head()
    await peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\nand so on")
    await until(lambda: blue.endpoints[0].well)
    assert await peer.end() == b""


async def test_a_replica_that_is_down_is_probed_instead(stage: Stage) -> None:
    """A check that finds nobody there says so at once, and checks go on once it is up."""
    service = stage.down(lambda _: OK)
    blue = checked(service)
    endpoint = blue.endpoints[0]
    await tick_until(blue, NOW, lambda: not endpoint.up)
    assert endpoint.well
    await service.listen()
    await probed(endpoint)
    await tick_until(blue, NOW + 10, lambda: service.requests)


async def test_no_check_outlives_its_service(stage: Stage) -> None:
    """Neither one that waits for an answer nor one that is still connecting."""
    service = await stage.service()
    blue = checked(service)
    await tick_until(blue, NOW, lambda: service.peers)
    blue.retire()
    assert not check_of(blue).in_flight
    await (await service.accepted()).end()
    other = checked(service)
    other.tick(NOW)
    other.tick(NOW + 0.1)
    connecting = check_of(other)._connecting
    assert connecting is not None
    other.retire()
    await until(connecting.cancelled)
    assert other.endpoints[0].up


async def test_a_probe_brings_a_replica_back(stage: Stage) -> None:
    """Without any request; its connection is kept for the first one."""
    service = stage.down(lambda _: OK)
    blue = backend(service_at(service.url))
    endpoint, probe = blue.endpoints[0], blue.endpoints[0]._probe
    with pytest.raises(OSError, match="refused"):
        await endpoint.open(BOUND)
    endpoint.tick(endpoint.loop.time() + 1)
    await until(lambda: not probe.in_flight)
    assert not endpoint.up
    await service.listen()
    await probed(endpoint)
    assert len(endpoint.idle) == 1
    endpoint.close()


async def test_probes_come_no_more_often_than_they_should(stage: Stage) -> None:
    """Not before their time, one at a time, and none once the service has left the plan."""
    endpoint = backend(service_at(stage.down().url)).endpoints[0]
    probe = endpoint._probe
    with pytest.raises(OSError, match="refused"):
        await endpoint.open(BOUND)
    endpoint.tick(probe._next - PROBE_FIRST / 2)
    assert not probe.in_flight
    delays: list[float] = []
    for _ in range(4):
        due = probe._next
        endpoint.tick(due)
        assert probe.in_flight
        delays.append(probe._next - due)
        await until(lambda: not probe.in_flight)
    assert delays == pytest.approx([2 * PROBE_FIRST] + [PROBE_LAST] * 3)
    endpoint.tick(probe._next)
    endpoint.retire()
    await until(lambda: not probe.in_flight)
