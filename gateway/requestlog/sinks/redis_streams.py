"""Records as entries of a Redis stream, each with its id beside its data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.extras import install
from gateway.outcall import CallFailed, from_environment
from gateway.requestlog.sinks.target import MEBIBYTE, Item, SendFailed

MOST_ENTRIES = 1_000_000
"""About how many entries a stream keeps; the oldest go first."""


class RedisStreams:
    """Adds entries in one pipeline for each batch; raises SendFailed where the package redis is missing."""

    linger = 0.0
    most_bytes = MEBIBYTE

    def __init__(self, target: str, stream: str, timeout: float) -> None:
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError:
            raise SendFailed(f"a Redis sink needs redis: {install('redis')}") from None
        self._error = redis.RedisError
        self._stream = stream
        try:
            self._client: Any = redis.Redis.from_url(
                from_environment(target),
                socket_timeout=timeout,
                socket_connect_timeout=timeout,
                retry=Retry(NoBackoff(), 0),  # the pump waits and tries again itself
            )
        except (CallFailed, ValueError) as error:
            raise SendFailed(str(error)) from None

    def send(self, items: Sequence[Item]) -> None:
        """Add the items and read every answer; raises SendFailed."""
        pipeline = self._client.pipeline(transaction=False)
        for item in items:
            entry = {"id": str(item.record.get("id", "")), "data": item.line}
            pipeline.xadd(self._stream, entry, maxlen=MOST_ENTRIES, approximate=True)
        try:
            pipeline.execute()
        except (self._error, OSError) as error:
            raise SendFailed(f"Redis did not take it: {_said(error)}") from None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def _said(error: Exception) -> str:
    """Return what the server said; the package puts the command before it, data and all."""
    return str(error).rpartition("of pipeline caused error: ")[2]
