"""Traces: continued or started, with a span of the gateway's own where spans are exported."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.proxy.tracing import given_trace
from gateway.requestlog.frame import TRACED
from tests.proxy.logged import frame, of_policy, policy, tracing
from tests.proxy.peer import OK, field
from tests.proxy.stage import Gateway, Stage
from tests.requestlog.frames import Whole

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"traceparent: 00-{TRACE}-{PARENT}-0%d\r\ntracestate: a=b\r\n"
SPAN = "(?!0{16})([0-9a-f]{16})"


async def asked(stage: Stage, gateway: Gateway, lines: str) -> str:
    """Send a request with these header lines; return its id."""
    client = await stage.client(gateway.port)
    await client.send(f"GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
    found = field((await client.answer())[0], "x-request-id")
    assert found is not None
    return found


async def passed(stage: Stage, lines: str, share: float | None) -> tuple[str, bytes, Whole]:
    """Send a request through a gateway that traces such a share; return its id, what came, its frame."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    if share is not None:
        gateway.change(tracing(share))
    found = await asked(stage, gateway, lines)
    return found, blue.requests[0], await frame(gateway)


@pytest.mark.parametrize("is_sampled", [0, 1])
@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_the_gateways_span_stands_between_the_clients_and_the_services(
    stage: Stage, is_sampled: int, share: float
) -> None:
    """In the client's trace, whose decision and state pass on; our own share does not matter."""
    _, head, found = await passed(stage, GIVEN % is_sampled, share)
    sent = re.fullmatch(f"00-{TRACE}-{SPAN}-0{is_sampled}", field(head, "traceparent") or "")
    assert sent is not None
    assert sent[1] != PARENT
    assert field(head, "tracestate") == "a=b"
    assert (found.trace.hex(), found.span.hex(), found.parent.hex()) == (TRACE, sent[1], PARENT)
    assert bool(found.flags & TRACED) == bool(is_sampled)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("lines", ["", "traceparent: nonsense\r\ntracestate: a=b\r\n"])
async def test_a_trace_that_begins_here_is_traced_by_its_share(
    stage: Stage, lines: str, share: float
) -> None:
    """Its id is the request's, and a state that belongs to nothing is dropped."""
    identity, head, found = await passed(stage, lines, share)
    sent = re.fullmatch(f"00-{identity}-{SPAN}-0{int(share)}", field(head, "traceparent") or "")
    assert sent is not None
    assert field(head, "tracestate") is None
    assert (found.trace.hex(), found.span.hex(), found.parent) == (identity, sent[1], bytes(8))
    assert bool(found.flags & TRACED) == bool(share)


async def test_a_half_is_told_by_the_id(stage: Stage) -> None:
    """By the same bits as the log's own sample, so that what is traced is logged."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    gateway.change(tracing(0.5))
    for _ in range(20):
        identity = await asked(stage, gateway, "")
        is_traced = int(identity[-8:], 16) < 2**31
        assert bool((await frame(gateway)).flags & TRACED) == is_traced
        assert (field(blue.requests[-1], "traceparent") or "").endswith("-01") == is_traced


@pytest.mark.parametrize("given", [f"00-{TRACE}-{PARENT}-01", f"cc-{TRACE}-{PARENT}-00-more"])
async def test_without_export_a_clients_trace_passes_as_it_is(stage: Stage, given: str) -> None:
    """The frame has its ids, so that records and the client's spans can be joined."""
    _, head, found = await passed(stage, f"TraceParent: {given}\r\ntracestate: a=b\r\n", None)
    assert (field(head, "traceparent"), field(head, "tracestate")) == (given, "a=b")
    assert (found.trace.hex(), found.span, found.parent.hex()) == (TRACE, bytes(8), PARENT)
    assert not found.flags & TRACED


async def test_without_export_a_trace_is_started_untraced(stage: Stage) -> None:
    """The frame has the ids that the service was told."""
    identity, head, found = await passed(stage, "", None)
    sent = re.fullmatch(f"00-{identity}-{SPAN}-00", field(head, "traceparent") or "")
    assert sent is not None
    assert (found.trace.hex(), found.span.hex()) == (identity, sent[1])
    assert not found.flags & TRACED


@pytest.mark.parametrize("change", [of_policy(None), policy(sample=0.0)])
async def test_a_request_that_is_not_logged_has_no_span(stage: Stage, change: object) -> None:
    """Nobody would ever hear of it, and the service's spans would hang on nothing."""
    blue = await stage.service(OK)
    gateway = await stage.gateway(blue=blue)
    gateway.change(tracing(1.0))
    gateway.change(change)  # type: ignore[arg-type]
    await asked(stage, gateway, GIVEN % 1)
    assert field(blue.requests[0], "traceparent") == f"00-{TRACE}-{PARENT}-01"
    identity = await asked(stage, gateway, "")
    assert re.fullmatch(f"00-{identity}-{SPAN}-00", field(blue.requests[1], "traceparent") or "")


async def test_the_share_follows_the_plan(stage: Stage) -> None:
    """Without a collector nothing is traced any more."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.change(tracing(1.0))
    await asked(stage, gateway, "")
    assert (await frame(gateway)).flags & TRACED
    gateway.change(lambda plan: replace(plan, tracing=replace(plan.tracing, otlp="")))
    await asked(stage, gateway, "")
    assert not (await frame(gateway)).flags & TRACED


_SHAPES = Shapes(FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN))
_HEX = st.sampled_from("0123456789abcdef")


@given(st.text(_HEX, min_size=52, max_size=52), st.sampled_from(["00", "01", "ff", "7a"]))
@settings(max_examples=200)
def test_every_well_formed_trace_is_taken(digits: str, version: str) -> None:
    """But for ids of nothing but zeros, and the version that is none."""
    trace, parent, flags = digits[:32], digits[32:48], digits[48:50]
    value = f"{version}-{trace}-{parent}-{flags}".encode()
    fields = {b"Traceparent": value}
    is_valid = version != "ff" and bool(trace.strip("0")) and bool(parent.strip("0"))
    assert given_trace(fields, _SHAPES.of(fields)) == (value if is_valid else b"")
