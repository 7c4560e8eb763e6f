"""What the log's rules need beside routing.yaml: keys, variables of the environment, folders of sinks.

None of it is a mistake in the file: the environment of the gateway may have it, a disk may be mounted later.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gateway.outcall import CallFailed, from_environment
from gateway.requestlog.policy import Sink
from gateway.requestlog.secrets import KEY_SIZE, Secrets
from gateway.routing.plan import RoutingPlan


def missing(plan: RoutingPlan, folder: Path) -> list[str]:
    """Return a sentence for each thing that is not there, here and now; `folder` is that of routing.yaml."""
    found = [*_key(plan.log.encryption_key, folder)]
    for sink in plan.sinks:
        found += _of_sink(sink, folder)
    if (problem := _expanded(plan.tracing.otlp)[1]) is not None:
        found.append(f"tracing: {problem}")
    return found


def _key(setting: str, folder: Path) -> Iterator[str]:
    secrets = Secrets(bytes(KEY_SIZE), setting, folder)
    if setting and not secrets.can_encrypt():
        yield f"{secrets.trouble}; without it, fields to `encrypt` are left out of the log"


def _of_sink(sink: Sink, folder: Path) -> Iterator[str]:
    target, problem = _expanded(sink.target)
    if problem is not None:
        yield f"sink {sink.name}: {problem}"
    elif sink.kind == "directory" and not (folder / target).is_dir():
        yield f"sink {sink.name}: the folder {folder / target} does not exist; make it, or mount it"


def _expanded(text: str) -> tuple[str, str | None]:
    try:
        return from_environment(text), None
    except CallFailed as error:
        return "", f"{error} (as far as this shell knows)"
