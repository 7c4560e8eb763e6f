"""`gateway labels import`: the truth from a file, whether the gateway runs or not."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from gateway.cli.common import author, find_running, print_json, say
from gateway.cli.options import CONFIG, Config, Json, StateDir
from gateway.errors import GatewayError
from gateway.requestlog.label_lines import KEYS

if TYPE_CHECKING:
    from gateway.requestlog.label_lines import Label
    from gateway.routing.places import Places

app = typer.Typer(help="What was true of predictions that were made before.", no_args_is_help=True)
_HEADER = re.compile(r'"?[A-Za-z_][\w ]*"?([,;\t]"?[A-Za-z_][\w ]*"?)+')
BATCH = 50_000
"""Lines that are kept at a time, so that memory does not grow with the file."""


@app.callback()
def _labels() -> None:
    """What was true of predictions that were made before."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="NDJSON, one label on each line; - is standard input.")],
    as_json: Json = False,
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Keep the labels of a file, such as {"id": "<x-request-id>", "label": 1} on each line.

    A line may name a route and the value of the input that it declares as key instead of an id. Importing
    a file again does no harm; a file with a mistake in it is refused before any of it is kept.

    Example: gateway labels import truth.ndjson
    """
    from gateway.routing.audited import note

    places = find_running(state_dir, str(config)).places
    count = _kept(places, file)
    note(places, "add-labels", author(), after={"file": file.name, "labels": count})
    if as_json:
        print_json({"accepted": count})
    else:
        say(f"{count:,} label{'s' if count != 1 else ''} kept")


def _kept(places: Places, file: Path) -> int:
    """Keep every label of a file, or none where one of them is wrong; return how many."""
    from gateway.control.labels.keep import check, keep
    from gateway.control.status.observation import latest_plan
    from gateway.requestlog.label_lines import BadLabels

    plan = latest_plan(places)
    with _whole(file) as source:
        _refuse_csv(file, source)
        try:
            for labels in _batches(source):
                check(plan, labels)
        except BadLabels as error:
            raise GatewayError(f"{file}: {error}; no label of it was kept") from None
        source.seek(0)
        count = 0
        for labels in _batches(source):
            keep(places, plan, labels)
            count += len(labels)
    return count


@contextmanager
def _whole(file: Path) -> Iterator[BinaryIO]:
    """Open a file; standard input is copied to one first, since it is read twice."""
    if str(file) != "-":
        try:
            with file.open("rb") as source:
                yield source
        except FileNotFoundError:
            raise GatewayError(f"{file}: there is no such file") from None
        return
    with TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy


def _refuse_csv(file: Path, source: BinaryIO) -> None:
    """Raise GatewayError where a file is CSV, with how to make of it what is asked for."""
    header = source.readline(4096).decode("utf-8", "replace").strip().strip("\ufeff")
    source.seek(0)
    if not _HEADER.fullmatch(header):
        return
    name = "truth.csv" if str(file) == "-" else str(file)
    made = str(Path(name).with_suffix(".ndjson"))
    code = f'import duckdb; duckdb.sql("COPY (FROM read_csv($${name}$$)) TO $${made}$$ (FORMAT json)")'
    raise GatewayError(
        f"{file} is CSV, and labels are one JSON object on each line; no label of it was kept. Convert it "
        f"with python3 -c {shlex.quote(code)} where its columns are named {', '.join(KEYS)}"
    )


def _batches(source: BinaryIO) -> Iterator[list[Label]]:
    from gateway.requestlog.label_lines import read_labels

    first = 1
    while lines := list(islice(source, BATCH)):
        yield read_labels(lines, first)
        first += len(lines)
