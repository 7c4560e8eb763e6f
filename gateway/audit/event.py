"""What somebody did or tried, and from where: the content of one entry of the trail."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal

Result = Literal["done", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something done or tried; `detail` says why it was refused or how it failed.

    `origin` is where it came from: an address, `socket`, `uid 1000 on /dev/pts/3`; empty: it is found out.
    `before` and `after` are small JSON values, such as weights and a revision; None: nothing to compare.
    """

    what: str
    who: str
    origin: str = ""
    route: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    why: str = ""
    result: Result = "done"
    detail: str = ""


@dataclass(slots=True)
class Attempt:
    """One request of the admin side while it is answered; who handles it adds what it comes to know.

    `recorded` counts the entries made meanwhile, so that nothing is told twice. `is_change`: it got as far as
    an endpoint that changes something. `before` and `after` are as in `Event`. `put` records without a wait.
    """

    origin: str
    what: str
    route: str = ""
    why: str = ""
    detail: str = ""
    recorded: int = 0
    is_change: bool = False
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    put: Callable[[Event], None] | None = None


_ATTEMPT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


@contextmanager
def attempting(attempt: Attempt) -> Iterator[Attempt]:
    """Let whatever is done inside, in threads too that take the context along, belong to an attempt."""
    token = _ATTEMPT.set(attempt)
    try:
        yield attempt
    finally:
        _ATTEMPT.reset(token)


def attempt_now() -> Attempt | None:
    """Return the request that is being answered here, None outside of one."""
    return _ATTEMPT.get()


def placed(event: Event) -> Event:
    """Return an event with where it came from, and count it for the request that is being answered."""
    attempt = attempt_now()
    if attempt is None:
        return event if event.origin else replace(event, origin=origin_of(event.who))
    attempt.recorded += 1
    return replace(event, origin=event.origin or attempt.origin, route=event.route or attempt.route)


def origin_of(who: str) -> str:
    """Return where something that `who` does comes from, outside of any request."""
    kind = who.partition(":")[0]
    return f"uid {os.getuid()} on {_terminal()}" if kind == "cli" else kind


def _terminal() -> str:
    for descriptor in (0, 2, 1):
        try:
            return os.ttyname(descriptor)
        except OSError:  # a pipe, a file, or closed
            continue
    return "no terminal"
