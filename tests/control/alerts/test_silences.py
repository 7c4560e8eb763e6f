"""Alerts free of HTTP."""

from __future__ import annotations

import pytest

from gateway.control.alerts import silences as alerts
from gateway.control.alerts.models import NewSilence
from gateway.control.changes import Asker
from gateway.control.problems import Refusal
from tests.control.conftest import Site


def test_a_silence_can_be_asked_for_and_ended_once(site: Site) -> None:
    """By its number."""
    body = NewSilence(rule="errors", reason="a test")
    made = alerts.silence(site.places, Asker("api:test", "a test", None), body)
    assert (made["rule"], made["author"]) == ("errors", "api:test")
    assert alerts.unsilence(site.places, made["id"])["id"] == made["id"]
    with pytest.raises(Refusal, match="no silence"):
        alerts.unsilence(site.places, made["id"])


def test_an_unknown_route_is_told_of(site: Site) -> None:
    """A known one has nothing yet."""
    with pytest.raises(Refusal, match="nowhere"):
        alerts.monitor(site.places, "nowhere", "")
    assert alerts.monitor(site.places, "late", "")["values"] == []
    assert alerts.alerts(site.places, everything=True) == {"alerts": [], "silences": []}
