"""The admin side's Unix socket, over a real control process."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from gateway.control.admin_server import AdminServer, bind_private, remove_own, strict_context
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Control


def asked(path: Path, request: bytes) -> bytes:
    """Send a request to a Unix socket and return the beginning of the answer."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(BOUND)
        wire.connect(str(path))
        wire.sendall(request)
        return wire.recv(12)


def test_it_answers_beside_the_port_and_is_gone_with_it(control: Control) -> None:
    """To any name, changes included, with the rights of the user whose file it is; to nobody else."""
    path = control.site.places.admin_socket
    mode = path.stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)
    change = b"POST /api/v1/routes/late/rollback HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n"
    assert asked(path, change) == b"HTTP/1.1 200"
    assert control.site.head().author.startswith("socket")
    control.process.terminate()
    assert control.process.wait(BOUND) == 0
    assert not path.exists()


def test_the_next_process_takes_the_place_of_one_that_was_killed(control: Control) -> None:
    """What a killed one left is replaced."""
    path = control.site.places.admin_socket
    control.kill()
    assert path.exists()
    control.start()
    assert asked(path, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n") == b"HTTP/1.1 200"


def test_at_a_reload_the_old_process_leaves_the_new_one_s_socket_alone(tmp_path: Path) -> None:
    """Both run for a while, and the new one has taken the name."""
    path = tmp_path / "admin.sock"
    old, old_number = bind_private(path)
    new, new_number = bind_private(path)
    remove_own(path, old_number)
    assert path.exists()
    remove_own(path, new_number)
    remove_own(path, new_number)
    assert not list(tmp_path.iterdir())
    old.close()
    new.close()


@pytest.fixture
def server(tmp_path: Path) -> AdminServer:
    """A server that has not begun."""
    config = uvicorn.Config(lambda *_: None, lifespan="off", log_config=None)
    config.load()
    made = AdminServer(config, tmp_path / "admin.sock")
    made.lifespan = config.lifespan_class(config)
    return made


def test_whoever_sees_it_wait_on_the_port_is_answered_on_the_socket(
    server: AdminServer, tmp_path: Path
) -> None:
    """The supervisor looks at the port; what it then calls ready, scripts ask on the socket."""
    path = tmp_path / "admin.sock"

    class Ports(list[socket.socket]):
        """Asked for the ports when the server comes to them."""

        def __iter__(self) -> Iterator[socket.socket]:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(path))
            return super().__iter__()

    async def start() -> None:
        with socket.create_server(("127.0.0.1", 0)) as port:
            await server.startup(Ports([port]))
            await server.shutdown()

    asyncio.run(start())
    assert not path.exists()


def test_the_process_of_a_reload_that_failed_gives_the_socket_back(
    server: AdminServer, tmp_path: Path
) -> None:
    """It has taken the name and removed it with its end; who runs on is there again within a second."""
    path = tmp_path / "admin.sock"

    async def outlive() -> None:
        with socket.create_server(("127.0.0.1", 0)) as port:
            await server.startup([port])
            other, number = bind_private(path)
            await server.on_tick(10)
            assert path.stat().st_ino == number  # as long as the other one lives, it is the other one's
            remove_own(path, number)
            other.close()
            await server.on_tick(11)
            assert not path.exists()
            await server.on_tick(20)
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(path))
            await server.shutdown()

    asyncio.run(outlive())
    assert not path.exists()


def test_one_that_is_told_to_end_before_it_begins_takes_no_socket(
    server: AdminServer, tmp_path: Path
) -> None:
    """It would take it from the one that stays."""

    async def end() -> None:
        server.should_exit = True
        with socket.create_server(("127.0.0.1", 0)) as port:
            await server.startup([port])
            await server.on_tick(10)
            assert not (tmp_path / "admin.sock").exists()
            await server.shutdown()

    asyncio.run(end())


def test_what_keeps_it_from_a_socket_is_told_once(
    server: AdminServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """And tried again each second, for a folder may come back."""
    folder = tmp_path / "run"
    server._path = folder / "admin.sock"

    async def wait() -> None:
        with socket.create_server(("127.0.0.1", 0)) as port:
            await server.startup([port])
            await server.on_tick(10)
            await server.on_tick(20)
            folder.mkdir()
            await server.on_tick(30)
            assert server._path.exists()
            await server.shutdown()

    asyncio.run(wait())
    assert [record.getMessage() for record in caplog.records] == [
        f"no Unix socket for the admin side at {server._path}: No such file or directory"
    ]


def test_a_path_that_is_too_long_leaves_nothing_behind(tmp_path: Path) -> None:
    """The system takes 107 bytes."""
    with pytest.raises(OSError, match="too long"):
        bind_private(tmp_path / ("x" * 120))
    assert not list(tmp_path.iterdir())


def test_old_tls_is_not_spoken() -> None:
    """Whatever the system's own configuration says."""
    unused: Any = None
    context = strict_context(unused, lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
