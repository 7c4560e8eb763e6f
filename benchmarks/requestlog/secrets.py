"""Secrets in every place of requests and answers, through a gateway that tells all it may: who has one?

Searched are all files below the state directory, those in memory, sinks, traces, /metrics and all output.
"""

from __future__ import annotations

import os
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measured.row import Figure, Reached, Row
from benchmarks.process import wait_until
from benchmarks.requestlog.hostile import Collector, Repeater, send
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import LONG, Site, gateway
from tests.requestlog.planted import Planted, requests
from tests.requestlog.planted_search import found_in

SEED = 5
_ROUTING = """
services: {v1: {url: 'http://127.0.0.1:%(upstream)d'}}
log: {buffer: 1MiB, filter: {mode: %(mode)s%(more)s}}
tracing: {otlp: 'http://127.0.0.1:%(collector)d/v1/traces', sample: 1}
logging: {format: json, level: debug, access: true}
sinks:
  - {name: files, directory: '%(folder)s/sink'}
  - {name: collector, otlp: 'http://127.0.0.1:%(collector)d/v1/logs'}
routes:
  - name: late
    path: /v2/models/late
    stable: v1
    weights: {v1: 100}
    sticky: {header: x-user-id}
"""


def strict(scale: Scale) -> Reached:
    """With `filter: {mode: strict}` nothing of any kind may be anywhere."""
    planted = requests(SEED, scale.secrets)
    found, told = _search(planted, "strict", "")
    return _reached(planted, found, told, [it.secret.text for it in planted])


def usual(scale: Scale) -> Reached:
    """With the usual filter nothing may be anywhere that is found by its shape."""
    planted = requests(SEED + 1, scale.secrets)
    found, told = _search(planted, "open", "")
    return _reached(planted, found, told, [it.secret.text for it in planted if it.secret.redactable])


def bare(scale: Scale) -> Reached:
    """Without redaction they must be there, else the search proves nothing."""
    planted = requests(SEED + 2, scale.secrets)
    found, _ = _search(planted, "open", ", redact: off")
    shown = {secret for _, secret in found}
    return Reached(len(planted), 0, (Figure("secrets found", len(shown), least=len(planted) / 10),))


def _reached(
    planted: Sequence[Planted], found: list[tuple[Path, str]], told: dict[str, int], secret: Sequence[str]
) -> Reached:
    places = {it.secret.text: it.place for it in planted}
    leaks = [(path.name, places[text]) for path, text in found if text in set(secret)]
    figures = (
        Figure("secrets planted", len(secret)),
        Figure("places", len(set(places.values()))),
        *(Figure(what, count, least=1) for what, count in told.items()),
        Figure("found anywhere", len(leaks), most=0),
    )
    notes = tuple(f"{times} × {place} in {name}" for (name, place), times in Counter(leaks).most_common(20))
    return Reached(len(planted), 0, figures, notes=notes)


def _search(
    planted: Sequence[Planted], mode: str, more: str
) -> tuple[list[tuple[Path, str]], dict[str, int]]:
    """Send all, have everything written and sealed, and return where which of them is found."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "sink").mkdir()
        upstream, collector = stack.enter_context(Repeater()), stack.enter_context(Collector(folder / "otlp"))
        words = {"upstream": upstream.port, "collector": collector.port, "folder": folder, "mode": mode}
        site = stack.enter_context(gateway(_ROUTING % {**words, "more": more}))
        for one in planted:
            upstream.answer = one.answer
            send(site.port(), one.raw)
        site.told()
        site.sealed()
        wait_until(lambda: not any(site.places.log.spool.glob("*")), LONG, "both sinks have everything")
        collector.quiet()
        _more(site, folder)
        _keep_memory(site.places.run.resolve(), folder / "memory")
        told = {
            "records": site.counts()[0],
            "posts to the collector": collector.posts,
            "files of the sink": sum(path.is_file() for path in (folder / "sink").rglob("*")),
        }
        return found_in([folder, site.folder], [it.secret.text for it in planted]), told


def _keep_memory(run: Path, folder: Path) -> None:
    """Copy the files in memory, without the holes in them."""
    folder.mkdir()
    for path in run.iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(b"\n".join(_written(path)))


def _written(path: Path) -> Iterator[bytes]:
    """Return the parts of a file that were ever written."""
    with path.open("rb", buffering=0) as file:
        end = 0
        while True:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                return  # a hole is all that comes
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            yield os.pread(file.fileno(), end - start, start)


def _more(site: Site, folder: Path) -> None:
    """Have the gateway say all that it can be asked for."""
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port('admin')}/metrics", timeout=10) as answer:
        (folder / "metrics").write_bytes(answer.read())
    (folder / "status").write_text(site.verb("status"))
    (folder / "query").write_text(site.verb("query", "FROM requests", "--format", "json"))
    (folder / "predictions").write_text(site.verb("query", "FROM predictions", "--format", "json"))


ROWS = (
    Row(
        "strict",
        "What it gives away",
        "secrets in every place of a request or its answer, `filter: {mode: strict}`, with access lines, all "
        "traced, two sinks: searched in all files, memory, sinks, traces, /metrics, output, query results",
        "none found",
        strict,
    ),
    Row(
        "open",
        "What it gives away",
        "the same with the usual filter: e-mail addresses, cards, phone numbers, IP addresses",
        "none found",
        usual,
    ),
    Row(
        "bare",
        "What it gives away",
        "the same without any redaction: what the search finds when there is something",
        "more than a tenth found",
        bare,
    ),
)
