"""What every verb needs, and nothing that takes long to import."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import ConfigError, GatewayError
from gateway.routing.places import Places

DEFAULT_CONFIG = "routing.yaml"
STATE_NAME = ".gateway"


@dataclass(frozen=True, slots=True)
class Running:
    """The gateway that a verb is about; `is_up` while its supervisor lives."""

    places: Places
    config: str
    is_up: bool


def state_of(state: str | None, config: str | None) -> Path:
    """Return the state directory: as given, else `.gateway/` beside the configuration."""
    return Path(state) if state else Path(config or DEFAULT_CONFIG).parent / STATE_NAME


def find_running(state: str | None, config: str | None) -> Running:
    """Find a gateway by its state directory; raises GatewayError where there has never been one."""
    places = Places(state_of(state, config))
    if not places.journal.exists():
        raise GatewayError(
            f"no gateway has been started with the state directory {places.state}; "
            "start one with `gateway up`, or say where it is with --state-dir"
        )
    return Running(places, _config_of(places, config), is_held(places))


def _config_of(places: Places, config: str | None) -> str:
    try:
        about = json.loads(places.processes.read_bytes())
        return str(about["config"])
    except FileNotFoundError:
        return config or str(places.state.parent / DEFAULT_CONFIG)


def is_held(places: Places) -> bool:
    """Tell whether a supervisor holds the state directory."""
    try:
        with places.up_lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


class WrongUsage(GatewayError):
    """The command line cannot be understood; the exit code is 2."""


def check_published(running: Running, revision: int) -> None:
    """Raise GatewayError where a change was recorded but nobody serves it."""
    if not running.is_up:
        raise GatewayError(
            f"revision {revision} is recorded, but no gateway is running here to serve it; "
            "it holds from the next `gateway up` on"
        )
    if not running.places.run.is_dir():
        raise GatewayError(
            f"revision {revision} is recorded, but what the running gateway reads, {running.places.run}, was "
            "removed; it makes that anew within a second: see `gateway status`, and restart it if it does not"
        )


def write_file(running: Running, revision: int) -> dict[str, str] | None:
    """Bring routing.yaml to say what was published; return why it does not, as `complaint` does.

    Nothing is raised: the change is live, and the control process writes what the journal has as unwritten.
    """
    from gateway.routing.complaint import complaint
    from gateway.routing.file_sync import write_back

    file = Path(running.config)
    try:
        write_back(running.places, file)
        return complaint(running.places)
    except (GatewayError, OSError, sqlite3.Error) as error:
        said = f"revision {revision} is live, but {file.name} does not say so yet, because {error}"
        return {"kind": "unwritten", "message": said}


def say(text: str) -> None:
    """Print for people; a reader who has gone away (`| head`) does not make the verb fail."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def author() -> str:
    """Return who is typing: the name of the user this process runs as."""
    return f"cli:{os.environ.get('SUDO_USER') or os.environ.get('USER') or _user_name()}"


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without an entry, as in many containers
        return str(os.getuid())


def print_json(document: object) -> None:
    """Print a result for programs."""
    print(json.dumps(document, indent=2))


def trouble(error: Exception) -> GatewayError:
    """Say in words what the system or the journal's database would not do."""
    named = isinstance(error, OSError) and error.filename
    where = f"{error.filename}: {error.strerror}" if named else f"the journal: {error}"  # type: ignore[attr-defined]
    return GatewayError(
        f"{where}; nothing is known to have changed: mend that, see `gateway history` and try again"
    )


def fail(error: GatewayError, *, as_json: bool = False) -> int:
    """Say why a verb was refused or failed; return the exit code."""
    if as_json:
        document: dict[str, object] = {"error": str(error)}
        if isinstance(error, ConfigError):
            document["problems"] = [
                {"line": p.line, "column": p.column, "message": p.message} for p in error.problems
            ]
        print_json(document)
    else:
        print(error, file=sys.stderr)
    return 2 if isinstance(error, WrongUsage) else 1
