"""The admin side in a plan's document and in differences."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.admin_document import admin_changes, admin_from, admin_part
from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings, OidcRoles, OidcSettings
from gateway.routing.difference import difference
from gateway.routing.document import from_document, to_document
from gateway.routing.plan import RoutingPlan
from gateway.routing.settings import Certificate

TEXT = st.text("ab.", max_size=5)
TEXTS = st.lists(st.sampled_from("ab"), max_size=2).map(tuple)
PROVIDERS = st.builds(
    OidcSettings,
    st.sampled_from(["https://a", "https://b"]),
    st.sampled_from("ab"),
    st.sampled_from(["./a", "./b"]),
    st.sampled_from(["https://c", "https://d"]),
    st.builds(OidcRoles, st.sampled_from("ab"), TEXTS, TEXTS, TEXTS),
    st.sampled_from(["", "sub"]),
    TEXTS,
)
SETTINGS = st.builds(
    AdminSettings,
    st.sampled_from(["auto", "required", "open"]),
    st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
    st.none() | st.builds(Certificate, TEXT, TEXT),
    TEXT,
    TEXTS,
    st.none() | PROVIDERS,
)


@given(SETTINGS)
def test_any_settings_come_back(settings: AdminSettings) -> None:
    """And what is as usual takes no room; a document from before it is read as usual."""
    assert admin_from(admin_part(settings)) == settings
    assert bool(admin_part(settings)) == (settings != USUAL_ADMIN)
    plan = RoutingPlan((), (), admin_settings=settings)
    assert from_document(to_document(plan)) == plan


@given(SETTINGS, SETTINGS)
def test_every_change_is_told(one: AdminSettings, other: AdminSettings) -> None:
    """And where nothing changed, nothing is."""
    told = list(admin_changes(one, other))
    assert bool(told) == (one != other)


def test_changes_in_the_words_of_the_file() -> None:
    """Where a key is kept is not told."""
    after = AdminSettings("required", ("a.example",), Certificate("a.pem", "a.key"), "${AUDIT_KEY}")
    old, new = RoutingPlan((), ()), RoutingPlan((), (), admin_settings=after)
    assert difference(old, new) == [
        "admin.auth auto -> required",
        "admin.hosts none -> a.example",
        "admin.tls none -> a.pem (a.key)",
        "admin.audit_key none -> set",
    ]
    assert list(admin_changes(after, replace(after, audit_key="audit.key"))) == ["admin.audit_key changed"]
    assert list(admin_changes(after, replace(after, audit_key=""))) == ["admin.audit_key set -> none"]


def test_a_provider_is_told_and_its_secret_is_not() -> None:
    """Nor where that is; without one the document is as it was before there were any."""
    roles = OidcRoles(admin=("a",))
    oidc = OidcSettings("https://id.example", "gw", "${S}", "https://here.example", roles)
    assert list(admin_changes(USUAL_ADMIN, AdminSettings(oidc=oidc))) == [
        "admin.oidc none -> https://id.example (client gw, https://here.example)",
        "admin.oidc.roles.claim none -> groups",
        "admin.oidc.roles.admin none -> a",
        "admin.oidc.scopes none -> openid profile email",
        "admin.oidc.client_secret none -> set",
    ]
    assert "oidc" not in admin_part(AdminSettings("required"))["admin_settings"]
