"""Values and names as OpenTelemetry has them."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from gateway.requestlog.sinks.otlp_values import error_type, of_gateway, of_request, value
from tests.requestlog.sinks.log_site import record

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def back(found: AnyValue) -> Any:
    """Return what a collector reads."""
    kind = found.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [back(each) for each in found.array_value.values]
    if kind == "kvlist_value":
        return {each.key: back(each.value) for each in found.kvlist_value.values}
    return getattr(found, kind)


@given(JSON_VALUES)
def test_a_collector_reads_back_any_value(given_value: Any) -> None:
    """Of JSON, with its type."""
    read = back(json_format.ParseDict(value(given_value), AnyValue()))
    assert read == given_value
    assert type(read) is type(given_value)


def test_an_integer_that_is_too_large_becomes_text() -> None:
    """Digits are better than nothing."""
    assert value(2**63) == {"stringValue": "9223372036854775808"}


def test_names_are_those_of_the_conventions() -> None:
    """And what they have no name for is the gateway's own."""
    found = record(1, request_bytes=10, response_bytes=0, queue_ms=1.5)
    assert of_request(found) == {
        "http.request.method": "POST",
        "url.path": "/flights",
        "http.request.body.size": 10,
        "http.response.body.size": 0,
        "http.response.status_code": 200,
    }
    assert of_gateway(found)["gateway.queue_ms"] == 1.5
    assert "gateway.path" not in of_gateway(found)


@pytest.mark.parametrize(
    ("status", "outcome", "error"),
    [
        (200, "ok", ""),
        (404, "client_error", ""),
        (429, "refused", ""),
        (500, "server_error", "500"),
        (502, "bad_gateway", "bad_gateway"),
        (504, "timeout", "timeout"),
        (0, "disconnected", "disconnected"),
    ],
)
def test_what_failed_has_a_word(status: int, outcome: str, error: str) -> None:
    """A status where the service failed itself."""
    assert error_type(record(1, status=status, outcome=outcome)) == error
    assert ("http.response.status_code" in of_request(record(1, status=status))) == bool(status)
