"""Failures as problem details."""

from __future__ import annotations

import logging
import sqlite3

import orjson
import pytest
from starlette.exceptions import HTTPException

from gateway.control.problems import MEDIA_TYPE, Refusal, refusal_of
from gateway.errors import ChangeRefused, GatewayError, StaleRevision


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refusal(415, "no"), 415),
        (StaleRevision("revision 3 is not the latest one"), 412),
        (ChangeRefused("the weights are all 0"), 422),
        (GatewayError("the lock is held"), 503),
        (sqlite3.OperationalError("disk I/O error"), 503),
        (OSError(28, "No space left on device"), 503),
        (ZeroDivisionError("division by zero"), 500),
    ],
)
def test_the_status_says_whose_fault_it_was(error: Exception, status: int) -> None:
    """The caller's mistakes are 4xx, a moment's trouble is 503, our own mistakes are 500."""
    assert refusal_of(error).status == status


def test_the_text_of_an_error_reaches_the_caller() -> None:
    """What was refused and why stands in the detail, with what to do next."""
    assert "all 0; nothing was changed" in refusal_of(ChangeRefused("the weights are all 0")).detail
    assert "read the weights again" in refusal_of(StaleRevision("old")).detail


def test_our_own_mistakes_do_not_show_their_inside() -> None:
    """The text of an unforeseen exception stays in the log."""
    assert "secret" not in refusal_of(ZeroDivisionError("secret")).detail


def test_trouble_with_the_disk_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The operator sees it, not only the caller; the caller is told to come again."""
    with caplog.at_level(logging.ERROR):
        refusal = refusal_of(OSError(28, "No space left on device"))
    assert "No space left on device" in caplog.text
    assert refusal.headers == {"retry-after": "1"}


def test_a_refusal_becomes_problem_details() -> None:
    """RFC 9457: type, title, status and detail, and members of its own."""
    response = Refusal(404, "there is none", {"x-more": "1"}, {"route": "late"}).response()
    assert response.headers["content-type"] == MEDIA_TYPE
    assert response.headers["x-more"] == "1"
    assert orjson.loads(response.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "there is none",
        "route": "late",
    }


def test_the_router_s_own_refusals_are_not_for_this_translation() -> None:
    """An HTTPException has its own handler; here it would be an unforeseen error."""
    assert refusal_of(HTTPException(404)).status == 500
