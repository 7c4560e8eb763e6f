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
from tests.control.conftest import BOUND

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


def test_whoever_sees_it_wait_on_the_port_is_answered_on_the_socket(tmp_path: Path) -> None:
    """The supervisor looks at the port; what it then calls ready, scripts ask on the socket."""
    path = tmp_path / "admin.sock"

    class Ports(list[socket.socket]):
        """Asked for the ports when the server comes to them."""

        def __iter__(self) -> Iterator[socket.socket]:
            with socket.socket(socket.AF_UNIX) as wire:
                wire.connect(str(path))
            return super().__iter__()

    async def start() -> None:
        config = uvicorn.Config(lambda *_: None, lifespan="off", log_config=None)
        config.load()
        server = AdminServer(config, path)
        server.lifespan = config.lifespan_class(config)
        with socket.create_server(("127.0.0.1", 0)) as port:
            await server.startup(Ports([port]))
            assert len(server.servers) == 2
            await server.shutdown()

    asyncio.run(start())
    assert not path.exists()


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
