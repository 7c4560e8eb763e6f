"""The scribe: lines by the rules of the live plan, strictly where there is none, closed where they fail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.errors import GatewayError
from gateway.requestlog.access import AccessLog
from gateway.requestlog.exemplars import Exemplars
from gateway.requestlog.filter import Screen
from gateway.requestlog.policy import Filter, Logging, LogSettings
from gateway.requestlog.rules import RouteRule, Rules
from gateway.requestlog.scribe import LONGEST, MOST, Closed, Scribe
from gateway.requestlog.secrets import Secrets
from tests.requestlog.frames import REQUEST, RESPONSE, frame
from tests.requestlog.logs import RULES, Open, open_screen
from tests.waiting import BOUND

BODIES = {"request_body": REQUEST, "response_body": RESPONSE}


def scribe(rules: Rules = RULES, access: AccessLog | None = None, **options: Any) -> Scribe:
    """Return a scribe that follows these rules."""
    made = Scribe(options.get("new_screen", open_screen), Exemplars(), access or AccessLog())
    made.follow(rules)
    return made


def line(made: Scribe, **changed: Any) -> dict[str, Any]:
    """Return the one line of a frame."""
    (found,) = made.lines(0, [frame(**changed)])
    assert found.endswith(b"\n")
    record: dict[str, Any] = orjson.loads(found)
    return record


def test_a_line_has_the_model_of_its_version() -> None:
    """As the plan says; a service that runs elsewhere has none."""
    assert line(scribe())["model"] == "models/v2"
    assert "model" not in line(scribe(), version=b"v1")


def test_a_frame_of_an_unknown_route_is_filtered_strictly() -> None:
    """Nothing of what users sent; the real filter."""
    made = scribe(new_screen=lambda filter, _: Screen(filter, Secrets(bytes(32))))
    known, unknown = line(made, **BODIES), line(made, route=b"new", **BODIES)
    assert known["inputs"] == {"hour": [7.5]}
    assert "inputs" not in unknown
    assert "filtered" in unknown["notes"]
    assert unknown["status"] == 200


def test_before_there_is_a_plan_everything_is_strict() -> None:
    """The recorder may be there before it."""
    made = Scribe(lambda filter, _: Screen(filter, Secrets(bytes(32))), Exemplars(), AccessLog())
    assert "inputs" not in line(made, **BODIES)


def test_where_a_filter_cannot_be_made_nothing_passes_and_it_is_tried_again() -> None:
    """The records stay; the reason is told."""
    troubles = ["the key cannot be read"]

    def screen(_filter: Filter, _settings: LogSettings) -> Open:
        if troubles:
            raise GatewayError(troubles[0])
        return Open()

    made = scribe(new_screen=screen)
    found = line(made, key=b"u", **BODIES)
    assert not {"inputs", "outputs", "path", "key"} & found.keys()
    assert set(found["notes"]) == {"filter_failed"}
    assert made.problem == "the key cannot be read"
    made.try_again()
    assert made.problem
    troubles.clear()
    made.try_again()
    assert made.problem == ""
    assert line(made, **BODIES)["inputs"] == {"hour": [7.5]}


def test_a_missing_key_is_told_until_it_is_there(tmp_path: Path) -> None:
    """Fields to encrypt are left out meanwhile, and everything else is written."""
    rules = Rules({"flights": RouteRule("/v2", Filter(encrypt=("hour",)))}, RULES.models)
    key = tmp_path / "key"
    made = scribe(rules, new_screen=lambda filter, _: Screen(filter, Secrets(bytes(32), "key", tmp_path)))
    assert "inputs" not in line(made, **BODIES)
    assert (made.problem, str(key) in made.unencrypted) == ("", True)
    key.write_text("00" * 32)
    made.try_again()
    assert made.unencrypted == ""
    assert line(made, **BODIES)["inputs"]["hour"][0].startswith("enc1:")


def test_nothing_passes_what_is_closed() -> None:
    """Whatever is asked of it."""
    closed = Closed("no key")
    assert closed.trouble == "no key"
    for ask in (
        lambda: closed.fields({"a": [1]}),
        lambda: closed.parameters({"a": 1}),
        lambda: closed.path("/a", "/"),
        lambda: closed.key(b"a"),
        lambda: closed.body(b"a", b"text/plain"),
    ):
        with pytest.raises(GatewayError, match="no key"):
            ask()


def test_what_is_no_frame_makes_no_line() -> None:
    """The ones around it do."""
    assert len(scribe().lines(0, [frame(), b"nothing", frame()])) == 2


@pytest.mark.parametrize("content", ["\ud800", 2**70])
def test_content_that_json_cannot_hold_is_left_out(content: object) -> None:
    """The record is written without any."""

    class Odd(Open):
        def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
            return {"a": [content]}

    found = line(scribe(new_screen=lambda *_: Odd()), key=b"u", **BODIES)
    assert not {"inputs", "outputs"} & found.keys()
    assert found["notes"] == ["filter_failed"]
    assert found["status"] == 200


def test_what_records_have_in_common_is_remembered_and_no_more_than_so_much() -> None:
    """Clients choose paths: after thousands of them each line still says its own."""
    asked = []

    class Counting(Open):
        def path(self, path: str, route_path: str) -> str:
            asked.append(path)
            return path

    made = scribe(new_screen=lambda *_: Counting())
    for _ in range(2):
        assert line(made, path=b"/a")["path"] == "/a"
    assert asked == ["/a"]
    for number in range(MOST + 1):
        assert line(made, path=b"/%d" % number)["path"] == f"/{number}"
    assert len(asked) == MOST + 2
    assert line(made, path=b"/a", status=404)["status"] == 404
    for _ in range(2):
        line(made, path=b"/" + b"x" * LONGEST)
    assert len(asked) == MOST + 5  # a long path is looked at each time


def test_what_was_remembered_ends_with_its_plan() -> None:
    """A new filter sees every path anew."""
    made = scribe(new_screen=lambda filter, _: Screen(filter, Secrets(bytes(32))))
    assert line(made)["path"] == "/v2/models/m/infer"
    made.follow(Rules({"flights": RouteRule("/v2", Filter(mode="strict"))}, {}))
    assert line(made)["path"] == "/v2"


def test_access_lines_are_said_of_what_was_written() -> None:
    """Once, and not of what was put back."""
    reader, writer = os.pipe()
    access = AccessLog(writer)
    rules = Rules(RULES.routes, RULES.models, logging=Logging(access=True))
    made = scribe(rules, access)
    made.lines(0, [frame(path=b"/again")])
    made.said(written=False)
    made.lines(0, [frame(path=b"/again"), frame(path=b"/other")])
    made.said(written=True)
    made.said(written=True)
    access.stop(BOUND)
    os.close(writer)
    with os.fdopen(reader) as file:
        assert [row.split()[2] for row in file] == ["/again", "/other"]


def test_without_the_wish_there_are_no_access_lines() -> None:
    """Standard output stays as it was."""
    reader, writer = os.pipe()
    access = AccessLog(writer)
    made = scribe(access=access)
    made.lines(0, [frame()])
    made.said(written=True)
    access.stop(BOUND)
    os.close(writer)
    with os.fdopen(reader) as file:
        assert file.read() == ""


def test_an_access_line_that_json_cannot_hold_is_stripped() -> None:
    """A filter may return anything; a line it is all the same."""

    class Odd(Open):
        def path(self, path: str, route_path: str) -> str:
            return "\ud800"

    reader, writer = os.pipe()
    access = AccessLog(writer)
    rules = Rules({"flights": RouteRule("/", Filter())}, {}, logging=Logging(access=True, format="json"))
    made = scribe(rules, access, new_screen=lambda *_: Odd())
    assert line(made)["notes"] == ["filter_failed"]
    made.said(written=True)
    access.stop(BOUND)
    os.close(writer)
    with os.fdopen(reader) as file:
        assert orjson.loads(file.read())["notes"] == ["filter_failed"]
