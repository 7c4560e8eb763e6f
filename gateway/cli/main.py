"""The `gateway` command: finds the verb and loads no more than that verb needs."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the verb on the command line; return its exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["rollback"]:
        from gateway.cli.rollback import main as rollback

        return rollback(arguments[1:])
    from gateway.cli.verbs import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
