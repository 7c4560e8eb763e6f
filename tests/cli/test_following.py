"""Ctrl-C ends what goes on until it, wherever it meets it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from gateway.cli.following import until_interrupted


class Dying:
    """Something that is interrupted while Python clears it away."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def interrupt() -> None:
    """Press Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_ends_it() -> None:
    """Between two looks or in the middle of one; it goes on to the verb, which ends without a word."""
    done = []

    def go_on() -> None:
        with until_interrupted() as following:
            following.pause(0.0)
            done.append(1)
            interrupt()
            done.append(2)

    with pytest.raises(KeyboardInterrupt):
        go_on()
    assert done == [1]


def test_one_that_python_only_prints_is_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    """Raised inside a destructor it is lost: the next pause ends at once all the same, and quietly."""
    passed = []

    def go_on() -> None:
        with until_interrupted() as following:
            Dying()
            passed.append(following.interrupted)
            following.pause(1000.0)

    with pytest.raises(KeyboardInterrupt):
        go_on()
    assert passed == [True]
    assert capsys.readouterr() == ("", "")


def test_other_mistakes_of_destructors_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """They are no interrupts."""

    class Broken:
        def __del__(self) -> None:
            raise ValueError("broken")

    with until_interrupted():
        Broken()
    assert "ValueError: broken" in capsys.readouterr().err


@pytest.mark.parametrize("is_interrupted", [True, False])
def test_what_an_interrupt_makes_of_a_query_is_no_mistake(is_interrupted: bool) -> None:
    """A library may turn it into an error of its own; without one an error is an error."""

    def query() -> None:
        try:
            if is_interrupted:
                interrupt()
        except KeyboardInterrupt:
            pass
        raise RuntimeError("interrupted")

    def run() -> None:
        with until_interrupted():
            query()

    with pytest.raises(KeyboardInterrupt if is_interrupted else RuntimeError):
        run()


def test_what_was_started_without_interrupts_stays_so() -> None:
    """A script's job in the background is not ended by a Ctrl-C that was meant for the one in front."""
    before: Callable[..., object] | int | None = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with until_interrupted() as following:
            interrupt()
            following.pause(0.0)
        assert not following.interrupted
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
