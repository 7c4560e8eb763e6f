"""`gateway token` as people type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.access.roles import Principal
from gateway.control.access.sessions import Sessions
from gateway.control.access.token_store import TokenStore
from gateway.control.access.tokens import Grant
from tests.cli.site import Site


def test_the_token_is_all_that_is_printed(stopped: Site) -> None:
    """So that a script can take it; what it may is told beside it, and it works at once."""
    said = stopped.run("token", "create", "ci", "--role", "operator", "--route", "late")
    assert said.code == 0
    text = said.out.removesuffix("\n")
    assert len(text.splitlines()) == 1
    assert "(ci): operator of the routes late; expires 20" in said.err
    assert "shown this once" in said.err
    assert text.split("_", 2)[2] not in said.err  # a secret may hold more of them
    found = TokenStore(stopped.places.access).verified(text)
    assert found is not None
    assert (found.role, found.routes, found.created_by[:4]) == ("operator", frozenset({"late"}), "cli:")
    assert found.expires == pytest.approx(found.created + 30 * 86_400, abs=60)


def test_tokens_are_listed_without_their_secrets(site: Site) -> None:
    """For people and for programs."""
    assert site.run("token", "list").out.startswith("no tokens; make one with")
    made = site.run("token", "create", "ci", "--role", "viewer", "--json").json()
    assert made["token"].startswith(f"gw_{made['id']}_")
    secret = made.pop("token").split("_", 2)[2]
    said, listed = site.run("token", "list"), site.run("token", "list", "--json")
    assert said.out.splitlines()[1].split()[:4] == [made["id"], "ci", "viewer", "all"]
    assert listed.json() == {"tokens": [made]}
    assert secret not in said.out + listed.out


def test_a_token_is_revoked_by_its_id(site: Site) -> None:
    """One that is not there is said."""
    text = site.run("token", "create", "ci", "--role", "admin").out.strip()
    number = text.split("_")[1]
    assert site.run("token", "revoke", number).out == f"token {number} (ci) is revoked\n"
    assert TokenStore(site.places.access).verified(text) is None
    assert site.run("token", "revoke", number, "--json").json()["in_force"] is False
    store = TokenStore(site.places.access)
    maker, _ = store.create("maker", Grant("admin"), "cli:ann")
    child, _ = store.create("child", Grant("viewer"), "token:maker", maker.id)
    assert f"and 1 made with it, directly or not: {child.id} (child)\n" in (
        site.run("token", "revoke", maker.id).out
    )
    assert site.run("token", "revoke", maker.id, "--json").json()["also_revoked"] == []
    said = site.run("token", "revoke", "00000000")
    assert (said.code, said.err) == (1, "there is no token 00000000; see: gateway token list\n")


def test_a_token_is_revoked_by_its_name(site: Site) -> None:
    """The one in force; those of that name that ended before are named once there is no other."""
    first = site.run("token", "create", "bob", "--role", "viewer", "--json").json()["id"]
    assert site.run("token", "revoke", "bob").out == f"token {first} (bob) is revoked\n"
    second = site.run("token", "create", "bob", "--role", "viewer", "--json").json()["id"]
    assert site.run("token", "revoke", "bob", "--json").json()["id"] == second
    said = site.run("token", "revoke", "bob")
    assert (said.code, said.err.startswith("no token bob is in force any more (it was ")) == (1, True)


def test_one_that_never_expires_is_asked_for_in_so_many_words(site: Site) -> None:
    """It holds until it is revoked."""
    said = site.run("token", "create", "ci", "--role", "viewer", "--expires", "never")
    assert "never expires" in said.err
    assert TokenStore(site.places.access).all()[0].expires is None


def test_a_person_is_revoked_with_what_they_made(site: Site) -> None:
    """Whoever logs in at the identity provider, by the name that the history has."""
    store = TokenStore(site.places.access)
    own, text = store.create("own", Grant("admin"), "user:ann")
    Sessions(site.places.access).begin(Principal("user:ann", "admin", "session"))
    said = site.run("token", "revoke", "user:ann")
    assert said.out == f"user:ann: ended 1 sessions, and of the tokens they made: {own.id} (own)\n"
    assert store.verified(text) is None
    said = site.run("token", "revoke", "user:ann")
    assert (said.code, "has no session, and made no token" in said.err) == (1, True)
    store.create("own", Grant("admin"), "user:ann")
    found = site.run("token", "revoke", "user:ann", "--json").json()
    assert (found["sessions"], [one["name"] for one in found["also_revoked"]]) == (0, ["own"])


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("a b", "--role", "viewer"), 2, "is no name for a token"),
        (("ci", "--role", "boss"), 2, "'boss' is not one of"),
        (("ci",), 2, "--role"),
        (("ci", "--role", "viewer", "--expires", "soon"), 2, "--expires soon: write a duration"),
        (("ci", "--role", "viewer", "--expires", "99999d"), 2, "too far away"),
        (("ci", "--role", "viewer", "--route", "lat"), 1, "there is no route lat; there is: late"),
    ],
)
def test_mistakes_are_told(site: Site, arguments: tuple[str, ...], code: int, told: str) -> None:
    """And make nothing."""
    said = site.run("token", "create", *arguments)
    assert (said.code, told in said.err) == (code, True)
    assert not TokenStore(site.places.access).all()


def test_the_first_token_is_made_before_the_first_start(
    site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where a routing.yaml is; elsewhere nothing is made that nobody would find again."""
    folder: Path = tmp_path_factory.mktemp("new")
    said = site.run("token", "list", "--config", str(folder / "routing.yaml"))
    assert (said.code, "there is neither" in said.err) == (1, True)
    assert not list(folder.iterdir())
    (folder / "routing.yaml").write_text("routes: []\n")
    config = ("--config", str(folder / "routing.yaml"))
    assert site.run("token", "create", "ci", "--role", "admin", "--route", "any", *config).code == 0
    assert (folder / ".gateway").stat().st_mode & 0o077 == 0
    assert (folder / ".gateway" / "access.db").stat().st_mode & 0o077 == 0
