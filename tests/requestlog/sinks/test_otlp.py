"""A collector takes logs and spans, and says what it threw away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.requestlog.sinks import otlp
from gateway.requestlog.sinks.target import Rejected, SendFailed
from tests.requestlog.sinks.collector_site import Collector
from tests.requestlog.sinks.items import items
from tests.requestlog.sinks.log_site import record
from tests.requestlog.sinks.test_otlp_traces import traced
from tests.waiting import BOUND


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A server that takes everything."""
    made = Collector()
    yield made
    made.close()


def test_a_batch_is_one_request(collector: Collector) -> None:
    """As JSON."""
    target = otlp.logs(f"{collector.url}/v1/logs", BOUND, "shop")
    assert target.send(items(record(1), record(2))) is None
    target.close()
    assert collector.log_ids() == [record(1)["id"], record(2)["id"]]
    assert collector.taken[0].path == "/v1/logs"
    assert collector.taken[0].headers["content-type"] == "application/json"


def test_spans_go_where_spans_go(collector: Collector) -> None:
    """Four for each request that was forwarded."""
    target = otlp.traces(f"{collector.url}/v1/traces", BOUND, "shop")
    target.send(items(traced(), traced(span_id="b7ad6b7169203332")))
    target.close()
    assert len(collector.spans()) == 8


@pytest.mark.parametrize("count", [3, "3"])
def test_a_partial_success_is_told(count: int | str, collector: Collector) -> None:
    """It counts as taken, because it must not be sent again."""
    said = f'{{"partialSuccess": {{"rejectedLogRecords": "{count}", "errorMessage": "too old"}}}}'
    collector.answer = lambda _: (200, {}, said.encode())
    target = otlp.logs(collector.url, BOUND, "shop")
    assert target.send(items(record(1))) == Rejected(3, "too old")
    target.close()


@pytest.mark.parametrize(
    "said", [b"", b"{}", b"no JSON", b"[]", b'{"partialSuccess": {}}', b'{"partialSuccess":1}']
)
def test_any_other_success_is_one(said: bytes, collector: Collector) -> None:
    """Whatever its body."""
    collector.answer = lambda _: (200, {}, said)
    target = otlp.logs(collector.url, BOUND, "shop")
    assert target.send(items(record(1))) is None
    target.close()


def test_a_collector_that_is_busy_says_when_to_come_again(collector: Collector) -> None:
    """And is believed."""
    collector.answer = lambda _: (429, {"retry-after": "9"}, b"")
    target = otlp.logs(collector.url, BOUND, "shop")
    with pytest.raises(SendFailed, match="answered 429") as caught:
        target.send(items(record(1)))
    target.close()
    assert caught.value.retry_after == 9.0


def test_a_record_that_json_cannot_hold_is_refused(collector: Collector) -> None:
    """Each list becomes three levels of OTLP: it is refused as the target would, and keeps nobody back."""
    value: object = 1
    for _ in range(150):
        value = [value]
    target = otlp.logs(collector.url, BOUND, "shop")
    with pytest.raises(SendFailed, match="cannot be written") as failure:
        target.send(items(record(1, inputs={"a": value})))
    assert failure.value.refused
    target.close()
