"""Makes this process one of those that the supervisor starts; `commands` says with which arguments."""

from __future__ import annotations

import sys
from collections.abc import Callable

from gateway.assemble.roles import control, keeper, recorder, replica, spare, worker
from gateway.errors import GatewayError


def main(arguments: list[str]) -> int:
    """Become the process that the supervisor asks for."""
    roles: dict[str, Callable[..., None]] = {
        "worker": worker,
        "control": control,
        "replica": replica,
        "spare": spare,
        "recorder": recorder,
        "keeper": keeper,
    }
    try:
        roles[arguments[0]](*arguments[1:])
    except GatewayError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
