"""The `auth` of a route."""

from __future__ import annotations

import pytest

from gateway.errors import ConfigError
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.difference import difference
from gateway.routing.document import from_document, to_document
from gateway.routing.parse import parse
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.settings import Sticky


def plan_of(keys: str) -> RoutingPlan:
    """Return the plan of a file whose only route has these keys too."""
    services = "services: {b: {urls: [http://127.0.0.1:1]}}"
    text = f"{services}\nroutes:\n- {{name: r, path: /, weights: {{b: 1}}, {keys}}}"
    return parse(text, model_exists=lambda _: None)


def route_of(keys: str) -> Route:
    """Return the only route."""
    return plan_of(keys).routes[0]


def told(keys: str) -> str:
    """Return what is said of a file that is refused."""
    with pytest.raises(ConfigError) as raised:
        plan_of(keys)
    return str(raised.value)


def test_a_file_of_keys_is_all_that_must_be_said() -> None:
    """The header is x-api-key, and services do not see it."""
    assert route_of("auth: {keys: keys.txt}").auth == ClientAuth("keys.txt")
    assert route_of("").auth is None


def test_header_and_forward_can_be_chosen() -> None:
    """The header's name is kept in lower case, as it is looked up."""
    found = route_of("auth: {keys: a/b.txt, header: X-Token, forward: true}").auth
    assert found == ClientAuth("a/b.txt", "x-token", forward=True)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("auth: true", "`auth` cannot be `true`; name the file"),
        ("auth: off", "or leave `auth` out"),
        ("auth: {header: x-key}", "`auth` has no `keys`"),
        ("auth: {keys: [a]}", "`keys`"),
        ("auth: {keys: k, header: Authorization}", "is always read"),
        ("auth: {keys: k, header: Host}", "means something else"),
        ("auth: {keys: k, header: x-forwarded-for}", "means something else"),
        ("auth: {keys: k, header: x_key}", "must not have a `_`"),
        ("auth: {keys: k, header: 'a b'}", "cannot be the name of a header"),
        ("auth: {keys: k, forward: perhaps}", "`forward` must be `true` or `false`"),
        ("auth: {key: k}", "did you mean `keys`?"),
        ("sticky: {client: true}", "`sticky` by `client` needs `auth`"),
        ("rate_limit: {requests: 1, by: {client: true}}", "`rate_limit` by `client` needs `auth`"),
        ("auth: {keys: k}, sticky: {client: yes}", "`client` can only be `true`"),
        ("auth: {keys: k}, sticky: {header: X-Api-Key}", "would get into the log"),
        ("auth: {keys: k}, rate_limit: {requests: 1, by: {header: authorization}}", "would get into the log"),
        ("auth: {keys: k}, preview: {header: x-api-key}", "already chooses a version here"),
        ("auth: {keys: k}, override: [{header: x-api-key, value: a, to: b}]", "already chooses a version"),
        ("try_page: perhaps", "`try_page` must be `true` or `false`"),
    ],
)
def test_what_cannot_be_meant_is_refused_so_that_no_route_is_left_open(keys: str, why: str) -> None:
    """Each mistake is told, and the file is not used."""
    assert why in told(keys)


def test_clients_pin_and_count_where_a_route_has_keys() -> None:
    """`client` stands where a header, a cookie or an address may."""
    route = route_of("auth: {keys: k}, sticky: {client: true}, rate_limit: {requests: 5, by: {client: true}}")
    assert route.sticky == Sticky("client")
    assert route.rate_limit is not None
    assert route.rate_limit.by == Sticky("client")


def test_a_plan_keeps_it_and_history_tells_of_it() -> None:
    """The document is read back as it was; what changed is one line for each."""
    before = plan_of("try_page: false")
    after = plan_of("auth: {keys: k.txt, forward: true}, try_page: true")
    assert from_document(to_document(after)) == after
    assert "auth" not in to_document(before)["routes"][0]
    assert difference(before, after) == [
        "r: auth none -> k.txt in x-api-key, forwarded",
        "r: try_page false -> true",
    ]
    assert difference(after, before)[0] == "r: auth k.txt in x-api-key, forwarded -> none"
