"""The `log` of routing.yaml: what holds for all routes, and what a route has of its own."""

from __future__ import annotations

from dataclasses import fields

import pytest

from gateway.errors import ConfigError
from gateway.requestlog.policy import Filter, LabelPolicy, LogPolicy, LogSettings
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from gateway.routing.read_log import LOG_KEYS, LOG_SETTINGS_KEYS, USUAL

SERVICES = "services: {blue: {model: m}}\n"


def plan_of(top: str, *routes: str) -> RoutingPlan:
    """Return the plan with this `log` at the top and these in routes."""
    text = SERVICES + (f"log: {top}\n" if top else "") + "routes:\n"
    for number, log in enumerate(routes or ("",)):
        own = f", log: {log}" if log else ""
        text += f"  - {{name: r{number}, path: /{number}, weights: {{blue: 1}}{own}}}\n"
    return parse(text, model_exists=lambda _: None)


def policies(top: str, *routes: str) -> list[LogPolicy | None]:
    """Return the policies of the routes."""
    return [route.log for route in plan_of(top, *routes).routes]


def told(top: str, *routes: str) -> list[str]:
    """Return the places and sentences of what is wrong."""
    with pytest.raises(ConfigError) as caught:
        plan_of(top, *routes)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_nothing_said_is_the_usual_log() -> None:
    """Logging is on without a word, and all routes share one value."""
    plan = plan_of("", "", "")
    assert plan.log == LogSettings()
    assert plan.routes[0].log is plan.routes[1].log is USUAL.policy
    assert USUAL.policy == LogPolicy()


def test_every_key_is_read() -> None:
    """In a route, and with the same meaning at the top."""
    text = (
        "{sample: 10%, bodies: false, body_limit: 32KiB, keep: 2w, max_size: 5GiB,"
        " filter: {mode: strict, keep: [flight, late]}, labels: {key: flight, output: late, threshold: 0.25}}"
    )
    policy = LogPolicy(
        0.1,
        False,
        32 * 1024,
        14 * 86_400.0,
        5 * 1024**3,
        Filter("strict", ("flight", "late")),
        LabelPolicy("flight", "late", 0.25),
    )
    assert policies("", text) == [policy]
    assert policies(text) == [policy]


def test_a_routes_own_keys_win_one_by_one() -> None:
    """The rest is as at the top, inside `filter` and `labels` as well."""
    top = "{sample: 50%, keep: 7d, filter: {mode: strict, redact: [email]}, labels: {threshold: 0.2}}"
    [own, other] = policies(top, "{sample: 1.0, filter: {keep: [age]}, labels: {key: age}}", "")
    assert other == LogPolicy(
        0.5, keep=7 * 86_400.0, filter=Filter("strict", redact=("email",)), labels=LabelPolicy(threshold=0.2)
    )
    assert own == LogPolicy(
        1.0,
        keep=7 * 86_400.0,
        filter=Filter("strict", ("age",), redact=("email",)),
        labels=LabelPolicy("age", threshold=0.2),
    )


def test_the_log_can_be_switched() -> None:
    """Off for one, off for all but one, on again as usual."""
    assert policies("", "false", "true", "") == [None, LogPolicy(), LogPolicy()]
    assert policies("false", "", "true", "{sample: 10%}") == [None, LogPolicy(), LogPolicy(sample=0.1)]
    assert policies("{sample: 10%}", "true", "false") == [LogPolicy(sample=0.1), None]
    assert policies("true") == [LogPolicy()]


def test_the_form_with_one_route_has_one_log() -> None:
    """There the top level is the route's, with buffer and key beside it."""
    plan = parse(
        SERVICES + "weights: {blue: 1}\nlog: {sample: 10%, buffer: 4MiB, encryption_key: keys/log.key}\n",
        model_exists=lambda _: None,
    )
    assert plan.routes[0].log == LogPolicy(sample=0.1)
    assert plan.log == LogSettings(4 * 1024**2, "keys/log.key")


@pytest.mark.parametrize(
    ("top", "route", "says"),
    [
        ("[a]", "", "2: `log` must be a mapping such as `{sample: 10%, keep: 30d}` or `false`"),
        ("off", "", "or `false`, not `off`"),
        ("{sampel: 1}", "", "did you mean `sample`?"),
        ("{sample: 10}", "", "is it percent, then write `10%`"),
        ("{keep: 30}", "", "say the unit"),
        ("{keep: 1y}", "", "write it as `365d`"),
        ("{keep: 3651d}", "", "at most 3650d"),
        ("{max_size: 20GB}", "", "write `20GiB`"),
        ("{bodies: yes}", "", "must be `true` or `false`"),
        ("{buffer: 1KiB}", "", "from 1MiB to 1GiB"),
        ("{encryption_key: '${X'}", "", "without a name"),
        ("{labels: order}", "", "`labels` must be a mapping"),
        ("{labels: {threshold: 2}}", "", "write `2%`"),
        ("", "no", "3: `log` must be a mapping"),
        ("", "{buffer: 1MiB}", "it is a key of `log` at the file's top level; move it there"),
        ("", "{mode: strict}", "`mode` is not a key of `log` of a route: it is a key of `filter`"),
        ("", "{filter: {encrypt: [a]}}", "`encrypt` needs a key; write `encryption_key: ${LOG_KEY}`"),
        ("{filter: {encrypt: [a]}}", "", "`encrypt` needs a key"),
        ("{filter: strict}", "{labels: {key: flight}}", "`filter: strict` leaves out"),
        ("", "{filter: strict, labels: {output: late}}", "`output` of `labels` is `late`"),
        (
            "{encryption_key: k}",
            "{filter: {encrypt: [a], keep: [a]}, labels: {key: a}}",
            "different each time",
        ),
        ("", "{filter: {coarsen: {a: {round: 1}}}, labels: {key: a}}", "the same for many"),
        ("", "{body_limit: 16MiB}", "too much for a `buffer` of 16MiB: write at most `2MiB`"),
        ("{body_limit: 1MiB, buffer: 1MiB}", "", "write at most `128KiB`"),
    ],
)
def test_a_mistake_is_told_once(top: str, route: str, says: str) -> None:
    """One sentence each."""
    [problem] = told(top, route)
    assert says in problem


@pytest.mark.parametrize("key", ["a1" * 32, "A" * 43 + "=", "Zm9v" * 10 + "Zm8"])
def test_the_key_itself_is_refused_and_not_repeated(key: str) -> None:
    """The file is journalled, shown and copied about, and so is what is said of it."""
    [problem] = told(f"{{encryption_key: {key}, filter: {{encrypt: [a]}}}}")
    assert "must not stand in this file" in problem
    assert key[:8] not in problem


@pytest.mark.parametrize("log", ["{filter: {pseudonymise: [u]}, labels: {key: u}}", "{labels: {key: u}}"])
def test_what_can_be_compared_may_be_a_labels_key(log: str) -> None:
    """The same value has the same pseudonym."""
    assert policies("", log) != [LogPolicy()]


def test_all_keys_of_the_data_can_be_written() -> None:
    """Nothing is a setting that nobody can set."""
    assert set(LOG_KEYS) == {field.name for field in fields(LogPolicy)}
    assert set(LOG_SETTINGS_KEYS) == {field.name for field in fields(LogSettings)}
