"""What the workers that are alive see of services and certificates, put together.

Workers judge replicas on their own and need not agree, so a replica has no one state here: it has the number
of workers that see it in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.monitoring import health_report
from gateway.monitoring.health_report import STATES, Report
from gateway.monitoring.tally import WorkerState
from gateway.routing.places import Places


@dataclass(frozen=True, slots=True)
class ReplicaHealth:
    """One replica, by address or, where it is a process of ours, by number; workers by what they see."""

    replica: str
    states: Mapping[str, int]

    @property
    def workers(self) -> int:
        """How many workers told of it."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """One service: its replicas, workers by the state of their breaker, requests in all their queues."""

    name: str
    replicas: tuple[ReplicaHealth, ...]
    breakers: Mapping[str, int]
    waiting: int

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
    breakers: dict[str, int] = {}
    for view in views:
        for address, state in view.replicas.items():
            counts = replicas.setdefault(replica_label(address), dict.fromkeys(STATES, 0))
            counts[state] += 1
        if view.breaker:
            breakers[view.breaker] = breakers.get(view.breaker, 0) + 1
    return ServiceHealth(
        name,
        tuple(ReplicaHealth(replica, states) for replica, states in sorted(replicas.items())),
        breakers,
        sum(view.waiting for view in views),
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
