"""The `routes` of routing.yaml."""

from __future__ import annotations

import pytest

from gateway.routing.parse import parse
from gateway.routing.plan import UNITS, Override, Route
from gateway.routing.read_overrides import MAX_OVERRIDES
from gateway.routing.read_routes import MAX_ROUTES, read_routes
from gateway.routing.report import Report
from gateway.routing.rollouts import Rollout
from gateway.routing.settings import Failing, RateLimit, Sticky, Timeouts
from gateway.routing.yaml_tree import read

KNOWN = {"blue": None, "canary": None}
PLAIN = "name: late, path: /v2, weights: {blue: 1}"


def routes_of(text: str) -> tuple[tuple[Route, ...], list[str]]:
    """Return the routes written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    routes = read_routes(report, node, KNOWN)
    return routes, [problem.message for problem in report.problems]


def route_with(extra: str) -> Route:
    """Return a plain route with one more key, which must be fine."""
    [route], told = routes_of(f"[{{{PLAIN}, {extra}}}]")
    assert told == []
    return route


def test_a_plain_route_has_defaults() -> None:
    """The first service of the weights is stable; nobody is pinned or picked; timeouts are generous."""
    [route], told = routes_of(f"- {{{PLAIN}}}")
    assert told == []
    assert route == Route("late", "/v2", "blue", (("blue", UNITS),), None, (), Timeouts(1.0, 60.0, 900.0))


@pytest.mark.parametrize(
    ("written", "sticky"),
    [
        ("{header: X-User-Id}", Sticky("header", "x-user-id")),
        ("{cookie: Uid}", Sticky("cookie", "Uid")),
        ("{ip: true}", Sticky("ip")),
    ],
)
def test_sticky_is_a_header_a_cookie_or_the_address(written: str, sticky: Sticky) -> None:
    """Header names are lower-cased, cookie names are kept: their case counts."""
    assert route_with(f"sticky: {written}").sticky == sticky


def test_overrides_keep_their_order() -> None:
    """The first match wins, so the order is that of the file; header names are lower-cased."""
    written = "[{header: X-Canary, value: Always on, to: canary}, {header: x-canary, value: never, to: blue}]"
    assert route_with(f"override: {written}").overrides == (
        Override("x-canary", "Always on", "canary"),
        Override("x-canary", "never", "blue"),
    )


def test_timeouts_are_seconds_with_defaults() -> None:
    """A timeout that is left out keeps its default."""
    assert route_with("timeouts: {connect: 250ms, total: 1h30m}").timeouts == Timeouts(0.25, 60.0, 5400.0)


def test_a_route_says_what_it_does_about_failures_and_greed() -> None:
    """Retries, who stands in, and how many requests may come."""
    route = route_with("retries: 0, on_unavailable: fail, rate_limit: 5/s")
    assert (route.failing, route.rate_limit) == (Failing(0, "fail"), RateLimit(5, 1.0, 5))


def test_a_route_says_how_its_canaries_are_rolled_out() -> None:
    """Without a word it is as usual; the header of a preview is lower-cased."""
    assert (route_with("retries: 1").rollout, route_with("retries: 1").preview) == (Rollout(), "")
    route = route_with("rollout: {keep_warm: 2h, freeze: [Fri 16:00 - Mon 08:00 Any/Where]}")
    assert (route.rollout.keep_warm, route.rollout.freeze[0].zone) == (7200.0, "Any/Where")
    assert route_with("preview: {header: X-Preview}").preview == "x-preview"


def test_the_caller_knows_the_time_zones() -> None:
    """A zone that does not exist is told with the caller's reason."""
    node, _ = read(f"[{{{PLAIN}, rollout: {{freeze: [Fri 16:00 - Mon 08:00 Any/Where]}}}}]")
    assert node is not None
    report = Report()
    read_routes(report, node, KNOWN, lambda name: f"nobody knows {name}")
    [problem] = report.problems
    assert problem.message.endswith("nobody knows Any/Where")


def test_stable_may_be_any_service() -> None:
    """Stable need not have a weight."""
    route = route_with("stable: canary")
    assert (route.stable, route.weights) == ("canary", (("blue", UNITS), ("canary", 0)))


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ("stable: red", "`red` is not a known service"),
        ("sticky: {}", "`sticky` must be a mapping"),
        ("sticky: {header: x, ip: true}", "exactly one of"),
        ("sticky: {ip: false}", "can only be `true`"),
        ("sticky: {cookie: 'a=b'}", "cannot be the name of a cookie; write something like `uid`"),
        ("override: {header: x, value: y, to: blue}", "`override` must be a list"),
        ("override: [x]", "`override` must be a mapping"),
        ("override: [{header: x}]", "no `value` and no `to`"),
        ("override: [{header: x, value: y, to: red}]", "`red` is not a known service"),
        ("override: [{header: x, value: ' y', to: blue}]", "without spaces around it"),
        ("override: [{header: x, value: ü, to: blue}]", "ASCII"),
        (
            "override: [{header: x, value: y, to: blue}, {header: X, value: y, to: canary}]",
            "never reached: line 1",
        ),
        ("timeouts: {connect: 5}", "say the unit, as in `5ms` or `5s`"),
        ("timeouts: 5s", "`timeouts` must be a mapping"),
        ("retry: 3", "`retry` is not a known key of a route"),
        ("retries: 9", "`retries` must be a whole number from 0 to 5"),
        ("on_unavailable: canary", "`stable` or `fail`"),
        ("rollout: canary", "`rollout` must be a mapping"),
        ("rollout: {steps: [{setWeight: 0}]}", "above 0 and at most 100"),
        ("steps: [{setWeight: 5}]", "`steps` is not a known key of a route"),
        ("preview: x-preview", "`preview` must be a mapping such as `{header: x-preview}`"),
        ("preview: 127.0.0.1:8082", "an address belongs in `preview` at the file's top level"),
        (
            "preview: {header: 'x preview'}",
            "cannot be the name of a header; write something like `x-preview`",
        ),
        ("rate_limit: 5", "write it as `100/s`"),
    ],
)
def test_a_mistake_in_a_route_is_told_once(extra: str, says: str) -> None:
    """One sentence per mistake, even where everything stands on one line."""
    _, [message] = routes_of(f"[{{{PLAIN}, {extra}}}]")
    assert says in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{late: {path: /v2}}", ["`routes` must be a list: begin each route with `- name: …`"]),
        ("[{name: a}]", ["this route has no `path`", "this route has no `weights`"]),
        (
            f"[{{{PLAIN}}}, {{name: late, path: /x, weights: {{blue: 1}}}}]",
            ["the name `late` is already that of"],
        ),
        (
            f"[{{{PLAIN}}}, {{name: x, path: /v2, weights: {{blue: 1}}}}]",
            ["the path `/v2` is already that of"],
        ),
    ],
)
def test_a_mistake_in_the_list_is_told(text: str, told: list[str]) -> None:
    """Missing keys and repeated names or paths are found, also among routes on one line."""
    _, found = routes_of(text)
    assert len(found) == len(told)
    assert all(message.startswith(begins) for message, begins in zip(found, told, strict=True))


def test_there_are_limits() -> None:
    """Too many routes or overrides are refused with the limit."""
    _, told = routes_of("".join(f"- r{n}\n" for n in range(MAX_ROUTES + 1)))
    assert told == ["there are 20001 routes; at most 20000 are possible"]
    many = ", ".join(f"{{header: x, value: v{n}, to: blue}}" for n in range(MAX_OVERRIDES + 1))
    _, told = routes_of(f"[{{{PLAIN}, override: [{many}]}}]")
    assert told == ["there are 101 overrides; at most 100 are possible per route"]


def test_a_service_that_only_an_override_names_has_a_weight_of_nothing() -> None:
    """Workers find every service that a route can reach among its weights."""
    text = (
        "services:\n  blue: {url: http://h:1}\n  canary: {url: http://h:2}\n"
        "weights: {blue: 100}\noverride:\n  - {header: x-canary, value: always, to: canary}\n"
    )
    plan = parse(text, model_exists=lambda _: None)
    assert plan.routes[0].weights == (("blue", 100_000), ("canary", 0))
