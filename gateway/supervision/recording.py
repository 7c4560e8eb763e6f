"""What connects the recorder with a gateway: its plan, its processes, what a killed one left in memory."""

from __future__ import annotations

import logging
from pathlib import Path

from gateway.errors import GatewayError
from gateway.monitoring.tally import read_state
from gateway.requestlog.policy import Filter, LogSettings
from gateway.requestlog.recorder_parts import Wiring
from gateway.requestlog.ring_layout import RingError
from gateway.requestlog.ring_read import RingReader, has_waiting
from gateway.routing.places import Places

log = logging.getLogger("gateway.supervisor")


def wiring(places: Places, folder: Path) -> Wiring:
    """Return what the recorder of a gateway is made of; keys of encryption are named from `folder`."""
    from gateway.requestlog.filter import Screen
    from gateway.requestlog.secrets import Secrets
    from gateway.routing.log_rules import PlanRules

    def screen(filter: Filter, settings: LogSettings) -> Screen:
        return Screen(filter, Secrets.load(places.log, settings, folder))

    return Wiring(
        places.log,
        places.rings,
        PlanRules(places).new,
        screen,
        places.recorder,
        places.exemplars,
        lambda: writers(places),
    )


def writers(places: Places) -> list[int]:
    """Return the processes that may still leave records in memory."""
    found = []
    for path in places.tallies():
        try:
            found.append(read_state(path).pid)
        except (OSError, ValueError):
            continue  # only just being made
    return found


def rescue_records(places: Places, folder: Path) -> None:
    """Have in the log what workers left in memory and no recorder lived to read; never fails."""
    if not has_unread(places):
        return
    from gateway.requestlog.recorder_process import rescue

    try:
        log.info("%d records that no recorder had read are in the log now", rescue(wiring(places, folder)))
    except (GatewayError, OSError) as error:  # the log is no reason not to serve
        log.error("the records that no recorder had read are lost: %s", error)


def has_unread(places: Places) -> bool:
    """Tell whether any ring holds what nobody has read."""
    for path in places.rings():
        try:
            reader = RingReader(path)
        except (OSError, RingError) as error:
            if has_waiting(path):
                log.error("records are lost: %s", error)
            continue
        unread = reader.unread
        reader.close()
        if unread:
            return True
    return False
