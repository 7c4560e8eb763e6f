"""A worker's report: written whole or not at all, read back as it was meant."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway.monitoring.health_report import (
    VERSION,
    CertificateView,
    Reporter,
    ServiceView,
    document,
    read,
    report_path,
    write,
)

DOCUMENT: dict[str, Any] = {
    "services": {
        "canary": {"replicas": {"127.0.0.1:9003": "ejected"}, "breaker": "half_open", "waiting": 4},
        "blue": {"replicas": {"/run/blue-ab-0.sock": "up"}},
    },
    "tunnels": 3,
    "certificates": [
        {"file": "tls/api.pem", "names": ["api.example.org"], "not_after": 1_790_000_000, "problem": ""}
    ],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where worker 2 reports."""
    return report_path(tmp_path, 2)


def test_what_was_written_is_read(path: Path) -> None:
    """Services, tunnels, certificates and who wrote them."""
    write(path, DOCUMENT)
    found = read(path)
    assert path.name == "worker-2.health"
    assert found.pid == os.getpid()
    assert found.services["canary"] == ServiceView({"127.0.0.1:9003": "ejected"}, "half_open", 4)
    assert found.services["blue"] == ServiceView({"/run/blue-ab-0.sock": "up"}, "", 0)
    assert found.tunnels == 3
    assert found.certificates == (CertificateView("tls/api.pem", ("api.example.org",), 1_790_000_000, ""),)


def test_a_document_is_made_of_what_a_worker_has(path: Path) -> None:
    """Replicas are put under their service, with its breaker and this worker's queue."""

    def replica(service: str, address: str, state: str, breaker: str) -> dict[str, Any]:
        return {
            "service": service,
            "replica": address,
            "state": state,
            "outstanding": 1,
            "breaker": breaker,
        }

    replicas = [
        {**replica("canary", "127.0.0.1:9003", "down", "open"), "reason": "connection refused"},
        replica("canary", "127.0.0.1:9004", "warming", "open"),
        replica("blue", "/run/blue-ab-0.sock", "up", ""),
    ]
    certificate = {"certificate": "a.pem", "names": ["a.example"], "not_after": 5.0, "problem": "no key"}
    write(path, document(replicas, {"canary": 7}, 2, [certificate]))
    found = read(path)
    assert dict(found.services) == {
        "canary": ServiceView(
            {"127.0.0.1:9003": "down", "127.0.0.1:9004": "warming"},
            "open",
            7,
            {"127.0.0.1:9003": "connection refused"},
        ),
        "blue": ServiceView({"/run/blue-ab-0.sock": "up"}, "", 0),
    }
    assert found.tunnels == 2
    assert found.certificates == (CertificateView("a.pem", ("a.example",), 5.0, "no key"),)


def test_an_empty_document_is_a_report_too(path: Path) -> None:
    """A worker without services, tunnels and certificates says so."""
    write(path, {})
    found = read(path)
    assert (dict(found.services), found.tunnels, found.certificates) == ({}, 0, ())


def test_a_report_is_replaced_in_one_step(path: Path) -> None:
    """Who reads meanwhile has the old one whole; nothing else stays in the directory."""
    write(path, DOCUMENT)
    with path.open() as held:
        write(path, {"tunnels": 9})
        assert json.load(held)["tunnels"] == 3
    assert read(path).tunnels == 9
    assert list(path.parent.iterdir()) == [path]


def test_a_report_that_finds_no_room_leaves_the_old_one(path: Path) -> None:
    """The error names the file; what was told before stays."""
    write(path, DOCUMENT)
    path.with_suffix(".health.new").mkdir()
    with pytest.raises(OSError, match=r"worker-2\.health\.new"):
        write(path, {})
    assert read(path).tunnels == 3


def test_only_news_is_written(path: Path) -> None:
    """The same document again costs no write; another one does, and so does going back."""
    reporter = Reporter(path)
    reporter.tell({"tunnels": 1})
    first = path.stat().st_ino
    reporter.tell({"tunnels": 1})
    assert path.stat().st_ino == first
    reporter.tell({"tunnels": 2})
    assert read(path).tunnels == 2
    reporter.tell({"tunnels": 1})
    assert read(path).tunnels == 1


def test_what_could_not_be_written_is_told_again(path: Path) -> None:
    """A report that found no room is still news the next time."""
    reporter = Reporter(path)
    obstacle = path.with_suffix(".health.new")
    obstacle.mkdir()
    with pytest.raises(OSError, match="directory"):
        reporter.tell({"tunnels": 1})
    obstacle.rmdir()
    reporter.tell({"tunnels": 1})
    assert read(path).tunnels == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b'{"version": 1, "pid"', "Expecting"),
        (b"[]", "list indices"),
        (b"{}", "'version'"),
        (json.dumps({"version": VERSION + 1, "pid": 1}).encode(), "it is of version 2"),
        (json.dumps({"version": VERSION}).encode(), "'pid'"),
        (json.dumps({"version": VERSION, "pid": 1, "services": []}).encode(), "items"),
        (
            json.dumps(
                {"version": VERSION, "pid": 1, "services": {"a": {"replicas": {"x": "ill"}}}}
            ).encode(),
            "'ill' is none of up, warming",
        ),
        (
            json.dumps(
                {"version": VERSION, "pid": 1, "services": {"a": {"replicas": {}, "breaker": "ajar"}}}
            ).encode(),
            "'ajar' is none of",
        ),
        (json.dumps({"version": VERSION, "pid": 1, "certificates": [{}]}).encode(), "'file'"),
        (b'{"pid": "\xff"}', "decode"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(path: Path, content: bytes, reason: str) -> None:
    """Half a file, another version, words that nobody knows: each names the file and why."""
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"worker-2\.health: not a health report") as told:
        read(path)
    assert reason in str(told.value)


def test_no_report_yet_is_told_apart(path: Path) -> None:
    """A worker that has only just started is no broken one."""
    with pytest.raises(FileNotFoundError):
        read(path)
