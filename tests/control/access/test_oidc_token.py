"""ID tokens: one that is good, and each way in which one is not."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.control.access.oidc_provider import Provider
from gateway.control.access.oidc_token import LEEWAY, verified
from gateway.control.access.oidc_web import Web
from gateway.control.problems import Refusal
from tests.control.access.bad_provider import CLIENT, KEY, OTHER, BadProvider, misbehaving, with_shared_secret

NOW = int(time.time())
DAY = 86_400
"""No test runs so long after this line."""
WEB = Web()


@pytest.fixture(scope="module")
def bad() -> Iterator[BadProvider]:
    """A provider, whose tokens are made by each test."""
    with misbehaving() as found:
        yield found


async def claims_of(bad: BadProvider, token: object, **answer: str) -> dict[str, Any]:
    """Check a token that is given for a login with the nonce `n`."""
    provider = Provider(bad.issuer, WEB)
    return await verified({"id_token": token, **answer}, provider, CLIENT, "n", time.time())


async def test_a_good_token_tells_who_it_is(bad: BadProvider) -> None:
    """With one audience or a list of them, of which we are the one it was made for."""
    assert (await claims_of(bad, bad.token("n")))["sub"] == "7"
    assert (await claims_of(bad, bad.token("n", aud=[CLIENT])))["sub"] == "7"
    assert (await claims_of(bad, bad.token("n", aud=[CLIENT, "other"], azp=CLIENT)))["sub"] == "7"
    assert (await claims_of(bad, bad.token("n", alg="PS512")))["sub"] == "7"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"iss": "https://other.example"}, "iss"),
        ({"iss": None}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "other"]}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"exp": NOW - LEEWAY - 5}, "expired"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": NOW + DAY}, "issued in the future"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + DAY}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"nonce": None}, "nonce"),
        ({"nonce": "other"}, "nonce"),
        ({"at_hash": "AAAA"}, "at_hash"),
        ({"at_hash": 7}, "at_hash"),
    ],
)
async def test_a_claim_that_is_wrong_is_named(bad: BadProvider, changed: dict[str, Any], says: str) -> None:
    """Each on its own."""
    with pytest.raises(Refusal, match="is not good") as found:
        await claims_of(bad, bad.token("n", **changed), access_token="of-another")
    assert found.value.status == 403
    assert says in found.value.detail


async def test_a_signature_of_anybody_else_is_refused(bad: BadProvider) -> None:
    """Another key under the same id, no signature at all, and the public key used as a shared secret."""
    forged = bad.token("n", key=OTHER)
    with pytest.raises(Refusal, match="no key of the provider"):
        await claims_of(bad, forged)
    head, body, signature = bad.token("n").split(".")
    for alg in ("none", "None", "HS256"):
        changed = urlsafe_b64encode(f'{{"alg":"{alg}","kid":"first"}}'.encode()).rstrip(b"=").decode()
        for tail in ("", signature):
            with pytest.raises(Refusal, match=r"signed with|no signed token"):
                await claims_of(bad, f"{changed}.{body}.{tail}")
    with pytest.raises(Refusal, match="signed with HS256, not one of"):
        await claims_of(bad, with_shared_secret(bad.token("n")))
    assert head


@pytest.mark.parametrize("token", [None, 7, "", "a", "a.b.c", "é.é.é", "x" * 70_000, "{}"])
async def test_what_is_no_token_is_refused(bad: BadProvider, token: object) -> None:
    """Whatever stands in its place."""
    with pytest.raises(Refusal, match="is not good"):
        await claims_of(bad, token)


async def test_a_key_for_another_algorithm_signs_nothing_else(bad: BadProvider) -> None:
    """A key that says what it is for is used for that alone."""
    with misbehaving() as other:
        other.say("/keys", {"keys": [{**KEY.as_dict(private=False), "alg": "RS512"}]})
        assert (await claims_of(other, other.token("n", alg="RS512")))["sub"] == "7"
        with pytest.raises(Refusal, match="no key of the provider"):
            await claims_of(other, other.token("n"))
