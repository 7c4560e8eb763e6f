"""Debian's redis-server on a Unix socket, killed and started again with what it had."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import redis

from tests.missing import missing

STREAM = "records"
START = 60.0


def require_redis() -> None:
    """Fail on CI where redis-server is missing; elsewhere skip."""
    if shutil.which("redis-server") is None:
        missing("not installed: redis-server (apt-get install redis-server)")


class Redis:
    """A server that has everything on disk before it says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._client: Any = redis.Redis.from_url(self.url)
        self.up()

    def up(self) -> None:
        """Start it and wait until it answers."""
        settings = [
            "--port",
            "0",
            "--unixsocket",
            str(self._socket),
            "--dir",
            str(self._folder),
            "--save",
            "",
        ]
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *settings, *durable], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START
        while True:
            try:
                self._client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline, (self._folder / "redis.log").read_text()
                time.sleep(0.02)

    def down(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(START)

    def entries(self) -> list[dict[str, str]]:
        """Return the stream's entries in order, repeats included."""
        found = self._client.xrange(STREAM)
        return [{key.decode(): value.decode() for key, value in entry.items()} for _, entry in found]

    def ids(self) -> list[str]:
        """Return the ids of the stream's entries, repeats included."""
        return [entry["id"] for entry in self.entries()]

    def close(self) -> None:
        """End it."""
        self._client.close()
        self.down()
