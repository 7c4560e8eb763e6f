"""`gateway debug bundle`: what people type, and what they get."""

from __future__ import annotations

import tarfile

from gateway.control.bundle.write import PROMISE
from tests.cli.site import Site


def test_a_bundle_is_made_while_the_gateway_runs_or_not(site: Site) -> None:
    """It says what is in it, and that it holds no user data."""
    said = site.run("debug", "bundle", "--out", "b.tar.gz")
    assert said.code == 0, said.err
    assert "status.json" in said.out
    assert PROMISE in said.out
    with tarfile.open(site.folder / "b.tar.gz") as archive:
        names = {name.rpartition("/")[2] for name in archive.getnames()}
    assert {
        "README.txt",
        "status.json",
        "routing.yaml",
        "history.json",
        "metrics.txt",
        "system.json",
    } <= names
    again = site.run("debug", "bundle", "--out", "b.tar.gz")
    assert (again.code, "is there already" in again.err) == (1, True)


def test_without_a_name_the_file_is_called_by_the_time(stopped: Site) -> None:
    """Programs are told its name."""
    found = stopped.run("debug", "bundle", "--json").json()
    assert (stopped.folder / found["file"]).stat().st_size == found["bytes"]
    assert found["file"].startswith("gateway-debug-")
    assert {part["name"] for part in found["parts"] if part["problem"]} == set()


def test_it_is_made_where_nothing_was_ever_started(stopped: Site) -> None:
    """With what there is."""
    found = stopped.run("debug", "bundle", "--json", "--state-dir", "none", "--config", "none.yaml").json()
    problems = {part["name"]: part["problem"] for part in found["parts"] if part["problem"]}
    assert {"status.json", "history.json", "routing.yaml"} <= set(problems)
    assert "system.json" not in problems
