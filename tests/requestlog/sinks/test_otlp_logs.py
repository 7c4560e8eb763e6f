"""A record is a log record that collectors understand."""

from __future__ import annotations

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from gateway.requestlog.sinks.otlp_logs import logs_request
from tests.requestlog.sinks.log_site import record
from tests.requestlog.sinks.otlp_reading import parsed
from tests.requestlog.sinks.test_otlp_values import back


def test_it_parses_as_the_protocol_s_own_message() -> None:
    """Time, severity, ids, attributes and body are where they belong."""
    found = record(3, trace_id="0af7651916cd43dd8448eb211c80319c", span_id="b7ad6b7169203331", traced=True)
    request = parsed(logs_request([found, record(4)], "shop"), ExportLogsServiceRequest())
    (resource,) = request.resource_logs
    assert {each.key: back(each.value) for each in resource.resource.attributes} == {"service.name": "shop"}
    first, second = resource.scope_logs[0].log_records
    assert first.time_unix_nano == found["ts"] * 1000
    assert first.trace_id.hex() == found["trace_id"]
    assert first.span_id.hex() == found["span_id"]
    assert (first.flags, second.flags, second.trace_id) == (1, 0, b"")
    about = {each.key: back(each.value) for each in first.attributes}
    assert about["log.record.uid"] == found["id"]
    assert about["http.response.status_code"] == 200
    assert about["gateway.version"] == "blue"
    assert back(first.body) == {"inputs": found["inputs"], "outputs": found["outputs"]}


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (200, SeverityNumber.SEVERITY_NUMBER_INFO),
        (404, SeverityNumber.SEVERITY_NUMBER_WARN),
        (0, SeverityNumber.SEVERITY_NUMBER_WARN),
        (502, SeverityNumber.SEVERITY_NUMBER_ERROR),
    ],
)
def test_severity_follows_the_status(status: int, severity: int) -> None:
    """A client that left is a warning."""
    request = parsed(logs_request([record(1, status=status)], "x"), ExportLogsServiceRequest())
    assert request.resource_logs[0].scope_logs[0].log_records[0].severity_number == severity


def test_a_record_without_bodies_has_no_body() -> None:
    """Nothing is made up."""
    bare = {name: value for name, value in record(1).items() if name not in ("inputs", "outputs")}
    request = parsed(logs_request([bare], "x"), ExportLogsServiceRequest())
    assert not request.resource_logs[0].scope_logs[0].log_records[0].HasField("body")
