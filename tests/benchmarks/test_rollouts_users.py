"""Who asks, and what."""

from __future__ import annotations

import json
from collections import Counter

from benchmarks.rollouts.users import bodies, requests, users, written


def test_few_users_ask_often() -> None:
    """The first asks about twice as often as the second, and most of them hardly ever."""
    counted = Counter(users(1))
    assert counted["user-0"] > 1.3 * counted["user-1"]
    assert sum(times == 1 for times in counted.values()) > len(counted) / 3


def test_the_same_seed_asks_the_same() -> None:
    """And another one something else."""
    assert requests(1)[:50] == requests(1)[:50]
    assert requests(1)[:50] != requests(2)[:50]


def test_a_request_is_a_flight_with_its_user() -> None:
    """Without a key it has none."""
    (content, *_) = bodies(1)
    assert {"month", "carrier", "temp"} <= {one["name"] for one in json.loads(content)["inputs"]}
    keyed, plain = written("/infer", "user-7", content), written("/infer", "", content)
    assert keyed.startswith(b"POST /infer HTTP/1.1\r\n")
    assert b"\r\nx-user-id: user-7\r\n" in keyed
    assert b"x-user-id" not in plain
    assert keyed.endswith(b"\r\n\r\n" + content)
    assert all(not user for user, _ in requests(1, keyed=False))
