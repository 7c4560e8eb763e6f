"""Where services run that run elsewhere."""

from __future__ import annotations

import pytest

from gateway.routing.addresses import Address
from gateway.routing.read_urls import is_https, parse_url, read_urls
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping
from gateway.routing.yaml_tree import read

OWN = {"listen": Address("0.0.0.0", 8080), "tls.listen": Address("127.0.0.1", 8443)}


def urls_of(text: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the urls of a service, and what was told about them."""
    node, problems = read(f"{{{text}}}")
    assert isinstance(node, Mapping)
    report = Report(problems)
    urls = read_urls(report, {key.value: value for key, value in node.pairs}, OWN)
    return urls, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("http://127.0.0.1:9003", "http://127.0.0.1:9003"),
        ("HTTP://Models", "http://models:80"),
        ("https://models", "https://models:443"),
        ("https://[::1]", "https://[::1]:443"),
        ("https://models:80", "https://models:80"),
    ],
)
def test_a_url_names_a_service(written: str, url: str) -> None:
    """The port is spelled out: 80 for http, 443 for https."""
    assert urls_of(f"url: '{written}'") == ((url,), [])
    assert is_https(url) == written.startswith("https")


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("models:80", "has no scheme: write `http://models:80`"),
        ("ftp://models", "must begin with `http://` or `https://`"),
        ("https://a:b@models", "user name or password"),
        ("https://models/", "write `https://models`"),
        ("http://models?a=1", "must end after the port"),
        ("http://", "cannot be used"),
        ("https://models:", "port is missing"),
        ("http://models:0", "not connect to"),
        ("http://0.0.0.0:80", "not connect to"),
        ("http://" + "x" * 400, "far too long"),
    ],
)
def test_what_cannot_be_a_service_is_told_why(written: str, says: str) -> None:
    """Each mistake in a url has its own clause."""
    told = parse_url(written)
    assert isinstance(told, str)
    assert says in told


def test_several_urls_keep_their_order() -> None:
    """They are the replicas of one service."""
    assert urls_of("urls: [http://b:1, http://a:1]") == (("http://b:1", "http://a:1"), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("url: [http://a:1]", "`url` takes one address"),
        ("urls: http://a:1", "`urls` must be a list"),
        ("urls: [http://a:1, HTTP://A:1]", "`http://a:1` is listed twice, first on line 1"),
        ("urls: [http://a:1, https://b:1]", "all http or all https"),
        ("url: http://localhost:8080", "own `listen` address"),
        ("url: https://localhost:8443", "own `tls.listen` address"),
        (f"urls: [{', '.join(f'http://x:{n}' for n in range(1, 300))}]", "299 urls; at most 256"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence for each mistake."""
    _, [message] = urls_of(text)
    assert says in message
