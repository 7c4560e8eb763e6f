"""Questions asked in the background."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from gateway.rollout import background as module
from gateway.rollout.background import Background
from tests.waiting import BOUND, until


def test_an_answer_is_there_once_it_came() -> None:
    """With the time at which it was asked for."""
    background: Background[str] = Background()
    assert background.latest("q") is None
    background.ask("q", 5.0, lambda: "a")
    assert until(lambda: background.latest("q")) == (5.0, "a")


def test_a_question_is_not_asked_twice_at_once() -> None:
    """And the first answer stands until the second came."""
    background: Background[int] = Background()
    release = threading.Event()
    asked: list[int] = []

    def slow() -> int:
        asked.append(1)
        release.wait(BOUND)
        return len(asked)

    for now in range(5):
        background.ask("q", now, slow)
    release.set()
    assert until(lambda: background.latest("q")) == (0, 1)


def test_an_answer_that_came_since_one_looked_is_not_asked_for_again() -> None:
    """Who found none, and asks only when it is there already, has it at the next look."""
    background: Background[int] = Background()
    seen = background.latest("q")
    background.ask("q", 1.0, lambda: 1, seen)
    found = until(lambda: background.latest("q"))
    until(lambda: not background._asking)
    background.ask("q", 2.0, lambda: 2, seen)
    assert (background._asking, background.latest("q")) == (set(), found)
    background.ask("q", 3.0, lambda: 3, found)
    assert until(lambda: background.latest("q") != found and background.latest("q")) == (3.0, 3)


def test_questions_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More are asked at the next look."""
    monkeypatch.setattr(module, "MOST_AT_ONCE", 1)
    background: Background[int] = Background()
    release = threading.Event()
    background.ask("slow", 0, lambda: int(release.wait(BOUND)))
    background.ask("next", 0, lambda: 2)
    release.set()
    until(lambda: background.latest("slow"))
    assert background.latest("next") is None

    def asked_again() -> object:
        background.ask("next", 1, lambda: 2)
        return background.latest("next")

    until(asked_again)


def test_answers_are_forgotten_with_what_they_were_for() -> None:
    """Nothing grows with the number of rollouts."""
    background: Background[int] = Background()
    for name in ("old", "new"):
        background.ask(name, 0, lambda: 1)
        until(partial(background.latest, name))
    background.forget(lambda question: question == "new")
    assert background.latest("old") is None
    assert background.latest("new") is not None
