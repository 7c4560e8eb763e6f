"""One question at a time, which can do nothing but read the log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.requestlog.lake import Lake, connect
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.query import _interrupt, asked, only_query, run, write
from tests.requestlog.lake_log import record, sealed_segment, segment

SECRET = "only-in-the-file"


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    """A log with three sealed records and one that is not."""
    places = LogPlaces(tmp_path / "log")
    sealed_segment(places, 0, [record(n) for n in range(3)])
    segment(places, 9, [record(9, version="green", status=503)])
    return places


@pytest.fixture
def lake(places: LogPlaces, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """The log, and beside it files and variables that are nobody's business."""
    monkeypatch.setenv("SECRET", SECRET)
    (places.folder.parent / "secret.csv").write_text(f"a\n{SECRET}\n")
    with connect(places, revisions=[(1, 0.0, "ann", "", "first")]) as lake:
        yield lake


def test_the_example_of_the_documentation(lake: Lake) -> None:
    """A row for each service that answered."""
    sql = (
        "SELECT version, count(*), quantile_cont(latency_ms, .5) FROM requests "
        "WHERE ts > now() - INTERVAL 100 years GROUP BY 1 ORDER BY 1"
    )
    found = run(lake, sql)
    assert found.columns == ("version", "count_star()", "quantile_cont(latency_ms, .5)")
    assert found.types == ("VARCHAR", "BIGINT", "DOUBLE")
    assert found.rows == [("blue", 3, 2.5), ("green", 1, 10.5)]


def test_times_come_as_utc_wherever_they_stand(lake: Lake) -> None:
    """Also within lists and structures, in the order of the query, with names that occur twice."""
    sql = "SELECT ts, ts, {'at': ts} AS s, [ts] AS l, id FROM requests ORDER BY ts DESC -- newest first"
    found = run(lake, sql)
    assert found.columns == ("ts", "ts_1", "s", "l", "id")
    newest = datetime(2025, 11, 21, 0, 0, 9, tzinfo=UTC)
    assert found.rows[0][:2] == (newest, newest)
    assert found.rows[0][2]["at"] == found.rows[0][3][0] == newest.replace(tzinfo=None)
    assert [int(row[4], 16) for row in found.rows] == [9, 2, 1, 0]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM requests",
        "VALUES (1), (2)",
        "WITH x AS (SELECT 1) SELECT * FROM x;",
        "DESCRIBE requests",
        "SHOW TABLES",
        "SUMMARIZE revisions",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE FROM requests",
        "EXPLAIN (FORMAT json) SELECT 1",
        "TABLE requests",
        "(SELECT 1) UNION (SELECT 2)",
    ],
)
def test_all_kinds_of_reading_are_queries(sql: str, lake: Lake) -> None:
    """Each has columns and rows."""
    found = run(lake, sql)
    assert found.rows
    assert len(found.columns) == len(found.types) == len(found.rows[0])


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP VIEW requests",
        "SELEC 1",
        "COPY requests TO 'out.csv'",
        "COPY (SELECT 1) TO 'out.parquet'",
        "EXPORT DATABASE 'out'",
        "INSERT INTO revisions SELECT * FROM revisions",
        "WITH x AS (DELETE FROM revisions RETURNING *) SELECT * FROM x",
        "EXPLAIN ANALYZE INSERT INTO revisions SELECT * FROM revisions",
        "EXPLAIN ANALYZE COPY revisions TO 'out.csv'",
        "EXPLAIN (ANALYZE) DELETE FROM revisions",
        "EXPLAIN /* */ ANALYZE DELETE FROM revisions",
        "DROP VIEW requests",
        "CREATE TABLE x AS SELECT 1",
        "CREATE OR REPLACE VIEW requests AS SELECT 1",
        "ATTACH 'x.db'",
        "DETACH memory",
        "USE memory",
        "PRAGMA database_list",
        "PRAGMA enable_external_access",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "SET memory_limit = '100GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "CHECKPOINT",
        "BEGIN",
        "PREPARE x AS SELECT 1",
        "PIVOT revisions ON number USING count(*)",
    ],
)
def test_nothing_else_is_run(sql: str, lake: Lake) -> None:
    """It is refused before it is begun."""
    with pytest.raises(GatewayError, match=r"a query is one SELECT|not SQL|data-modifying"):
        run(lake, sql)
    assert run(lake, "SELECT count(*) FROM revisions").rows == [(1,)]


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{folder}/secret.csv')",
        "'{folder}/secret.csv'",
        "read_text('{folder}/secret.csv')",
        "read_blob('{folder}/log/requests/../../secret.csv')",
        "read_json('{folder}/secret.csv')",
        "sniff_csv('{folder}/secret.csv')",
        "glob('{folder}/*')",
        "read_text('/proc/self/environ')",
        "read_text('/proc/self/fd/0')",
        "read_text('/proc/self/fd/../environ')",
        "read_parquet('{folder}/log/requests/*/*.parquet')",
        "read_csv('https://127.0.0.1:1/x')",
        "duckdb_secrets()",
        "read_text('/pr' || 'oc/self/fd/0')",
        "system.main.read_text('/proc/self/fd/0')",
        "\"read_text\"('/proc/self/fd/0')",
        "(SELECT max(content) FROM read_text('/proc/self/fd/0'))",
        "query('FROM read_text(''/proc/self/fd/0'')')",
        "query_table('/proc/self/fd/0')",
        "(SUMMARIZE FROM read_text('/proc/self/fd/0'))",
        "'/proc/self/fd/0'",
        '"/proc/self/fd/0"',
        "parquet_metadata('/proc/self/fd/0')",
        "pragma_storage_info('requests')",
        "json_execute_serialized_sql(json_serialize_sql('FROM read_text(''/proc/self/fd/0'')'))",
        "query('COPY revisions TO ''{folder}/out.csv''')",
        "query('DELETE FROM revisions')",
        "SECRET_OF_THIS_PROCESS",
        "sqlite_scan('{folder}/journal.db', 'revisions')",
        "(SELECT getenv('SECRET'))",
    ],
)
def test_nothing_but_the_log_can_be_read(source: str, lake: Lake, places: LogPlaces) -> None:
    """No other file, no variable of the environment or of this process, no address."""
    SECRET_OF_THIS_PROCESS = {"a": [SECRET]}  # noqa: F841, N806 - DuckDB would find it
    with pytest.raises(GatewayError) as refused:
        run(lake, f"SELECT * FROM {source.format(folder=places.folder.parent)}")
    assert SECRET not in str(refused.value)
    assert "Traceback" not in str(refused.value)
    assert not (places.folder.parent / "out.csv").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS MATERIALIZED (FROM read_text('/proc/self/fd/0')) SELECT 1",
        "SELECT 1 ORDER BY (SELECT count(*) FROM glob('/*'))",
        "SELECT list_transform([1], x -> (SELECT count(*) FROM glob('/*')))",
        "EXPLAIN ANALYZE FROM read_text('/proc/self/fd/0')",
        "DESCRIBE FROM read_csv('/etc/passwd')",
        "SELECT 1 UNION ALL SELECT content FROM read_text('/proc/self/fd/0')",
        "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT 2 FROM t, read_text('/x')) FROM t",
        "FROM range(2) r, LATERAL (FROM glob('/' || r.range))",
    ],
)
def test_files_are_found_wherever_they_hide(sql: str, lake: Lake) -> None:
    """In any part of a query; it is refused before it runs."""
    with pytest.raises(GatewayError, match="is not for queries"):
        run(lake, sql)


def test_it_ends_in_time(lake: Lake) -> None:
    """Whether it computes or only has much to say; the next query is not affected."""
    begun = time.monotonic()
    with pytest.raises(GatewayError, match=r"longer than 0\.2 s"):
        run(
            lake,
            "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7",
            timeout=0.2,
        )
    with pytest.raises(GatewayError, match=r"longer than 0\.2 s"):
        run(lake, "SELECT max(range) FROM range(1000000000000)", timeout=0.2)
    assert time.monotonic() - begun < 20.0
    assert run(lake, "SELECT 1", timeout=30.0).rows == [(1,)]
    assert not [thread for thread in threading.enumerate() if thread.name == "query limit"]


def test_who_is_over_time_is_interrupted_until_the_end() -> None:
    """A query is several statements to DuckDB, which forgets an interrupt that comes between two of them."""
    over, heard = threading.Event(), []

    def interrupt() -> None:
        heard.append("now")
        if len(heard) == 3:
            over.set()

    _interrupt(interrupt, 0.0, over)
    assert len(heard) == 3


def test_it_keeps_to_its_memory(lake: Lake) -> None:
    """And writes nothing to a disk to get by with less."""
    with pytest.raises(GatewayError, match="needs more memory"):
        run(lake, "SELECT list(range) FROM range(300000000)")
    assert run(lake, "SELECT 1").rows == [(1,)]


def test_the_limit_says_that_there_is_more(lake: Lake) -> None:
    """However much more: rows are made as they are fetched."""
    found = run(lake, "SELECT range FROM range(1000000000000)", limit=3)
    assert (found.rows, found.more) == ([(0,), (1,), (2,)], True)
    assert run(lake, "SELECT 1", limit=1).more is False


def test_rows_come_in_batches(lake: Lake) -> None:
    """All of them, in order."""
    with asked(lake, "SELECT range FROM range(5000)", 30.0) as answer:
        batches = list(answer.batches())
    assert len(batches) > 1
    assert [row[0] for batch in batches for row in batch] == list(range(5000))


def test_parquet_is_written_to_the_one_file_that_may_be(places: LogPlaces, tmp_path: Path) -> None:
    """Another is refused, and an explanation is none."""
    out = tmp_path / "it's.parquet"
    with connect(places, writable=out) as lake:
        assert write(lake, "SELECT id, ts FROM requests -- all", out) == 4
        with pytest.raises(GatewayError, match="Cannot access file"):
            write(lake, "SELECT 1", tmp_path / "other.parquet")
        with pytest.raises(GatewayError, match="explanation"):
            write(lake, "EXPLAIN SELECT 1", out)
        assert run(lake, "SELECT 1").rows == [(1,)]


def test_one_statement_is_found_in_its_trimmings() -> None:
    """Comments, a semicolon, empty lines."""
    assert only_query("\n/* x */ SELECT 1 ;\n\n")[1] is True
    assert only_query("EXPLAIN SELECT 1") == ("EXPLAIN SELECT 1", False)
