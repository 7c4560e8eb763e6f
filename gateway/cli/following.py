"""Ctrl-C for verbs that go on until it: the first one ends them, wherever it meets them, with exit code 130.

Python raises KeyboardInterrupt wherever the process is, and inside a destructor or a callback of C it only
prints it and goes on. So it is remembered too, and raised again at the next pause.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs


class Following:
    """What goes on until somebody interrupts it; `interrupted` says whether they have."""

    def __init__(self) -> None:
        self.interrupted = False

    def pause(self, seconds: float) -> None:
        """Wait until the next look; raises KeyboardInterrupt as soon as there was one."""
        if not self.interrupted:  # one between here and there ends the sleep, or is seen after it
            time.sleep(seconds)
        if self.interrupted:
            raise KeyboardInterrupt

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Part of signal: what SIGINT does meanwhile."""
        self.interrupted = True
        raise KeyboardInterrupt

    def unraisable(self, what: UnraisableHookArgs) -> None:
        """Part of sys: an interrupt that could not be raised is remembered, and no news to anybody."""
        if not issubclass(what.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(what)


@contextmanager
def until_interrupted() -> Iterator[Following]:
    """Run what goes on until Ctrl-C; it waits with `pause` between two looks.

    Raises KeyboardInterrupt then, in place of what the interrupt made of a query or a write. One that was
    started with SIGINT ignored, as scripts start what runs in the background, is not ended.
    """
    following = Following()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, following.interrupt)
    hook, sys.unraisablehook = sys.unraisablehook, following.unraisable
    try:
        yield following
    except (KeyboardInterrupt, Exception):
        if not following.interrupted:  # else it is what the interrupt made of a query or a write
            raise
        raise KeyboardInterrupt from None
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGINT, before)
