"""The front: the generation that serves, the next one while a reload is under way, and those that leave."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from dataclasses import replace

from gateway.errors import GatewayError
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.supervision.generation import Generation, Setup, new_generation, state_of
from gateway.supervision.leaving import Leaving
from gateway.supervision.listeners import Bound, close_unwanted
from gateway.supervision.process import Process
from gateway.supervision.reload import Reload
from gateway.supervision.reload_report import DONE, FAILED, RUNNING, ReloadReport, write_report

log = logging.getLogger("gateway.supervisor")

GRACE = 5.0
"""Seconds beyond the drain period after which a process that has not ended is killed."""

NextSetup = Callable[[RoutingPlan, Setup], Setup]
"""Returns what a plan wants the next generation to run on, keeping the sockets that are still wanted.

Raises GatewayError where that cannot be had: a port in use, a certificate that cannot be read.
"""


class Front:
    """Whoever holds a listening socket. `generation` is the one that should be running."""

    def __init__(
        self,
        places: Places,
        setup: Setup,
        next_setup: NextSetup,
        reloaded: Callable[[ReloadReport], None] = lambda _: None,
    ) -> None:
        """`reloaded` is called when a reload begins and when it is over, before others hear of it."""
        self.generation = new_generation(setup)
        self.report = ReloadReport()
        self._places = places
        self._next_setup = next_setup
        self._reloaded = reloaded
        self._leaving = Leaving()
        self._reload: Reload | None = None

    @property
    def is_reloading(self) -> bool:
        """Whether a reload is under way."""
        return self._reload is not None

    def leaving(self) -> list[Process]:
        """Return those that were replaced and are not gone yet."""
        return self._leaving.processes()

    def everybody(self) -> list[Process]:
        """Return every process there may be, of whatever generation."""
        started = self._reload.started() if self._reload else []
        return [*self.generation.processes(), *started, *self.leaving()]

    def listeners(self) -> list[Bound]:
        """Return every listener there is, of whatever generation."""
        coming = self._reload.generation.setup.listeners.everything() if self._reload else []
        return [*self.generation.setup.listeners.everything(), *coming]

    def begin_reload(self, plan: RoutingPlan | None) -> None:
        """Start the next generation beside the one that runs; `look` goes on with it."""
        self._tell(ReloadReport(self.report.number + 1, RUNNING))
        try:
            if plan is None:
                raise GatewayError("there is no plan yet that a new worker could serve")
            setup = self._next_setup(plan, self.generation.setup)
        except GatewayError as error:
            self._tell(replace(self.report, state=FAILED, problem=str(error)))
            return
        numbers = [process.number for process in (*self.generation.workers, *self.leaving())]
        self._reload = Reload(self._places, new_generation(setup, numbers))

    def look(self, drain_timeout: float, replaced: Callable[[], None]) -> None:
        """Go on with the reload and see who has left; the drain period is in seconds.

        `replaced` is called when another generation has begun to serve, before anybody is told.
        """
        self._leaving.look()
        reload = self._reload
        if reload is None or not reload.step():
            return
        self._reload = None
        report = replace(self.report, seconds=round(reload.seconds, 3))
        if reload.problem:
            self._give_up(reload, drain_timeout + GRACE)
            self._tell(replace(report, state=FAILED, problem=reload.problem))
        else:
            old, self.generation = self.generation, reload.generation
            connections = self._let_go(old, drain_timeout + GRACE)
            replaced()
            self._tell(replace(report, state=DONE, workers=len(old.workers), connections=connections))

    def _let_go(self, old: Generation, patience: float) -> int:
        """Tell the old generation to leave; return how many clients its workers have."""
        states = [state_of(self._places, worker) for worker in old.workers]
        close_unwanted(old.setup.listeners, self.generation.setup.listeners)
        for worker in old.workers:
            self._leaving.ask(worker, signal.SIGHUP, patience)
        self._leaving.ask(old.control, signal.SIGTERM, GRACE)
        return sum(state.connections for state in states if state is not None)

    def _give_up(self, reload: Reload, patience: float) -> None:
        """End what was started in vain; those that were ready may have clients already."""
        close_unwanted(reload.generation.setup.listeners, self.generation.setup.listeners)
        for process in reload.started():
            if process.role == "worker" and reload.was_ready(process):
                self._leaving.ask(process, signal.SIGHUP, patience)
            else:
                self._leaving.ask(process, signal.SIGTERM, GRACE)

    def _tell(self, report: ReloadReport) -> None:
        self.report = report
        self._reloaded(report)
        write_report(self._places, report)
        if report.state == FAILED:
            log.error("reload %d failed, what ran before runs on: %s", report.number, report.problem)
        elif report.state == DONE:
            log.info("reload %d: %d workers replaced in %g s", report.number, report.workers, report.seconds)
        else:
            log.info("reload %d begins", report.number)
