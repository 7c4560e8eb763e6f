"""The `services` of routing.yaml."""

from __future__ import annotations

import pytest

from gateway.routing.addresses import Address
from gateway.routing.plan import Service
from gateway.routing.read_services import MAX_SERVICES, Disk, read_services
from gateway.routing.read_tls import PemChecks
from gateway.routing.read_traffic import READY
from gateway.routing.report import Report
from gateway.routing.settings import HealthCheck, Queue, Traffic, UpstreamTls
from gateway.routing.yaml_tree import read

OWN = {"listen": Address("0.0.0.0", 8080), "admin": Address("127.0.0.1", 9090)}
PEM = PemChecks(certificates=lambda path: "it is gone" if path == "gone.pem" else None)
ASKED = Traffic(health=HealthCheck(READY))


def services_of(text: str) -> tuple[tuple[Service, ...], list[str]]:
    """Return the services written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    missing = {"gone": "the folder is gone"}
    services = read_services(report, node, Disk(missing.get, PEM), OWN)
    return services, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "service"),
    [
        ("{model: m/v1}", Service("a", model="m/v1", traffic=ASKED)),
        ("{model: m/v1, replicas: 3}", Service("a", model="m/v1", replicas=3, traffic=ASKED)),
        ("{url: http://models}", Service("a", urls=("http://models:80",))),
        ("{urls: [http://x:1, 'http://[::1]:2']}", Service("a", urls=("http://x:1", "http://[::1]:2"))),
        ("{url: http://10.0.0.7:8080}", Service("a", urls=("http://10.0.0.7:8080",))),
        ("{model: m/v1, health: off}", Service("a", model="m/v1")),
        ("{url: https://x}", Service("a", urls=("https://x:443",), traffic=Traffic(tls=UpstreamTls()))),
        (
            "{urls: [https://x, https://y:1], tls: {ca: ca.pem}, concurrency: 9, queue: {size: 1}}",
            Service(
                "a",
                urls=("https://x:443", "https://y:1"),
                traffic=Traffic(9, Queue(size=1), tls=UpstreamTls(ca="ca.pem")),
            ),
        ),
    ],
)
def test_a_service_says_where_it_runs(written: str, service: Service) -> None:
    """A model with its replicas, one url, or several; ports are spelled out."""
    assert services_of(f"a: {written}") == ((service,), [])


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{}", "`a` must be a mapping such as"),
        ("m/v1", "write `a: {model: m/v1}`"),
        ("http://x:1", "write `a: {url: http://x:1}`"),
        ("{replicas: 2}", "needs `model`, `url` or `urls`"),
        ("{model: m, url: http://x:1}", "has both `model` and `url`"),
        ("{model: gone}", "cannot use `gone`: the folder is gone"),
        ("{model: m, replicas: 65}", "from 1 to 64"),
        ("{url: http://x:1, replicas: 2}", "`replicas` goes with `model` only"),
        ("{url: [http://x:1]}", "`url` takes one address"),
        ("{urls: http://x:1}", "`urls` must be a list"),
        ("{urls: []}", "`urls` must be a list"),
        ("{urls: [http://x:1, HTTP://X:1]}", "`http://x:1` is listed twice, first on line 1"),
        ("{url: https://x:1, tls: {ca: gone.pem}}", "`ca` cannot be `gone.pem`: it is gone"),
        ("{url: http://x:1, tls: {ca: ca.pem}}", "`tls` goes with `https://` urls only"),
        ("{model: m, tls: {ca: ca.pem}}", "`tls` goes with `https://` urls only"),
        ("{url: http://x:1, panic: 101}", "`panic` must be"),
        ("{url: http://x:1, health: {}}", "`health` must be a mapping"),
        ("{url: http://localhost:8080}", "own `listen` address"),
        ("{url: http://localhost:9090}", "own `admin` address"),
        (f"{{urls: [{', '.join(f'http://x:{n}' for n in range(1, 300))}]}}", "299 urls; at most 256"),
    ],
)
def test_a_mistake_is_told_once(written: str, says: str) -> None:
    """Every mistake gives one sentence, and the service is still known by its name."""
    services, told = services_of(f"a: {written}")
    assert [service.name for service in services] == ["a"]
    [message] = told
    assert says in message


def test_too_many_services_are_refused() -> None:
    """There is a limit, and it is named."""
    text = "".join(f"s{n}: {{model: m}}\n" for n in range(MAX_SERVICES + 1))
    assert services_of(text) == ((), ["there are 1001 services; at most 1000 are possible"])


def test_services_must_be_a_mapping() -> None:
    """A list of names says nothing about where they run."""
    services, [message] = services_of("- a\n- b\n")
    assert services == ()
    assert message.startswith("`services` must be a mapping such as")
