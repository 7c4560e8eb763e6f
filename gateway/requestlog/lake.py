"""The log as tables: views over all its files in a DuckDB that can do nothing but read them.

The views show the log as it was when `connect` was called, but for what is appended to the newest segment.
Whoever wants later records connects again, which takes milliseconds. Nothing is written anywhere: a query
that needs more memory than it may have fails instead of spilling users' data to a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from gateway.requestlog.damage import damaged
from gateway.requestlog.formats import file_list, literal
from gateway.requestlog.labels_seal import label_files
from gateway.requestlog.labels_view import label_views
from gateway.requestlog.pins import Pins, pinned
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import LabelPolicy
from gateway.requestlog.revisions_table import RevisionRow, make_revisions
from gateway.requestlog.views import columns_of, gaps_view, predictions_view, requests_view

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VIEWS = ("requests", "predictions", "labels", "quality", "gaps", "revisions")
_OF_LABELS = ("label", "quality")
"""What a query's text holds where it needs the views of labels, and with them `predictions`."""
_LISTS = ("duckdb_", "information_schema", "pg_catalog", "show")
"""What a query's text holds where it asks which tables there are."""
_DATE_TRUNC = (
    "CREATE MACRO date_trunc(part, t TIMESTAMPTZ) AS "
    "make_timestamptz(epoch_us(system.main.date_trunc(part, make_timestamp(epoch_us(t))))), "
    "(part, t TIMESTAMP) AS system.main.date_trunc(part, t), "
    "(part, t DATE) AS system.main.date_trunc(part, t), "
    "(part, t INTERVAL) AS system.main.date_trunc(part, t)"
)
"""The same as DuckDB's where the zone is UTC, which it always is here, in a seventh of the time."""

Decrypt = Callable[[str, str], str]


@dataclass(slots=True)
class Lake:
    """A DuckDB connection with the views, and the files that it reads; close it, or use it in `with`."""

    connection: DuckDBPyConnection
    pins: Pins

    def execute(self, sql: str, parameters: object = None) -> DuckDBPyConnection:
        """Run a statement on it."""
        return self.connection.execute(sql, parameters)

    def close(self) -> None:
        """Let go of connection and files."""
        self.connection.close()
        self.pins.close()

    @property
    def left_out(self) -> list[Path]:
        """The damaged files whose rows are not in the views."""
        return self.pins.left_out

    def __enter__(self) -> Lake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(
    places: LogPlaces,
    *,
    revisions: Iterable[RevisionRow] = (),
    policies: Mapping[str, LabelPolicy] | None = None,
    decrypt: Decrypt | None = None,
    memory_limit: str = "512MB",
    threads: int = 2,
    wanted: str = "",
    writable: Path | None = None,
) -> Lake:
    """Return the log as a DuckDB connection with the views `VIEWS`, locked against everything else.

    `policies` say by route how labels find predictions. `wanted` is the text of the query to come: what it
    does not name is not prepared; empty: everything. `writable` is the one file that may be written. Raises
    GatewayError where the log cannot be read.
    """
    lake = _opened(places, memory_limit, threads)
    try:
        _make_tables(lake, places, wanted.casefold(), policies or {}, revisions)
        if decrypt is not None:
            _make_decrypt(lake.connection, decrypt)
        _lock(lake, writable)
    except BaseException:
        lake.close()
        raise
    return lake


def _opened(places: LogPlaces, memory_limit: str, threads: int) -> Lake:
    import duckdb

    pins = pinned(places, label_files)
    settings: dict[str, Any] = {"threads": threads, "memory_limit": memory_limit, "temp_directory": ""}
    return Lake(duckdb.connect(config=settings), pins)


def _make_tables(
    lake: Lake,
    places: LogPlaces,
    wanted: str,
    policies: Mapping[str, LabelPolicy],
    revisions: Iterable[RevisionRow],
) -> None:
    lake.execute("SET TimeZone = 'UTC'")
    lake.execute("SET parquet_metadata_cache = true")  # each file is looked at several times
    _make_views_of_sound_files(lake, places, wanted, policies)
    if _names(wanted, "revision"):
        make_revisions(lake.connection, revisions)


def _make_views_of_sound_files(
    lake: Lake, places: LogPlaces, wanted: str, policies: Mapping[str, LabelPolicy]
) -> None:
    """Make the views, a second time without the files that cannot be read where there are some."""
    import duckdb

    lake.connection.begin()
    try:
        _make_views(lake, places, wanted, policies)
    except duckdb.Error:
        lake.connection.rollback()
        sealed = [name for file, name in lake.pins.names.items() if file.suffix == ".parquet"]
        unsound = damaged(lake.connection, sealed)
        if not unsound:
            raise
        lake.pins.leave_out(unsound)
        _make_views(lake, places, wanted, policies)
    else:
        lake.connection.commit()


def _names(wanted: str, *words: str) -> bool:
    """Tell whether a query needs one of these; one that lists what there is needs everything."""
    return not wanted or any(word in wanted for word in (*words, *_LISTS))


def _make_views(lake: Lake, places: LogPlaces, wanted: str, policies: Mapping[str, LabelPolicy]) -> None:
    connection, pins = lake.connection, lake.pins
    segments = pins.of("open")
    if _names(wanted, "date_trunc"):
        connection.execute(_DATE_TRUNC)
    connection.execute(f"CREATE VIEW requests AS {requests_view(connection, pins.of('requests'), segments)}")
    if _names(wanted, "gap"):
        query = gaps_view(connection, pins.of("gaps"), segments, pins.left_out)
        connection.execute(f"CREATE VIEW gaps AS {query}")
    of_labels = _names(wanted, *_OF_LABELS)
    if of_labels or _names(wanted, "predictions"):
        query = predictions_view(connection, pins.of("predictions"), segments)
        connection.execute(f"CREATE VIEW predictions AS {query}")
    if of_labels:
        labels = {file: pin for file, pin in pins.names.items() if pin in pins.of("labels")}
        for statement in label_views(places, policies, columns_of(connection, "predictions"), [*labels]):
            for file, pin in labels.items():
                statement = statement.replace(literal(file), literal(pin))
            connection.execute(statement)


def _make_decrypt(connection: DuckDBPyConnection, decrypt: Decrypt) -> None:
    from duckdb.sqltypes import VARCHAR

    connection.create_function("decrypt", decrypt, [VARCHAR, VARCHAR], VARCHAR)


def _lock(lake: Lake, writable: Path | None) -> None:
    """Leave DuckDB no way to any file but those of the log, and none to undo that."""
    allowed = [*lake.pins.paths(), *([str(writable)] if writable else [])]
    for setting in (
        "python_enable_replacements = false",  # else a query could read variables of this process
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        f"allowed_paths = {file_list(allowed)}",
        # A file that is removed meanwhile has no other name any more. See `query_guard.py`.
        "allowed_directories = ['/proc/self/fd/']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        lake.connection.execute(f"SET {setting}")
