"""The verbs about processes: what is refused before anything is started."""

from __future__ import annotations

from tests.cli.site import Site


def test_up_says_what_is_wrong_with_the_file(site: Site) -> None:
    """Refused before anything is started."""
    said = site.run("up", "--config", "none.yaml", "--state-dir", "fresh")
    assert said.code == 1
    assert "none.yaml: there is no such file" in said.err


def test_serve_says_what_is_wrong_with_the_folder(site: Site) -> None:
    """A folder that is no model version is refused."""
    said = site.run("serve", "nothing")
    assert said.code == 1
    assert "nothing" in said.err
