"""`gateway query` as people type it."""

from __future__ import annotations

import io
import json
import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pytest

from gateway.cli import lake_access, query_end
from gateway.cli.query_verb import with_comment_last
from gateway.requestlog.catalog import visible
from gateway.requestlog.damage import remedy
from gateway.requestlog.encryption import TO_READ
from gateway.requestlog.policy import LogSettings
from tests.cli.site import Site
from tests.requestlog.lake_log import record, sealed_segment, segment


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that ends late on a busy machine does not end the process: that is pytest's."""
    monkeypatch.setattr(query_end, "ends_within", partial(query_end.ends_within, grace=600.0))


def fill(site: Site) -> None:
    """Give the gateway three sealed records of a minute ago, and one of now."""
    now = time.time_ns() // 1000
    old = [record(n, ts=now - 60_000_000 + n) for n in range(3)]
    sealed_segment(site.places.log, 0, old)
    segment(site.places.log, 9, [record(9, ts=now, version="green", inputs={"carrier": ["a,b"]})])


EXAMPLE = (
    "SELECT version, count(*), quantile_cont(latency_ms, .99) FROM requests "
    "WHERE ts > now() - INTERVAL 5 minutes GROUP BY 1 ORDER BY 1"
)


def test_the_example_while_the_gateway_runs(site: Site) -> None:
    """As a table, plain where it is no terminal."""
    fill(site)
    said = site.run("query", EXAMPLE)
    assert (said.code, said.err) == (0, "")
    lines = [line.split() for line in said.out.splitlines()]
    assert lines[0] == ["version", "count_star()", "quantile_cont(latency_ms,", ".99)"]
    assert lines[1:] == [["blue", "3", "3.48"], ["green", "1", "10.5"]]


def test_json_is_a_list_of_row_objects(stopped: Site) -> None:
    """And nothing else, whether it runs or not; no rows are an empty list."""
    fill(stopped)
    found = stopped.run(
        "query", "SELECT version, count(*) AS n, max(ts) AS last FROM requests GROUP BY 1", "--format", "json"
    ).json()
    assert sorted((row["version"], row["n"]) for row in found) == [("blue", 3), ("green", 1)]
    assert found[0]["last"].endswith("Z")
    assert stopped.run("query", "FROM requests WHERE false", "--format", "json").json() == []


def test_csv_has_a_header_and_quotes(stopped: Site) -> None:
    """Lists and structures are JSON in it."""
    fill(stopped)
    sql = "SELECT version, inputs, NULL AS nothing, notes FROM requests WHERE version = 'green'"
    out = stopped.run("query", sql, "--format", "csv").out
    assert out == 'version,inputs,nothing,notes\ngreen,"{""carrier"":[""a,b""]}",,\n'


def test_parquet_goes_to_a_file(stopped: Site) -> None:
    """Whole or not at all; without a name there is nowhere to put it."""
    fill(stopped)
    said = stopped.run(
        "query", "SELECT id, ts FROM requests", "--format", "parquet", "--out", "answer.parquet"
    )
    assert (said.code, said.out) == (0, "4 rows in answer.parquet\n")
    with duckdb.connect() as connection:
        counted = connection.execute(f"SELECT count(*) FROM '{stopped.folder}/answer.parquet'").fetchall()
    assert counted == [(4,)]
    failed = stopped.run(
        "query", "SELECT error('no') FROM requests", "--format", "parquet", "--out", "other.parquet"
    )
    assert failed.code == 1
    assert [path.name for path in stopped.folder.glob("*.parquet*")] == ["answer.parquet"]
    assert stopped.run("query", "SELECT 1", "--format", "parquet").code == 2


@pytest.mark.parametrize(("form", "begin"), [("table", "x"), ("csv", "x\n1\n"), ("json", "[\n")])
def test_every_format_can_go_to_a_file(form: str, begin: str, stopped: Site) -> None:
    """Nothing is printed then."""
    said = stopped.run("query", "SELECT 1 AS x", "--format", form, "--out", "answer")
    assert (said.code, said.out) == (0, "")
    assert (stopped.folder / "answer").read_text().startswith(begin)


def test_a_table_says_where_there_is_more(stopped: Site) -> None:
    """Long values are cut, what does something to a terminal is not passed on."""
    said = stopped.run("query", "SELECT range, repeat('x', 500) AS t FROM range(9)", "--limit", "2")
    assert said.out.splitlines()[-1] == "… and more rows: --limit shows more of them, --format csv all"
    assert len(said.out.splitlines()) == 4
    assert "x" * 201 not in said.out
    assert "\x1b" not in stopped.run("query", "SELECT 'a' || chr(27) || '[31m'").out


def test_standard_input_may_hold_the_query(stopped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the query is `-`."""
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 7 AS x -- seven\n"))
    assert stopped.run("query", "-", "--format", "csv").out == "x\n7\n"


def test_alone_it_lists_views_columns_and_examples(stopped: Site) -> None:
    """And each of the examples runs."""
    fill(stopped)
    out = stopped.run("query").out
    for view in ("requests", "predictions", "labels", "quality", "gaps", "revisions"):
        assert f"\n{view}\n" in f"\n{out}"
    assert "month BIGINT" in out
    examples = [part.split('"\n')[0].rstrip('"') for part in out.split('gateway query "')[1:]]
    assert len(examples) == 3
    for example in examples:
        assert stopped.run("query", example.rstrip().rstrip('"')).code == 0


def test_revisions_are_those_of_the_journal(stopped: Site) -> None:
    """With what each changed."""
    stopped.run("set-weight", "late", "blue=80", "canary=20", "--reason", "try it")
    sql = "SELECT number, what, ts > now() - INTERVAL 1 hour AS fresh FROM revisions ORDER BY number"
    rows = stopped.run("query", sql, "--format", "json").json()
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["fresh"] for row in rows)
    assert "first revision" in rows[0]["what"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["SELECT latencyms FROM requests"], 1, "is 'latency_ms' meant?"),
        (["DROP VIEW requests"], 1, "the log is only read"),
        (["FROM 'routing.yaml'"], 1, "no file is read"),
        (["SELECT 1", "--format", "xml"], 2, "it is one of table, csv, json, parquet"),
        (["SELECT 1", "--timeout", "soon"], 2, "write it as 500ms, 30s or 5m"),
        (["SELECT 1", "--timeout", "0s"], 2, "at most 24h"),
        (["SELECT 1", "--memory", "much"], 2, "write it as 512MB"),
        (
            [
                "SELECT count(*) FROM range(9999999) a, range(9999999) b WHERE a.range+b.range=7",
                "--timeout",
                "200ms",
            ],
            1,
            "0.2 s",
        ),
        (["SELECT 1", "--state-dir", "nowhere"], 1, "no gateway has been started"),
    ],
)
def test_mistakes_are_said(arguments: list[str], code: int, said: str, stopped: Site) -> None:
    """On standard error, with what to do."""
    found = stopped.run("query", *arguments)
    assert (found.code, found.out) == (code, "")
    assert said in found.err


def test_encrypted_fields_are_read_with_the_key(stopped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """`decrypt(value, field)`; without a key there is no such function."""
    from gateway.requestlog.secrets import Secrets

    settings = LogSettings(encryption_key="${LOG_KEY}")
    monkeypatch.setenv("LOG_KEY", "ab" * 32)
    plan = replace(stopped.head().plan, log=settings)
    value = Secrets.load(stopped.places.log, settings, Path()).encrypt("ann@example.org", "email")
    sql = f"SELECT decrypt('{value}', 'email') AS email"
    assert "decrypt needs the key" in stopped.run("query", sql).err
    monkeypatch.setattr(lake_access, "plan_of", lambda _: plan)
    assert json.loads(stopped.run("query", sql, "--format", "json").out) == [{"email": "ann@example.org"}]
    wrong = stopped.run("query", sql.replace("'email')", "'name')"))
    assert (wrong.code, "Traceback" in wrong.err) == (1, False)
    assert "cannot be decrypted" in wrong.err


def test_a_query_may_begin_with_a_comment(stopped: Site) -> None:
    """Which is no option, wherever it stands; options that do not exist are still refused."""
    fill(stopped)
    sql = "-- how many\n--\nSELECT count(*) AS n FROM requests"
    for arguments in (["query", sql, "--format", "json"], ["query", "--format", "json", sql]):
        assert stopped.run(*arguments).json() == [{"n": 4}]
    assert stopped.run("query", "-- all\nSHOW TABLES", "--format", "json").code == 0
    assert stopped.run("query", "--fromat", "json").code == 2
    unchanged = ["query", "--", sql]
    assert with_comment_last(unchanged) == unchanged
    assert with_comment_last(["log", sql]) == ["log", sql]


def test_a_damaged_file_is_left_out_with_a_warning(stopped: Site) -> None:
    """On standard error, so that the answer is still JSON."""
    fill(stopped)
    file = visible(stopped.places.log).of("requests")[0].path
    os.truncate(file, 100)
    broken = file.relative_to(stopped.folder)
    said = stopped.run("query", "SELECT count(*) AS n FROM requests", "--format", "json")
    assert (said.code, said.json()) == (0, [{"n": 1}])
    assert said.err == f"warning: {broken} cannot be read and is left out; {remedy(broken)}\n"


def test_without_the_key_none_is_to_be_made(stopped: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one could not read what is there; and nothing is said of how DuckDB calls Python."""
    settings = LogSettings(encryption_key="${LOG_KEY}")
    monkeypatch.delenv("LOG_KEY", raising=False)
    plan = replace(stopped.head().plan, log=settings)
    monkeypatch.setattr(lake_access, "plan_of", lambda _: plan)
    said = stopped.run("query", "SELECT decrypt('enc1:00000000:AAAA', 'email')")
    assert (said.code, said.err) == (
        1,
        f"encryption_key: the environment variable LOG_KEY is not set; {TO_READ}\n",
    )
