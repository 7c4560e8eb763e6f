"""Writes of one turn, sent together."""

from __future__ import annotations

import asyncio

from gateway.proxy.outbox import LARGE, Outbox
from tests.proxy.stage import Stage


class Recorder(asyncio.Transport):
    """A transport that remembers what it was given, in a list that several may share."""

    def __init__(self, sent: list[tuple[str, bytes]], name: str) -> None:
        super().__init__()
        self.sent, self.name, self.closing = sent, name, False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Remember data."""
        self.sent.append((self.name, bytes(data)))

    def is_closing(self) -> bool:
        """Tell what the test set."""
        return self.closing


async def test_writes_wait_for_the_end_of_the_turn_in_order(stage: Stage) -> None:
    """Across connections too."""
    sent: list[tuple[str, bytes]] = []
    outbox, one, two = Outbox(asyncio.get_running_loop()), Recorder(sent, "1"), Recorder(sent, "2")
    for transport, data in ((one, b"a"), (two, b"b"), (one, b"c")):
        outbox.write(transport, data)
    assert sent == []
    await asyncio.sleep(0)
    assert sent == [("1", b"a"), ("2", b"b"), ("1", b"c")]
    outbox.write(one, b"d")
    await asyncio.sleep(0)
    assert sent[3:] == [("1", b"d")]


async def test_flush_sends_at_once_and_only_once(stage: Stage) -> None:
    """Before a transport is closed, for example."""
    sent: list[tuple[str, bytes]] = []
    outbox, one = Outbox(asyncio.get_running_loop()), Recorder(sent, "1")
    outbox.write(one, b"a")
    outbox.flush()
    assert sent == [("1", b"a")]
    await asyncio.sleep(0)
    assert len(sent) == 1


async def test_a_large_part_does_not_wait(stage: Stage) -> None:
    """Else nothing could hold its sender back within the turn; what waits goes before it."""
    sent: list[tuple[str, bytes]] = []
    outbox, one = Outbox(asyncio.get_running_loop()), Recorder(sent, "1")
    outbox.write(one, b"a")
    outbox.write_part(one, b"b" * LARGE)
    assert sent == []
    outbox.write_part(one, b"c" * (LARGE + 1))
    assert [data[:1] for _, data in sent] == [b"a", b"b", b"c"]


async def test_nothing_is_written_to_a_closing_connection(stage: Stage) -> None:
    """The others get theirs."""
    sent: list[tuple[str, bytes]] = []
    outbox, one, two = Outbox(asyncio.get_running_loop()), Recorder(sent, "1"), Recorder(sent, "2")
    outbox.write(one, b"a")
    outbox.write(two, b"b")
    one.closing = True
    outbox.flush()
    assert sent == [("2", b"b")]
