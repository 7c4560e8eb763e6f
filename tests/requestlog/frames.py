"""Frames as workers leave them, for tests."""

from __future__ import annotations

from typing import Any, NamedTuple

from gateway.requestlog.frame import HEAD, read_frame, read_shared

TEXTS = ("method", "path", "route", "version", "chosen", "key", "request_type", "response_type")
IDS = ("id", "trace", "span", "parent")
BODIES = ("request_body", "response_body")
NUMBERS: dict[str, int] = {
    "flags": 0,
    "n": 0,
    "ended": 1_700_000_000_000_000,
    "request_bytes": 10,
    "response_bytes": 20,
    "latency": 12_345,
    "queue": 45,
    "service": 12_000,
    "revision": 7,
    "status": 200,
    "outcome": 0,
    "why": 0,
    "attempts": 1,
}
DEFAULTS: dict[str, Any] = {
    **NUMBERS,
    "id": bytes.fromhex("11" * 16),
    "trace": bytes.fromhex("22" * 16),
    "span": bytes.fromhex("33" * 8),
    "parent": bytes(8),
    "method": b"POST",
    "path": b"/v2/models/m/infer",
    "route": b"flights",
    "version": b"v2",
    "chosen": b"v2",
    "key": b"",
    "request_type": b"application/json",
    "response_type": b"application/json",
    "request_body": b"",
    "response_body": b"",
}
REQUEST = b'{"inputs":[{"name":"hour","shape":[1],"datatype":"FP32","data":[7.5]}]}'
RESPONSE = b'{"outputs":[{"name":"late","shape":[1],"datatype":"FP32","data":[0.25]}]}'


def frame(**changed: Any) -> bytes:
    """Return a frame as it stands in a ring, without padding; what is not said is as in `DEFAULTS`.

    Ids are bytes here, and in hex there.
    """
    it = {**DEFAULTS, **changed}
    texts = [it[name] for name in ("method", "path", "route", "version", "chosen", "key")]
    texts += [it[name] for name in ("request_type", "response_type", *BODIES)]
    size = HEAD.size + sum(map(len, texts))
    head = HEAD.pack(
        size, it["flags"], it["n"], it["ended"], it["request_bytes"], it["response_bytes"],
        *(it[name].hex().encode() for name in IDS), it["latency"], it["queue"], it["service"],
        len(it["request_body"]), len(it["response_body"]), len(it["key"]), len(it["request_type"]),
        len(it["response_type"]), it["attempts"], it["revision"], it["status"], len(it["path"]),
        len(it["route"]), len(it["version"]), len(it["chosen"]), len(it["method"]), it["outcome"], it["why"],
    )  # fmt: skip
    return head + b"".join(texts)


class Whole(NamedTuple):
    """A frame with all that it says, what it has in common with others included."""

    flags: int
    n: int
    ended: int
    request_bytes: int
    response_bytes: int
    id: bytes
    trace: bytes
    span: bytes
    parent: bytes
    latency: int
    queue: int
    service: int
    revision: int
    status: int
    outcome: int
    why: int
    attempts: int
    method: bytes
    path: bytes
    route: bytes
    version: bytes
    chosen: bytes
    key: bytes
    request_type: bytes
    response_type: bytes
    request_body: bytes
    response_body: bytes


def read(data: bytes) -> Whole:
    """Read all of a frame, ids as bytes; raises ValueError where it is none."""
    found = read_frame(data)
    shared = read_shared(found.shared)._asdict()
    told = {name: shared[name] if name in shared else getattr(found, name) for name in Whole._fields}
    return Whole(**told | {name: bytes.fromhex(told[name].decode()) for name in IDS})
