"""What the process of a query answers; that it ends is tested with `query_asking`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.queries import process as query_process
from gateway.control.queries.process import Question, answer
from gateway.errors import GatewayError
from tests.control import logged
from tests.waiting import BOUND

if TYPE_CHECKING:
    from tests.control.conftest import Site


def ask(site: Site, sql: str, limit: int = 100) -> dict[str, Any]:
    """Return a query's answer."""
    found: dict[str, Any] = json.loads(answer(Question(str(site.places.state), sql, limit, BOUND))[1])
    return found


def test_a_query_sees_log_revisions_and_labels(site: Site) -> None:
    """The same views as `gateway query`."""
    logged.write(site.places)
    logged.label(site.places, {"id": f"{1:032x}", "label": "true", "value": 1.0})
    assert ask(site, "SELECT count(*) AS n FROM requests")["rows"] == [[20]]
    assert ask(site, "SELECT number, author FROM revisions")["rows"] == [[1, "file"]]
    assert ask(site, "SELECT route, version, n FROM quality")["rows"] == [["late", "blue", 1]]
    assert ["requests"] in [row[:1] for row in ask(site, "SHOW TABLES")["rows"]]


def test_no_more_rows_come_than_were_asked_for(site: Site) -> None:
    """And the answer says that there are more."""
    found = ask(site, "SELECT * FROM range(10)", 3)
    assert (len(found["rows"]), found["truncated"]) == (3, True)
    found = ask(site, "SELECT * FROM range(3)", 3)
    assert (len(found["rows"]), found["truncated"]) == (3, False)


def test_no_more_bytes_come_than_an_answer_may_have(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few rows they are."""
    monkeypatch.setattr(query_process, "MOST_BYTES", 1_000)
    found = ask(site, "SELECT repeat('x', 400) FROM range(10)")
    assert (len(found["rows"]), found["truncated"]) == (3, True)


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DROP VIEW requests", "the log is only read"),
        ("SELECT 1; SELECT 2", "there are 2 statements"),
        ("SELECT * FROM read_csv('/etc/passwd')", "is not for queries"),
        ("SELECT * FROM '/etc/passwd'", "no file is read"),
        ("COPY requests TO '/tmp/x'", "the log is only read"),
        ("ATTACH '/tmp/x.db'", "the log is only read"),
        ("SET memory_limit = '9GB'", "the log is only read"),
        ("INSTALL httpfs", "the log is only read"),
        ("SELECT getenv('HOME')", "getenv"),
    ],
)
def test_nothing_but_the_log_can_be_reached(site: Site, sql: str, told: str) -> None:
    """The same walls as those of `gateway query`."""
    with pytest.raises(GatewayError, match=told.replace("(", r"\(")):
        ask(site, sql)


def test_what_is_encrypted_stays_encrypted(site: Site) -> None:
    """There is no decrypt here, whoever asks, and the refusal says where there is."""
    with pytest.raises(GatewayError) as found:
        ask(site, "SELECT decrypt('x', 'name')")
    told = query_process._told(str(found.value), "SELECT decrypt('x', 'name')")
    assert told["detail"].startswith("what is encrypted stays encrypted here")


def test_an_error_names_its_place_in_the_query(site: Site) -> None:
    """In the words of somebody with a browser."""
    sql = "SELECT 1,\n  latency_mss FROM requests"
    with pytest.raises(GatewayError) as found:
        ask(site, sql)
    told = query_process._told(str(found.value), sql)
    assert (told["line"], told["column"]) == (2, 3)
    assert "latency_ms" in told["detail"]
    assert "LINE 2" in told["detail"]
    said = query_process._told("it took too long; give it longer with --timeout", "")
    assert said == {"detail": "it took too long; ask `gateway query --timeout 5m` on the gateway's machine"}
