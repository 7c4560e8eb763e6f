"""What is not there that the log needs is told, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.log.needs import missing
from gateway.requestlog.policy import LogSettings, Sink, Tracing
from gateway.routing.plan import UNITS, Route, RoutingPlan, Service

KEY = "00" * 32


def plan(*sinks: Sink, key: str = "", otlp: str = "") -> RoutingPlan:
    """Return a plan with these sinks, this key and this collector."""
    return RoutingPlan(
        (Service("blue", model="m"),),
        (Route("r", "/", "blue", (("blue", UNITS),)),),
        log=LogSettings(encryption_key=key),
        sinks=sinks,
        tracing=Tracing(otlp=otlp),
    )


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GATEWAY_TEST_NONE", raising=False)
    monkeypatch.setenv("GATEWAY_TEST_KEY", KEY)
    monkeypatch.setenv("GATEWAY_TEST_BAD", "short")


def test_where_all_is_there_nothing_is_told(tmp_path: Path) -> None:
    """By file or variable; and where nothing is asked for."""
    (tmp_path / "key").write_text(KEY)
    (tmp_path / KEY).mkdir()
    sinks = (Sink("lake", "directory", "${GATEWAY_TEST_KEY}"), Sink("bus", "kafka", "${GATEWAY_TEST_KEY}:1"))
    for key in ("", "key", "${GATEWAY_TEST_KEY}"):
        assert missing(plan(*sinks, key=key, otlp="http://${GATEWAY_TEST_KEY}/v1"), tmp_path) == []


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("none", "none cannot be read"),
        ("${GATEWAY_TEST_NONE}", "the environment variable GATEWAY_TEST_NONE is not set"),
        ("${GATEWAY_TEST_BAD}", "GATEWAY_TEST_BAD holds 5 characters that are not 32 bytes"),
    ],
)
def test_a_key_that_is_none_is_told_with_what_comes_of_it(tmp_path: Path, setting: str, says: str) -> None:
    """And how to make one."""
    [told] = missing(plan(key=setting), tmp_path)
    assert says in told
    assert "openssl rand -base64 32; without it, fields to `encrypt` are left out" in told


def test_variables_and_folders_of_sinks_and_tracing_are_told(tmp_path: Path) -> None:
    """By the sink's name."""
    sinks = (Sink("lake", "directory", "exports"), Sink("bus", "kafka", "${GATEWAY_TEST_NONE}"))
    lake, bus, tracing = missing(plan(*sinks, otlp="${GATEWAY_TEST_NONE}"), tmp_path)
    assert lake == f"sink lake: the folder {tmp_path / 'exports'} does not exist; make it, or mount it"
    assert bus.startswith("sink bus: the environment of the gateway has no GATEWAY_TEST_NONE")
    assert tracing.startswith("tracing: the environment of the gateway has no GATEWAY_TEST_NONE")
