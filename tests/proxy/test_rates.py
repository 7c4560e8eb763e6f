"""Rate limits: never more than the burst and the rate allow, for each key, over all workers."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.rates import SLOTS, Rates
from gateway.routing.places import Places
from gateway.routing.settings import RateLimit

DAY = 86_400.0
LIMITS = st.builds(
    RateLimit,
    requests=st.integers(1, 1000),
    per=st.floats(0.001, DAY),
    burst=st.integers(1, 50),
)
ASKING = """
import sys, time
from pathlib import Path
from gateway.proxy.rates import Rates
from gateway.routing.places import Places
from gateway.routing.settings import RateLimit
rates, limit = Rates(Places(Path(sys.argv[1]))), RateLimit(1000, 1.0, 50)
print("ready", flush=True)
sys.stdin.readline()
passed, first, asked = 0, time.monotonic(), set()
while (now := time.monotonic()) < first + 1.0:
    passed += not rates.check(b"late", b"user", limit, now)
    asked.add(int(now * 1000))
    sum(range(2000))  # the rest of a request
print(passed, first, now, *asked, flush=True)
"""


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> Rates:
    """A table that all tests of this file share, each with keys of its own."""
    state = tmp_path_factory.mktemp("state")
    (state / "run").mkdir()
    return Rates(Places(state))


_numbers = count()


def fresh_key() -> bytes:
    """Return a key that no test used before."""
    return b"key %d" % next(_numbers)


@given(limit=LIMITS, gaps=st.lists(st.floats(0, 3), min_size=1, max_size=60), start=st.floats(0, 1e7))
def test_no_stretch_of_time_sees_more_than_burst_and_rate_allow(
    rates: Rates, limit: RateLimit, gaps: list[float], start: float
) -> None:
    """Whatever the pattern of arrivals: in any t seconds at most burst + rate * t requests of a key pass."""
    key, now, passed = fresh_key(), start, list[float]()
    for gap in gaps:
        now += gap * limit.per / limit.requests
        if rates.check(b"late", key, limit, now) == 0.0:
            passed.append(now)
    rate = limit.requests / limit.per
    for first, since in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = limit.burst + rate * (passed[last] - since) + rate * 1e-8
            assert last - first + 1 <= allowed + 1e-6


@given(limit=LIMITS, refused=st.integers(1, 20))
def test_a_refused_request_costs_nothing(rates: Rates, limit: RateLimit, refused: int) -> None:
    """The burst passes at once; after it, however often one asks, the time to wait is told and stays."""
    key, now = fresh_key(), 1000.0
    assert [rates.check(b"late", key, limit, now) for _ in range(limit.burst)] == [0.0] * limit.burst
    wait = rates.check(b"late", key, limit, now)
    assert wait == pytest.approx(limit.per / limit.requests, abs=2e-9)
    for _ in range(refused):
        assert rates.check(b"late", key, limit, now) == wait
    assert rates.check(b"late", key, limit, now + wait * 0.99) > 0
    assert rates.check(b"late", key, limit, now + wait + 1e-6) == 0.0
    assert rates.check(b"late", key, limit, now + wait + 1e-6) > 0


def test_one_who_keeps_to_the_rate_is_never_refused(rates: Rates) -> None:
    """A thousand requests, each an interval after the one before; after a rest the whole burst is there."""
    limit, key = RateLimit(10, 1.0, 3), fresh_key()
    assert not any(rates.check(b"late", key, limit, 50 + n * 0.1000001) for n in range(1000))
    assert [rates.check(b"late", key, limit, 1000.0) > 0 for _ in range(4)] == [False, False, False, True]


def test_each_key_and_each_route_has_its_own_allowance(rates: Rates) -> None:
    """Also where route and key written together would be the same; no key at all is a key."""
    limit = RateLimit(1, 60.0)
    pairs = [(b"late", b"a"), (b"late", b"b"), (b"latea", b""), (b"late", b""), (b"early", b"a")]
    assert not any(rates.check(route, key, limit, 10.0) for route, key in pairs)
    assert all(rates.check(route, key, limit, 11.0) for route, key in pairs)


def test_under_a_new_limit_old_debts_are_no_greater_than_it_allows(rates: Rates) -> None:
    """Whoever owed hours under the old limit waits no longer than one interval of the new one."""
    key, hourly, faster = fresh_key(), RateLimit(1, 3600.0, 5), RateLimit(10, 1.0, 5)
    for _ in range(5):
        assert rates.check(b"late", key, hourly, 0.0) == 0.0
    assert rates.check(b"late", key, hourly, 0.0) == pytest.approx(3600.0)
    assert rates.check(b"late", key, faster, 1.0) == pytest.approx(0.1)
    assert rates.check(b"late", key, faster, 1.05) == pytest.approx(0.05)
    assert rates.check(b"late", key, faster, 1.1001) == 0.0
    assert rates.check(b"late", key, faster, 1.1001) > 0


def test_a_worker_whose_clock_was_read_a_moment_ago_takes_no_debt_away(rates: Rates) -> None:
    """The debt that a key has run up since is not mistaken for one under an old limit."""
    key, limit = fresh_key(), RateLimit(10, 1.0, 2)
    assert [rates.check(b"late", key, limit, 20.0) for _ in range(2)] == [0.0, 0.0]
    assert rates.check(b"late", key, limit, 19.8) == pytest.approx(0.3)
    assert rates.check(b"late", key, limit, 20.0) == pytest.approx(0.1)


def test_an_interval_that_is_not_whole_is_rounded_to_the_slower_side(rates: Rates) -> None:
    """Three in ten nanoseconds: four for each."""
    limit, key = RateLimit(300_000_000, 1.0), fresh_key()
    assert rates.check(b"late", key, limit, 1.0) == 0.0
    assert rates.check(b"late", key, limit, 1.0) == pytest.approx(4e-9)


def test_the_longest_times_and_greatest_bursts_fit(rates: Rates) -> None:
    """No setting makes a number that does not fit the table."""
    limit, key = RateLimit(1, DAY, 10**12), fresh_key()
    assert not any(rates.check(b"late", key, limit, 1e9) for _ in range(100))
    assert rates.check(b"late", key, RateLimit(1, DAY), 1e9) == pytest.approx(DAY)


def test_invented_keys_do_not_push_out_those_most_in_debt(tmp_path: Path) -> None:
    """Twice as many keys as there are slots come by; who has used up a burst is still refused."""
    (tmp_path / "run").mkdir()
    rates, limit = Rates(Places(tmp_path)), RateLimit(1, 60.0, 10)
    debtors = [b"debtor %d" % n for n in range(50)]
    for debtor in debtors:
        while rates.check(b"late", debtor, limit, 100.0) == 0.0:
            pass
    for number in range(2 * SLOTS):
        rates.check(b"late", b"invented %d" % number, limit, 101.0)
    assert all(rates.check(b"late", debtor, limit, 102.0) > 50 for debtor in debtors)


def test_two_workers_share_the_allowance(tmp_path: Path) -> None:
    """What one used up the other cannot use, from the first moment on."""
    (tmp_path / "run").mkdir()
    one, two = Rates(Places(tmp_path)), Rates(Places(tmp_path))
    limit = RateLimit(1, 10.0, 3)
    answers = [each.check(b"late", b"user", limit, 5.0) for each in (one, two, two, one, two)]
    assert answers == [0.0, 0.0, 0.0, pytest.approx(10.0), pytest.approx(10.0)]


def test_two_processes_let_hardly_more_through_than_one_may(tmp_path: Path) -> None:
    """Tens of thousands of requests a second for one key: a fifth more at most, where two limits were 100 %.

    And no fewer than they asked for: one in each millisecond in which either was not kept from asking.
    """
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-c", ASKING, str(tmp_path)]
    askers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for asker in askers:
        assert asker.stdout is not None
        assert asker.stdout.readline() == "ready\n"
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("go\n")
        asker.stdin.flush()
    results = [asker.communicate()[0].split() for asker in askers]
    passed = sum(int(result[0]) for result in results)
    seconds = max(float(result[2]) for result in results) - min(float(result[1]) for result in results)
    assert passed <= (50 + 1000 * seconds) * 1.2
    assert passed >= 0.9 * len({millisecond for result in results for millisecond in result[3:]})


def test_a_full_memory_leaves_each_worker_to_its_own_limit(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Requests go on, and the log says that limits are no longer shared."""
    rates, limit = Rates(Places(tmp_path / "nowhere")), RateLimit(1, 60.0)
    now = time.monotonic()
    assert rates.check(b"late", b"user", limit, now) == 0.0
    assert rates.check(b"late", b"user", limit, now) > 59
    assert "limits hold in each worker by itself" in caplog.text
