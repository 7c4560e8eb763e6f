"""The TLS listener follows the plan, once what that names can be used; plain HTTP never waits for it."""

from __future__ import annotations

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from gateway.proxy import tls_follower
from gateway.proxy.certificates import TlsProblem
from gateway.proxy.context import Context
from gateway.proxy.tls_follower import TRY_EVERY, TlsFollower
from gateway.routing.settings import Certificate, Tls

ONE, TWO = (Tls("127.0.0.1:1", (Certificate(name, name),)) for name in ("one.pem", "two.pem"))


class Files:
    """Stands for the certificates on the disk and what is done with them; `missing` are not there."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.used: list[str] = []
        self.looks: list[float] = []
        self.listening = 0

    def use(self, tls: Tls) -> None:
        """Load what these settings name."""
        name = tls.certificates[0].cert
        if name in self.missing:
            raise TlsProblem(Path(name), "there is no such file; put one there")
        self.used.append(name)

    def refresh(self, now: float) -> bool:
        """Look at the files."""
        self.looks.append(now)
        return False


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Files:
    """The files of this test."""
    made = Files()

    def load(_folder: Path, tls: Tls) -> Files:
        made.use(tls)
        return made

    def listen(_context: object, listener: socket.socket, _tls: object) -> SimpleNamespace:
        made.listening += 1
        return SimpleNamespace(close=listener.close)

    monkeypatch.setattr(tls_follower, "ServerTls", load)
    monkeypatch.setattr(tls_follower, "TlsListener", listen)
    return made


def follower_of(wanted: Tls | None) -> tuple[TlsFollower, SimpleNamespace]:
    """Return a follower and the context whose `tls` it follows."""
    context = SimpleNamespace(tls=wanted, listens_for_tls=lambda port: None)
    return TlsFollower(cast(Context, context), Path(), socket.socket()), context


def test_other_settings_are_used_once(files: Files) -> None:
    """At each tick the files are looked at, whatever the plan says; without TLS nothing changes."""
    follower, context = follower_of(ONE)
    for now, wanted in enumerate((ONE, TWO, TWO, None, TWO, ONE)):
        context.tls = wanted
        follower.tick(float(now))
    assert files.used == ["one.pem", "two.pem", "one.pem"]
    assert files.looks == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    assert files.listening == 1
    follower.close()


def test_what_cannot_be_used_is_tried_again_and_complained_of_once(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    """Once a second; meanwhile the settings from before hold, and their files are looked after."""
    follower, context = follower_of(ONE)
    follower.tick(0.0)
    context.tls = TWO
    files.missing = {"two.pem"}
    for now in (1.0, 1.1, 1.0 + TRY_EVERY, 1.0 + 2 * TRY_EVERY):
        follower.tick(now)
    assert files.used == ["one.pem"]
    (complaint,) = [line for line in caplog.messages if "no such file" in line]
    assert complaint.startswith("TLS goes on as before: ")
    files.missing = set()
    follower.tick(9.0)
    assert files.used == ["one.pem", "two.pem"]
    follower.close()


def test_a_start_with_broken_files_waits_for_better_ones(
    files: Files, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker serves plain HTTP meanwhile; its report says what is wrong with which certificate."""
    files.missing = {"one.pem"}
    follower, _ = follower_of(ONE)
    follower.tick(0.0)
    follower.tick(0.5)
    (report,) = follower.describe()
    assert report["certificate"] == "one.pem"
    assert "no such file" in report["problem"]
    assert files.listening == 0
    files.missing = set()
    follower.tick(TRY_EVERY)
    assert (files.listening, files.used) == (1, ["one.pem"])
    assert len(caplog.messages) == 1
    follower.close()


def test_a_listener_that_the_plan_no_longer_wants_accepts_nobody(files: Files) -> None:
    """Until a reload closes it."""
    follower, _ = follower_of(None)
    follower.tick(0.0)
    assert (files.listening, follower.describe()) == (0, [])
    follower.close()
