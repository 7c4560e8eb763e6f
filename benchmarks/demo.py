"""`python -m benchmarks.demo`: real flights through the gateway, a weight changed half-way, then a rollback.

Uses the gateway that runs with --state-dir and leaves its weights as they were; where none does, starts one
on a copy of routing.yaml and a free port, so that the repository's own file stays untouched.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import demo_table
from benchmarks.admin import ROUTE, Refused, command
from benchmarks.contenders import ROOT
from benchmarks.demo_gateway import MODEL, gateway, get_json, live_weights
from benchmarks.demo_table import Phase
from benchmarks.flights import Flight, read_flights, read_inputs
from benchmarks.process import end_in_order
from benchmarks.replay import Change, Outcome, Replay

_CANARY = "canary"
console = Console()


def main() -> int:
    """Run the demo and print its table; returns 1 when it could not be run or a request failed."""
    options = _options()
    end_in_order()
    try:
        with gateway(options.state_dir) as (url, state, is_own):
            console.print(f"Gateway at {url}" + (", started for this demo" if is_own else ""))
            outcomes, phases = replay(url, state, read_flights(), options.rate)
    except* (Refused, RuntimeError, ValueError, OSError) as failures:
        for failure in failures.exceptions:
            console.print(f"The demo stopped: {failure}", markup=False)
        outcomes, phases = [], []
    if outcomes:
        _print(outcomes, phases)
    return 0 if outcomes and not any(one.error for one in outcomes) else 1


@dataclass
class Steps:
    """The two changes of the demo, and the shares that the gateway says it follows from each on."""

    state: Path
    phases: list[Phase] = field(default_factory=list)

    def note(self, name: str) -> None:
        """Remember the weights that are live now."""
        self.phases.append(Phase(name, shares(live_weights(self.state))))

    def raise_canary(self) -> None:
        """Give the canary more, as a person would."""
        more = self.canary_weight()
        command("set-weight", more, "--route", ROUTE, state=self.state)

    def canary_weight(self) -> str:
        """Return what `gateway set-weight` is told half-way."""
        return f"{_CANARY}={raised(self.phases[0].asked.get(_CANARY, 0)):g}"

    def roll_back(self) -> None:
        """Send everything to stable, as a person would."""
        command("rollback", state=self.state)


def raised(share: float) -> float:
    """Return the weight, of 100, that the canary gets half-way: well above the share it has."""
    return 40.0 if share < 0.3 else float(round(50 + share * 50))


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Turn proportional weights into shares of one."""
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()}


def replay(
    url: str, state: Path, flights: Sequence[Flight], rate: float
) -> tuple[list[Outcome], list[Phase]]:
    """Send the flights, change the weight half-way, roll back at nine tenths."""
    metadata = get_json(url + MODEL)
    if metadata is None:
        raise RuntimeError(f"{url}{MODEL} does not answer")
    inputs = read_inputs(metadata, list(flights[0].known))
    steps = Steps(state)
    steps.note("as found")
    changes = [
        Change(
            len(flights) // 2, steps.raise_canary, lambda: steps.note(f"set-weight {steps.canary_weight()}")
        ),
        Change(len(flights) * 9 // 10, steps.roll_back, lambda: steps.note("rollback")),
    ]
    with _progress(len(flights), steps) as tick:
        outcomes = asyncio.run(Replay(f"{url}{MODEL}/infer", inputs, rate, tick).run(flights, changes))
    return outcomes, steps.phases


@contextmanager
def _progress(total: int, steps: Steps) -> Iterator[Callable[[], None]]:
    """Show how far the replay is and under which weights; nothing where the output is not a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(steps.phases[-1].name, total=total)
        yield lambda: progress.update(task, advance=1, description=steps.phases[-1].name)


def _print(outcomes: Sequence[Outcome], phases: Sequence[Phase]) -> None:
    title = f"{len(outcomes):,} flights of March 2013"
    for caption, content in (
        (title, demo_table.by_version(outcomes, phases)),
        ("Shares asked for → served", demo_table.by_phase(outcomes, phases)),
    ):
        table = Table(title=caption, title_justify="left")
        for number, name in enumerate(content.head):
            table.add_column(name, justify="left" if number == 0 else "right")
        for line in content.lines:
            table.add_row(*line)
        console.print(table)
    for note in demo_table.footnotes(outcomes):
        console.print(f"- {note}", highlight=False, markup=False)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo", description=__doc__)
    parser.add_argument("--state-dir", type=Path, default=ROOT / ".gateway", help="of the gateway to use")
    parser.add_argument("--rate", type=float, default=600, help="flights per second (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
