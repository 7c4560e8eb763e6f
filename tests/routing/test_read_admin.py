"""The `admin` of routing.yaml, as an address and as a mapping."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from gateway.routing.admin_settings import USUAL_ADMIN, AdminSettings
from gateway.routing.read_admin import ADMIN_KEYS, MOST_LISTED, admin_place, split_admin
from gateway.routing.read_tls import UNCHECKED, PemChecks
from gateway.routing.report import Report
from gateway.routing.settings import Certificate
from gateway.routing.yaml_nodes import Mapping, Scalar
from gateway.routing.yaml_tree import read

STRICT = PemChecks(
    certificates=lambda path: None if path.endswith(".pem") else "it is gone",
    key=lambda key, cert: None if key[0] == cert[:1] or not cert else f"it is not for {cert}",
)


def admin_of(text: str, pem: PemChecks = STRICT) -> tuple[AdminSettings, str, list[str]]:
    """Return the settings of a file, its address of the admin side, and what was told about them."""
    root, problems = read(text)
    assert isinstance(root, Mapping)
    report = Report(problems)
    given = {key.value: value for key, value in root.pairs}
    settings, rest = split_admin(report, given, pem)
    address = rest.get("admin")
    assert address is None or isinstance(address, Scalar)
    return settings, address.value if address else "", [problem.message for problem in report.problems]


def test_an_address_alone_is_as_it_always_was() -> None:
    """Nothing said is as usual, too."""
    assert admin_of("admin: 127.0.0.1:1") == (USUAL_ADMIN, "127.0.0.1:1", [])
    assert admin_of("listen: 127.0.0.1:1") == (USUAL_ADMIN, "", [])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("listen: a:1\nadmin: 0.0.0.0:9090\n", (2, 8)),
        ("admin: {auth: open, listen: 0.0.0.0:9090}\n", (1, 29)),
        ("admin:\n  auth: open\n", (2, 3)),
        *((text, (0, 0)) for text in ("listen: a:1\n", "- a\n", "a: [\n", "")),
    ],
)
def test_its_address_has_a_place(text: str, place: tuple[int, int]) -> None:
    """That of the address, else of the key's value; 0 stands for the whole file."""
    assert admin_place(text) == place


def test_a_mapping_says_how_it_is_protected() -> None:
    """Names without doubles and in lower case; what is not said is as usual, the address included."""
    assert admin_of("admin: {auth: auto}") == (USUAL_ADMIN, "", [])
    assert admin_of("admin: {auth: required}") == (AdminSettings("required"), "", [])
    assert admin_of(
        "admin: {listen: '0.0.0.0:9', auth: open, hosts: [A.example, a.example, 10.0.0.1, '[::1]'],"
        " tls: {cert: a.pem, key: a.key}, audit_key: '${AUDIT_KEY}'}"
    ) == (
        AdminSettings(
            "open", ("a.example", "10.0.0.1", "[::1]"), Certificate("a.pem", "a.key"), "${AUDIT_KEY}"
        ),
        "0.0.0.0:9",
        [],
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "`admin` must be a mapping such as"),
        ("{}", "`admin` must be a mapping such as"),
        ("{auth: maybe}", "`auth` must be `required` or `open` or `auto`, not `maybe`"),
        ("{hosts: a.example}", "`hosts` must be a list such as `[gateway.example.org]`"),
        ("{hosts: ['a.example:9090']}", "without scheme and port"),
        ("{hosts: ['*.example']}", "without scheme and port"),
        ("{hosts: [[]]}", "`hosts` must be a single value"),
        (f"{{hosts: [{', '.join(['a'] * (MOST_LISTED + 1))}]}}", "there are 101 `hosts`; at most 100"),
        ("{tls: true}", "`tls` must be a mapping such as `{cert: certs/admin.pem, key: certs/admin.key}`"),
        ("{tls: {cert: a.pem}}", "`cert` needs `key` beside it"),
        ("{tls: {cert: a.txt, key: a.key}}", "`cert` cannot be `a.txt`: it is gone"),
        ("{tls: {cert: a.pem, key: b.key}}", "`key` cannot be `b.key`: it is not for a.pem"),
        ("{tls: {cert: a.pem, key: a.key, listen: x}}", "`listen` is not a known key of `tls` of `admin`"),
        (f"{{audit_key: {'0' * 64}}}", "looks like the key itself"),
        ("{trusted_proxies: [10.0.0.1/8]}", "with no bits beyond its mask"),
        ("{trusted_proxies: [0.0.0.0/0]}", "then anybody could say where they come from"),
        ("{trusted_proxies: '*'}", "`trusted_proxies` must be a list such as `[10.0.0.0/8]`"),
        ("{host: [a]}", "did you mean `hosts`?"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, _, [message] = admin_of(f"admin: {text}")
    assert says in message


def test_all_keys_can_be_written_and_are_documented() -> None:
    """Each field of the data is a key of the file, and a row of the table."""
    assert set(ADMIN_KEYS) == {"listen", *(field.name for field in fields(AdminSettings))}
    docs = (Path(__file__).parents[2] / "docs" / "routing.md").read_text()
    section = docs.partition("\n### admin\n")[2].partition("\n### ")[0]
    for key in ADMIN_KEYS:
        assert f"\n| `{key}` |" in section


def test_files_are_believed_in_without_a_disk() -> None:
    """Who has only a text is not told about files."""
    assert admin_of("admin: {tls: {cert: x, key: y}}", UNCHECKED)[2] == []
