"""The TLS listener follows the plan, once what that names can be used."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from gateway.proxy.certificates import TlsProblem
from gateway.proxy.tls import ServerTls
from gateway.proxy.tls_follower import TRY_EVERY, TlsFollower
from gateway.routing.settings import Certificate, Tls

ONE, TWO = (Tls("127.0.0.1:1", (Certificate(name, name),)) for name in ("one.pem", "two.pem"))


class Listener:
    """Stands for the TLS of a listener; `missing` are settings whose files are not there."""

    def __init__(self) -> None:
        self.used: list[Tls] = []
        self.looks: list[float] = []
        self.missing: Tls | None = None

    def use(self, tls: Tls) -> None:
        """Follow other settings."""
        self.used.append(tls)
        if tls == self.missing:
            raise TlsProblem(Path("two.pem"), "there is no such file; put one there")

    def refresh(self, now: float) -> bool:
        """Look at the files."""
        self.looks.append(now)
        return False


@pytest.fixture
def listener() -> Listener:
    """A listener that was opened with the first settings."""
    return Listener()


@pytest.fixture
def follower(listener: Listener) -> TlsFollower:
    """Who has it follow the plan."""
    return TlsFollower(cast(ServerTls, listener), ONE)


def test_other_settings_are_used_once(listener: Listener, follower: TlsFollower) -> None:
    """At each tick the files are looked at, whatever the plan says; without TLS nothing changes."""
    for now, wanted in enumerate((ONE, TWO, TWO, None, TWO, ONE)):
        follower.tick(wanted, float(now))
    assert listener.used == [TWO, ONE]
    assert listener.looks == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]


def test_what_cannot_be_used_is_tried_again_and_complained_of_once(
    listener: Listener, follower: TlsFollower, caplog: pytest.LogCaptureFixture
) -> None:
    """Now and then, not at each tick: the files may come after the plan that names them."""
    listener.missing = TWO
    for tenth in range(25):
        follower.tick(TWO, 100 + tenth / 10)
    assert listener.used == [TWO, TWO, TWO]
    assert len(caplog.records) == 1
    assert "TLS goes on with the settings from before: two.pem: there is no such file" in caplog.text
    listener.missing = None
    follower.tick(TWO, 103 + TRY_EVERY)
    follower.tick(TWO, 104 + TRY_EVERY)
    assert listener.used == [TWO] * 4
