"""What a provider may say of itself, and how often it is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.control.access.oidc_provider import FAILED_FOR, KEPT, RENEWED_EVERY, Provider
from gateway.control.access.oidc_web import ProviderFailed, Web
from gateway.control.problems import Refusal
from tests.control.access.bad_provider import KEY, BadProvider, misbehaving
from tests.control.access.entrance import Clock

DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def bad() -> Iterator[BadProvider]:
    """A provider that behaves until it is told otherwise."""
    with misbehaving() as found:
        yield found


async def test_a_storm_of_unknown_keys_asks_once_a_minute(bad: BadProvider) -> None:
    """So nobody can have us flood the provider; a key that is new is found a minute later."""
    clock = Clock()
    provider = Provider(bad.issuer, Web(), clock)
    assert [key["kid"] for key in await provider.keys("first")] == ["first"]
    assert [await provider.keys(f"unknown{number}") for number in range(50)] == [[]] * 50
    assert bad.asked.count("/keys") == 1
    bad.say("/keys", {"keys": [{**KEY.as_dict(private=False), "kid": "second"}, {"kty": "oct"}, 7]})
    clock.at += RENEWED_EVERY
    assert [key["kid"] for key in await provider.keys("second")] == ["second"]
    assert await provider.keys("first") == []
    assert bad.asked.count("/keys") == 2
    clock.at += KEPT
    assert len(await provider.keys(None)) == 1
    assert (bad.asked.count("/keys"), bad.asked.count(DISCOVERY)) == (3, 2)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"issuer": "https://other.example"}, "says that the issuer is https://other.example"),
        ({"issuer": None}, "says that the issuer is None"),
        ({"authorization_endpoint": "http://other.example/"}, "authorization_endpoint with https"),
        ({"token_endpoint": "file:///etc/passwd"}, "token_endpoint with https"),
        ({"jwks_uri": 7}, "jwks_uri with https"),
    ],
)
async def test_a_discovery_that_leads_elsewhere_is_refused(
    bad: BadProvider, changed: dict[str, object], says: str
) -> None:
    """Another issuer, or an address that anybody could listen on."""
    bad.say(DISCOVERY, bad.discovery(**changed))
    with pytest.raises(ProviderFailed, match=says):
        await Provider(bad.issuer, Web()).endpoints()


async def test_a_discovery_that_failed_is_not_asked_for_at_once_again(bad: BadProvider) -> None:
    """However many begin to log in; what was wrong is told to each, and some seconds later it is tried."""
    clock = Clock()
    provider = Provider(bad.issuer, Web(), clock)
    bad.say(DISCOVERY, {}, 500)
    for _ in range(9):
        with pytest.raises(ProviderFailed, match="answered 500"):
            await provider.endpoints()
    assert (bad.asked, provider.known) == ([DISCOVERY], None)
    bad.say(DISCOVERY, bad.discovery())
    clock.at += FAILED_FOR
    assert await provider.endpoints() == provider.known
    clock.at += KEPT
    assert provider.known is None


async def test_the_log_never_has_what_the_provider_gave(
    bad: BadProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer with another status than 200 may have tokens in it all the same."""
    said = {"error": "odd", "error_description": "d" * 999, "access_token": "AT", "id_token": "IDT"}
    bad.say("/token", said, 201)
    with pytest.raises(ProviderFailed, match=r"answered 201: odd$"):
        await Provider(bad.issuer, Web()).exchange("code", "v", "https://here/", ("gateway", "s"))
    assert "odd ddd" in caplog.text
    assert "AT" not in caplog.text
    assert "IDT" not in caplog.text
    assert caplog.text.count("d") < 260


async def test_keys_and_codes_that_are_none(bad: BadProvider) -> None:
    """A document without keys, a code that is used up, a client that is not known."""
    provider = Provider(bad.issuer, Web())
    bad.say("/keys", {"keys": "none"})
    with pytest.raises(ProviderFailed, match="has no `keys`"):
        await provider.keys(None)
    for error in ("invalid_grant", "invalid_request"):
        bad.say("/token", {"error": error}, 400)
        with pytest.raises(Refusal, match="does not take the code"):
            await provider.exchange("code", "verifier", "https://here/", ("gateway", "secret"))
    bad.say("/token", {"error": "invalid_client", "error_description": "inner secrets"}, 401)
    with pytest.raises(ProviderFailed, match=r"answered 401: invalid_client$"):
        await provider.exchange("code", "verifier", "https://here/", ("gateway", "secret"))


async def test_a_client_proves_itself_in_the_form_where_that_is_all_there_is(bad: BadProvider) -> None:
    """As discovery says; without a word it is HTTP Basic."""
    ways = "token_endpoint_auth_methods_supported"
    assert (await Provider(bad.issuer, Web()).endpoints()).is_basic
    bad.say(DISCOVERY, bad.discovery(**{ways: ["client_secret_post"]}))
    provider = Provider(bad.issuer, Web())
    assert not (await provider.endpoints()).is_basic
    bad.say("/token", {"id_token": "x"})
    assert await provider.exchange("code", "v", "https://here/", ("gateway", "s")) == {"id_token": "x"}
