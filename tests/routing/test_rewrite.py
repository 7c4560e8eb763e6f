"""New weights into routing.yaml, and nothing else changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ChangeRefused, ConfigError
from gateway.routing.parse import parse
from gateway.routing.plan import UNITS, RoutingPlan, proportional
from gateway.routing.rewrite import rewrite_weights

FAIR = sorted((Path(__file__).parent / "fair").glob("*.yaml"))
NAMES = ["blue", "green", "canary", "1e3", "on", "v1.2-rc"]
TEXT = """# flights
services: {a: {url: http://h:1}, b: {url: http://h:2}, c: {url: http://h:3}}  # three
routes:
  - {name: x, path: /x, weights: {a: 90, b: 10}}   # ten
  - name: y
    path: /y
    weights:      # in order
      "a":  '9'   # most

      b:  1   # some
    stable: a
"""


def plan_of(text: str) -> RoutingPlan:
    """Return the plan of a text, whatever is on the disk."""
    return parse(text, model_exists=lambda _: None)


def shares(text: str) -> dict[str, dict[str, int]]:
    """Return the units above 0 of each service on each route."""
    return {route.name: {n: u for n, u in route.weights if u} for route in plan_of(text).routes}


def test_only_the_numbers_change() -> None:
    """Comments, order, spaces and quotes stay where they are."""
    changed = rewrite_weights(TEXT, {"x": {"a": 75_000, "b": 25_000}, "y": {"a": 32_500, "b": 67_500}})
    assert changed == TEXT.replace("{a: 90, b: 10}", "{a: 75, b: 25}").replace("'9'", "'32.5'").replace(
        "b:  1 ", "b:  67.5 "
    )


def test_a_new_version_looks_like_its_neighbours() -> None:
    """An entry is added behind the last one, in the same spacing and quotes."""
    units = {"a": 50_000, "b": 30_000, "c": 20_000}
    changed = rewrite_weights(TEXT, {"x": units, "y": units})
    assert "weights: {a: 50, b: 30, c: 20}}   # ten\n" in changed
    assert "      b:  30   # some\n      c:  20\n    stable: a\n" in changed


def test_weights_are_found_among_every_other_setting() -> None:
    """Limits, TLS and what routes do about failures stay as they are, their numbers too."""
    [path] = [path for path in FAIR if path.stem == "19-limits-and-tls"]
    text = path.read_text(encoding="utf-8")
    changed = rewrite_weights(text, {"late": {"blue": 10_000, "canary": 90_000}, "rest": {"green": UNITS}})
    assert changed == text.replace("{blue: 90, canary: 10}", "{blue: 10, canary: 90}")
    before, after = plan_of(text), plan_of(changed)
    assert (before.limits, before.tls, before.services) == (after.limits, after.tls, after.services)
    assert [r.rate_limit for r in before.routes] == [r.rate_limit for r in after.routes]


def test_a_version_with_nothing_is_not_added() -> None:
    """A share of 0 needs no entry, and an entry that is there becomes 0."""
    assert rewrite_weights(TEXT, {"x": {"b": UNITS, "c": 0}}) == TEXT.replace("a: 90, b: 10", "a: 0, b: 100")


def test_what_means_the_same_already_is_left_alone() -> None:
    """9 to 1 is 90 to 10: nothing is written where nothing would change."""
    same = {"a": 90_000, "b": 10_000, "c": 0}
    assert rewrite_weights(TEXT, {"x": same, "y": same}) == TEXT
    assert rewrite_weights(TEXT, {}) == TEXT


def test_a_number_that_fits_keeps_its_writing() -> None:
    """A weight that is right already is not reformatted while its neighbours change."""
    text = TEXT.replace("a: 90, b: 10", "a: 025.0, b: 10")
    assert rewrite_weights(text, {"x": {"a": 25_000, "b": 75_000}}) == text.replace("b: 10", "b: 75")


def test_the_short_form_is_the_route_default() -> None:
    """Weights at the top level are rewritten under the name of their route."""
    text = "services: {a: {url: http://h:1}, b: {url: http://h:2}}\nweights: {a: 1}"
    changed = rewrite_weights(text, {"default": {"a": 99_999, "b": 1}})
    assert changed == text.replace("{a: 1}", "{a: 99.999, b: 0.001}")


def test_a_block_at_the_very_end_gets_its_line_break() -> None:
    """Without a line end after the last entry, the new one brings its own, in the file's own kind."""
    text = "services: {a: {url: http://h:1}, b: {url: http://h:2}}\r\nweights:\r\n  a: 1"
    changed = rewrite_weights(text, {"default": {"a": 50_000, "b": 50_000}})
    assert changed == text.replace("a: 1", "a: 50\r\n  b: 50").replace("http://h:50\r\n  b: 50", "http://h:1")


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"z": {"a": UNITS}}, "no route called `z`"),
        ({"x": {"d": UNITS}}, "no service called `d`"),
        ({"x": {"a": 90_000}}, "do not add up"),
        ({"x": {"a": 110_000, "b": -10_000}}, "do not add up"),
        ({"x": {}}, "do not add up"),
    ],
)
def test_what_cannot_be_written_is_refused(weights: dict[str, dict[str, int]], says: str) -> None:
    """An unknown route or service or a wrong sum is refused, and nothing comes back."""
    with pytest.raises(ChangeRefused, match=re.escape(says)):
        rewrite_weights(TEXT, weights)


@pytest.mark.parametrize("text", ["", "a: [", "weights: {a: 1}\n", TEXT.replace("b: 10", "b: ten"), "- a\n"])
def test_a_file_that_is_no_plan_is_not_touched(text: str) -> None:
    """A file that a person broke meanwhile is refused with its problems."""
    with pytest.raises(ConfigError):
        rewrite_weights(text, {"x": {"a": UNITS}})


@pytest.mark.parametrize("path", FAIR, ids=lambda path: path.stem)
def test_every_fair_file_can_be_rewritten(path: Path) -> None:
    """In every layout, all requests can be sent to the last service and back."""
    text = path.read_bytes().decode()
    plan = plan_of(text)
    last = plan.services[-1].name
    moved = rewrite_weights(text, {route.name: {last: UNITS} for route in plan.routes})
    assert shares(moved) == {route.name: {last: UNITS} for route in plan.routes}
    before = {route.name: dict(route.weights) for route in plan.routes}
    assert shares(rewrite_weights(moved, before)) == shares(text)


@dataclass(frozen=True)
class Layout:
    """A generated file: `outside` are the pieces around the weights of each route, which must stay."""

    text: str
    outside: list[str]
    services: list[str]
    routes: list[str]


def entry(draw: st.DrawFn, name: str, number: str) -> str:
    """Draw one entry of a mapping in some quoting and spacing."""
    key, value = draw(st.sampled_from(["", "'", '"'])), draw(st.sampled_from(["", "'", '"']))
    return f"{key}{name}{key}:{draw(st.sampled_from([' ', '   ', ' ']))}{value}{number}{value}"


def weights_text(draw: st.DrawFn, names: list[str], indent: str) -> str:
    """Draw a weights mapping in one of the ways people write it."""
    entries = [entry(draw, name, str(draw(st.integers(1, 99)))) for name in names]
    comment = st.sampled_from(["", "  # x: 1, {b}", " # größer 😀"])
    if draw(st.booleans()):
        lines = "".join(f"{indent}  {line}{draw(comment)}\n{draw(BETWEEN)}" for line in entries)
        return f"{draw(comment)}\n{lines}"
    comma = draw(st.sampled_from([", ", ",", f",\n{indent}    ", f",  # {{\n{indent}  "]))
    comma = comma if comma != "," or all(e[-1] in "'\"" for e in entries) else ", "
    return (
        " {"
        + draw(st.sampled_from(["", " "]))
        + comma.join(entries)
        + draw(st.sampled_from(["", " ", ","]))
        + "}"
    )


BETWEEN = st.sampled_from(["", "\n", "# between\n", "        # far right: {\n"])


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A file of up to three routes, or the short form, in any mix of layouts."""
    services = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    bom, crlf = draw(st.sampled_from(["", "\ufeff"])), draw(st.booleans())
    head = f"{bom}# flights\nservices:\n" + "".join(f"  {n}: {{url: http://h:1}} # s\n" for n in services)
    used = st.lists(st.sampled_from(services), min_size=1, unique=True)
    if draw(st.booleans()):
        outside, inside = [f"{head}weights:", "\n# end" + draw(BETWEEN)], [weights_text(draw, draw(used), "")]
        routes = ["default"]
    else:
        routes = [f"r{n}" for n in range(draw(st.integers(1, 3)))]
        starts = [f"- name: {name}  # route\n  path: /{name}\n  weights:" for name in routes]
        outside = [f"{head}routes:\n{starts[0]}", *(f"\n{start}" for start in starts[1:]), "\n# end"]
        inside = [weights_text(draw, draw(used), "  ") for _ in routes]
    pieces = [piece for pair in zip(outside, [*inside, ""], strict=True) for piece in pair]
    end = "\r\n" if crlf else "\n"
    return Layout(
        "".join(pieces).replace("\n", end), [o.replace("\n", end) for o in outside], services, routes
    )


@given(layouts(), st.data())
def test_any_layout_takes_any_weights(layout: Layout, data: st.DataObject) -> None:
    """The new text means the new weights, and all around them every character is the same."""
    wanted: dict[str, dict[str, int]] = {}
    for route in layout.routes:
        parts = {name: float(data.draw(st.integers(0, 1000))) for name in layout.services}
        wanted[route] = proportional({**parts, layout.services[0]: 1.0})
    changed = rewrite_weights(layout.text, wanted)
    assert shares(changed) == {
        route: {n: u for n, u in units.items() if u} for route, units in wanted.items()
    }
    assert re.fullmatch(".*".join(map(re.escape, layout.outside)), changed, re.DOTALL)
    assert re.findall("#.*", changed) == re.findall("#.*", layout.text)
    assert rewrite_weights(changed, wanted) == changed
    before = {route.name: dict(route.weights) for route in plan_of(layout.text).routes}
    assert rewrite_weights(layout.text, before) == layout.text
