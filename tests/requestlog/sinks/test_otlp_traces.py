"""The spans of a request hang together, and the service's own below them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from gateway.requestlog.sinks.otlp_traces import is_traced, spans, traces_request
from tests.requestlog.sinks.log_site import record
from tests.requestlog.sinks.otlp_reading import parsed
from tests.requestlog.sinks.test_otlp_values import back

TRACE, SPAN, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "00f067aa0ba902b7"


def traced(**more: Any) -> dict[str, Any]:
    """Return the record of a request that is traced."""
    about = {"trace_id": TRACE, "span_id": SPAN, "traced": True, "attempts": 1}
    return record(3, **{**about, "latency_ms": 10.0, "queue_ms": 1.5, "service_ms": 6.0, **more})


def read(found: dict[str, Any]) -> list[Span]:
    """Return the spans as a collector reads them."""
    request = parsed(traces_request([found], "shop"), ExportTraceServiceRequest())
    return list(request.resource_spans[0].scope_spans[0].spans)


def test_the_service_s_spans_hang_below_the_gateway_s() -> None:
    """The traceparent sent to it names the record's span, which is the client span here."""
    server, match, forward, client = read(traced(parent_id=PARENT))
    assert {each.trace_id.hex() for each in (server, match, forward, client)} == {TRACE}
    assert (server.kind, client.kind) == (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT)
    assert server.parent_span_id.hex() == PARENT
    assert match.parent_span_id == forward.parent_span_id == server.span_id
    assert client.parent_span_id == forward.span_id
    assert client.span_id.hex() == SPAN
    assert len({each.span_id for each in (server, match, forward, client)}) == 4
    assert (server.name, match.name, forward.name, client.name) == (
        "POST flights",
        "match",
        "forward",
        "POST blue",
    )
    assert [each.flags for each in (server, match)] == [0x301, 0x101]


def test_time_is_split_as_it_was_spent() -> None:
    """In nanoseconds, ending when the answer was complete."""
    server, match, forward, client = read(traced())
    end = traced()["ts"] * 1000
    begin = end - 10_000_000
    assert (server.start_time_unix_nano, server.end_time_unix_nano) == (begin, end)
    assert (match.start_time_unix_nano, match.end_time_unix_nano) == (begin, begin + 1_500_000)
    assert (forward.start_time_unix_nano, forward.end_time_unix_nano) == (begin + 1_500_000, end)
    assert client.end_time_unix_nano - client.start_time_unix_nano == 6_000_000


def test_without_a_client_s_span_the_gateway_s_is_the_root() -> None:
    """There is nobody above it."""
    server = read(traced())[0]
    assert server.parent_span_id == b""
    assert server.flags == 0x101


def test_a_request_that_no_service_saw_has_two_spans() -> None:
    """The outer one then is the record's own."""
    refused = traced(attempts=0, status=429, outcome="refused")
    for name in ("queue_ms", "service_ms", "version"):
        del refused[name]
    server, match = read(refused)
    assert server.span_id.hex() == SPAN
    assert match.parent_span_id == server.span_id
    assert (match.start_time_unix_nano, match.end_time_unix_nano) == (
        server.start_time_unix_nano,
        server.end_time_unix_nano,
    )
    assert server.status.code == Status.STATUS_CODE_UNSET


@pytest.mark.parametrize(
    ("status", "outcome", "server_failed", "client_failed"),
    [
        (200, "ok", False, False),
        (404, "client_error", False, True),
        (500, "server_error", True, True),
        (504, "timeout", True, True),
        (0, "disconnected", True, True),
    ],
)
def test_failures_are_marked(status: int, outcome: str, server_failed: bool, client_failed: bool) -> None:
    """A 4xx is the client's own doing, so only the span of the one who asked says so."""
    found = read(traced(status=status, outcome=outcome))
    codes = [each.status.code == Status.STATUS_CODE_ERROR for each in found]
    assert codes == [server_failed, False, False, client_failed]


def test_further_tries_are_told() -> None:
    """By the conventions' name."""
    about = {each.key: back(each.value) for each in read(traced(attempts=3))[3].attributes}
    assert about["http.request.resend_count"] == 2
    assert about["gateway.version"] == "blue"


@given(
    latency=st.floats(0, 1e5),
    queue=st.none() | st.floats(0, 2e5),
    service=st.none() | st.floats(0, 2e5),
)
def test_children_lie_within_their_parents(
    latency: float, queue: float | None, service: float | None
) -> None:
    """Whatever the clocks said."""
    times = {"latency_ms": latency, "queue_ms": queue, "service_ms": service}
    found = {each["spanId"]: each for each in spans(traced(**times))}
    for span in found.values():
        begin, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        assert begin <= end
        if parent := found.get(span.get("parentSpanId", "")):
            assert int(parent["startTimeUnixNano"]) <= begin
            assert end <= int(parent["endTimeUnixNano"])


def test_the_same_record_has_the_same_spans() -> None:
    """A repeat makes no second tree."""
    assert spans(traced()) == spans(traced())
    other = {span["spanId"] for span in spans(traced(span_id="b7ad6b7169203332"))}
    assert not other & {span["spanId"] for span in spans(traced())}


def test_only_what_is_sampled_is_traced() -> None:
    """And has ids."""
    assert is_traced(traced())
    assert not is_traced(traced(traced=False))
    assert not is_traced(record(1, traced=True))
