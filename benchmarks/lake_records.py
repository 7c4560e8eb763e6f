"""Millions of realistic records: lines that DuckDB makes, sealed and merged as the gateway does it.

Thirteen inputs and two outputs as those of the model in model_versions/, four services, a bad hour here and
there; the truth of one prediction in ten is told, a day later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.requestlog.catalog import visible
from gateway.requestlog.engine import write_sealed, writer
from gateway.requestlog.formats import literal, sealed
from gateway.requestlog.merge import merge_step
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.seal import seal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SEGMENT = 80_000
"""Records in a segment of 64 MiB."""
LABELLED = 10
"""One prediction in so many has a label."""


def make(places: LogPlaces, count: int, days: int, end: datetime) -> Iterator[str]:
    """Fill a log with so many records, evenly over the days before `end`; yields what was done."""
    step = timedelta(days=days) / count
    places.open.mkdir(parents=True)
    with writer() as connection:
        connection.execute("SELECT setseed(0.5)")
        for first in range(0, count, SEGMENT):
            begun = end - timedelta(days=days) + first * step
            segment = places.open / f"{_microseconds(begun) * 1000:019d}.ndjson"
            rows = _records(first, min(SEGMENT, count - first), _microseconds(begun), step)
            connection.execute(f"COPY ({rows}) TO {literal(segment)} (FORMAT json)")
            told = seal(places, segment, connection)
            yield f"{first + told.records:,} records"
    _label(places)
    while merge_step(places, (end + timedelta(days=1)).astimezone(UTC).date().isoformat()):
        yield "merged"


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _records(first: int, count: int, begun: int, step: timedelta) -> str:
    apart = step / timedelta(microseconds=1)
    return f"""
    WITH drawn AS (
      SELECT {first} + i AS i, ({begun} + i * {apart!r})::BIGINT AS ts, random() AS which, random() AS luck,
        random() AS x, random() AS y, random() AS z, random() AS u, random() AS w
      FROM range({count}) AS numbers(i)),
    named AS (
      SELECT *, md5(i::VARCHAR) AS id,
        CASE WHEN which < 0.70 THEN 'v1' WHEN which < 0.90 THEN 'v2' WHEN which < 0.98 THEN 'v3' ELSE 'v4' END
          AS version,
        luck < CASE WHEN (ts // 3600000000) % 31 = 0 THEN 0.05 ELSE 0.001 END AS failed,
        exp(0.9 + x * 1.6 + y * y * 2) AS latency
      FROM drawn)
    SELECT id, ts, 'POST' AS method, '/v2/models/late/infer' AS path, 'late' AS route, version,
      'model_versions/' || version AS model, version AS chosen, 'sticky' AS why,
      40 + i // 1000000 AS revision,
      CASE WHEN failed THEN 503 ELSE 200 END AS status,
      CASE WHEN failed THEN 'error' ELSE 'ok' END AS outcome,
      round(latency, 3) AS latency_ms, round(x * 0.3, 3) AS queue_ms, round(latency - 0.4, 3) AS service_ms,
      1 AS attempts, 610 + (x * 40)::INTEGER AS request_bytes, 240 + (y * 9)::INTEGER AS response_bytes,
      'p_' || substr(md5((w * 200000)::INTEGER::VARCHAR), 1, 24) AS key, md5(id) AS trace_id,
      substr(md5(id || 's'), 1, 16) AS span_id, false AS traced,
      {{'month': [1 + (x * 12)::INTEGER % 12], 'day_of_week': [1 + (y * 7)::INTEGER % 7],
        'scheduled_departure': [300 + (z * 1100)::INTEGER], 'scheduled_arrival': [300 + (u * 1100)::INTEGER],
        'carrier': [['UA', 'B6', 'EV', 'DL', 'AA', 'MQ', 'US', 'WN'][1 + (x * y * 8)::INTEGER % 8]],
        'origin': [['EWR', 'JFK', 'LGA'][1 + (y * 3)::INTEGER % 3]],
        'dest': [['ORD', 'ATL', 'LAX', 'BOS', 'MCO', 'CLT', 'SFO', 'FLL'][1 + (z * 8)::INTEGER % 8]],
        'distance': [(80 + (u * u * 4900)::INTEGER)::DOUBLE], 'temp': [round(20 + 60 * y, 2)],
        'wind_speed': [round(30 * x * y, 5)],
        'precip': [CASE WHEN w < 0.9 THEN 0.0 ELSE round(w - 0.9, 2) END],
        'visib': [CASE WHEN w < 0.8 THEN 10.0 ELSE round(w * 10, 1) END], 'humid': [round(20 + 80 * z, 2)]}}
        AS inputs,
      CASE WHEN NOT failed THEN {{'late_probability': [x * y], 'late': [x * y > 0.5]}} END AS outputs,
      i % 2 AS worker, i // 2 AS n
    FROM named"""


def _label(places: LogPlaces) -> None:
    """Tell the truth about some predictions of each day, a day later."""
    days: dict[str, list[Path]] = {}
    for file in visible(places).of("predictions"):
        days.setdefault(file.day, []).append(file.path)
    with writer("1GB") as connection:
        for day, files in days.items():
            _label_day(places, connection, day, files)


def _label_day(places: LogPlaces, connection: DuckDBPyConnection, day: str, files: list[Path]) -> None:
    truth = "(hash(id) % 1000000) / 1e6 < late_probability"  # calibrated, and the same in each run
    rows = (
        f"SELECT id, row, NULL::VARCHAR AS route, NULL::VARCHAR AS key, ({truth})::VARCHAR AS label, "
        f"({truth})::INTEGER::DOUBLE AS value, epoch_us(ts) + 86400000000 AS received "
        f"FROM {sealed(files)} WHERE late_probability IS NOT NULL AND hash(id) // 1000000 % {LABELLED} = 0"
    )
    later = datetime.fromisoformat(day) + timedelta(days=1)
    write_sealed(connection, rows, places.labels / f"{later.date().isoformat()}.parquet")
