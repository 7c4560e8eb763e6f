"""Whether an ID token is good: signed by the provider, for us, now, and for the login that was begun here."""

from __future__ import annotations

from typing import Any, Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from gateway.control.access.oidc_provider import Provider
from gateway.control.problems import Refusal

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that only the provider can make; with HS256 everybody could who knows the key that verifies."""
LEEWAY: Final = 60
"""Seconds by which the provider's clock may differ from ours."""
LONGEST: Final = 64 * 1024


async def verified(
    answer: dict[str, Any], provider: Provider, client_id: str, nonce: str, now: float
) -> dict[str, Any]:
    """Return the claims of the ID token in a token answer.

    Raises Refusal (403), saying what is wrong with it, and ProviderFailed.
    """
    text = answer.get("id_token")
    if not isinstance(text, str) or len(text) > LONGEST or not text.isascii():
        raise _bad(provider, "there is none in its answer; the scope `openid` has to be allowed there")
    header = _header(text, provider)
    if header.get("alg") not in ALGORITHMS:
        raise _bad(
            provider, f"it is signed with {str(header.get('alg'))[:40]}, not one of {', '.join(ALGORITHMS)}"
        )
    kid = header.get("kid")
    keys = await provider.keys(kid if isinstance(kid, str) else None)
    token = _decoded(text, keys, str(header["alg"]), provider)
    _check_claims(token, provider, {"client_id": client_id, "nonce": nonce, **_access(answer)}, now)
    return dict(token.claims)


def _header(text: str, provider: Provider) -> dict[str, Any]:
    try:
        return dict(jws.extract_compact(text.encode()).headers())
    except (JoseError, ValueError, TypeError) as error:
        raise _bad(provider, "it is no signed token") from error


def _decoded(text: str, keys: list[dict[str, Any]], algorithm: str, provider: Provider) -> jwt.Token:
    """Try the keys that fit, of which there is one unless tokens name none."""
    for key in keys:
        if key.get("alg", algorithm) != algorithm:
            continue
        try:
            return jwt.decode(text, import_key(key), algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            continue  # another key may fit; the refusal below is for all of them
    raise _bad(provider, "no key of the provider made its signature")


def _check_claims(token: jwt.Token, provider: Provider, params: dict[str, str], now: float) -> None:
    options = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": params["client_id"]},
    }
    claims = CodeIDToken(token.claims, token.header, options, params)
    try:
        claims.validate(now=int(now), leeway=LEEWAY)
    except JoseError as error:
        raise _bad(provider, str(error)[:200]) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise _bad(provider, "a claim in it is malformed") from error


def _access(answer: dict[str, Any]) -> dict[str, str]:
    access = answer.get("access_token")
    return {"access_token": access} if isinstance(access, str) else {}


def _bad(provider: Provider, why: str) -> Refusal:
    return Refusal(403, f"the ID token of {provider.issuer} is not good: {why}")
