"""Labels over the admin API, with the process behind it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.requestlog.labels_seal import label_files

if TYPE_CHECKING:
    from tests.control.conftest import Answer, Control

PATH = "/api/v1/labels"
ID = "0123456789abcdef" * 2


def kept(control: Control) -> list[dict[str, Any]]:
    """Return what is on disk."""
    files = label_files(control.site.places.log)
    return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]


def send_lines(control: Control, *documents: object) -> Answer:
    """Send labels as NDJSON."""
    body = b"".join(json.dumps(document).encode() + b"\n" for document in documents)
    return control.ask("POST", PATH, body, {"content-type": "application/x-ndjson"})


def test_a_label_is_kept_before_it_is_answered(control: Control) -> None:
    """One object, also one that stands on several lines."""
    answer = control.ask("POST", PATH, json.dumps({"id": ID, "label": 1}, indent=2).encode())
    assert (answer.status, answer.json) == (200, {"accepted": 1})
    assert [(found["id"], found["value"]) for found in kept(control)] == [(ID, 1.0)]


def test_thousands_come_at_once(control: Control) -> None:
    """One on each line."""
    answer = send_lines(control, *({"id": f"{n:032x}", "label": n} for n in range(5_000)))
    assert answer.json == {"accepted": 5_000}
    assert len(kept(control)) == 5_000


@pytest.mark.parametrize(
    ("documents", "status", "told"),
    [
        (({"id": ID, "label": 1}, {"id": ID}), 400, "line 2: `label` is missing"),
        (({"route": "nowhere", "key": "a", "label": 1},), 422, "there is no route 'nowhere'; routes: late"),
        (({"route": "late", "key": "a", "label": 1},), 422, "route late declares no key"),
        ((), 400, "a body is missing"),
    ],
)
def test_a_batch_with_a_mistake_is_refused_whole(
    control: Control, documents: tuple[object, ...], status: int, told: str
) -> None:
    """With the line and what to do; nothing of it is kept."""
    answer = send_lines(control, *documents)
    assert answer.status == status
    assert told in answer.json["detail"]
    assert kept(control) == []


def test_other_media_types_are_refused(control: Control) -> None:
    """JSON or lines of it."""
    answer = control.ask("POST", PATH, b"id,label\n", {"content-type": "text/csv"})
    assert answer.status == 415


def test_what_is_too_large_is_refused(control: Control) -> None:
    """And what to do instead is said."""
    answer = control.ask(
        "POST", PATH, b" " * (32 * 1024 * 1024 + 1), {"content-type": "application/x-ndjson"}
    )
    assert answer.status == 413
    assert "several batches" in answer.json["detail"]
