"""What an on-call engineer reads first."""

from __future__ import annotations

import pytest

from gateway.control.views import CertificateHealth, ReplicaHealth, ServiceHealth, Views
from gateway.control.warnings import of_certificate, of_replica, warnings
from gateway.monitoring.health_report import STATES
from gateway.monitoring.tally import LIMITS

NOW = 1_780_000_000.0
DAY = 86_400.0


def replica(address: str = "127.0.0.1:9003", /, **states: int) -> ReplicaHealth:
    """A replica and how many workers see it in which state."""
    return ReplicaHealth(address, {state: states.get(state, 0) for state in STATES})


def service(*replicas: ReplicaHealth, waiting: int = 0, **breakers: int) -> ServiceHealth:
    """A service and how many workers have which breaker."""
    return ServiceHealth("canary", replicas, breakers, waiting)


def told(*services: ServiceHealth) -> list[str]:
    """The warnings about services alone."""
    return warnings(Views(services=services), {}, NOW)


def test_nothing_is_said_while_all_is_well() -> None:
    """Replicas up, breakers closed, queues empty, certificates good, and limits that hold every day."""
    views = Views(
        services=(service(replica(up=2), closed=2),),
        certificates=(CertificateHealth("a.pem", ("a.example",), NOW + 60 * DAY, ""),),
        tunnels={0: 12},
    )
    hits = {**dict.fromkeys(LIMITS, 0), "keep_alive_timeout": 40, "redirect": 7}
    assert warnings(views, hits, NOW) == []


def test_an_ejected_replica_is_named_with_who_ejected_it_and_why() -> None:
    """The other replica serves, so the service is not out."""
    assert told(service(replica(ejected=2), replica("127.0.0.1:9004", up=2))) == [
        "service canary: replica 127.0.0.1:9003 is ejected by 2 of 2 workers (after failed answers)"
    ]


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("down", "is down for 1 of 2 workers (it accepts no connection)"),
        ("unwell", "is unwell for 1 of 2 workers (it fails its health check)"),
        ("warming", "is warming up for 1 of 2 workers (it came back and gets a growing share)"),
    ],
)
def test_each_state_says_what_it_means(state: str, part: str) -> None:
    """In words, since nobody knows the states by heart at 3 a.m."""
    assert of_replica(replica(**{state: 1, "up": 1})) == f"replica 127.0.0.1:9003 {part}"


def test_the_worst_state_comes_first() -> None:
    """Where workers disagree, all views are told."""
    assert of_replica(replica(warming=1, down=2)).startswith(
        "replica 127.0.0.1:9003 is down for 2 of 3 workers (it accepts no connection) and is warming up"
    )
    assert of_replica(replica(up=3)) == ""


def test_a_service_without_any_replica_to_use_says_so_first() -> None:
    """That is the line to act on."""
    (line,) = told(service(replica(down=2), replica("127.0.0.1:9004", ejected=1, unwell=1)))
    assert line.startswith("service canary has no replica to use: replica 127.0.0.1:9003 is down for 2 of 2")
    assert told(service(replica(down=2), replica("127.0.0.1:9004", warming=1, down=1)))[0].startswith(
        "service canary: "
    )


def test_many_replicas_make_one_line() -> None:
    """Three are named, the others counted."""
    (line,) = told(service(*(replica(f"10.0.0.{n}:80", down=2) for n in range(9))))
    assert line.endswith("and 6 more replicas")
    assert line.count("accepts no connection") == 3


def test_open_breakers_and_queues_are_told() -> None:
    """With the number of workers and of requests."""
    (line,) = told(service(replica(up=2), waiting=14, open=1, closed=1))
    assert line == (
        "service canary: breaker open in 1 of 2 workers "
        "(too many of its answers failed; it is tried again shortly); "
        "14 requests wait in its queue (its concurrency is used up)"
    )


def test_a_service_without_replicas_is_no_trouble() -> None:
    """A worker that has not yet looked at a service says nothing about it."""
    assert told(service()) == []


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (14 * DAY + 1, ""),
        (13.5 * DAY, "expires in 13 days, on 2026-06-"),
        (1.5 * DAY, "expires in 1 day, on 2026-05-30 "),
        (3600.0, "expires in 0 days, on 2026-05-28 21:26 UTC"),
        (-1.0, "has expired on 2026-05-28 20:26 UTC; clients refuse it"),
    ],
)
def test_a_certificate_that_ends_soon_is_told_in_time(left: float, words: str) -> None:
    """Two weeks before, with the day."""
    line = of_certificate(CertificateHealth("a.pem", ("a.example", "b.example"), NOW + left, ""), NOW)
    assert line.startswith("certificate a.pem (a.example, b.example) " if words else "")
    assert words in line
    assert bool(line) == bool(words)


def test_a_certificate_that_cannot_be_used_says_why() -> None:
    """Whatever its end."""
    line = of_certificate(CertificateHealth("a.pem", (), 0.0, "its key is another one's"), NOW)
    assert line == "certificate a.pem cannot be used: its key is another one's"
    assert of_certificate(CertificateHealth("a.pem", (), 0.0, ""), NOW) == ""


def test_limits_that_held_of_late_are_one_line_most_frequent_first() -> None:
    """Those that hold every day are left out."""
    hits = {"head_timeout": 12, "rate": 300, "keep_alive_timeout": 900, "body": 0}
    assert warnings(Views(), hits, NOW) == ["limits that held in the last minute: rate 300, head_timeout 12"]


def test_reports_that_cannot_be_read_are_told() -> None:
    """A view that is missing must not look like one in which all is well."""
    assert warnings(Views(unread=("worker-0.health: no",)), {}, NOW) == ["worker-0.health: no"]
