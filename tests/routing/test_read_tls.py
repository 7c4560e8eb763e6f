"""The two sides of TLS in routing.yaml."""

from __future__ import annotations

import pytest

from gateway.routing.read_tls import MAX_CERTIFICATES, UNCHECKED, PemChecks, read_tls, read_upstream_tls
from gateway.routing.report import Report
from gateway.routing.settings import Certificate, Tls, UpstreamTls
from gateway.routing.yaml_tree import read

PLAIN = "listen: 127.0.0.1:8443, cert: a.pem, key: a.key"
A, B = Certificate("a.pem", "a.key"), Certificate("b.pem", "b.key")
STRICT = PemChecks(
    certificates=lambda path: None if path.endswith(".pem") else "it is gone",
    key=lambda key, cert: None if key[0] == cert[:1] or not cert else f"it is not for {cert}",
)


def tls_of(text: str, pem: PemChecks = STRICT) -> tuple[Tls | None, list[str]]:
    """Return the listener written in a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_tls(report, node, pem)[0], [problem.message for problem in report.problems]


def upstream_of(text: str) -> tuple[UpstreamTls, list[str]]:
    """Return the trust in a service written in a text, and what was told about it."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_upstream_tls(report, node, STRICT), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        (f"{{{PLAIN}}}", Tls("127.0.0.1:8443", (A,))),
        (
            "{listen: '[::1]:0', certificates: [{cert: a.pem, key: a.key}, {cert: b.pem, key: b.key}]}",
            Tls("[::1]:0", (A, B)),
        ),
        (f"{{{PLAIN}, clients: {{ca: c.pem}}}}", Tls("127.0.0.1:8443", (A,), "c.pem", True)),
        (
            f"{{{PLAIN}, clients: {{ca: c.pem, required: false}}}}",
            Tls("127.0.0.1:8443", (A,), "c.pem", False),
        ),
        (
            f"{{{PLAIN}, minimum: 1.3, hsts: 365d, redirect: true, http2: false}}",
            Tls("127.0.0.1:8443", (A,), minimum="1.3", hsts=31_536_000.0, redirect=True, http2=False),
        ),
    ],
)
def test_a_listener_is_read(text: str, tls: Tls) -> None:
    """One certificate or several, clients' certificates, and the choices with their defaults."""
    assert tls_of(text) == (tls, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("true", "`tls` must be a mapping such as"),
        ("{cert: a.pem, key: a.key}", "`tls` has no `listen`"),
        ("{listen: 127.0.0.1:8443}", "`tls` has no certificate"),
        ("{listen: 127.0.0.1:8443, cert: a.pem}", "`cert` needs `key`"),
        ("{listen: 127.0.0.1:8443, key: a.key}", "`key` needs `cert`"),
        (f"{{{PLAIN}, certificates: []}}", "both `certificates` and `cert`"),
        ("{listen: 127.0.0.1:8443, certificates: []}", "`certificates` must be a list"),
        ("{listen: 127.0.0.1:8443, certificates: [{cert: a.pem}]}", "`cert` needs `key`"),
        ("{listen: 127.0.0.1:8443, cert: a.txt, key: a.key}", "`cert` cannot be `a.txt`: it is gone"),
        ("{listen: 127.0.0.1:8443, cert: [], key: a.key}", "`cert` must be a single value"),
        ("{listen: 127.0.0.1:8443, cert: a.pem, key: b.key}", "`key` cannot be `b.key`: it is not for a.pem"),
        (f"{{{PLAIN}, clients: {{ca: c.txt}}}}", "`ca` cannot be `c.txt`: it is gone"),
        (f"{{{PLAIN}, clients: {{required: true}}}}", "`clients` has no `ca`"),
        (f"{{{PLAIN}, minimum: 1.0}}", "`1.2` or `1.3`"),
        (f"{{{PLAIN}, hsts: 4000d}}", "at most 3650d"),
        (f"{{{PLAIN}, redirect: 308}}", "`true` or `false`"),
        (f"{{{PLAIN}, http_2: true}}", "did you mean `http2`?"),
        (f"{{{PLAIN.replace('key', 'keey')}}}", "did you mean `key`?"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence for each mistake, also where it makes other keys meaningless."""
    _, [message] = tls_of(text)
    assert says in message


def test_too_many_certificates_are_refused() -> None:
    """There is a limit, and it is named."""
    many = ", ".join("{cert: a.pem, key: a.key}" for _ in range(MAX_CERTIFICATES + 1))
    _, told = tls_of(f"{{listen: 127.0.0.1:8443, certificates: [{many}]}}")
    assert told == ["there are 1001 certificates; at most 1000 are possible"]


def test_files_are_believed_in_without_a_disk() -> None:
    """Who has only a text is not told about files."""
    assert tls_of("{listen: 127.0.0.1:8443, cert: x, key: y}", UNCHECKED)[1] == []


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        ("{ca: c.pem}", UpstreamTls(ca="c.pem")),
        (
            "{cert: a.pem, key: a.key, server_name: Models.Internal}",
            UpstreamTls("", "a.pem", "a.key", "models.internal"),
        ),
        ("{verify: false}", UpstreamTls(verify=False)),
    ],
)
def test_how_a_service_is_trusted_is_read(text: str, tls: UpstreamTls) -> None:
    """By an authority and a name, perhaps with a certificate of our own."""
    assert upstream_of(text) == (tls, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("false", "`tls` must be a mapping"),
        ("{ca: c.txt}", "`ca` cannot be `c.txt`"),
        ("{ca: c.pem, verify: false}", "`ca` is of no use"),
        ("{cert: a.pem}", "`cert` needs `key`"),
        ("{cert: a.pem, key: b.key}", "it is not for a.pem"),
        ("{server_name: 'a:443'}", "the host name"),
        ("{server_name: a/b}", "the host name"),
        ("{verify: off}", "`true` or `false`"),
        ("{servername: a}", "did you mean `server_name`?"),
    ],
)
def test_a_mistake_in_the_trust_is_told_once(text: str, says: str) -> None:
    """One sentence for each mistake."""
    _, [message] = upstream_of(text)
    assert says in message
