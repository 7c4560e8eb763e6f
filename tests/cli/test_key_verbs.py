"""`gateway key` as people type it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.audit.read import newest_first
from gateway.cli import key_verbs
from gateway.errors import GatewayError
from gateway.routing.auth_keys import digest_of, read_keys_file
from tests.cli.site import Site


def create(site: Site, name: str) -> dict[str, str]:
    """Make a key and return what is told of it."""
    said = site.run("key", "create", name, "--file", "keys.txt", "--json")
    assert said.code == 0, said.err
    found: dict[str, str] = said.json()
    return found


def test_a_key_is_printed_alone_and_its_file_is_for_its_owner(stopped: Site) -> None:
    """So that a script can take it; the file has the digest of just that key."""
    said = stopped.run("key", "create", "acme", "--file", "keys.txt", "--comment", "billing  team")
    assert said.code == 0
    assert "it is shown this once" in said.err
    path = stopped.folder / "keys.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    [key] = read_keys_file(path.read_text(encoding="utf-8"))
    assert (key.name, key.digest) == ("acme", digest_of(said.out.strip().encode()))
    assert key.comment.endswith("billing team")
    assert said.out.strip() not in path.read_text(encoding="utf-8")


def test_keys_are_listed_and_revoked_by_id_or_by_client(stopped: Site) -> None:
    """Comments that a person wrote stay where they are."""
    first, second, third = (create(stopped, name) for name in ("acme", "globex", "globex"))
    path = stopped.folder / "keys.txt"
    path.write_text(path.read_text(encoding="utf-8") + "# ask Ops before you touch this\n", encoding="utf-8")
    listed = stopped.run("key", "list", "--file", "keys.txt")
    assert [line.split()[:2] for line in listed.out.splitlines()] == [
        [key["id"], key["client"]] for key in (first, second, third)
    ]
    said = stopped.run("key", "revoke", "globex", "--file", "keys.txt")
    assert said.out.count("is revoked") == 2
    assert stopped.run("key", "revoke", first["id"], "--file", "keys.txt").code == 0
    assert path.read_text(encoding="utf-8").endswith("# ask Ops before you touch this\n")
    assert "has no keys" in stopped.run("key", "list", "--file", "keys.txt").out
    gone = stopped.run("key", "revoke", first["id"], "--file", "keys.txt")
    assert (gone.code, "see `gateway key list`" in gone.err) == (1, True)


def test_what_was_done_is_in_the_audit_trail_without_the_key(stopped: Site) -> None:
    """Who, which client, which id."""
    made = create(stopped, "acme")
    stopped.run("key", "revoke", made["id"], "--file", "keys.txt")
    entries = list(newest_first(stopped.places.audit))[:2]
    assert [entry["what"] for entry in entries] == ["revoke-client-key", "create-client-key"]
    assert all(entry["after"]["id"] == made["id"] for entry in entries)
    assert made["key"] not in str(entries)


@pytest.mark.parametrize("text", ["acme what\n", "\ud800"])
def test_a_file_that_is_none_of_keys_is_left_alone(stopped: Site, text: str) -> None:
    """Nothing is added to it, since workers would refuse the whole."""
    path = stopped.folder / "keys.txt"
    path.write_bytes(text.encode("utf-16" if text == "\ud800" else "utf-8", "surrogatepass"))
    before = path.read_bytes()
    for words in (("create", "a"), ("revoke", "a"), ("list",)):
        said = stopped.run("key", *words, "--file", "keys.txt")
        assert (said.code, "keys.txt" in said.err) == (1, True)
    assert path.read_bytes() == before


def test_a_file_that_is_missing_and_a_name_that_cannot_be_are_told(stopped: Site) -> None:
    """With what to do."""
    assert "`gateway key create` makes it" in stopped.run("key", "list", "--file", "keys.txt").err
    assert "cannot be a client's name" in stopped.run("key", "create", "a b", "--file", "keys.txt").err
    assert not (stopped.folder / "keys.txt").exists()


def test_permissions_that_a_person_chose_stay(stopped: Site) -> None:
    """A group that may read it still may."""
    create(stopped, "acme")
    path = stopped.folder / "keys.txt"
    path.chmod(0o640)
    create(stopped, "globex")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_two_who_write_at_once_lose_no_key(tmp_path: Path) -> None:
    """One waits for the other."""
    path = tmp_path / "keys.txt"

    def add(number: int) -> None:
        key_verbs.create(f"c{number}", path, state_dir=str(tmp_path))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert {key.name for key in read_keys_file(path.read_text(encoding="utf-8"))} == {
        f"c{n}" for n in range(24)
    }


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no half of a new one."""
    path = tmp_path / "keys.txt"
    key_verbs.create("acme", path, state_dir=str(tmp_path))
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises((OSError, GatewayError)):
        key_verbs.create("globex", path, state_dir=str(tmp_path))
    assert (path.read_bytes(), [found.name for found in tmp_path.iterdir()]) == (before, ["keys.txt"])
