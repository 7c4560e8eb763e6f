"""One service's requests over all workers: two numbers in one word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy.cell import LOW_HALF, Cell

Held = tuple[int, int]
HELD = st.tuples(st.integers(0, 20_000), st.integers(0, 20_000))


def row(held: Held = (0, 0)) -> memoryview:
    """Return a word of memory with so many in flight and so many waiting."""
    word = memoryview(bytearray(8)).cast("Q")
    word[0] = held[0] + (held[1] << 32)
    return word


@given(own=HELD, others=st.lists(HELD, max_size=16))
def test_both_numbers_are_summed_over_all_workers(own: Held, others: list[Held]) -> None:
    """Neither runs into the other; the own word is the own count."""
    cell = Cell(1, row(), [row(held) for held in others])
    cell.add(own[0])
    cell.add_waiting(own[1])
    assert cell.total() == own[0] + sum(flying for flying, _ in others)
    assert cell.packed() >> 32 == own[1] + sum(waiting for _, waiting in others)
    assert (cell.own() & LOW_HALF, cell.own() >> 32) == own
    cell.add(-own[0])
    cell.add_waiting(-own[1])
    assert cell.own() == 0


def test_other_workers_are_followed_as_they_come_and_go() -> None:
    """What another writes counts at once; who is no longer followed does not count."""
    other = row((3, 0))
    cell = Cell(1, row((1, 0)), [])
    assert cell.total() == 1
    cell.follow([other])
    other[0] += 2
    assert cell.total() == 6
    cell.follow([])
    assert cell.total() == 1


def test_a_share_is_an_equal_part_of_what_those_that_do_not_wait_leave() -> None:
    """This worker and the two that wait share the 9 of 12 places that the fourth does not hold."""
    cell = Cell(1, row((5, 1)), [row((3, 0)), row((1, 1)), row((0, 7)), row()])
    assert cell.share_of(12) == 3.0
    assert Cell(1, row(), []).share_of(12) == 12.0
    assert Cell(1, row(), [row((1, 1))]).share_of(1) == 0.5


@given(
    places=st.integers(1, 50),
    workers=st.lists(HELD.map(lambda h: (h[0] % 9, h[1] % 3)), min_size=1, max_size=6),
)
def test_while_a_place_is_free_somebody_who_waits_holds_less_than_its_share(
    places: int, workers: list[Held]
) -> None:
    """So a place never lies free for ever because each thinks that it has enough."""
    rows = [row(held) for held in workers]
    cells = [Cell(1, own, [other for other in rows if other is not own]) for own in rows]
    waiting = [cell for cell in cells if cell.own() > LOW_HALF]
    if waiting and cells[0].total() < places:
        assert any(cell.own() & LOW_HALF < cell.share_of(places) for cell in waiting)
