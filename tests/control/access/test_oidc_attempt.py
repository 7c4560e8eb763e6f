"""Logins under way: bound to their browser, good once and not for long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.oidc_attempt import LIFE, Attempts
from tests.control.access.entrance import Clock


def test_a_login_comes_back_once() -> None:
    """With what it was begun with; nothing of that but the state is in the cookie."""
    attempts = Attempts(Clock())
    begun, cookie = attempts.begin()
    assert attempts.take(cookie, begun.state) == begun
    assert attempts.take(cookie, begun.state) is None
    assert len({begun.state, begun.nonce, begun.verifier, begun.challenge}) == 4
    assert not any(secret in f"{cookie} {begun}" for secret in (begun.nonce, begun.verifier))
    assert 43 <= len(begun.verifier) <= 128


def test_a_login_does_not_wait_for_ever() -> None:
    """Ten minutes."""
    clock = Clock()
    attempts = Attempts(clock)
    (one, cookie), (other, late) = attempts.begin(), attempts.begin()
    clock.at += LIFE - 1
    assert attempts.take(cookie, one.state) is not None
    clock.at += 2
    assert attempts.take(late, other.state) is None


@given(st.integers(min_value=0), st.characters())
def test_a_changed_cookie_is_none(place: int, put: str) -> None:
    """Whichever character is another; nor is one of another process."""
    attempts = Attempts(Clock())
    begun, cookie = attempts.begin()
    at = place % len(cookie)
    changed = cookie[:at] + put + cookie[at + 1 :]
    assert attempts.take(changed, begun.state) is None or changed == cookie
    assert Attempts(Clock()).take(cookie, begun.state) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_is_answered(cookie: str, state: str) -> None:
    """Strangers write cookies and states as they like."""
    assert Attempts(Clock()).take(cookie, state) is None
