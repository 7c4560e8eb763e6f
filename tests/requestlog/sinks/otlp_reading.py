"""OTLP's JSON read as collectors read it: into the protocol's own messages."""

from __future__ import annotations

import base64
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message

_IDS = ("traceId", "spanId", "parentSpanId")
M = TypeVar("M", bound=Message)


def parsed(document: dict[str, Any], into: M) -> M:
    """Read a request; unlike protobuf's own JSON form, OTLP writes ids in hexadecimal."""
    json_format.ParseDict(_with_ids(document), into)
    return into


def _with_ids(found: Any) -> Any:
    if isinstance(found, list):
        return [_with_ids(each) for each in found]
    if isinstance(found, dict):
        return {
            name: base64.b64encode(bytes.fromhex(each)).decode() if name in _IDS else _with_ids(each)
            for name, each in found.items()
        }
    return found
