"""Warnings of keys that cannot be read."""

from __future__ import annotations

from pathlib import Path

from gateway.control.warnings.keys import key_warnings
from gateway.routing.auth_keys import ClientAuth, new_key, with_key
from gateway.routing.plan import Route, RoutingPlan


def plan_of(*files: str) -> RoutingPlan:
    """Return a plan with a route for each file, and one that asks for no key."""
    weights = (("blue", 100_000),)
    routes = [Route(f"r{n}", f"/{n}", "blue", weights, auth=ClientAuth(file)) for n, file in enumerate(files)]
    return RoutingPlan((), (*routes, Route("open", "/", "blue", weights)))


def test_good_keys_are_no_news(tmp_path: Path) -> None:
    """Nor are routes that ask for none."""
    (tmp_path / "keys.txt").write_text(with_key("", new_key("acme")[1]), encoding="utf-8")
    assert list(key_warnings(plan_of("keys.txt"), tmp_path)) == []


def test_each_file_that_cannot_be_used_is_told_once_with_its_routes(tmp_path: Path) -> None:
    """What is wrong, what it means and what to do."""
    (tmp_path / "bad.txt").write_text("acme secret\n", encoding="utf-8")
    (tmp_path / "odd.txt").write_bytes(b"\xff")
    first, bad, odd = key_warnings(plan_of(*["none.txt"] * 5, "bad.txt", "odd.txt"), tmp_path)
    assert first.startswith("the keys of route r0, r1, r2 and 2 more cannot be read (none.txt: No such file")
    assert "one that has none answers 503" in first
    assert "bad.txt: line 1: expected a name, an id and a digest" in bad
    assert "secret" not in bad
    assert "odd.txt: 'utf-8' codec" in odd
