"""What each worker knows about replicas, tunnels and certificates, told to whoever looks.

Workers find out on their own which replicas are well, so there is no one truth about a replica: only what
each worker sees. Every worker writes its view to a file of its own beside its tally, whole or not at all,
and readers put together those of the workers that are alive.

A document is JSON:

    {"services": {"canary": {"replicas": {"127.0.0.1:9003": "unwell"}, "breaker": "closed", "waiting": 0,
                             "reasons": {"127.0.0.1:9003": "503 to /healthz"}}},
     "tunnels": 3,
     "certificates": [{"file": "tls/api.pem", "names": ["api.example.org"], "not_after": 1790000000,
                       "problem": ""}]}

A replica's state is one of `STATES`, `breaker` one of `BREAKERS` or "" where the service has none, `waiting`
the requests in its queue, `not_after` seconds since 1970 (0: unknown); `reasons` say why a replica is not up.
What is left out is empty or 0.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1

STATES = ("up", "warming", "unwell", "ejected", "down")
"""From best to worst. `warming`: it came back and gets a growing share; `unwell`: it fails its health check;
`ejected`: after failed answers in a row; `down`: no connection to it can be made."""

BREAKERS = ("closed", "half_open", "open")
"""`open`: the service gets no request; `half_open`: one tries whether it is well again."""


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service as one worker sees it; `replicas` maps addresses to states, `reasons` to why not up."""

    replicas: Mapping[str, str]
    breaker: str
    waiting: int
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate as one worker loaded it, or why it could not; `not_after` in seconds since 1970."""

    file: str
    names: tuple[str, ...]
    not_after: float
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one worker told last; `pid` is its own."""

    pid: int
    services: Mapping[str, ServiceView]
    tunnels: int
    certificates: tuple[CertificateView, ...]


def report_path(run: Path, worker: int) -> Path:
    """Return where a worker tells, in the gateway's directory in memory."""
    return run / f"worker-{worker}.health"


def document(
    replicas: Iterable[Mapping[str, Any]],
    waiting: Mapping[str, int],
    tunnels: int,
    certificates: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return a document of what a worker knows.

    Each of `replicas` tells service, replica, state, breaker and, if there is one, the reason for its state;
    each of `certificates` certificate (its file), names, not_after and problem; `waiting` are the requests of
    this worker in queues, by service.
    """
    services: dict[str, Any] = {}
    for found in replicas:
        name = found["service"]
        view = services.setdefault(
            name,
            {"replicas": {}, "breaker": found["breaker"], "waiting": waiting.get(name, 0), "reasons": {}},
        )
        view["replicas"][found["replica"]] = found["state"]
        if reason := found.get("reason"):
            view["reasons"][found["replica"]] = reason
    listed = [_certificate_document(found) for found in certificates]
    return {"services": services, "tunnels": tunnels, "certificates": listed}


def _certificate_document(found: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: found[key] for key in ("names", "not_after", "problem")}
    return {"file": found["certificate"], **told}


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Replace a worker's report in one step. Raises OSError where there is no room for it."""
    told = json.dumps({"version": VERSION, "pid": os.getpid(), **document})
    unfinished = path.with_suffix(".health.new")
    unfinished.write_text(told)
    unfinished.replace(path)


class Reporter:
    """Writes a worker's report when it differs from what was written last."""

    __slots__ = ("_last", "_path")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last: Mapping[str, Any] | None = None

    def tell(self, document: Mapping[str, Any]) -> None:
        """Write the document if it is news; it must not be changed afterwards. Raises OSError as `write`."""
        if document != self._last:
            write(self._path, document)
            self._last = document


def read(path: Path) -> Report:
    """Read a worker's report.

    Raises FileNotFoundError where there is none yet and ValueError where it is not of this version.
    """
    try:
        found = json.loads(path.read_bytes())
        if found["version"] != VERSION:
            raise ValueError(f"it is of version {found['version']}")
        return Report(
            pid=int(found["pid"]),
            services={name: _service(view) for name, view in found.get("services", {}).items()},
            tunnels=int(found.get("tunnels", 0)),
            certificates=tuple(_certificate(view) for view in found.get("certificates", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path}: not a health report of this version ({error}); "
            "new workers write it anew: gateway reload"
        ) from error


def _service(view: Mapping[str, Any]) -> ServiceView:
    return ServiceView(
        replicas={str(address): _one_of(STATES, state) for address, state in view["replicas"].items()},
        breaker=_one_of(("", *BREAKERS), view.get("breaker", "")),
        waiting=int(view.get("waiting", 0)),
        reasons={str(address): str(reason) for address, reason in view.get("reasons", {}).items()},
    )


def _certificate(view: Mapping[str, Any]) -> CertificateView:
    return CertificateView(
        file=str(view["file"]),
        names=tuple(str(name) for name in view.get("names", ())),
        not_after=float(view.get("not_after", 0)),
        problem=str(view.get("problem", "")),
    )


def _one_of(known: tuple[str, ...], word: Any) -> str:
    if word not in known:
        raise ValueError(f"{word!r} is none of {', '.join(known)}")
    return str(word)
