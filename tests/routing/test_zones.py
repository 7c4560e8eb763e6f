"""The time zones this machine knows."""

from __future__ import annotations

import zoneinfo
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.routing.file import read_plan
from gateway.routing.zones import NO_DATA, why_no_zone

TEXT = """services: {a: {url: http://h:1}}
weights: {a: 1}
rollout: {freeze: ["Fri 16:00 - Mon 08:00 ZONE"]}
"""


@pytest.mark.parametrize("name", ["Europe/Oslo", "America/Argentina/Buenos_Aires", "Etc/GMT+2"])
def test_a_zone_that_exists_is_fine(name: str) -> None:
    """Every name of the time-zone database."""
    assert why_no_zone(name) is None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Europe/Olso", "there is no such zone; did you mean `Europe/Oslo`?"),
        ("Oslo", "did you mean `Europe/Oslo`?"),
        ("+02:00", "write one such as `Europe/Oslo`, or leave it out for UTC"),
        ("Europe", "there is no such zone"),
        ("../../etc/passwd", "there is no such zone"),
        ("/etc/localtime", "there is no such zone"),
    ],
)
def test_another_name_is_told_with_the_nearest(name: str, says: str) -> None:
    """Misspelt, a folder of zones, an offset, or a path out of the database."""
    assert says in (why_no_zone(name) or "")


def test_a_machine_without_zones_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name may be right: what is missing is the database."""
    zoneinfo.ZoneInfo.clear_cache()
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    try:
        monkeypatch.setattr(zoneinfo, "available_timezones", set)
        assert why_no_zone("Antarctica/Nowhere") == NO_DATA
    finally:
        zoneinfo.reset_tzpath(to=before)


def test_the_file_is_asked_about_its_zones(tmp_path: Path) -> None:
    """A misspelt zone is told at its line, like every other mistake."""
    path = tmp_path / "routing.yaml"
    assert read_plan(TEXT.replace("ZONE", "Europe/Oslo"), path).routes[0].rollout.freeze
    with pytest.raises(ConfigError) as caught:
        read_plan(TEXT.replace("ZONE", "Europe/Olso"), path)
    [problem] = caught.value.problems
    assert (problem.line, "did you mean `Europe/Oslo`?" in problem.message) == (3, True)
