"""What can be wrong with a version."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.rollouts.fault import Fault, from_json, is_unlucky, to_json

SHARES = st.floats(0, 1, exclude_max=True)


@given(st.builds(Fault, delay=SHARES, errors=SHARES, users=SHARES, hangs=st.booleans()))
def test_it_travels_as_json(fault: Fault) -> None:
    """Nothing is lost on the way to a service."""
    assert from_json(to_json(fault)) == fault


def test_the_unlucky_are_always_the_same_and_about_as_many_as_they_are_to_be() -> None:
    """So a user whom a version fails is failed by it each time; more of them contain the fewer."""
    names = [b"user-%d" % number for number in range(5_000)]
    few, more = ({name for name in names if is_unlucky(name, share)} for share in (0.03, 0.1))
    assert 100 < len(few) < 200
    assert few < more
    assert not any(is_unlucky(name, 0.0) for name in names)
