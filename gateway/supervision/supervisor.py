"""The first process of `gateway up`: it keeps the others running and does nothing else.

It holds the listening sockets, so that a worker that is killed loses only what it was answering: whoever
connects meanwhile waits in the socket's queue for the next one. It also holds the other end of everyone's
standard input; should it be killed itself, that ends and all of them drain.
"""

from __future__ import annotations

import json
import logging
import signal
import time
from collections.abc import Callable, Mapping

from gateway.errors import GatewayError
from gateway.files import replace_file
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.settings import Limits
from gateway.routing.slot import PlanSlot, published
from gateway.supervision.front import GRACE, Front, NextSetup
from gateway.supervision.generation import Setup, called, described, is_ready, kill_hung
from gateway.supervision.leaving import end
from gateway.supervision.log_processes import LogProcesses
from gateway.supervision.process import Process, exit_reason
from gateway.supervision.reload_report import ReloadReport, write_report
from gateway.supervision.replicas import Replicas
from gateway.supervision.replicas import is_listening as is_listening
from gateway.supervision.signals import Signals
from gateway.supervision.starting import Starting, admin_not_ready

log = logging.getLogger("gateway.supervisor")

TICK, BUSY_TICK = 0.25, 0.025
"""Seconds between two turns, and at the start or in a reload; a signal or a death brings the next at once."""
HUNG_LOOK_EVERY = 1.0
WORKERS_WAIT = 10.0
"""Seconds that workers wait for the replicas at the start, not for ever: one model may not load at all."""


class Supervisor:
    """Keeps workers, control process, replicas and the log's processes running as the published plan says."""

    def __init__(
        self,
        places: Places,
        setup: Setup,
        about: Mapping[str, object],
        next_setup: NextSetup,
        republish: Callable[[], None] = lambda: None,
        reloaded: Callable[[ReloadReport], None] = lambda _: None,
    ) -> None:
        """`about` is what `status` is told besides processes and addresses; `reloaded` is as in `Front`.

        `republish` makes the directory in memory and the slot in it anew, should somebody remove them.
        """
        self._places = places
        self._about = about
        self._republish = republish
        self._slot = PlanSlot(places)
        self._revision = -1
        self._plan: RoutingPlan | None = None
        self._front = Front(places, setup, next_setup, reloaded)
        self._replicas = Replicas(places, setup.commands)
        self._log = LogProcesses()
        self._log.begin(setup.commands)
        self._written = ""
        self._began = self._hung_look_at = time.monotonic()
        self._may_serve = False
        write_report(places, self._front.report)

    def processes(self) -> list[Process]:
        """Return everything that should be running."""
        front, replicas = self._front.generation.processes(), self._replicas.running.values()
        return [*front, *replicas, *self._log.processes()]

    def tend(self) -> None:
        """One turn: follow the plan, start what is missing, say what runs."""
        if not self._places.slot.exists():
            self._recover()
        self._follow_plan()
        self._may_serve = self._may_serve or self._has_replicas()
        for process in self.processes():
            if process.role != "worker" or self._may_serve:
                self._tend(process)
        if (now := time.monotonic()) >= self._hung_look_at:
            self._hung_look_at = now + HUNG_LOOK_EVERY
            kill_hung(self._places, self._front.generation.workers, now)
        if self._replicas.wants_spare() and not self.not_ready():
            self._replicas.make_spare()
        self._replicas.tend_spare()
        self._replicas.end_retired()
        self._write_processes()
        self._look_at_front()

    def _tend(self, process: Process) -> None:
        try:
            status = process.tend(self._replicas.spare if process.role == "replica" else None)
        except OSError as error:
            log.error("%s cannot be started (%s); it is tried again", called(process), error)
            return
        if status is not None:
            log.warning("%s %s; it is started again", called(process), exit_reason(status))

    def _recover(self) -> None:
        log.error("%s was removed: it is made anew, and what used it starts again", self._places.run)
        self._republish()
        self._slot = PlanSlot(self._places)
        self._written = ""
        write_report(self._places, self._front.report)
        for process in self.processes():
            process.signal(signal.SIGTERM)

    def _has_replicas(self) -> bool:
        """Tell whether workers may start; who connects before waits, rather than hears that all is down."""
        return time.monotonic() - self._began > WORKERS_WAIT or not self._replicas.not_listening()

    def _follow_plan(self) -> None:
        revision = self._slot.word[0]
        if revision == self._revision:
            return
        try:
            plan = published(self._places)
        except GatewayError as error:
            log.error("revision %d: %s; the processes stay as they are", revision, error)
            self._revision = revision
            return
        if plan is None:
            return
        self._revision = revision
        self._plan = plan
        self._replicas.follow(plan)

    @property
    def _drain_timeout(self) -> float:
        return (self._plan.limits if self._plan else Limits()).drain_timeout

    def _look_at_front(self) -> None:
        """Go on with a reload; whoever waits for its report finds the new processes listed already."""
        before = self._front.generation
        self._front.look(self._drain_timeout, self._write_processes)
        if self._front.generation is not before:
            self._replicas.commands = self._front.generation.setup.commands
            self._log.begin(self._replicas.commands)
        self._log.look()

    def _write_processes(self) -> None:
        found = [described(process) for process in self.processes()]
        leaving = [*self._front.leaving(), *self._log.leaving()]
        found += [{**described(process), "draining": True} for process in leaving]
        addresses = self._front.generation.setup.listeners.addresses()
        text = json.dumps({**self._about, **addresses, "processes": found})
        if text != self._written:
            replace_file(self._places.processes, text.encode())
            self._written = text

    def not_ready(self) -> list[str]:
        """Return what cannot answer requests yet, in words."""
        pending = [f"{service} replica {number}" for service, _, number in self._replicas.not_listening()]
        workers = self._front.generation.workers
        return pending + [called(worker) for worker in workers if not is_ready(self._places, worker)]

    def run(self, on_ready: Callable[[float, list[str]], None]) -> None:
        """Tend until SIGTERM or SIGINT, then drain; SIGHUP is a reload.

        `on_ready` is told the seconds it took, and what did not become ready: that delays it for a while
        only. It waits for the admin side as well; requests do not.
        """
        ready = False
        with Signals((signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP)) as signals:
            starting = Starting(lambda: self.not_ready() + admin_not_ready(self._places, self._front))
            while not signals.stop_asked():
                try:
                    if ready and not self._front.is_reloading and signals.take_reload():
                        self._follow_plan()
                        self._front.begin_reload(self._plan)
                    self.tend()
                except OSError:
                    log.exception("the processes could not all be looked after; it is tried again")
                if not ready and (ready := starting.is_over()):
                    on_ready(starting.seconds, starting.pending)
                signals.wait(self.pause() if ready else BUSY_TICK)
            self.drain(signals)

    def pause(self) -> float:
        """Return the seconds until the next turn: no more than until something is to be started again."""
        if self._front.is_reloading:
            return BUSY_TICK
        return min(TICK, *(max(process.starts_in(), BUSY_TICK) for process in self.processes()))

    def drain(self, signals: Signals) -> None:
        """End the workers first, then what they depend on and what keeps their last records, the keeper last.

        Whoever does not end in time is killed. The listening sockets go first: nobody shall wait in a queue
        that nobody looks at any more.
        """
        log.info("draining; a second Ctrl-C ends at once")
        for listener in self._front.listeners():
            listener.close()
        front = self._front.everybody()
        workers = [process for process in front if process.role == "worker"]
        others = [process for process in front if process.role != "worker"]
        services = [*others, *self._replicas.running.values(), *self._replicas.retired()]
        for group in (workers, [*self._log.recorder, *self._log.leaving(), *services], self._log.keeper):
            end(group, self._drain_timeout + GRACE, signals)
