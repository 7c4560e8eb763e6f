"""`gateway labels` as people type it."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys

import pytest

from gateway.cli import label_verbs
from gateway.requestlog.labels_seal import label_files
from tests.cli.site import Site


def lines(count: int) -> str:
    """Return labels of as many requests."""
    return "".join(json.dumps({"id": f"{n:032x}", "label": n % 2}) + "\n" for n in range(count))


def kept(site: Site) -> int:
    """Return how many labels are on disk."""
    return sum(len(path.read_bytes().splitlines()) for path in label_files(site.places.log))


def test_a_file_is_kept_whether_or_not_the_gateway_runs(stopped: Site) -> None:
    """The number is said; importing it again does no harm."""
    (stopped.folder / "truth.ndjson").write_text(lines(3))
    said = stopped.run("labels", "import", "truth.ndjson")
    assert (said.code, said.out, said.err) == (0, "3 labels kept\n", "")
    assert stopped.run("labels", "import", "truth.ndjson", "--json").json() == {"accepted": 3}
    assert kept(stopped) == 6


def test_a_file_with_a_mistake_is_refused_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """However late the mistake comes; with its line."""
    monkeypatch.setattr(label_verbs, "BATCH", 2)
    (site.folder / "truth.ndjson").write_text(lines(5) + '{"label": 1}\n')
    said = site.run("labels", "import", "truth.ndjson")
    assert (said.code, said.out) == (1, "")
    assert "truth.ndjson: line 6: it names no prediction" in said.err
    assert "no label of it was kept" in said.err
    assert kept(site) == 0


def test_standard_input_is_a_file_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever makes labels by a query."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines(2).encode())))
    assert site.run("labels", "import", "-").out == "2 labels kept\n"
    assert kept(site) == 2


def test_a_file_that_is_not_there_is_said(site: Site) -> None:
    """By its name."""
    said = site.run("labels", "import", "none.ndjson")
    assert (said.code, said.err) == (1, "none.ndjson: there is no such file\n")


def test_a_csv_file_is_told_how_to_become_one(stopped: Site) -> None:
    """In one sentence, whose command does it."""
    rows = "".join(f"ab{n:030x},{n % 2 == 0}\n" for n in range(3))
    (stopped.folder / "truth.csv").write_text("id,label\n" + rows)
    said = stopped.run("labels", "import", "truth.csv")
    assert (said.code, len(said.err.splitlines()), "JSON object" in said.err) == (1, 1, True)
    command = shlex.split(said.err.partition("Convert it with ")[2].partition(" where its columns")[0])
    subprocess.run([sys.executable, *command[1:]], cwd=stopped.folder, check=True, capture_output=True)
    assert stopped.run("labels", "import", "truth.ndjson").out == "3 labels kept\n"
