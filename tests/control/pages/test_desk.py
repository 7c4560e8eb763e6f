"""What every page has: who looks at it, a policy that runs nothing foreign, and texts that stay texts."""

from __future__ import annotations

from pathlib import Path

from jinja2 import DictLoader
from starlette.requests import Request

from gateway.control.access.roles import Principal, Role
from gateway.control.pages.desk import CONTENT_POLICY, Desk
from gateway.routing.places import Places


def page(tmp_path: Path, role: Role, **values: str) -> str:
    """Make a page that shows a text."""
    desk = Desk(Places(tmp_path), lambda: None)
    desk.templates.loader = DictLoader(
        {
            "base.html": desk.templates.loader.get_source(desk.templates, "base.html")[0],  # type: ignore[union-attr]
            "one.html": '{% extends "base.html" %}{% block content %}<p>{{ text }}</p>{% endblock %}',
        }
    )
    scope = {"type": "http", "path": "/", "headers": [], "principal": Principal("ann", role, "session")}
    answer = desk.page(Request(scope), "one.html", values, title="One")
    assert answer.headers["content-security-policy"] == CONTENT_POLICY
    return bytes(answer.body).decode()


def test_a_text_is_never_markup(tmp_path: Path) -> None:
    """Whatever a client or a model says of itself."""
    found = page(tmp_path, "viewer", text="<script>alert(1)</script>")
    assert "<script>alert" not in found
    assert "&lt;script&gt;alert(1)" in found


def test_a_page_says_what_the_person_may(tmp_path: Path) -> None:
    """Scripts ask it before they offer a change; the doors ask all the same."""
    assert 'data-operator="no"' in page(tmp_path, "viewer", text="")
    assert 'data-operator="yes"' in page(tmp_path, "operator", text="")
    assert "/tokens" not in page(tmp_path, "operator", text="")
    assert "/tokens" in page(tmp_path, "admin", text="")
    assert "Log out" in page(tmp_path, "viewer", text="")
