"""Events as KServe's payload logger sends them, in CloudEvents' binary mode."""

from __future__ import annotations

from collections.abc import Iterator

import orjson
import pytest

from gateway.requestlog.sinks.cloudevents import CloudEvents, events
from gateway.requestlog.sinks.target import SendFailed
from gateway.requestlog.sinks.wire import Wire
from tests.requestlog.sinks.collector_site import Collector
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import record
from tests.waiting import BOUND


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A server that takes everything."""
    made = Collector()
    yield made
    made.close()


def test_a_record_becomes_two_events_with_one_id(collector: Collector) -> None:
    """Of KServe's types, with its extensions; the data is Open Inference JSON."""
    target = CloudEvents(Wire(f"{collector.url}/broker", BOUND), "prod")
    target.send(items(record(5, trace_id="ab" * 16, span_id="cd" * 8, traced=True)))
    target.close()
    request, response = collector.taken
    given = {name: value for name, value in request.headers.items() if name.startswith("ce-")}
    assert given == {
        "ce-specversion": "1.0",
        "ce-id": f"{5:032x}",
        "ce-type": "org.kubeflow.serving.inference.request",
        "ce-source": "/routes/flights",
        "ce-time": "2026-11-18T11:06:40.005000Z",
        "ce-inferenceservicename": "flights",
        "ce-namespace": "prod",
        "ce-component": "predictor",
        "ce-endpoint": "blue",
        "ce-traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01",
    }
    assert request.headers["content-type"] == "application/json"
    assert orjson.loads(request.body)["inputs"][0]["data"] == [105]
    assert response.headers["ce-type"] == "org.kubeflow.serving.inference.response"
    assert response.headers["ce-id"] == request.headers["ce-id"]
    assert orjson.loads(response.body)["outputs"][0]["data"] == [0.25]


@pytest.mark.parametrize("status", [0, 404, 503])
def test_an_answer_that_is_no_200_has_no_event(status: int) -> None:
    """As in KServe: there is nothing that was inferred."""
    assert len(events(record(1, status=status), "prod")) == 1


def test_attributes_are_escaped() -> None:
    """Whatever a name holds, a header stays one line of ASCII."""
    headers, _ = events(record(1, version='bl"ü %\r\n'), "prod")[0]
    assert headers["ce-endpoint"] == "bl%22%C3%BC%20%25%0D%0A"


def test_what_was_taken_before_a_failure_is_known(collector: Collector) -> None:
    """So that it is not sent again."""
    bad = record(2)["id"]
    collector.answer = lambda asked: (422 if asked.headers["ce-id"] == bad else 202, {}, b"")
    target = CloudEvents(Wire(collector.url, BOUND), "prod")
    with pytest.raises(SendFailed) as caught:
        target.send(items(*map(record, range(5))))
    target.close()
    assert (caught.value.done, caught.value.refused) == (2, True)
    assert len(collector.taken) == 4


def test_a_record_that_cannot_be_written_is_refused(collector: Collector) -> None:
    """It is put aside like one that the target refuses, so that those behind it are sent."""
    target = CloudEvents(Wire(collector.url, BOUND), "prod")
    with pytest.raises(SendFailed, match="cannot be written") as caught:
        target.send(items(record(0), record(1, ts=10**18)))
    target.close()
    assert (caught.value.done, caught.value.refused) == (1, True)
