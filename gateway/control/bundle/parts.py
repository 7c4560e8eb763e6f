"""What a debug bundle is made of: each part one function that returns a text, and may fail on its own.

All is read from files, so it works while nothing runs or something hangs. Of the request log only sizes and
gaps are looked at, never a record; `state/log` has users' data and the keys to it.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway.control.bundle import system
from gateway.control.bundle.config import Shown, shown_config
from gateway.control.bundle.lines import shown_lines
from gateway.control.bundle.scrub import VARIABLE, Scrubber
from gateway.control.log.status import read_said
from gateway.control.metrics.exposition import exposition
from gateway.control.readings import iso_time
from gateway.control.status.observation import read_running
from gateway.control.status.snapshot import snapshot
from gateway.errors import ConfigError
from gateway.requestlog.lake import connect
from gateway.routing import journal
from gateway.routing.difference import difference
from gateway.routing.file import read_plan, read_text
from gateway.routing.places import Places

REVISIONS = 50
GAPS = 1000
TAIL_BYTES, TAIL_LINES = 512 * 1024, 500

Make = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Source:
    """A gateway's files, and what must not be seen of them; `live` is the routing.yaml of what is live."""

    places: Places
    config: Path
    file: Shown
    live: Shown
    scrubber: Scrubber

    def json(self, value: Any) -> str:
        """Return plain values as JSON, without secrets."""
        return json.dumps(self.scrubber.document(value), indent=2, ensure_ascii=False)


def source_of(places: Places, config: Path, environ: Mapping[str, str] = os.environ) -> Source:
    """Read the configuration, to know its secrets; what cannot be read is a part that fails."""
    text = _text(config)
    live = _live_text(places)
    file, before = shown_config(text), shown_config(live)
    named = {name[2:-1] for name in VARIABLE.findall(text + live)}
    values = {environ[name] for name in named if environ.get(name)}
    scrubber = Scrubber(file.secrets | before.secrets | values, closed=bool(text) and not file.readable)
    return Source(places, config, file, before, scrubber)


def _text(config: Path) -> str:
    try:
        return config.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _live_text(places: Places) -> str:
    try:
        with closing(_opened(places.journal)) as connection:
            head = journal.head(connection)
    except (OSError, sqlite3.Error, ValueError):
        return ""
    return head.text or "" if head else ""


def _opened(path: Path) -> sqlite3.Connection:
    """Open a database for reading only: a full disk is no hindrance. Raises OSError where there is none."""
    path.stat()
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=2.0)


def parts(source: Source) -> dict[str, Make]:
    """Return every part by the name of its file."""
    places, as_json = source.places, source.json
    return {
        "status.json": lambda: as_json(snapshot(places)),
        "check.json": lambda: as_json(_check(source.config)),
        "routing.yaml": lambda: read_text(source.config) and source.file.text,
        "routing-live.yaml": lambda: source.live.text,
        "history.json": lambda: as_json(_history(places)),
        "metrics.txt": lambda: source.scrubber.known(exposition(places)[0].decode()),
        "alerts.json": lambda: as_json(_alerts(places)),
        "recorder.json": lambda: as_json(read_said(places.recorder)),
        "keeper.json": lambda: as_json(read_said(places.keeper)),
        "gaps.json": lambda: as_json(_gaps(places)),
        "log-sizes.json": lambda: as_json(system.sizes(places.log.folder)),
        "files.json": lambda: as_json(
            {"state": system.listed(places.state), "run": system.listed(places.run.resolve())}
        ),
        "processes.json": lambda: as_json(system.processes(places)),
        "system.json": lambda: as_json(system.system(places)),
        "versions.json": lambda: as_json(system.versions()),
        "log-lines.txt": lambda: _tail(source),
    }


def _check(config: Path) -> dict[str, Any]:
    try:
        plan = read_plan(read_text(config), config)
    except ConfigError as error:
        problems = [{"line": p.line, "column": p.column, "message": p.message} for p in error.problems]
        return {"ok": False, "problems": problems}
    return {"ok": True, "routes": len(plan.routes), "services": len(plan.services)}


def _history(places: Places) -> list[dict[str, Any]]:
    with closing(_opened(places.journal)) as connection:
        found = journal.latest(connection, REVISIONS + 1)
    before = [*(revision.plan for revision in found[1:]), None]
    return [
        {
            "revision": revision.revision,
            "at": iso_time(revision.at),
            "author": revision.author,
            "action": revision.action,
            "reason": revision.reason,
            "file": revision.file,
            "changes": difference(earlier, revision.plan),
        }
        for revision, earlier in zip(found, before, strict=True)
    ][:REVISIONS]


def _alerts(places: Places) -> dict[str, Any]:
    """Return the alerts and silences; not their queries, which may name what a user sent."""
    if not places.watch.exists():
        return {"alerts": [], "silences": []}  # nothing has been watched yet
    with closing(_opened(places.watch)) as connection:
        rows = connection.execute("SELECT body FROM states WHERE kind = 'alert' ORDER BY key").fetchall()
        silenced = connection.execute("SELECT rule, route, since, until FROM silences").fetchall()
    alerts = [json.loads(body) for (body,) in rows]
    names = ("rule", "route", "since", "until")
    return {
        "alerts": [{name: value for name, value in alert.items() if name != "query"} for alert in alerts],
        "silences": [dict(zip(names, row, strict=True)) for row in silenced],
    }


def _gaps(places: Places) -> list[dict[str, Any]]:
    with connect(places.log, wanted="gaps", memory_limit="256MB", threads=1) as lake:
        rows = lake.execute(
            "SELECT worker, epoch_us(since), epoch_us(until), records, reason FROM gaps "
            "ORDER BY since DESC LIMIT ?",
            [GAPS],
        ).fetchall()
    return [
        {"worker": row[0], "since": row[1] / 1e6, "until": row[2] / 1e6, "records": row[3], "reason": row[4]}
        for row in rows
    ]


def _tail(source: Source) -> str:
    """Return the last lines of the file that the supervisor's log goes to, where it goes to one."""
    supervisor = next((p.pid for p in read_running(source.places).processes if p.role == "supervisor"), 0)
    file = Path(f"/proc/{supervisor}/fd/2")
    if not supervisor or not file.is_file():
        return "the log goes to no file that can be found: look where standard error of `gateway up` goes\n"
    with file.open("rb") as log:
        log.seek(max(0, os.fstat(log.fileno()).st_size - TAIL_BYTES))
        lines = log.read(TAIL_BYTES).decode("utf-8", "replace").splitlines()
    return "\n".join([*shown_lines(lines, source.scrubber)][-TAIL_LINES:]) + "\n"
