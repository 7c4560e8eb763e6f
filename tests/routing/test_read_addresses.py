"""The addresses that the gateway listens on; tests/routing/test_parse.py has how they meet in a file."""

from __future__ import annotations

import pytest

from gateway.routing.addresses import Address
from gateway.routing.read_addresses import DEFAULT_ADMIN, is_listener, preview_listener, read_addresses
from gateway.routing.report import Report
from gateway.routing.yaml_nodes import Mapping, Node
from gateway.routing.yaml_tree import read


def given(text: str) -> dict[str, Node]:
    """Return the nodes of a mapping by key."""
    node, _ = read(text)
    assert isinstance(node, Mapping)
    return {key.value: value for key, value in node.pairs}


def test_what_is_not_said_is_as_usual() -> None:
    """Two addresses of this machine alone."""
    listen, admin = read_addresses(Report(), given("{listen: '[::1]:80'}"))
    assert (listen, str(admin)) == (Address("::1", 80), DEFAULT_ADMIN)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{admin: ':9090'}", "the host is missing"),
        ("{listen: '127.0.0.1:9090'}", "would both use port 9090 (one of them by default)"),
        ("{listen: nonsense}", "write it like `127.0.0.1:8080`"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """And the address is the usual one."""
    report = Report()
    read_addresses(report, given(text))
    [problem] = report.problems
    assert says in problem.message


def test_a_preview_is_an_address_or_a_header() -> None:
    """Under one key, told apart by its form."""
    header, address = given("{preview: {header: x}}"), given("{preview: '127.0.0.1:8082'}")
    assert not is_listener("preview", header["preview"])
    assert is_listener("preview", address["preview"])
    assert preview_listener(Report(), header, {}) == ""
    own: dict[str, Address] = {}
    assert preview_listener(Report(), address, own) == "127.0.0.1:8082"
    assert own == {"preview": Address("127.0.0.1", 8082)}
