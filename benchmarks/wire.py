"""Just enough of HTTP/1.1 to tell when an answer has arrived whole; fast, as it runs on the load's core.

Measuring only: the servers read here are the ones the benchmark started itself.
"""

from __future__ import annotations

from dataclasses import dataclass


class Broken(Exception):
    """The server hung up, or sent what this reader does not know."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the books need to know of one answer."""

    status: int
    version: bytes  # of x-model-version, b"" without one
    keep_alive: bool


def read_answer(data: bytes) -> Answer | None:
    """Read one answer, None while it is not whole yet; raises Broken when it can never be."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower() + b"\r\n"
    if not head.startswith(b"http/1.1 "):
        raise Broken(f"not an HTTP/1.1 answer: {data[:40]!r}")
    if not _is_whole(head, data, end + 4):
        return None
    keep_alive = b"\r\nconnection: close\r\n" not in head
    return Answer(int(head[9:12]), _field(head, b"\r\nx-model-version: "), keep_alive)


def _is_whole(head: bytes, data: bytes, start: int) -> bool:
    length = _field(head, b"\r\ncontent-length: ")
    if length:
        return len(data) - start >= int(length)
    if b"\r\ntransfer-encoding: chunked\r\n" in head:
        return data.endswith(b"0\r\n\r\n")
    raise Broken("an answer with neither content-length nor chunks")


def _field(head: bytes, mark: bytes) -> bytes:
    at = head.find(mark)
    if at < 0:
        return b""
    at += len(mark)
    return head[at : head.find(b"\r\n", at)]
