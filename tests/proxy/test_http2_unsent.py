"""What waits for a client of HTTP/2: in order, and with a clock that only real progress sets back."""

from __future__ import annotations

from gateway.proxy.http2_unsent import PROGRESS, Unsent


def test_what_waits_is_taken_in_order() -> None:
    """More may be added while some of it is taken."""
    unsent = Unsent()
    unsent.add(b"abc")
    assert (unsent.take(2, 0.0), unsent.size()) == (b"ab", 1)
    unsent.add(b"de")
    assert (unsent.size(), unsent.take(3, 0.0), unsent.size()) == (3, b"cde", 0)
    unsent.add(b"f")
    assert unsent.take(1, 0.0) == b"f"


def test_progress_is_more_than_a_byte_now_and_then() -> None:
    """The clock of a client that reads begins anew with every few KiB, and stops when nothing waits."""
    unsent = Unsent()
    unsent.add(b"x" * 3 * PROGRESS)
    assert unsent.stalled == 0.0
    unsent.blocked(1.0)
    unsent.blocked(1.5)
    unsent.take(PROGRESS - 1, 2.0)
    assert unsent.stalled == 1.0
    unsent.take(1, 3.0)
    assert unsent.stalled == 3.0
    unsent.take(2 * PROGRESS, 4.0)
    assert unsent.stalled == 0.0
