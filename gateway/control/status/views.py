"""What the workers that are alive see of services and certificates, put together.

Workers judge replicas on their own and need not agree, so a replica has no one state here: it has the number
of workers that see it in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.monitoring import health_report
from gateway.monitoring.health_report import STATES, Report, ServiceView
from gateway.monitoring.tally import WorkerState
from gateway.routing.places import Places

USABLE = ("up", "warming")
"""The states in which a replica gets requests whatever the others do."""


@dataclass(frozen=True, slots=True)
class ReplicaHealth:
    """One replica, by address or, where it is a process of ours, by number; workers by what they see.

    `reasons` say why it is in a state, where a worker told.
    """

    replica: str
    states: Mapping[str, int]
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def workers(self) -> int:
        """How many workers told of it."""
        return sum(self.states.values())

    @property
    def worst(self) -> str:
        """The worst state that any worker sees it in."""
        return next((state for state in reversed(STATES) if self.states.get(state)), "up")

    @property
    def reason(self) -> str:
        """Why it is in the worst state, empty where nobody told."""
        return self.reasons.get(self.worst, "")


@dataclass(frozen=True, slots=True)
class Sight:
    """A service as one worker sees it: its replicas, those that are well, those that may be tried at all.

    `is_resting`: the worker sends it nothing, because its breaker is open.
    """

    replicas: int
    well: int
    reachable: int
    is_resting: bool = False

    def is_panic(self, percent: float) -> bool:
        """Tell whether all reachable replicas are used since fewer than so many percent are well."""
        return self.reachable > 0 and self.well * 100 < percent * self.replicas

    def has_replica(self, percent: float) -> bool:
        """Tell whether the worker has a replica to send requests to."""
        return self.well > 0 or self.is_panic(percent)


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """One service: its replicas, workers by the state of their breaker, requests in all their queues.

    `sights` are what each worker sees: whether it has a replica to use is for each of them to know.
    """

    name: str
    replicas: tuple[ReplicaHealth, ...]
    breakers: Mapping[str, int]
    waiting: int
    sights: tuple[Sight, ...] = ()

    @property
    def resting(self) -> int:
        """How many workers send it nothing but a trial, because their breaker is open."""
        return self.breakers.get("open", 0) + self.breakers.get("half_open", 0)


@dataclass(frozen=True, slots=True)
class CertificateHealth:
    """One certificate: the earliest end any worker told of, the first problem any of them has with it."""

    file: str
    names: tuple[str, ...]
    not_after: float
    problem: str


@dataclass(frozen=True, slots=True)
class Views:
    """Everything the live workers told. `tunnels` by worker; `unread`: why a report could not be used."""

    services: tuple[ServiceHealth, ...] = ()
    tunnels: Mapping[int, int] = field(default_factory=dict)
    certificates: tuple[CertificateHealth, ...] = ()
    unread: tuple[str, ...] = ()


def read_views(places: Places, alive: Mapping[int, WorkerState]) -> Views:
    """Read the reports of the workers given, and put them together.

    A report with another pid is one of a predecessor under the same number, and not used.
    """
    reports: dict[int, Report] = {}
    unread = []
    for number, state in alive.items():
        try:
            report = health_report.read(health_report.report_path(places.run, number))
        except FileNotFoundError:
            continue  # it has only just started
        except (OSError, ValueError) as error:
            unread.append(str(error))
            continue
        if report.pid == state.pid:
            reports[number] = report
    return merged(reports, tuple(unread))


def merged(reports: Mapping[int, Report], unread: tuple[str, ...] = ()) -> Views:
    """Put together what workers told, by the workers' numbers."""
    told = list(reports.values())
    names = sorted({name for report in told for name in report.services})
    files = sorted({certificate.file for report in told for certificate in report.certificates})
    return Views(
        services=tuple(_service(name, told) for name in names),
        tunnels={number: report.tunnels for number, report in reports.items()},
        certificates=tuple(_certificate(file, told) for file in files),
        unread=unread,
    )


def _service(name: str, reports: Sequence[Report]) -> ServiceHealth:
    views = [report.services[name] for report in reports if name in report.services]
    replicas: dict[str, dict[str, int]] = {}
    reasons: dict[str, dict[str, str]] = {}
    breakers: dict[str, int] = {}
    for view in views:
        for address, state in view.replicas.items():
            label = replica_label(address)
            replicas.setdefault(label, dict.fromkeys(STATES, 0))[state] += 1
            if reason := view.reasons.get(address):
                reasons.setdefault(label, {}).setdefault(state, reason)
        if view.breaker:
            breakers[view.breaker] = breakers.get(view.breaker, 0) + 1
    return ServiceHealth(
        name,
        tuple(ReplicaHealth(label, replicas[label], reasons.get(label, {})) for label in sorted(replicas)),
        breakers,
        sum(view.waiting for view in views),
        tuple(_sight(view) for view in views),
    )


def _sight(view: ServiceView) -> Sight:
    states = list(view.replicas.values())
    return Sight(
        replicas=len(states),
        well=sum(state in USABLE for state in states),
        reachable=sum(state != "down" for state in states),
        is_resting=view.breaker == "open",
    )


def replica_label(address: str) -> str:
    """Return the name people know a replica by: of our own processes the number, else the address."""
    if address.endswith(".sock"):
        return address.removesuffix(".sock").rpartition("-")[2]
    return address.removeprefix("http://").removeprefix("https://")


def _certificate(file: str, reports: Sequence[Report]) -> CertificateHealth:
    views = [view for report in reports for view in report.certificates if view.file == file]
    return CertificateHealth(
        file=file,
        names=next((view.names for view in views if view.names), ()),
        not_after=min((view.not_after for view in views if view.not_after), default=0.0),
        problem=next((view.problem for view in views if view.problem), ""),
    )
