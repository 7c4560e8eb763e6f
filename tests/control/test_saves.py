"""Telling a save from a file that is still being written."""

from __future__ import annotations

from gateway.control.saves import SETTLE, SETTLE_LIMIT, SaveDetector

OLD, EMPTY, NEW = (1, 100, 1), (1, 0, 2), (1, 120, 3)


def test_the_first_look_reads_the_file() -> None:
    """Nothing is known of it yet, be it there or not."""
    assert SaveDetector().look(OLD, 0) == "saved"
    assert SaveDetector().look(None, 0) == "saved"


def test_a_file_that_stays_is_left_alone() -> None:
    """The same signature is no save."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    assert [detector.look(OLD, t) for t in (0.05, 1, 100)] == ["same"] * 3


def test_a_save_is_read_once_it_has_settled() -> None:
    """It must stay as it is for a moment, and is then read once."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    assert detector.look(NEW, 1) == "moving"
    assert detector.look(NEW, 1 + SETTLE / 2) == "moving"
    assert detector.look(NEW, 1 + SETTLE) == "saved"
    assert detector.look(NEW, 2) == "same"


def test_a_file_emptied_first_is_not_read_empty() -> None:
    """Some editors truncate, then write: the moment between must not be taken for a save."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    assert detector.look(EMPTY, 1) == "moving"
    assert detector.look(NEW, 1 + SETTLE) == "moving"
    assert detector.look(NEW, 1 + 2 * SETTLE) == "saved"


def test_a_file_that_is_gone_for_a_moment() -> None:
    """Others rename the old file away before they write the new one."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    assert detector.look(None, 1) == "moving"
    assert detector.look(NEW, 1.01) == "moving"
    assert detector.look(NEW, 1.01 + SETTLE) == "saved"


def test_a_file_that_returns_to_what_it_was_is_read_again() -> None:
    """Where anything moved, reading once too often is harmless and once too little is not."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    detector.look(EMPTY, 1)
    assert detector.look(OLD, 1.01) == "moving"
    assert detector.look(OLD, 1.01 + SETTLE) == "saved"


def test_a_file_that_never_rests_is_read_all_the_same() -> None:
    """Something that writes on and on cannot keep its content from being taken."""
    detector = SaveDetector()
    detector.look(OLD, 0)
    looks = [detector.look((1, 100, n), 1 + n * SETTLE / 2) for n in range(100)]
    assert looks.index("saved") * SETTLE / 2 <= SETTLE_LIMIT + SETTLE
