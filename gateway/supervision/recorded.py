"""What happens to the gateway as a whole, in the audit trail: its start, its reloads, its end.

The supervisor records them, since it alone knows what came of them and which settings came into force. It is
the last process there is, so it also signs the last entry.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from gateway.audit.event import Event, Result
from gateway.audit.keys import KeySource
from gateway.audit.recorder import Recorder
from gateway.audit.seal import seal
from gateway.errors import GatewayError
from gateway.routing.audited import trail_of
from gateway.routing.places import Places
from gateway.routing.slot import published
from gateway.supervision.generation import Setup
from gateway.supervision.reload_report import DONE, RUNNING, ReloadReport

log = logging.getLogger("gateway.supervisor")
_ASKED: Final = "reload-asked.json"
_BY_SIGNAL: Final = ("gateway", "signal")
"""Who asked, where the kernel does not say whose signal it was."""


class Life:
    """The entries about one run of `gateway up`; nothing here waits for the trail before the end."""

    def __init__(self, places: Places, who: str, config_folder: Path) -> None:
        """`who` typed `gateway up`; the key of the trail is named from `config_folder`."""
        self._places = places
        self._who = who
        self._folder = config_folder
        self._recorder = Recorder(trail_of(places))
        self._in_force: Mapping[str, Any] | None = None
        self._next: Mapping[str, Any] | None = None
        self._asked = _BY_SIGNAL

    def prepared(self, revision: int, setup: Setup) -> None:
        """Remember what comes into force if the start or reload under way succeeds."""
        self._next = settings_of(revision, setup)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Record the start that is done inside, or why it failed."""
        event = Event("up", self._who)
        try:
            yield
        except BaseException as error:
            self._recorder.put(replace(event, result="failed", detail=_told(error)))
            self._recorder.close()
            raise
        self._in_force = self._next
        self._recorder.put(replace(event, after=self._in_force))

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """Record the end of what runs inside, and sign everything."""
        try:
            yield
        except BaseException as error:
            self._end("failed", _told(error))
            raise
        self._end("done", "")

    def reloaded(self, report: ReloadReport) -> None:
        """Record a reload that is over; of one that begins, remember who asked for it."""
        if report.state == RUNNING:
            self._asked = _asked_by(self._places)
            return
        (who, origin), self._asked = self._asked, _BY_SIGNAL
        before, is_done = self._in_force, report.state == DONE
        if is_done:
            self._in_force = self._next
        after = self._in_force if is_done else None
        result: Result = "done" if is_done else "failed"
        event = Event("reload", who, origin, before=before, after=after, result=result, detail=report.problem)
        self._recorder.put(event)

    def _end(self, result: Result, detail: str) -> None:
        event = Event("down", *_BY_SIGNAL, before=self._in_force, result=result, detail=detail)
        self._recorder.put(event)
        self._recorder.close()
        try:
            plan = published(self._places)
            said = plan.admin_settings.audit_key if plan else ""
            head = seal(self._places.audit, KeySource(self._places.audit / "key", said, self._folder).read())
            if head is not None:
                log.info("audit trail: entry %d is signed, its hash is %s", head.n, head.hash)
        except (GatewayError, OSError) as error:  # the next start signs it
            log.error("the end of the audit trail is not signed: %s", error)


def settings_of(revision: int, setup: Setup) -> dict[str, Any]:
    """Return what is in force; of how the admin side is protected a digest, which tells one from another."""
    listeners = setup.listeners
    return {
        "plan": revision,  # `revision` in an entry says that this entry records it
        "listen": str(listeners.plain),
        "admin": str(listeners.admin),
        "admin_settings": sha256(setup.admin.encode()).hexdigest(),
        "workers": setup.workers,
    }


@contextmanager
def asking(places: Places, who: str, origin: str) -> Iterator[None]:
    """Say who asks for the reload that is waited for inside: a signal does not tell.

    The file is locked as long as its writer lives, so that one left by a kill -9 speaks for nobody.
    """
    path = places.run / _ASKED
    unfinished = path.with_name(f".{_ASKED}.{os.getpid()}")
    with unfinished.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump([who, origin], file)
        file.flush()
        unfinished.replace(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _asked_by(places: Places) -> tuple[str, str]:
    """Return who asked for the reload that begins, and take the file away: it is about this one alone."""
    path = places.run / _ASKED
    try:
        with path.open("rb") as file:
            path.unlink()
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:  # whoever wrote it waits
                who, origin = json.load(file)
                return str(who), str(origin)
    except (OSError, ValueError):
        pass  # nobody said: kill -HUP
    return _BY_SIGNAL


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, (GatewayError, OSError)) else f"{type(error).__name__}: {error}"
