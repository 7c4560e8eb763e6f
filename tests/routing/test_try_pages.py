"""Where the public forms of routes are."""

from __future__ import annotations

from typing import Any

from gateway.routing.try_pages import page_file, try_paths


def test_each_public_route_has_three_paths_and_no_other_route_any() -> None:
    """No name of a route makes the file of another, nor the script that they share."""
    routes: list[dict[str, Any]] = [
        {"name": "late", "try_page": True},
        {"name": "page.js", "try_page": True},
        {"name": "open"},
    ]
    assert dict(try_paths(routes)) == {
        b"/try/late": "~late.html",
        b"/try/late/page.js": "page.js",
        b"/try/late/page.css": "page.css",
        b"/try/page.js": "~page.js.html",
        b"/try/page.js/page.js": "page.js",
        b"/try/page.js/page.css": "page.css",
    }
    assert page_file("page.js") != "page.js"
