"""Requests to a provider: bounded, and never somewhere else than they were sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.control.access.oidc_web import MOST_BYTES, ProviderFailed, Web, checked_url
from tests.control.access.bad_provider import BadProvider, misbehaving


@pytest.fixture
def bad() -> Iterator[BadProvider]:
    """A provider."""
    with misbehaving() as found:
        yield found


async def test_a_redirect_is_not_followed(bad: BadProvider) -> None:
    """It could lead into our own network."""
    bad.say("/a", {}, 302, location=f"{bad.issuer}/keys")
    with pytest.raises(ProviderFailed, match="answered 302, a redirect, which is not followed"):
        await Web().get(f"{bad.issuer}/a")
    assert bad.asked == ["/a"]


async def test_a_huge_answer_is_not_read_to_its_end(bad: BadProvider) -> None:
    """Nor is one that is compressed, which could be huge."""
    bad.say("/a", {"a": "x" * (4 * MOST_BYTES)})
    with pytest.raises(ProviderFailed, match="more than 256 KiB"):
        await Web().get(f"{bad.issuer}/a")


async def test_a_slow_provider_is_given_up(bad: BadProvider) -> None:
    """In so many seconds for the whole of it."""
    bad.hang("/a")
    with pytest.raises(ProviderFailed, match=r"did not answer within 0\.05 s"):
        await Web(0.05).get(f"{bad.issuer}/a")


@pytest.mark.parametrize("document", ["[]", '"x"', "{", "[" * 9000, ""])
async def test_what_is_no_object_is_told(bad: BadProvider, document: str) -> None:
    """As a failure of the provider."""
    bad.answers["/a"] = lambda: (200, {}, document.encode())
    with pytest.raises(ProviderFailed, match="something that is no JSON"):
        await Web().get(f"{bad.issuer}/a")


async def test_a_provider_that_is_down_is_told(bad: BadProvider) -> None:
    """With its address; so is an error of its own."""
    bad.say("/a", {}, 500)
    with pytest.raises(ProviderFailed, match="answered 500 instead of 200"):
        await Web().get(f"{bad.issuer}/a")
    with pytest.raises(ProviderFailed, match="cannot be reached"):
        await Web().get("http://127.0.0.1:1/")


def test_addresses_have_tls_unless_both_are_here() -> None:
    """A provider elsewhere cannot name a service of this machine without TLS."""
    assert checked_url("https://x.example/a", "https://id.example", "a") == "https://x.example/a"
    assert checked_url("http://[::1]:1/a", "http://localhost:2", "a")
    for said in ("http://127.0.0.1/", "ftp://x/", "https:", "", None, 7):
        with pytest.raises(ProviderFailed):
            checked_url(said, "https://id.example", "a")
