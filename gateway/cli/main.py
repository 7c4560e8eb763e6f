"""The `gateway` command: finds the verb and loads no more than that verb needs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from sys import UnraisableHookArgs

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C has ended: 128 and the number of SIGINT."""
CHANGES = ("rollback", "switch", "set-weight", "rollout", "promote", "pause", "resume", "abort")
"""Verbs that change who answers: whoever interrupts one must know how to see whether it has."""


def main() -> int:
    """Run the verb on the command line; return its exit code.

    0 done, 1 refused or failed, 2 wrong usage, 130 ended by Ctrl-C.
    """
    arguments = sys.argv[1:]
    verb = None
    try:
        verb = _loaded(arguments)
        return verb(arguments)
    except KeyboardInterrupt:
        if verb is not None and arguments and arguments[0] in CHANGES:
            print("interrupted; `gateway history` says whether it is done already", file=sys.stderr)
        return INTERRUPTED


def _loaded(arguments: list[str]) -> Callable[[list[str]], int]:
    """Return what runs the verb. Nothing is under way meanwhile, so any interrupt ends it at once."""
    hook, sys.unraisablehook = sys.unraisablehook, _unraisable
    try:
        if arguments[:1] == ["rollback"]:
            from gateway.cli.rollback import main as rollback

            return lambda found: rollback(found[1:])
        from gateway.cli.verbs import run

        return run
    finally:
        sys.unraisablehook = hook


def _unraisable(what: UnraisableHookArgs) -> None:
    """Part of sys: Python would print an interrupt that meets it clearing up after an import, and go on."""
    if issubclass(what.exc_type, KeyboardInterrupt):
        os._exit(INTERRUPTED)
    sys.__unraisablehook__(what)


if __name__ == "__main__":
    sys.exit(main())
