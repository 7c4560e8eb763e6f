"""A port that is named before anybody listens on it."""

from __future__ import annotations

import itertools
import socket

import pytest

from benchmarks import free_port as module
from benchmarks.free_port import COUNT, FIRST, free_port


def test_each_is_drawn_once_and_can_be_listened_on() -> None:
    """Of those that the system gives to nobody by itself."""
    drawn = [free_port() for _ in range(5)]
    assert len(set(drawn)) == 5
    assert all(FIRST <= port < FIRST + COUNT for port in drawn)
    for port in drawn:
        socket.create_server(("127.0.0.1", port)).close()


def test_one_that_somebody_has_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever address it listens on."""
    turn = next(module._turns)
    monkeypatch.setattr(module, "_turns", itertools.count(turn))
    first = free_port()
    monkeypatch.setattr(module, "_turns", itertools.count(turn))
    with socket.create_server(("127.0.0.1", first)):
        assert free_port() != first


def test_where_none_is_left_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than a port of somebody else's."""
    monkeypatch.setattr(module, "_turns", iter(()))
    with pytest.raises(AssertionError, match="no port is free"):
        free_port()
