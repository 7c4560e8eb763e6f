"""routing.yaml becomes a whole plan, or every problem in it is told at its line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.routing.document import from_document, to_json
from gateway.routing.judges import ErrorsJudge, Judge
from gateway.routing.parse import parse
from gateway.routing.plan import RoutingPlan
from gateway.routing.read_tls import PemChecks
from gateway.routing.rollouts import Notify, Step
from gateway.routing.settings import (
    Certificate,
    Failing,
    HealthCheck,
    Limits,
    RateLimit,
    Sticky,
    Timeouts,
    Tls,
)

HERE = Path(__file__).parent
BROKEN = sorted(path.stem for path in (HERE / "broken").glob("[0-9]*.yaml"))
FAIR = sorted(path.stem for path in (HERE / "fair").glob("*.yaml"))
EXPECTED: Mapping[str, list[dict[str, Any]]] = yaml.safe_load(
    (HERE / "broken" / "expected.yaml").read_text(encoding="utf-8")
)
MODELS = {"model_versions/v1", "model_versions/v2", "model_versions/v3"}
PAIRS = {"certs/site.pem": "certs/site.key", "certs/ca.pem": "certs/ca.key"}
PEM = PemChecks(
    certificates=lambda path: None if path in PAIRS else "there is no such file",
    key=lambda key, cert: None if not cert or PAIRS.get(cert) == key else "it is not its key",
)


def model_exists(path: str) -> str | None:
    """Stand for the disk: three model versions are there."""
    return None if path in MODELS else "there is no such folder"


def zone_exists(name: str) -> str | None:
    """Stand for the time zones of a machine: one is known."""
    return None if name == "Europe/Oslo" else "there is no such zone"


def text_of(folder: str, name: str) -> str:
    """Return a file with its line ends and byte order mark as they are."""
    return (HERE / folder / f"{name}.yaml").read_bytes().decode()


def plan_of(text: str) -> RoutingPlan:
    """Return the plan of a text."""
    return parse(text, model_exists=model_exists, pem=PEM, zone_exists=zone_exists)


def fair(name: str) -> RoutingPlan:
    """Return the plan of a file in fair/."""
    return plan_of(text_of("fair", name))


def told(text: str) -> list[str]:
    """Return what is told about a text that is refused."""
    with pytest.raises(ConfigError) as caught:
        plan_of(text)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_at_its_line_with_its_sentence(name: str) -> None:
    """Exactly the expected problems are told, no more and no fewer, each at its line."""
    with pytest.raises(ConfigError) as caught:
        parse(
            text_of("broken", name),
            file="my.yaml",
            model_exists=model_exists,
            pem=PEM,
            zone_exists=zone_exists,
        )
    found = [(problem.line, problem.message) for problem in caught.value.problems]
    assert [line for line, _ in found] == [entry["line"] for entry in EXPECTED[name]]
    for (line, message), entry in zip(found, EXPECTED[name], strict=True):
        assert entry["says"] in message
        assert f"my.yaml:{line}:" in str(caught.value) or line == 0


def test_every_broken_file_is_in_the_table() -> None:
    """No file is without an expectation and no expectation without its file."""
    assert len(BROKEN) >= 45
    assert sorted(EXPECTED) == BROKEN


@pytest.mark.parametrize("name", FAIR)
def test_a_fair_file_becomes_a_plan(name: str) -> None:
    """However it is laid out, a correct file gives routes whose weights add up."""
    plan = fair(name)
    assert plan.services
    assert plan.routes
    assert all(sum(dict(route.weights).values()) == 100_000 for route in plan.routes)


def test_four_lines_are_enough() -> None:
    """Services and weights alone mean one route at `/`, on the default addresses, stable first."""
    plan = fair("01-four-lines")
    [route] = plan.routes
    assert (plan.listen, plan.admin, plan.revision) == ("127.0.0.1:8080", "127.0.0.1:9090", 0)
    assert (route.name, route.path, route.stable) == ("default", "/", "blue")
    assert route.weights == (("blue", 90_000), ("canary", 10_000))
    assert (route.sticky, route.overrides, route.timeouts) == (None, (), Timeouts())


def test_every_setting_is_read() -> None:
    """What is written about limits, TLS, traffic and failures stands in the plan."""
    plan = fair("19-limits-and-tls")
    assert plan.limits == Limits(65536, 50, 4096, 10 * 1024**2, 5000, 100, 1000, 5.0, 60.0, 30.0, 3600.0, 0.5)
    certificates = tuple(Certificate(cert, key) for cert, key in PAIRS.items())
    assert plan.tls == Tls(
        "[::1]:8443", certificates, "certs/ca.pem", False, "1.3", 31_536_000.0, True, http2=False
    )
    blue, green, canary, spare = (service.traffic for service in plan.services)
    assert (blue.health, green.health) == (None, HealthCheck("/v2/health/ready", interval=2.0))
    assert canary.tls is not None
    assert (canary.tls.server_name, canary.slow_start, canary.panic) == ("models.internal", 0.0, 0.0)
    assert (spare.outliers.failures, spare.breaker, spare.health) == (0, None, None)
    late, rest = plan.routes
    assert (late.failing, rest.failing) == (Failing(0, "fail"), Failing(5))
    assert late.rate_limit == RateLimit(100, 10.0, 20, Sticky("header", "x-api-key"))
    assert rest.rate_limit == RateLimit(5000, 60.0, 5000)


def test_the_short_form_has_the_keys_of_a_route() -> None:
    """One route alone needs no list to say what it does about failures."""
    plan = fair("20-limits-in-the-short-form")
    [route] = plan.routes
    assert (route.failing, route.timeouts.per_try) == (Failing(2), 5.0)
    assert route.rate_limit == RateLimit(10, 1.0, 10, Sticky("ip"))
    assert plan.tls == Tls("0.0.0.0:8443", (Certificate("certs/site.pem", "certs/site.key"),))


def test_every_setting_of_a_rollout_is_read() -> None:
    """What is written about steps, judges, windows, previews and receivers stands in the plan."""
    plan = fair("21-rollouts")
    late, rest = plan.routes
    assert (plan.preview, late.preview, rest.preview) == ("127.0.0.1:8082", "x-preview", "")
    assert plan.notify == (
        Notify("webhook", "https://ci.example/rollouts", "${HOOK_SECRET}", ("failed", "promoted"), 3.0),
        Notify("slack", "${SLACK_URL}"),
        Notify("command", "page --who 'on call'"),
        Notify("file", "rollouts.jsonl"),
    )
    assert late.rollout.steps == (
        Step(1_000, "time", 600.0),
        Step(5_000),
        Step(12_500, "time", 5_400.0),
        Step(25_000, "person"),
        Step(100_000),
    )
    assert late.rollout.judge.errors == ErrorsJudge(2.0, 0.0025)
    assert [metric.name for metric in late.rollout.judge.metrics] == ["backlog", "refunds"]
    assert [(window.begin, window.end) for window in late.rollout.freeze] == [(6720, 480), (2880, 4320)]
    assert (late.rollout.keep_warm, late.rollout.hooks[0].at) == (0.0, ("before_promote",))
    assert rest.rollout.steps == (Step(500), Step(100_000))
    assert rest.rollout.judge == Judge(errors=ErrorsJudge(acceptable_rate=0.0), latency=None, outputs=None)


def test_a_preview_of_the_one_route_form_is_a_header_or_an_address() -> None:
    """A mapping is that of the route, an address that of the file; both need a list of routes."""
    plan = fair("22-rollout-in-the-short-form")
    assert (plan.preview, plan.routes[0].preview) == ("", "x-preview")
    assert plan.routes[0].rollout.steps[1] == Step(50_000, "time", 3600.0)
    text = text_of("fair", "22-rollout-in-the-short-form")
    plan = plan_of(text.replace("{header: x-preview}", "127.0.0.1:8082"))
    assert (plan.preview, plan.routes[0].preview) == ("127.0.0.1:8082", "")


def test_a_plan_with_rollouts_outlives_the_journal() -> None:
    """Everything that is read can be written as a document and read back."""
    for name in FAIR:
        plan = fair(name)
        assert from_document(json.loads(to_json(plan))) == plan


def test_time_zones_are_believed_in_unless_somebody_looks() -> None:
    """Who edits weights in a text alone need not know where people live."""
    text = text_of("fair", "21-rollouts").replace("Europe/Oslo", "Middle-earth/Shire")
    assert parse(text, model_exists=model_exists, pem=PEM).routes[0].rollout.freeze[0].zone.endswith("Shire")
    [only] = told(text)
    assert "`Middle-earth/Shire` cannot be the time zone of a `freeze`" in only


def test_names_stay_what_was_written() -> None:
    """Names that other readers take for booleans, numbers, dates or nothing are names."""
    plan = fair("03-names-that-look-like-other-types")
    names = ["on", "n", "1e3", "null", "0x10", "2024-01-01", "yes", "1.50", "012"]
    assert [service.name for service in plan.services] == names
    assert [name for name, _ in plan.routes[0].weights] == names
    assert (plan.routes[0].name, plan.routes[0].overrides[0].value) == ("off", "no")


@pytest.mark.parametrize("number", ["06", "08", "09"])
def test_the_bytes_around_the_content_do_not_matter(number: str) -> None:
    """Line ends, a byte order mark and comments in any script give the same plan."""
    [name] = [name for name in FAIR if name.startswith(number)]
    assert fair(name) == plan_of(text_of("fair", "06-windows-line-ends").replace("\r\n", "\n"))


def test_the_disk_is_asked_through_the_caller() -> None:
    """Each model folder is asked about once, and the caller's sentence is passed on with the line."""
    asked: list[str] = []

    def nothing_there(path: str) -> str:
        asked.append(path)
        return "the folder is empty"

    with pytest.raises(ConfigError) as caught:
        parse(text_of("fair", "01-four-lines"), model_exists=nothing_there)
    assert asked == ["model_versions/v1", "model_versions/v3"]
    assert str(caught.value).splitlines() == [
        "routing.yaml:2:17: service `blue` cannot use `model_versions/v1`: the folder is empty",
        "routing.yaml:3:19: service `canary` cannot use `model_versions/v3`: the folder is empty",
    ]


def test_problems_of_form_and_of_content_come_together() -> None:
    """A repeated key does not hide an unknown service further down."""
    text = text_of("fair", "01-four-lines").replace("canary: 10", "canary: 10, blue: 1, red: 2")
    assert [line.partition(" is ")[0] for line in told(text)] == ["4:33: `blue`", "4:42: `red`"]


def test_one_broken_service_does_not_make_its_name_unknown() -> None:
    """A service that is refused still counts where it is named, so one mistake is told once."""
    text = text_of("fair", "01-four-lines").replace("{model: model_versions/v1}", "{modell: x}")
    [only] = told(text)
    assert "did you mean `model`?" in only


def test_a_collision_with_a_default_address_is_noticed() -> None:
    """`listen` on the port that `admin` has by default is refused, saying so."""
    [only] = told("listen: 0.0.0.0:9090\n" + text_of("fair", "01-four-lines"))
    assert only.startswith("1:9: `listen` and `admin` would both use port 9090 (one of them by default)")


def test_a_tls_listener_on_a_default_address_is_noticed() -> None:
    """`tls` on the port that `listen` has by default is refused at its own line."""
    tls = "tls: {listen: 127.0.0.1:8080, cert: certs/site.pem, key: certs/site.key}\n"
    [only] = told(tls + text_of("fair", "01-four-lines"))
    assert only == "1:15: `tls` and `listen` would both use port 8080; give them different ports"


def test_certificates_are_believed_in_unless_somebody_looks() -> None:
    """Who edits weights in a text alone has no files beside it."""
    tls = "tls: {listen: 127.0.0.1:8443, cert: gone.pem, key: gone.key}\n"
    plan = parse(tls + text_of("fair", "01-four-lines"), model_exists=model_exists)
    assert plan.tls is not None


def test_the_repositorys_own_file_is_fair() -> None:
    """The routing.yaml people start with is the split the README speaks of."""
    plan = plan_of((HERE.parents[1] / "routing.yaml").read_text(encoding="utf-8"))
    assert [route.path for route in plan.routes] == ["/v2/models/late", "/v2"]
    assert plan.routes[0].weights == (("blue", 90_000), ("green", 0), ("canary", 10_000))
    assert {service.name: service.model for service in plan.services} == {
        "blue": "model_versions/v1",
        "green": "model_versions/v2",
        "canary": "model_versions/v3",
    }


def test_ten_thousand_routes_are_read() -> None:
    """A large file is one plan with all its routes, and one bad line in it is found."""
    route = "  - {{name: r{0}, path: /m/{0}, weights: {{blue: 90, canary: 10}}}}\n"
    head = "services:\n  blue: {model: model_versions/v1}\n  canary: {model: model_versions/v3}\nroutes:\n"
    text = head + "".join(route.format(number) for number in range(10_000))
    assert len(plan_of(text).routes) == 10_000
    [problem] = told(text.replace("/m/9999,", "/m/1,"))
    assert problem == "10004:25: the path `/m/1` is already that of the route on line 6"


SCRAPS = "~:~: ~- ~{~}~[~]~,~\"~'~#~&a ~*a~!~|~>~%~@~`~? ~0~-1~.nan~é~<<: "


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A fair file with a few slices deleted, doubled or replaced."""
    text = text_of("fair", draw(st.sampled_from(FAIR)))
    scraps = st.sampled_from([*SCRAPS.split("~"), " ", "\n", "\t", "\u00a0", "\r", "\x00", "---\n"])
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        middle = draw(st.one_of(scraps, st.just(text[start:end] * 2)))
        text = text[:start] + middle + text[end:]
    return text


def check_places(error: ConfigError, text: str) -> None:
    """Insist on at least one problem, and on places that exist in the text."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert error.problems
    for problem in error.problems:
        assert 0 <= problem.line <= len(lines)
        assert problem.line == 0 or 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@given(mutated())
def test_a_damaged_file_is_a_plan_or_a_config_error(text: str) -> None:
    """Whatever happens to a file, the answer is a plan or problems with places inside the file."""
    try:
        plan = plan_of(text)
    except ConfigError as error:
        check_places(error, text)
    else:
        assert all(sum(dict(route.weights).values()) == 100_000 for route in plan.routes)
