"""What a connection to a service tells whoever asked."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from gateway.http.headers import Shape


class Answer(NamedTuple):
    """The head of an answer; `framing` is its length or one of `message`'s marks."""

    head: bytes
    status: int
    framing: int
    fields: dict[bytes, bytes]
    shape: Shape


class Answered(Protocol):
    """Who asked: told of the answer piece by piece, then of its end or its failure."""

    method: bytes

    def interim(self, head: bytes) -> None:
        """A 1xx head came; the answer proper is still to come."""

    def answer(self, answer: Answer, body: bytes, complete: bool) -> None:
        """The head came, with what there is of the body."""

    def answer_body(self, body: bytes, complete: bool) -> None:
        """More of the body came."""

    def switched(self, head: bytes, rest: bytes) -> None:
        """The service leaves HTTP as asked: give the connection its `tunnel`; the client gets this 101."""

    def answer_failed(self, why: str) -> None:
        """The connection ended or broke the rules before the answer was whole."""

    def upstream_writable(self, writable: bool) -> None:
        """The service takes more of the request's body, or cannot for now."""
