"""Why routing.yaml is not what is live, for as long as that is so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.routing.complaint import complain, complaint, settle
from gateway.routing.places import Places
from gateway.routing.run_directory import prepare


@pytest.mark.parametrize("message", ["a read-only folder", "“wieghts”\n\0\ud7ff"])
def test_the_last_complaint_stands_until_it_is_settled(tmp_path: Path, message: str) -> None:
    """Settling twice is no mistake: whoever writes the file does not know whether somebody complained."""
    places = prepare(tmp_path / "state")
    try:
        assert complaint(places) is None
        complain(places, "invalid", "line 3")
        complain(places, "unwritable", message)
        assert complaint(places) == {"kind": "unwritable", "message": message}
        settle(places)
        settle(places)
        assert complaint(places) is None
    finally:
        shutil.rmtree(places.run.resolve())


def test_without_a_running_gateway_nobody_complains(tmp_path: Path) -> None:
    """There is nobody to tell it to, and no folder in memory to keep it in."""
    places = Places(tmp_path / "state")
    complain(places, "invalid", "line 3")
    assert complaint(places) is None
    assert not places.run.exists()
