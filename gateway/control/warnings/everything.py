"""The sentences an on-call engineer needs first: what is not as it should be, and what that means.

A gateway in which all is well has none of them. The first are what users feel, the last what may wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.control.status.observation import Observation
from gateway.control.status.views import CertificateHealth
from gateway.control.warnings.keys import key_warnings
from gateway.control.warnings.processes import process_warnings
from gateway.control.warnings.routes import route_warnings
from gateway.control.warnings.services import service_warnings
from gateway.control.warnings.setup import setup_warnings
from gateway.supervision.reload_report import ReloadReport

EXPIRES_SOON = 14 * 86_400.0

ROUTINE = frozenset({"keep_alive_timeout", "requests_per_connection", "redirect"})
"""Limits that hold every day without anybody being the worse for it."""


def warnings(
    seen: Observation,
    processes: Sequence[Mapping[str, Any]],
    file: Mapping[str, Any],
    reload: ReloadReport | None,
    recent_hits: Mapping[str, int],
    now: float,
    rollouts: Iterable[str] = (),
) -> list[str]:
    """Return what to tell; `processes` and `file` are as `status` shows them, `rollouts` are sentences.

    `recent_hits` are those of the last minute, `now` is in seconds since 1970.
    """
    return [
        *route_warnings(seen.plan, seen.views),
        *process_warnings(processes),
        *rollouts,
        *service_warnings(seen.plan, seen.views),
        *setup_warnings(seen, file, reload),
        *key_warnings(seen.plan, Path(seen.running.config).parent),
        *(told for found in seen.views.certificates if (told := of_certificate(found, now))),
        *of_limits(recent_hits),
        *seen.views.unread,
    ]


def of_certificate(found: CertificateHealth, now: float) -> str:
    """Return what is wrong with a certificate, or an empty string."""
    named = f"certificate {found.file}" + (f" ({', '.join(found.names[:2])})" if found.names else "")
    if found.problem:
        return f"{named} cannot be used: {found.problem}"
    left = found.not_after - now
    if not found.not_after or left > EXPIRES_SOON:
        return ""
    day = datetime.fromtimestamp(found.not_after, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if left <= 0:
        return f"{named} has expired on {day}; clients refuse it"
    days = int(left // 86_400)
    return f"{named} expires in {days} day{'' if days == 1 else 's'}, on {day}"


def of_limits(recent_hits: Mapping[str, int]) -> Iterator[str]:
    """Yield a sentence of the limits that held in the last minute, if any but the routine ones did."""
    found = {name: hits for name, hits in recent_hits.items() if hits and name not in ROUTINE}
    if found:
        most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        yield "limits that held in the last minute: " + ", ".join(
            f"{name} {hits}" for name, hits in most_first
        )
