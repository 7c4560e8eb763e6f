"""The end of standard input as the end of a process: how a child notices that the supervisor is gone.

The supervisor holds the other end of every child's standard input and writes nothing to it, so it ends when
the supervisor does, however that ends.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable


def at_end_of_input(act: Callable[[], None]) -> None:
    """Call `act` once standard input has ended.

    From a thread, because an event loop cannot watch every kind of file.
    """
    threading.Thread(target=_wait, args=(act,), name="lifeline", daemon=True).start()


def _wait(act: Callable[[], None]) -> None:
    try:
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 4096):
            pass  # only the end has a meaning
    except (OSError, ValueError):
        pass  # closed meanwhile, which is an end as well
    act()
