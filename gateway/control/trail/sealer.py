"""The sealer of the control process: with the key of the live plan, and an eye on the journal.

A process may die between publishing a revision and recording it. The journal has that revision, so the trail
gets its entry a few seconds later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gateway.audit.keys import KeySource
from gateway.audit.sealer import Sealer
from gateway.control.status.observation import latest_plan
from gateway.routing import journal
from gateway.routing.left_out import has_revisions, note_left_out
from gateway.routing.places import Places

LOOK_EVERY = 15.0
AT_FIRST = 100
"""Revisions that are looked through at a start."""


def sealer(places: Places, config_folder: Path) -> Sealer:
    """Return the sealer of a gateway; keys are named from `config_folder`."""
    return Sealer(
        places.audit, lambda: key_source(places, config_folder), LeftOut(places).look, places.audit_unsigned
    )


def key_source(places: Places, config_folder: Path) -> KeySource:
    """Return where the key of the trail is, as the live plan says."""
    said = latest_plan(places).admin_settings.audit_key
    return KeySource(places.audit / "key", said, config_folder)


class LeftOut:
    """Looks for revisions that nobody recorded."""

    def __init__(self, places: Places, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._clock = clock
        self._known: int | None = None
        self._due = 0.0

    def look(self) -> None:
        """Look, if that is due; raises what the journal raises."""
        if self._clock() < self._due:
            return
        self._due = self._clock() + LOOK_EVERY
        with journal.opened(self._places.journal) as connection:
            standing = journal.standing(connection)
            if standing is None or standing.revision == self._known:
                return
            if self._known is None:  # a trail that begins now does not tell of what was before
                is_old = has_revisions(self._places)
                self._known = max(0, standing.revision - AT_FIRST) if is_old else standing.revision
            found = journal.since(connection, max(self._known, 1))
        self._known = note_left_out(self._places, self._known, found)
