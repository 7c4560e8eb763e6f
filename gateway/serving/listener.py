"""The address a model service answers on: a TCP port or a Unix socket.

The socket is bound here rather than by the server: only so is it bound after the model is loaded, private to
its owner, and able to say who is in the way.
"""

from __future__ import annotations

import errno
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError


class AddressRefused(GatewayError):
    """The service cannot answer on this address; the text says why and what to change."""


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host (a name or a number, IPv6 without brackets) and a port; port 0 lets the system choose."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A socket in the file system."""

    path: Path


def parse_address(listen: str) -> TcpAddress | UnixAddress:
    """Read `host:port`, `[ipv6]:port` or `unix:/path`; raises AddressRefused."""
    if listen.startswith("unix:"):
        if not listen.removeprefix("unix:"):
            raise AddressRefused(f"{listen}: expected a path after 'unix:', as in unix:/run/late.sock")
        return UnixAddress(Path(listen.removeprefix("unix:")))
    host, colon, port = listen.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if (
        not colon
        or not bare
        or (":" in bare) != (bare != host)
        or not port.isascii()
        or not port.isdigit()
        or int(port) > 65535
    ):
        raise AddressRefused(
            f"{listen}: expected host:port with a port up to 65535, as in 127.0.0.1:9001, or unix:/path"
        )
    return TcpAddress(bare, int(port))


@contextmanager
def bound_socket(address: TcpAddress | UnixAddress) -> Iterator[socket.socket]:
    """A bound socket that does not listen yet; the file of a Unix socket goes away with it."""
    if isinstance(address, TcpAddress):
        with _bound_tcp(address) as listener:
            yield listener
        return
    with _bound_unix(address.path) as listener:
        ours = _identity(address.path)
        try:
            yield listener
        finally:
            # A successor may have taken the path over in the meantime: its socket stays.
            if ours is not None and _identity(address.path) == ours:
                address.path.unlink(missing_ok=True)


def spoken(listener: socket.socket) -> str:
    """The address of a bound socket as a person would type it."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix:{name}"
    return (
        f"http://[{name[0]}]:{name[1]}"
        if listener.family == socket.AF_INET6
        else f"http://{name[0]}:{name[1]}"
    )


def _bound_tcp(address: TcpAddress) -> socket.socket:
    where = f"{address.host}:{address.port}"
    try:
        family, kind, protocol, _, name = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise AddressRefused(
            f"{where}: no such host ({error.strerror}): listen on an address of this machine"
        ) from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bind(listener, name, where)
    return listener


def _bound_unix(path: Path) -> socket.socket:
    _clear_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    _bind(listener, str(path), f"unix:{path}")
    path.chmod(0o600)
    return listener


def _bind(listener: socket.socket, name: object, where: str) -> None:
    try:
        listener.bind(name)  # type: ignore[arg-type]
    except OSError as error:
        listener.close()
        in_use = error.errno == errno.EADDRINUSE
        remedy = (
            "another process answers there; stop it or choose another address"
            if in_use
            else "choose another address"
        )
        raise AddressRefused(f"{where}: cannot be bound ({error.strerror or error}): {remedy}") from error


def _clear_stale(path: Path) -> None:
    """Remove the socket of a process that is gone; never one that is answered, nor any other file."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise AddressRefused(
                f"unix:{path}: a file that is not a socket is in the way: remove it or choose another path"
            )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            else:
                raise AddressRefused(
                    f"unix:{path}: another process answers there; stop it or choose another path"
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file a path leads to: device and inode."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
