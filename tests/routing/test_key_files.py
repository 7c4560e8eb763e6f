"""A key file that cannot be used is told when routing.yaml is saved, not by answers 503."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.routing.auth_keys import new_key, with_key
from gateway.routing.complaint import complaint
from gateway.routing.file import read_plan
from gateway.routing.file_sync import follow_file
from gateway.routing.key_files import why_not_read
from tests.routing.change_site import FILE, Site

SERVICES = "services: {b: {url: http://127.0.0.1:1}}\n"


def told(folder: Path, text: str) -> str:
    """Return what is said of a file that is refused."""
    with pytest.raises(ConfigError) as raised:
        read_plan(SERVICES + text, folder / "routing.yaml")
    return str(raised.value)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The files of a gateway."""
    found = Site.made(tmp_path)
    yield found
    shutil.rmtree(found.places.run.resolve(), ignore_errors=True)


def test_keys_of_clients_must_be_there(tmp_path: Path) -> None:
    """Each place that names them, with what to do; in both forms of the file."""
    said = told(tmp_path, "weights: {b: 1}\nauth: {keys: none.txt}")
    assert said.startswith("routing.yaml:3:14: `keys` cannot be `none.txt`: ")
    assert f"{tmp_path / 'none.txt'}: No such file or directory; mend it, or make one with: " in said
    assert "gateway key create NAME --file none.txt" in said
    route = "- {{name: {0}, path: /{0}, weights: {{b: 1}}, auth: {{keys: none.txt}}}}\n"
    said = told(tmp_path, "routes:\n" + route.format("one") + route.format("two"))
    assert [line.partition(":")[2].partition(":")[0] for line in said.splitlines() if "none" in line] == [
        "3",
        "4",
    ]


def test_a_key_of_the_trail_must_be_there_unless_it_is_in_the_environment(tmp_path: Path) -> None:
    """Which whoever reads the file need not share."""
    said = told(tmp_path, "weights: {b: 1}\nadmin: {audit_key: none.key}")
    assert said.startswith("routing.yaml:3:20: `audit_key` cannot be `none.key`: ")
    assert "cannot be read (No such file or directory)" in said
    os.mkfifo(tmp_path / "pipe")
    for key in ("pipe", "/dev/zero"):
        text = f"weights: {{b: 1}}\nadmin: {{audit_key: {key}}}"
        assert "cannot be read (it is not a file)" in told(tmp_path, text)
    assert "its name cannot be one" in told(tmp_path, 'weights: {b: 1}\nadmin: {audit_key: "a\\0b"}')
    (tmp_path / "short.key").write_text("abc")
    assert "openssl rand -hex 32" in told(tmp_path, "weights: {b: 1}\nadmin: {audit_key: short.key}")
    (tmp_path / "good.key").write_text("0" * 64)
    for key in ("good.key", "'${NOBODY_SET_THIS}'"):
        text = f"{SERVICES}weights: {{b: 1}}\nadmin: {{audit_key: {key}}}"
        assert read_plan(text, tmp_path / "routing.yaml").admin_settings.audit_key


def test_what_cannot_be_used_is_told_for_what_it_is(tmp_path: Path) -> None:
    """Never with the text of a line, which may be a key; nothing is waited for."""
    path = tmp_path / "keys.txt"
    assert why_not_read(path) == "No such file or directory"
    path.write_text("acme secret")
    assert "line 1" in why_not_read(path)
    assert "secret" not in why_not_read(path)
    os.mkfifo(tmp_path / "pipe")
    assert why_not_read(tmp_path / "pipe") == why_not_read(tmp_path) == "it is not a file"
    assert "null byte" in why_not_read(Path("a\0b"))
    path.write_text(with_key("", new_key("acme")[1]))
    assert why_not_read(path) == ""


def test_a_save_that_names_a_missing_file_changes_nothing(site: Site) -> None:
    """The plan before stays live, and once the file is made the same save is taken."""
    text = site.text().replace("    stable: blue\n", "    stable: blue\n    auth: {keys: keys.txt}\n", 1)
    assert "auth" in text
    site.config.write_text(text)
    assert not follow_file(site.places, FILE, site.config)
    assert site.live().revision == 1
    found = complaint(site.places)
    assert found is not None
    assert "`keys` cannot be `keys.txt`" in found["message"]
    (site.config.parent / "keys.txt").write_text(with_key("", new_key("acme")[1]))
    assert follow_file(site.places, FILE, site.config)
    assert complaint(site.places) is None
    (site.config.parent / "keys.txt").unlink()  # later: workers keep what they had
    assert not follow_file(site.places, FILE, site.config)
    assert site.live().revision == 2
