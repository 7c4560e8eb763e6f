"""The address a model service answers on."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from gateway.serving.listener import (
    AddressRefused,
    TcpAddress,
    UnixAddress,
    bound_socket,
    parse_address,
    spoken,
)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:9001", TcpAddress("127.0.0.1", 9001)),
        ("localhost:0", TcpAddress("localhost", 0)),
        ("[::1]:65535", TcpAddress("::1", 65535)),
        ("unix:/run/late.sock", UnixAddress(Path("/run/late.sock"))),
        ("unix:late.sock", UnixAddress(Path("late.sock"))),
    ],
)
def test_addresses_are_read(listen: str, address: object) -> None:
    """A host and a port, IPv6 in brackets, or the path of a Unix socket."""
    assert parse_address(listen) == address


@pytest.mark.parametrize(
    "listen",
    [
        "",
        "9001",
        ":9001",
        "host",
        "host:",
        "host:http",
        "host:-1",
        "host:65536",
        "::1:80",
        "[host]:80",
        "h:²",
        "unix:",
    ],
)
def test_other_addresses_are_refused(listen: str) -> None:
    """What is no address is refused with an example of one."""
    with pytest.raises(AddressRefused, match="as in"):
        parse_address(listen)


def test_a_tcp_socket_is_bound_but_not_listening() -> None:
    """Until the server listens nobody can connect, so that a connection means an answer."""
    with bound_socket(TcpAddress("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
        assert spoken(bound) == f"http://127.0.0.1:{port}"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_an_ipv6_address_is_spoken_in_brackets() -> None:
    """The address can be pasted into a browser or a curl."""
    with bound_socket(TcpAddress("::1", 0)) as bound:
        assert spoken(bound) == f"http://[::1]:{bound.getsockname()[1]}"


def test_a_taken_port_is_told() -> None:
    """The message names the address and says that another process is there."""
    with bound_socket(TcpAddress("127.0.0.1", 0)) as first:
        first.listen()
        taken = TcpAddress("127.0.0.1", first.getsockname()[1])
        with (
            pytest.raises(AddressRefused, match=f"{taken.port}: cannot be bound .*another process"),
            bound_socket(taken),
        ):
            pass


def test_an_unknown_host_is_told() -> None:
    """A host that cannot be resolved is refused by name."""
    nowhere = TcpAddress("no.such.host.invalid", 80)
    with pytest.raises(AddressRefused, match=r"invalid:80: no such host"), bound_socket(nowhere):
        pass


def test_a_unix_socket_is_private_and_goes_away(tmp_path: Path) -> None:
    """Only its owner may connect, and nothing is left behind."""
    path = tmp_path / "s.sock"
    with bound_socket(UnixAddress(path)) as bound:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert spoken(bound) == f"unix:{path}"
    assert not path.exists()


def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    """The socket of a process that died is no obstacle."""
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with bound_socket(UnixAddress(path)) as bound:
        bound.listen()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_an_answered_unix_socket_is_left_alone(tmp_path: Path) -> None:
    """The socket of a living process is not taken away from it."""
    path = tmp_path / "s.sock"
    with bound_socket(UnixAddress(path)) as first:
        first.listen()
        with (
            pytest.raises(AddressRefused, match="another process answers there"),
            bound_socket(UnixAddress(path)),
        ):
            pass
        assert path.is_socket()


def test_another_kind_of_file_is_never_removed(tmp_path: Path) -> None:
    """A file that happens to stand at the path keeps its content."""
    path = tmp_path / "notes.txt"
    path.write_text("precious")
    with pytest.raises(AddressRefused, match="not a socket"), bound_socket(UnixAddress(path)):
        pass
    assert path.read_text() == "precious"


def test_the_socket_of_a_successor_stays(tmp_path: Path) -> None:
    """A process that leaves late does not remove the socket of the one that took its place."""
    path = tmp_path / "s.sock"
    with bound_socket(UnixAddress(path)):
        path.rename(tmp_path / "old.sock")
        with socket.socket(socket.AF_UNIX) as successor:
            successor.bind(str(path))
    assert path.is_socket()


@pytest.mark.parametrize("name", ["missing/s.sock", "x" * 120])
def test_a_path_that_cannot_be_bound_is_told(tmp_path: Path, name: str) -> None:
    """A missing folder and a path beyond the system's limit are refused with the reason."""
    with pytest.raises(AddressRefused, match="cannot be bound"), bound_socket(UnixAddress(tmp_path / name)):
        pass
