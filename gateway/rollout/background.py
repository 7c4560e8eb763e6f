"""Questions to others, asked in threads: whoever wants an answer gets the latest one and never waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST_AT_ONCE = 16
"""Questions under way over all; more wait for the next look."""


class Background(Generic[Value]):
    """The latest answers by question. `ask` functions must not raise: what failed is an answer too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: set[Hashable] = set()
        self._replies: dict[Hashable, tuple[float, Value]] = {}

    def latest(self, question: Hashable) -> tuple[float, Value] | None:
        """Return when a question was asked last, and the answer; None before the first."""
        with self._lock:
            return self._replies.get(question)

    def ask(
        self,
        question: Hashable,
        now: float,
        ask: Callable[[], Value],
        seen: tuple[float, Value] | None = None,
    ) -> None:
        """Have a question asked, unless it is being asked already; `now` is when, for `latest`.

        `seen` is what `latest` returned to the caller: where an answer came since, it is not asked again.
        """
        with self._lock:
            if question in self._asking or len(self._asking) >= MOST_AT_ONCE:
                return
            if self._replies.get(question) is not seen:
                return
            self._asking.add(question)
        threading.Thread(target=self._run, args=(question, now, ask), name="ask", daemon=True).start()

    def _run(self, question: Hashable, now: float, ask: Callable[[], Value]) -> None:
        try:
            value = ask()
            with self._lock:
                self._replies[question] = (now, value)
        finally:
            with self._lock:
                self._asking.discard(question)

    def forget(self, unless: Callable[[Hashable], bool]) -> None:
        """Forget the answers to all questions but some."""
        with self._lock:
            for question in [found for found in self._replies if not unless(found)]:
                del self._replies[question]
