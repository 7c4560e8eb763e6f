"""The lock-out: guessers wait, and memory stays as it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.lockout import FAILURES, LOCKED_FOR, MOST, WITHIN, Lockout, group
from tests.control.access.entrance import Clock

HERE, THERE = "192.0.2.1", "192.0.2.2"


def locked(clock: Clock) -> Lockout:
    """A lockout in which one address has just failed too often."""
    lockout = Lockout(clock)
    assert [lockout.failed(HERE) for _ in range(FAILURES)] == [0] * FAILURES
    return lockout


def test_the_attempt_after_the_tenth_failure_waits() -> None:
    """For five minutes, which further attempts do not prolong; then ten more are free."""
    clock = Clock()
    lockout = locked(clock)
    assert lockout.failed(HERE) == LOCKED_FOR
    clock.at += LOCKED_FOR - 0.5
    assert lockout.failed(HERE) == 1
    clock.at += 0.5
    assert [lockout.failed(HERE) for _ in range(FAILURES)] == [0] * FAILURES
    assert lockout.failed(HERE) > 0


def test_looking_counts_nothing() -> None:
    """It tells for how long an address has to wait, and no more."""
    clock = Clock()
    assert [Lockout(clock).wait(HERE) for _ in range(FAILURES + 1)] == [0] * (FAILURES + 1)
    lockout = locked(clock)
    once = Lockout(clock)
    assert (once.failed(HERE), once.wait(HERE)) == (0, 0)
    assert (lockout.wait(HERE), lockout.wait(THERE), len(lockout)) == (LOCKED_FOR, 0, 1)
    clock.at += LOCKED_FOR
    assert lockout.wait(HERE) == 0


def test_other_addresses_do_not_wait() -> None:
    """Whatever happens at the next one."""
    assert locked(Clock()).failed(THERE) == 0


@given(st.lists(st.floats(min_value=0, max_value=200), max_size=60))
def test_nobody_fails_more_often_than_is_allowed(steps: list[float]) -> None:
    """In no five minutes are more than ten guesses told to be wrong."""
    clock = Clock()
    lockout = Lockout(clock)
    failures: list[float] = []
    for step in steps:
        clock.at += step
        recent = [at for at in failures if clock.at - at < WITHIN]
        if lockout.failed(HERE) == 0:
            failures.append(clock.at)
            assert len(recent) < FAILURES
        else:
            assert len([at for at in failures if clock.at - at < WITHIN + LOCKED_FOR]) >= FAILURES


def test_many_at_once_are_counted_one_by_one() -> None:
    """Of a hundred guesses in the same moment exactly ten are told to be wrong."""
    lockout = Lockout(Clock())
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: lockout.failed(HERE), range(100)))
    assert waits.count(0) == FAILURES


def test_memory_is_bounded() -> None:
    """However many addresses fail; an address that keeps failing is not forgotten for it."""
    lockout = Lockout(Clock())
    for number in range(3 * MOST):
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        lockout.failed(address)
        if number % (MOST // 2) == 0:
            lockout.failed(HERE)
    assert len(lockout) == MOST
    assert [lockout.failed(HERE) for _ in range(FAILURES)].count(0) == FAILURES - 6


def test_a_network_is_one_address() -> None:
    """Of IPv6 anybody has 2^64; one of IPv4 is the same however it is written."""
    assert group("2001:db8:1:2:3:4:5:6") == group("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert group("2001:db8:1:3::1") != group("2001:db8:1:2::1")
    assert group("::ffff:192.0.2.1") == group(HERE) == HERE
    assert group("socket") == "socket"
