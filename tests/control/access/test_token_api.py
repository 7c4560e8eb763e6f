"""Tokens over HTTP: made by admins, never with more than they have, shown once, ended at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.access import token_api
from gateway.control.access.identity import COOKIE
from gateway.control.access.oidc import Oidc
from gateway.control.access.oidc_person import person
from gateway.control.access.roles import ROLES, Principal
from gateway.control.access.token_api import grant_of, told
from gateway.control.access.token_operations import PERSON
from gateway.control.access.tokens import Grant, Token, overreach, parts
from gateway.control.problems import Refusal
from gateway.routing.admin_settings import OidcRoles, OidcSettings
from tests.control.access.entrance import DOORS, NOW, Entrance, at

if TYPE_CHECKING:
    import httpx

    from tests.control.conftest import Site

TOKENS = "/api/v1/tokens"
ROUTES = ("late", "protocol")
GRANTS = st.builds(
    Grant,
    st.sampled_from(ROLES),
    st.none() | st.frozensets(st.sampled_from(ROUTES), min_size=1),
    st.none() | st.sampled_from((NOW + 60.0, NOW + 3600.0)),
)


@pytest.fixture
def entrance(site: Site) -> Entrance:
    """The entrance of a gateway with two routes."""
    return Entrance(site.places)


def admin(entrance: Entrance, **grant: Any) -> httpx.AsyncClient:
    """A client with an admin's token."""
    return entrance.client(entrance.access.tokens.create("boss", Grant("admin", **grant), "cli:ann")[1])


def wish_of(grant: Grant) -> dict[str, Any]:
    """Return a grant as it is asked for."""
    return {
        "name": "new",
        "role": grant.role,
        "routes": None if grant.routes is None else sorted(grant.routes),
        "seconds": None if grant.expires is None else grant.expires - NOW,
    }


async def test_a_token_is_made_told_once_and_works(entrance: Entrance) -> None:
    """It is listed without its secret, under the name of its maker."""
    boss = admin(entrance)
    made = await boss.post(TOKENS, json={**wish_of(Grant("operator", frozenset({"late"}), NOW + 60))})
    assert made.status_code == 200
    text = made.json().pop("token")
    assert {**made.json(), "token": ""} == {
        "id": parts(text)[0],
        "name": "new",
        "role": "operator",
        "routes": ["late"],
        "created": "2026-05-28T20:26:40.000Z",
        "created_by": "token:boss",
        "made_with": next(one.id for one in entrance.access.tokens.all() if one.name == "boss"),
        "expires": "2026-05-28T20:27:40.000Z",
        "revoked": None,
        "last_used": None,
        "in_force": True,
        "token": "",
    }
    new = entrance.client(text)
    assert (await new.post("/routes/late")).json()["who"] == "token:new"
    assert [(await new.post(path)).status_code for path in ("/routes/protocol", "/all")] == [403, 403]
    listed = await boss.get(TOKENS)
    assert {it["name"]: it["last_used"] for it in listed.json()["tokens"]}[
        "new"
    ] == "2026-05-28T20:26:40.000Z"
    assert entrance.events[-1][0::3] == ("create token", parts(text)[0])


async def test_a_revoked_token_stops_at_the_next_request(entrance: Entrance) -> None:
    """And so does every session that was begun with it."""
    boss = admin(entrance)
    made = (await boss.post(TOKENS, json=wish_of(Grant("viewer")))).json()
    script, browser = entrance.client(made["token"]), entrance.client()
    assert (await browser.post("/login", data={"token": made["token"]})).status_code == 303
    assert [(await one.get("/")).status_code for one in (script, browser)] == [200, 200]
    ended = await boss.delete(f"{TOKENS}/{made['id']}")
    assert (ended.status_code, ended.json()["in_force"]) == (200, False)
    assert [(await one.get("/")).status_code for one in (script, browser)] == [401, 303]
    assert (await boss.delete(f"{TOKENS}/{made['id']}")).json() == ended.json()
    assert entrance.events[-1][0::3] == ("revoke token", made["id"])


async def test_no_answer_but_the_first_has_the_text(entrance: Entrance) -> None:
    """Neither lists nor refusals, the page included."""
    boss = admin(entrance)
    made = (await boss.post(TOKENS, json=wish_of(Grant("viewer")))).json()
    secret = parts(made["token"])[1]
    new = entrance.client(made["token"])
    answers = [
        await boss.get(TOKENS),
        await boss.get("/tokens"),
        await boss.post(TOKENS, json=wish_of(Grant("viewer"))),
        await new.get(TOKENS),
        await new.get("/"),
        await boss.delete(f"{TOKENS}/{made['id']}"),
        await boss.delete(f"{TOKENS}/{made['token']}"),
        await new.get("/"),
        await entrance.client().post("/login", data={"token": made["token"]}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 403, 200, 200, 404, 401, 401]
    assert not [answer.url for answer in answers if secret in answer.text + str(answer.headers)]
    assert secret not in str(entrance.events)


@pytest.mark.parametrize("role", ROLES[:2])
async def test_tokens_are_for_admins(entrance: Entrance, role: Any) -> None:
    """A viewer or an operator neither sees nor makes nor ends one; nor does an admin of some routes."""
    mine, one = entrance.access.tokens.create("mine", Grant(role), "cli:ann")
    _, limited = entrance.access.tokens.create("part", Grant("admin", frozenset({"late"})), "cli:ann")
    for text in (one, limited):
        client = entrance.client(text)
        answers = [
            await client.get(TOKENS),
            await client.post(TOKENS, json=wish_of(Grant("viewer", frozenset({"late"})))),
            await client.delete(f"{TOKENS}/{mine.id}"),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert len(entrance.access.tokens.all()) == 2


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [
        ({"name": "a b", "role": "viewer"}, 400, "name: string should match pattern"),
        ({"name": "a", "role": "boss"}, 400, "role: input should be 'viewer', 'operator' or 'admin'"),
        ({"name": "a", "role": "viewer", "routes": ["lat"]}, 422, "there is no route lat; there is: late"),
        ({"name": "boss", "role": "viewer"}, 422, "there is a token boss already"),
        ({"name": "a", "rôle": "viewer"}, 400, "did you mean 'role'?"),
    ],
)
async def test_mistakes_are_told(entrance: Entrance, wish: Any, status: int, said: str) -> None:
    """And make nothing."""
    answer = await admin(entrance).post(TOKENS, json=wish)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert len(entrance.access.tokens.all()) == 1


async def test_a_token_that_is_not_there_cannot_be_ended(entrance: Entrance) -> None:
    """The answer says where to look."""
    answer = await admin(entrance).delete(f"{TOKENS}/00000000")
    assert (answer.status_code, "lists them" in answer.json()["detail"]) == (404, True)


async def powers(entrance: Entrance, text: str) -> set[tuple[str, str]]:
    """Every door that a token opens."""
    client = entrance.client(text)
    found = set()
    for method, pattern in DOORS:
        for name in ROUTES if "{name}" in pattern else ("",):
            path = pattern.replace("{name}", name)
            if (await client.request(method, path)).status_code == 200:
                found.add((method, path))
    return found


@settings(max_examples=12)
@given(maker=GRANTS, wish=GRANTS)
def test_nobody_makes_a_token_that_may_more(maker: Grant, wish: Grant) -> None:
    """Whatever is asked for by whomever: a token that comes of it opens no door that its maker's does not."""

    async def tried(entrance: Entrance) -> None:
        _, text = entrance.access.tokens.create("maker", maker, "cli:ann")
        answer = await entrance.client(text).post(TOKENS, json=wish_of(wish))
        may = maker.role == "admin" and maker.routes is None and not overreach(wish, maker)
        assert answer.status_code == (200 if may else 403)
        if may:
            new = answer.json()["token"]
            assert await powers(entrance, new) <= await powers(entrance, text)
            for entrance.clock.at in (NOW + 60.0, NOW + 3600.0):
                assert await powers(entrance, new) <= await powers(entrance, text)

    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(token_api, "check_routes", lambda *_: None)
        patch.setattr(token_api, "live_plan", lambda *_: None)
        asyncio.run(tried(at(Path(folder))))


async def test_a_wish_that_goes_too_far_is_an_event(entrance: Entrance) -> None:
    """Who tried, and what it was to be called."""
    answer = await admin(entrance, expires=NOW + 60).post(TOKENS, json=wish_of(Grant("viewer")))
    assert "cannot outlive" in answer.json()["detail"]
    what, principal, source, target, result = entrance.events[-1]
    assert (what, principal and principal.name, source) == ("create token", "token:boss", "192.0.2.7")
    assert (target, result) == ("new", "refused")


def test_what_somebody_has_to_give_is_asked_of_their_token(entrance: Entrance) -> None:
    """Of a session too, which would end later; one that was revoked a moment ago has nothing."""
    token, _ = entrance.access.tokens.create("boss", Grant("admin", None, NOW + 60), "cli:ann")
    session = Principal("token:boss", "admin", "session", None, token.id)
    assert grant_of(session, entrance.access) == Grant("admin", None, NOW + 60)
    assert grant_of(Principal("socket", "admin", "socket"), entrance.access) == Grant("admin")
    entrance.access.tokens.revoke(token.id)
    with pytest.raises(Refusal):
        grant_of(session, entrance.access)


def test_a_token_is_told_with_what_it_is_now() -> None:
    """Whether it is in force depends on the time."""
    token = Token("1", "ci", "viewer", frozenset("ba"), NOW, "cli:ann", NOW + 1)
    assert [told(token, at)["in_force"] for at in (NOW, NOW + 1)] == [True, False]
    assert told(token, NOW)["routes"] == ["a", "b"]


async def test_a_person_ends_with_what_they_made(entrance: Entrance) -> None:
    """Their sessions and their tokens, at the next request; a name that is none is refused."""
    oidc = OidcSettings("https://id.example", "c", "${S}", "http://localhost", OidcRoles(admin=("a",)))
    entrance = Entrance(entrance.places, oidc=Oidc(oidc))
    ann = entrance.access.welcome(person({"sub": "ann", "groups": ["a"]}, oidc), "192.0.2.7")
    browser = entrance.client()
    browser.cookies.set(COOKIE, ann)
    made = (await browser.post(TOKENS, json=wish_of(Grant("admin")))).json()
    assert (made["created_by"], made["made_with"]) == ("user:ann", None)
    boss = admin(entrance)
    assert "Revoke all of user:ann" in (await boss.get("/tokens")).text
    for wrong in ("ann", "user:", "user:a b", "token:new", ["user:ann"]):
        assert (await boss.post(PERSON, json={"person": wrong})).status_code == 400
    gone = (await boss.post(PERSON, json={"person": "user:ann"})).json()
    expected = {"sessions": 1, "also_revoked": [{"id": made["id"], "name": "new"}]}
    assert gone == {"person": "user:ann", **expected}
    assert entrance.events[-2][0::3] == ("revoke person", "user:ann")
    assert (await browser.get("/")).status_code == 303
    assert (await entrance.client(made["token"]).get("/")).status_code == 401
    assert (await boss.post(PERSON, json={"person": "user:ann"})).json()["sessions"] == 0
    assert "Revoke all of user:ann" not in (await boss.get("/tokens")).text


async def test_a_token_ends_with_the_one_it_was_made_with(entrance: Entrance) -> None:
    """The answer names those that went with it, and the trail has each of them."""
    boss = admin(entrance)
    child = (await boss.post(TOKENS, json=wish_of(Grant("admin")))).json()
    made = await entrance.client(child["token"]).post(
        TOKENS, json={**wish_of(Grant("viewer")), "name": "new2"}
    )
    entrance.events.clear()
    chief = entrance.client(entrance.access.tokens.create("chief", Grant("admin"), "cli:ann")[1])
    gone = (await chief.delete(f"{TOKENS}/{child['made_with']}")).json()
    expected = [(one["id"], one["name"]) for one in (child, made.json())]
    assert sorted((one["id"], one["name"]) for one in gone["also_revoked"]) == sorted(expected)
    assert {event[3] for event in entrance.events} == {gone["id"], child["id"], made.json()["id"]}
    assert (await entrance.client(made.json()["token"]).get("/routes/late")).status_code == 401
