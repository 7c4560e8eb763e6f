"""Lines of a gateway's own log that may be shown to others; whatever else is in the file is left out.

Access lines hold paths, and tracebacks hold what was being worked on: of these only where in the program that
was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from gateway.control.bundle.scrub import Scrubber
from gateway.requestlog.redact import Redactor

_CONSOLE = re.compile(r"\d\d:\d\d:\d\d (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) [^:]{1,80}: .*")
_FRAME = re.compile(r" +File \".{1,300}\", line \d+, in \S+")
_KEYS = frozenset({"ts", "level", "process", "pid", "logger", "message", "exception"})


def shown_lines(lines: Iterable[str], scrubber: Scrubber) -> Iterator[str]:
    """Yield those that a process of ours wrote, without secrets and addresses of clients."""
    addresses = Redactor(("ip",))
    for line in lines:
        if _CONSOLE.fullmatch(line) or _FRAME.fullmatch(line):
            yield addresses.text(scrubber.text(line))
        elif line.startswith("{") and (event := _event(line)) is not None:
            yield addresses.text(json.dumps(scrubber.document(event), ensure_ascii=False))


def _event(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    if not isinstance(found, dict) or not {"ts", "level", "message"} <= found.keys() <= _KEYS:
        return None
    exception = str(found.pop("exception", ""))
    frames = [frame for frame in exception.split("\n") if _FRAME.fullmatch(frame)]
    return {**found, "exception": "\n".join(frames)} if frames else found
