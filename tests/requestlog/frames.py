"""Frames as workers leave them, for tests."""

from __future__ import annotations

from typing import Any

from gateway.requestlog.frame import HEAD

TEXTS = ("method", "path", "route", "version", "chosen", "key", "request_type", "response_type")
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
    """Return a frame as it stands in a ring, without padding; what is not said is as in `DEFAULTS`."""
    it = {**DEFAULTS, **changed}
    texts = [it[name] for name in ("method", "path", "route", "version", "chosen", "key")]
    texts += [it[name] for name in ("request_type", "response_type", *BODIES)]
    size = HEAD.size + sum(map(len, texts))
    head = HEAD.pack(
        size, it["flags"], it["n"], it["ended"], it["request_bytes"], it["response_bytes"],
        it["id"], it["trace"], it["span"], it["parent"], it["latency"], it["queue"], it["service"],
        it["revision"], len(it["request_body"]), len(it["response_body"]), it["status"],
        len(it["path"]), len(it["key"]), len(it["route"]), len(it["version"]), len(it["chosen"]),
        len(it["method"]), len(it["request_type"]), len(it["response_type"]),
        it["outcome"], it["why"], it["attempts"],
    )  # fmt: skip
    return head + b"".join(texts)
