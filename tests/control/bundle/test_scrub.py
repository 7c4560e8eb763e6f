"""Texts without secrets."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.bundle.scrub import REMOVED, Scrubber, without_urls

letters = st.text(string.ascii_letters + string.digits + "-_~!$*+", min_size=4, max_size=40)


@given(letters, st.text(max_size=20), st.text(max_size=20))
def test_a_known_secret_is_nowhere(secret: str, before: str, after: str) -> None:
    """Whatever stands beside it."""
    said = Scrubber([secret]).text(f"{before}{secret}{after}")
    assert secret not in said.replace(REMOVED, "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://127.0.0.1:9001 is down", "http://127.0.0.1:9001 is down"),
        ("https://ci.example/gate?token=abc", "https://ci.example/…"),
        ("(https://u:p@ci.example/x).", "(https://ci.example/…)."),
        ("redis://:p/w@10.0.0.8:6379", f"redis://{REMOVED}"),
        ("redis://:${REDIS}@10.0.0.8:6379/0", "redis://10.0.0.8:6379/…${REDIS}"),
        ("https://x.example/?k=${KEY}", "https://x.example/…${KEY}"),
        ("https://x.example/", "https://x.example/"),
        ("no address", "no address"),
    ],
)
def test_of_an_address_only_who_is_called_stays(text: str, shown: str) -> None:
    """With the names of variables."""
    assert without_urls(text) == shown


@given(letters, letters, letters)
def test_nothing_of_an_address_but_who_is_called_is_shown(user: str, path: str, query: str) -> None:
    """Neither user nor path nor query."""
    said = without_urls(f"https://{user}:x@h.example/{path}?q={query}")
    assert said in ("https://h.example/…", f"https://{REMOVED}") or said.rstrip("!") == "https://h.example/…"


@pytest.mark.parametrize(
    "text",
    [
        "token=PLANTED",
        "Authorization: Bearer PLANTED",
        "run with --api-key PLANTED",
        'password: "PLANTED"',
        "PLANTED0PLANTED0PLANTED0PLANTED0",
        "mail PLANTED@x.example",
        "task fails: Conversion Error: Could not convert string 'PLANTED' to INT64",
        'Parser Error: syntax error at "PLANTED"',
    ],
)
def test_what_looks_like_a_secret_is_taken_for_one(text: str) -> None:
    """By its name, its shape, or where it stands."""
    assert "PLANTED" not in Scrubber().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "worker 0: service blue: replica 127.0.0.1:9 is down: Connection refused",
        "revision 2, set-weight by cli:root: late: canary 10 % -> 20 %",
        "routing.yaml:5:5: `webhok` is not a known key of `notify`",
        "2026-11-21T09:03:42.191Z",
        "the token bucket of route late is empty",
        "secret: ${HOOK_SECRET}",
    ],
)
def test_what_an_engineer_needs_stays(text: str) -> None:
    """As it is."""
    assert Scrubber(["hunter2!"]).text(text) == text


def test_what_is_quoted_from_the_file_is_a_part_of_a_secret_or_stays() -> None:
    """A problem may quote the beginning of a secret; of a file that cannot be read nothing quoted stays."""
    known = Scrubber(["PLANTED-and-more"])
    assert known.text("`PLANTED…` is no duration") == f"`{REMOVED}` is no duration"
    assert known.text("`blu` is no service") == "`blu` is no service"
    assert Scrubber(closed=True).text("`blu` is no service") == f"`{REMOVED}` is no service"


def test_documents_are_looked_through_to_the_last_member() -> None:
    """By the names of members too; numbers and structure stay."""
    found = Scrubber(["PLANTED"]).document(
        {"a": ["PLANTED", 5, None, True], "PLANTED": 1, "hook_secret": "x", "token": "${T}", "n": {"x": 1.5}}
    )
    assert found == {
        "a": [REMOVED, 5, None, True], REMOVED: 1, "hook_secret": REMOVED, "token": "${T}", "n": {"x": 1.5}
    }  # fmt: skip
