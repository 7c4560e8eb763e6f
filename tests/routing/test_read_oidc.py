"""The identity provider in routing.yaml: what may stand there, and what each mistake is told."""

from __future__ import annotations

import importlib.util
from dataclasses import fields

import pytest

from gateway.routing.admin_settings import SCOPES, OidcRoles, OidcSettings
from gateway.routing.read_admin import split_admin
from gateway.routing.read_oidc import OIDC_KEYS, is_installed, is_local
from gateway.routing.read_tls import UNCHECKED, PemChecks
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping
from gateway.routing.yaml_tree import read

FILES = PemChecks(certificates=lambda path: None, key=lambda key, cert: None)
USUAL = {
    "issuer": "https://id.example",
    "client_id": "gw",
    "client_secret": "'${OIDC_SECRET}'",
    "url": "https://gw.example",
    "roles": "{admin: [leads]}",
}
Changed = dict[str, str | None] | dict[str, str] | dict[str, None]
NOTHING: Changed = {}


def told(changed: Changed = NOTHING, pem: PemChecks = FILES) -> tuple[OidcSettings | None, list[str]]:
    """Return what a file means in which some keys are others, or None: left out."""
    given = {key: value for key, value in {**USUAL, **changed}.items() if value is not None}
    listed = ", ".join(f"{key}: {value}" for key, value in given.items())
    root, problems = read(f"admin: {{hosts: [gw.example], oidc: {{{listed}}}}}")
    assert isinstance(root, Mapping)
    report = Report(problems)
    settings, _ = split_admin(report, {key.value: value for key, value in root.pairs}, pem)
    return settings.oidc, [problem.message for problem in report.problems]


def test_what_is_needed_is_enough() -> None:
    """The rest is as most providers have it."""
    roles = OidcRoles("groups", ("leads",))
    expected = OidcSettings("https://id.example", "gw", "${OIDC_SECRET}", "https://gw.example", roles)
    assert told() == (expected, [])
    assert expected.scopes == SCOPES
    assert set(OIDC_KEYS) == {field.name for field in fields(OidcSettings)}


def test_everything_can_be_said() -> None:
    """`openid` is asked for whether or not it is written."""
    found, problems = told(
        {
            "url": "https://gw.example/",
            "client_secret": "./oidc-secret",
            "roles": "{claim: realm_access.roles, viewer: [a, a, b]}",
            "name_claim": "preferred_username",
            "scopes": "[groups]",
        }
    )
    assert problems == []
    assert found is not None
    assert (found.url, found.client_secret) == ("https://gw.example", "./oidc-secret")
    assert (found.scopes, found.name_claim) == (("openid", "groups"), "preferred_username")
    assert found.roles == OidcRoles("realm_access.roles", viewer=("a", "b"))


@pytest.mark.parametrize("key", USUAL)
def test_what_is_missing_is_told(key: str) -> None:
    """With an example."""
    _, [message] = told({key: None})
    assert f"`oidc` needs `{key}`, as in `{{issuer: " in message


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"issuer": "http://id.example"}, "it must have https, or whoever listens could log in"),
        ({"issuer": "'https://id.example/?a=b'"}, "must not have a query"),
        ({"issuer": "id.example"}, "has no scheme"),
        ({"url": "https://other.example"}, "`url` has the name `other.example`, which is none of `hosts`"),
        ({"url": "https://gw.example/a"}, "the dashboard is at the root of its address"),
        ({"url": "http://gw.example"}, "must have https"),
        ({"roles": "{}"}, "`roles` must be a mapping such as"),
        ({"roles": "{claim: groups}"}, "`roles` lets nobody in"),
        ({"roles": "{viewer: [a], operater: [a]}"}, "did you mean `operator`?"),
        ({"roles": "{admin: leads}"}, "`admin` must be a list such as"),
        ({"scopes": "['a b']"}, "a scope is a word without spaces"),
        ({"colour": "x"}, "`colour` is not a known key of `oidc`"),
    ],
)
def test_a_mistake_is_told_once(changed: dict[str, str], says: str) -> None:
    """One sentence each."""
    _, [message] = told(changed)
    assert says in message


@pytest.mark.parametrize("secret", ["GOCSPX-abc", "abc8Q~x.yz", "0" * 64, "${OIDC_SECRET}x"])
def test_a_secret_in_clear_is_refused_and_not_repeated(secret: str) -> None:
    """Errors end up in logs."""
    _, [message] = told({"client_secret": f"'{secret}'"})
    assert "must not stand in this file" in message
    assert secret not in message


def test_this_machine_needs_no_tls() -> None:
    """For trying it out; other machines do."""
    found, problems = told({"issuer": "http://127.0.0.1:5000", "url": "http://localhost:9090"})
    assert (found is not None, problems) == (True, [])
    assert is_local("::1")
    assert not is_local("localhost.example")


def test_the_extra_has_to_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gateway runs; who only reads a text is not told."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not is_installed()
    _, [message] = told()
    assert "needs authlib, httpx, joserfc: install the gateway's extra `oidc` (docs/deploy/" in message
    assert told(pem=UNCHECKED)[1] == []
