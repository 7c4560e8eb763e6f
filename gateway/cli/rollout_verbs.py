"""The verbs of rollouts: start one, pause it, go on, promote it, take it back, derive it again.

They write the journal and the plan slot themselves, like `set-weight`, so they work while the control process
is dead; then they say that nobody judges meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.common import Running, WrongUsage, author, check_published, find_running, write_file
from gateway.cli.options import CONFIG, Config, Json, Reason, StateDir, must_be_up
from gateway.errors import ChangeRefused

if TYPE_CHECKING:
    from gateway.control.rollouts.steering import Move
    from gateway.routing.change import Request
    from gateway.routing.rollouts import Step

RouteName = Annotated[str | None, typer.Option("--route", help="Which route, where several are possible.")]
Steps = Annotated[str, typer.Option(help="Percentages that each hold until their verdict: 1,5,25,100.")]
Force = Annotated[bool, typer.Option("--force", help="Start it even if it is not ready to answer.")]
Full = Annotated[bool, typer.Option("--full", help="Make it stable at once, whatever steps are left.")]


def rollout(
    service: Annotated[str, typer.Argument(help="The version to roll out.")],
    route: RouteName = None,
    steps: Steps = "",
    reason: Reason = "",
    force: Force = False,
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Roll a version out: it grows step by step as it is shown good enough, and goes back if it is worse.

    Steps and judge are the route's in routing.yaml, or the usual ones (5, 25, 50, 100 %). At 100 % the
    version becomes stable. Watch it: gateway status --watch

    Example: gateway rollout canary --steps 1,5,25,100 --reason "retrained on June"
    """
    from gateway.control.rollouts.steering import starting

    # Nobody would be served it, and at the next start nothing would be known of its first minutes.
    running, request = must_be_up(find_running(state_dir, str(config))), _request("rollout", reason)
    wanted = parsed_steps(steps) if steps else ()
    move = starting(running.places, service, wanted, force=force)
    _make(running, request, route, move, as_json, canary=service)


def pause(
    route: RouteName = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Keep the canary's share until somebody says resume or promote; it still goes back if it is worse.

    Example: gateway pause --reason "waiting for the data team"
    """
    from gateway.control.rollouts.steering import pausing

    _steer("pause", pausing, route, reason, state_dir, config, as_json=as_json)


def resume(
    route: RouteName = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Go on with a paused rollout; what asked for the pause has been answered and asks no more.

    Example: gateway resume --reason "the outputs moved as they should"
    """
    from gateway.control.rollouts.steering import resuming

    _steer("resume", resuming, route, reason, state_dir, config, as_json=as_json)


def promote(
    full: Full = False,
    route: RouteName = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Go to the next step now, without a verdict; where that is 100 %, the canary becomes stable.

    Example: gateway promote --full --reason "an urgent fix"
    """
    from gateway.control.rollouts.steering import promoting

    def moving(request: Request) -> Move:
        return promoting(request, time.time(), full=full)

    _steer("promote", moving, route, reason, state_dir, config, as_json=as_json)


def abort(
    route: RouteName = None,
    reason: Reason = "",
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Take the canary back: it gets no more requests, and the rollout is over.

    Example: gateway abort --reason "wrong model file"
    """
    from gateway.control.rollouts.steering import aborting

    _steer("abort", aborting, route, reason, state_dir, config, as_json=as_json)


def _steer(
    action: str,
    moving: Callable[[Request], Move],
    route: str | None,
    reason: str,
    state_dir: str | None,
    config: Path,
    *,
    as_json: bool,
) -> None:
    """Make a move of the rollout that is under way."""
    running, request = find_running(state_dir, str(config)), _request(action, reason)
    _make(running, request, route, moving(request), as_json)


def _request(action: str, reason: str) -> Request:
    from gateway.routing.change import Request

    return Request(action, author(), reason)


def _make(
    running: Running, request: Request, route: str | None, move: Move, as_json: bool, canary: str = ""
) -> None:
    from gateway.cli.rollout_told import tell
    from gateway.control.rollouts.steering import find_for, make

    plan, moved = make(running.places, request, lambda head: find_for(head, route, canary), move)
    problem = write_file(running, plan.revision)
    check_published(running, plan.revision)
    tell(running.places, plan, moved, problem, as_json=as_json)


def parsed_steps(text: str) -> tuple[Step, ...]:
    """Return the steps of `--steps`; raises WrongUsage."""
    from gateway.control.rollouts.steering import steps_of

    try:
        return steps_of([float(word.strip().removesuffix("%")) for word in text.split(",")])
    except ValueError:
        problem = "a step is a number of percent"
    except ChangeRefused as error:
        problem = str(error)
    raise WrongUsage(f"--steps {text}: {problem}; write percentages that grow, as in --steps 1,5,25,100")
