"""A version that became stable is written into routing.yaml, and nothing else changed."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ChangeRefused
from gateway.routing.parse import parse
from gateway.routing.plan import UNITS, RoutingPlan, proportional
from gateway.routing.rewrite import rewrite_weights

FAIR = sorted((Path(__file__).parent / "fair").glob("*.yaml"))
SERVICES = "services: {a: {url: http://h:1}, b: {url: http://h:2}, c: {url: http://h:3}}\n"
ALL = {service: {"x": {service: UNITS}} for service in "abc"}


def plan_of(text: str) -> RoutingPlan:
    """Return the plan of a text, whatever is on the disk."""
    return parse(text, model_exists=lambda _: None)


def promoted(text: str, to: str, route: str = "x") -> str:
    """Return the text in which one version is stable and has everything."""
    return rewrite_weights(text, {route: {to: UNITS}}, {route: to})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "routes:\n  - name: x\n    path: /x\n    stable: a   # safe\n    weights: {a: 1, b: 0}\n",
            "routes:\n  - name: x\n    path: /x\n    stable: b   # safe\n    weights: {a: 0, b: 100}\n",
        ),
        (
            "routes:\n  - {name: x, path: /x, weights: {a: 1}, stable: 'a'}\n",
            "routes:\n  - {name: x, path: /x, weights: {a: 0, b: 100}, stable: 'b'}\n",
        ),
        (
            "routes:\n  - name: x\n    path: /x\n    weights: {a: 90, b: 10}   # split\n",
            "routes:\n  - name: x\n    path: /x\n    stable: b\n    weights: {a: 0, b: 100}   # split\n",
        ),
        (
            "routes:\n- weights:\n    a: 1\n  name: x\n  path: /x\n",
            "routes:\n- stable: b\n  weights:\n    a: 0\n    b: 100\n  name: x\n  path: /x\n",
        ),
        (
            "routes: [{name: x, path: /x,\n   weights: {a: 1, b: 1}}]",
            "routes: [{name: x, path: /x,\n   stable: b,\n   weights: {a: 0, b: 100}}]",
        ),
        (
            "routes: [{weights: {a: 1, b: 1}, name: x, path: /x}]",
            "routes: [{stable: b, weights: {a: 0, b: 100}, name: x, path: /x}]",
        ),
        (
            'routes: [{"name":"x","path":"/x","weights":{"a":1,"b":1}}]',
            'routes: [{"name":"x","path":"/x","stable":"b", "weights":{"a":0,"b":100}}]',
        ),
        (
            "routes:\n  - name: x\n    path: /x\n    # really?\n    weights: {'a': 1, b: 1}\n",
            "routes:\n  - name: x\n    path: /x\n    # really?\n    stable: 'b'\n"
            "    weights: {'a': 0, b: 100}\n",
        ),
        (
            "routes:\n  - ? name\n    : x\n    ? path\n    : /x\n    ? weights\n    : {a: 1, b: 1}\n",
            "routes:\n  - ? name\n    : x\n    ? path\n    : /x\n    stable: b\n    ? weights\n"
            "    : {a: 0, b: 100}\n",
        ),
    ],
)
def test_stable_is_written_as_its_neighbours_are(before: str, after: str) -> None:
    """Replaced where it is said, put before the weights where it is not, in their quotes and spacing."""
    assert plan_of(SERVICES + after).routes[0].stable == "b"
    assert promoted(SERVICES + before, "b") == (SERVICES + after).replace(
        ', "stable":"b",', ', "stable":"b", '
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_one_route_form_takes_it_too(end: str) -> None:
    """Weights and stable stand at the top level there, in the file's own line ends."""
    text = f"{SERVICES}# split\nweights: {{a: 9, b: 1}}\n".replace("\n", end)
    changed = promoted(text, "b", "default")
    assert changed == f"{SERVICES}# split\nstable: b\nweights: {{a: 0, b: 100}}\n".replace("\n", end)
    assert promoted(changed, "a", "default") == changed.replace("e: b", "e: a").replace(
        "{a: 0, b: 100}", "{a: 100, b: 0}"
    )


def test_the_first_of_the_weights_is_stable_already() -> None:
    """Where the text means it without saying so, nothing is added; where it says another, that goes."""
    unsaid = f"{SERVICES}routes:\n  - {{name: x, path: /x, weights: {{a: 1, b: 0}}}}\n"
    assert promoted(unsaid, "a") == unsaid
    assert rewrite_weights(unsaid, ALL["b"], {"x": "a"}) == unsaid.replace("a: 1, b: 0", "a: 0, b: 100")
    said = unsaid.replace("path: /x,", "path: /x, stable: c,")
    assert promoted(said, "a") == said.replace("stable: c", "stable: a")


def test_stable_may_move_alone() -> None:
    """The shares need not change with it, and a route that is not asked about keeps its own."""
    text = f"{SERVICES}routes:\n  - {{name: x, path: /x, weights: {{a: 9, b: 1}}}}\n"
    moved = rewrite_weights(text, {"x": {"a": 90_000, "b": 10_000}}, {"x": "b"})
    assert moved == text.replace("weights:", "stable: b, weights:")
    assert rewrite_weights(moved, ALL["c"], {}) == moved.replace("{a: 9, b: 1}", "{a: 0, b: 0, c: 100}")


def test_an_unknown_service_cannot_be_stable() -> None:
    """A person may have removed it from the file meanwhile."""
    text = f"{SERVICES}routes:\n  - {{name: x, path: /x, weights: {{a: 9, b: 1}}}}\n"
    with pytest.raises(ChangeRefused, match="no service called `d`"):
        rewrite_weights(text, ALL["a"], {"x": "d"})


@pytest.mark.parametrize("path", FAIR, ids=lambda path: path.stem)
def test_every_fair_file_can_be_promoted(path: Path) -> None:
    """In every layout the last service can become stable everywhere, and the first one again."""
    text = path.read_bytes().decode()
    plan = plan_of(text)
    for service in (plan.services[-1].name, plan.services[0].name):
        weights = {route.name: {service: UNITS} for route in plan.routes}
        text = rewrite_weights(text, weights, dict.fromkeys(weights, service))
        moved = plan_of(text)
        assert {route.stable for route in moved.routes} == {service}
        assert rest_of(moved) == rest_of(plan)
        assert comments(text) == comments(path.read_bytes().decode())


def rest_of(plan: RoutingPlan) -> RoutingPlan:
    """Return the plan without what is rewritten."""
    return replace(plan, routes=tuple(replace(route, stable="", weights=()) for route in plan.routes))


def comments(text: str) -> list[str]:
    """Return what a text says besides its values."""
    return re.findall(r"#[^\r\n]*", text)


NAMES = ["blue", "green", "1e3", "on", "null", "v1.2-rc"]
QUOTES = st.sampled_from(["", "'", '"'])
COMMENTS = st.sampled_from(["", "  # x: 1, {b}?", " # größer 😀 ? "])


@st.composite
def routes(draw: st.DrawFn, name: str, services: list[str]) -> str:
    """One route of a list, in braces or in lines, its keys in any order."""
    used = draw(st.lists(st.sampled_from(services), min_size=1, unique=True))
    quote, key_quote = draw(QUOTES), draw(QUOTES)
    entries = [f"{quote}{service}{quote}: {draw(st.integers(1, 99))}" for service in used]
    weights = f"{{{', '.join(entries)}}}"
    flow = draw(st.booleans())
    if not flow and draw(st.booleans()):
        weights = "".join(f"\n      {line}{draw(COMMENTS)}" for line in entries)
    given = {"name": name, "path": f"/{name}", "weights": weights, "timeouts": "{connect: 2s}"}
    if draw(st.booleans()):
        given["stable"] = f"{quote}{draw(st.sampled_from(services))}{quote}"
    if draw(st.booleans()):
        given["sticky"] = "{header: x-user}"
    keys = draw(st.permutations(list(given)))
    lines = [f"{key_quote}{key}{key_quote}: {given[key]}" for key in keys]
    if flow:
        comma = draw(st.sampled_from([", ", ",\n     ", " ,  "]))
        return f"  - {{{comma.join(lines)}}}"
    return "  - " + "\n    ".join(
        line
        if "\n" in line
        else line + draw(COMMENTS) + draw(st.sampled_from(["", "\n    # between ?", "\n"]))
        for line in lines
    )


@st.composite
def files(draw: st.DrawFn) -> tuple[str, list[str], list[str]]:
    """A file, its services and its routes."""
    services = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=4, unique=True))
    names = [f"r{number}" for number in range(draw(st.integers(1, 3)))]
    head = "# flights\nservices:\n" + "".join(f"  {name}: {{url: http://h:1}}\n" for name in services)
    body = "\n".join(draw(routes(name, services)) for name in names)
    text = f"{head}routes:  # all\n{body}\n# end"
    mark, end = draw(st.sampled_from(["", "\ufeff"])), draw(st.sampled_from(["\n", "\r\n"]))
    return mark + text.replace("\n", end), services, names


@given(files(), st.data())
def test_any_file_takes_any_division(file: tuple[str, list[str], list[str]], data: st.DataObject) -> None:
    """It then means those weights and that stable, and everything else as before, comments too."""
    text, services, names = file
    units = {
        name: proportional(
            {s: float(data.draw(st.integers(0, 9))) for s in services[1:]} | {services[0]: 1.0}
        )
        for name in names
    }
    stable = {name: data.draw(st.sampled_from(services)) for name in names}
    changed = rewrite_weights(text, units, stable)
    plan = plan_of(changed)
    for route in plan.routes:
        assert route.stable == stable[route.name]
        positive = {name: share for name, share in units[route.name].items() if share}
        assert {name: share for name, share in route.weights if share} == positive
    assert rest_of(plan) == rest_of(plan_of(text))
    assert comments(changed) == comments(text)
    assert rewrite_weights(changed, units, stable) == changed
    if all(route.stable == stable[route.name] for route in plan_of(text).routes):
        assert changed == rewrite_weights(text, units)
