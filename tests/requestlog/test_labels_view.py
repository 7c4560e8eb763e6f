"""What the views of labels say, beside the same computed by scikit-learn and numpy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from gateway.requestlog.label_lines import Label, read_labels
from gateway.requestlog.labels import LabelStore
from gateway.requestlog.labels_seal import label_files, seal_labels
from gateway.requestlog.labels_view import label_views
from gateway.requestlog.places import LogPlaces
from gateway.requestlog.policy import Filter, LabelPolicy, LogPolicy
from gateway.requestlog.secrets import Secrets

NOW = 1_795_248_000.0
SECRETS = Secrets(b"k" * 32)
Row = tuple[str, int, str, str, object]


def identity(number: int) -> str:
    """Return the id of the n-th request."""
    return f"{number:032x}"


@pytest.fixture
def places(tmp_path: Path) -> LogPlaces:
    """A log without anything."""
    return LogPlaces(tmp_path)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory."""
    with duckdb.connect() as found:
        found.execute("SET TimeZone = 'UTC'")
        yield found


def predict(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row]) -> None:
    """Make `predictions` of id, row, route, flight and the prediction."""
    connection.execute(
        "CREATE TABLE predictions (id VARCHAR, row INTEGER, ts TIMESTAMPTZ, route VARCHAR, version VARCHAR, "
        "model VARCHAR, revision BIGINT, key VARCHAR, flight VARCHAR, prediction VARCHAR)"
    )
    if rows:
        connection.executemany(
            "INSERT INTO predictions SELECT ?, ?, make_timestamp(1795248000000000)::TIMESTAMPTZ, ?, 'blue', "
            "'m', 1, NULL, ?, ?",
            rows,
        )


def views(
    connection: duckdb.DuckDBPyConnection, places: LogPlaces, policies: dict[str, LabelPolicy] | None = None
) -> None:
    """Make the views on what there is now."""
    for statement in label_views(places, policies or {}, ("flight", "prediction")):
        connection.execute(statement)


def store(places: LogPlaces, now: Callable[[], float] = lambda: NOW, **policies: LogPolicy) -> LabelStore:
    """Return a store with these routes."""
    return LabelStore(places, SECRETS, policies, now)


def by_id(number: int, label: object, row: int = 0) -> Label:
    """Return a label of a request."""
    return read_labels([json.dumps({"id": identity(number), "row": row, "label": label}).encode()])[0]


def by_key(key: str, label: object, route: str = "late") -> Label:
    """Return a label of a key."""
    return read_labels([json.dumps({"route": route, "key": key, "label": label}).encode()])[0]


def quality(connection: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    """Return the rows of the view."""
    found = connection.execute("SELECT * EXCLUDE since FROM quality ORDER BY route")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_classes_are_measured_as_elsewhere(places: LogPlaces, connection: duckdb.DuckDBPyConnection) -> None:
    """Accuracy, log loss, AUC and Brier score of 3,000 predictions agree with scikit-learn's."""
    dice = np.random.default_rng(1)
    chances = np.round(dice.uniform(0.0, 0.999, 3_000), 3)
    truth = dice.uniform(size=3_000) < chances
    predict(connection, [(identity(n), 0, "late", "", repr(float(p))) for n, p in enumerate(chances)])
    store(places).append([by_id(n, bool(label)) for n, label in enumerate(truth)])
    views(connection, places)
    [found] = quality(connection)
    assert found["n"] == 3_000
    assert found["accuracy"] == pytest.approx(accuracy_score(truth, chances >= 0.5))
    assert found["log_loss"] == pytest.approx(log_loss(truth, np.clip(chances, 1e-6, 1 - 1e-6)), rel=1e-6)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, chances), abs=1e-9)
    assert found["brier"] == pytest.approx(brier_score_loss(truth, chances))
    tenths = np.minimum((chances * 10).astype(int), 9)
    off = sum(abs(chances[tenths == n].sum() - truth[tenths == n].sum()) for n in range(10)) / 3_000
    assert found["calibration"] == pytest.approx(off, rel=1e-6)
    assert found["mae"] is None


def test_numbers_are_measured_by_their_errors(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """MAE, RMSE and bias."""
    predict(connection, [(identity(n), 0, "price", "", str(p)) for n, p in enumerate((10.0, 20.0, 30.0))])
    store(places).append([by_id(0, 11.5), by_id(1, 20), by_id(2, 26)])
    views(connection, places)
    [found] = quality(connection)
    assert (found["mae"], found["bias"]) == (pytest.approx(5.5 / 3), pytest.approx(2.5 / 3))
    assert found["rmse"] == pytest.approx(((1.5**2 + 4**2) / 3) ** 0.5)
    assert found["auc"] is None


def test_names_of_classes_are_compared_as_they_are(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """There is nothing but accuracy to be said of them."""
    predict(connection, [(identity(0), 0, "kind", "", "cat"), (identity(1), 0, "kind", "", "dog")])
    store(places).append([by_id(0, "cat"), by_id(1, "cat")])
    views(connection, places)
    [found] = quality(connection)
    assert (found["n"], found["accuracy"], found["log_loss"]) == (2, 0.5, None)


def test_the_last_word_counts(places: LogPlaces, connection: duckdb.DuckDBPyConnection) -> None:
    """A batch that is sent again changes nothing, a corrected label replaces the one before."""
    predict(connection, [(identity(1), 0, "late", "", "0.9")])
    moments = iter((NOW, NOW + 1, NOW + 7200))
    labels = store(places, lambda: next(moments))
    labels.append([by_id(1, 0)])
    labels.append([by_id(1, 0)])
    labels.append([by_id(1, 1)])
    views(connection, places)
    assert connection.execute("SELECT label, value FROM labels").fetchall() == [("1", 1.0)]
    assert connection.execute("SELECT predicted, label FROM labelled").fetchall() == [("0.9", "1")]


def test_a_class_told_instead_of_a_number_has_no_value(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """The number told before is not beside it."""
    predict(connection, [(identity(1), 0, "late", "", "0.9")])
    moments = iter((NOW, NOW + 1))
    labels = store(places, lambda: next(moments))
    labels.append([by_id(1, 1)])
    labels.append([by_id(1, "unknown")])
    views(connection, places)
    assert connection.execute("SELECT label, value FROM labels").fetchall() == [("unknown", None)]


def test_rows_of_one_request_have_labels_of_their_own(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """The label of row 1 is not that of row 0."""
    predict(connection, [(identity(1), row, "late", "", "0.5") for row in range(3)])
    store(places).append([by_id(1, 1, row=1), by_id(1, 0, row=2)])
    views(connection, places)
    found = connection.execute("SELECT row, label FROM labelled ORDER BY row").fetchall()
    assert found == [(1, "1"), (2, "0")]


def test_a_key_finds_its_prediction(places: LogPlaces, connection: duckdb.DuckDBPyConnection) -> None:
    """By the input that the route declares, on that route alone; an id wins over it."""
    policy = LabelPolicy(key="flight")
    predict(
        connection,
        [
            (identity(1), 0, "late", "UA1", "0.2"),
            (identity(2), 0, "late", "UA2", "0.3"),
            (identity(3), 0, "other", "UA1", "0.4"),
        ],
    )
    labels = store(places)
    labels.append([by_key("UA1", 1), by_key("UA2", 1), by_id(2, 0)])
    views(connection, places, {"late": policy, "other": policy})
    found = connection.execute("SELECT id, label FROM labelled ORDER BY id").fetchall()
    assert found == [(identity(1), "1"), (identity(2), "0")]


def test_a_key_that_the_log_hashes_is_hashed_here_too(places: LogPlaces) -> None:
    """Otherwise the two would not meet, and the label's file would tell what the log hides."""
    hashed = LogPolicy(filter=Filter(pseudonymise=("flight",)), labels=LabelPolicy(key="flight"))
    store(places, late=hashed).append([by_key("UA1", 1)])
    [path] = label_files(places)
    assert b"UA1" not in path.read_bytes()
    assert json.loads(path.read_bytes())["key"] == SECRETS.pseudonym_of("UA1")


def test_sealing_changes_no_answer(places: LogPlaces, connection: duckdb.DuckDBPyConnection) -> None:
    """Hours become Parquet, days one file; labels of the running hour stay lines."""
    hours = (NOW, NOW + 3600, NOW + 86_400, NOW + 2 * 86_400)
    for n, moment in enumerate(hours):
        store(places, lambda at=moment: at).append([by_id(n, n)])  # type: ignore[misc]
    before = connection.execute(_reading(places)).fetchall()
    made = seal_labels(places, connection, hours[-1] + 60)
    assert len(made) == 5
    assert [path.suffix for path in label_files(places)] == [".parquet", ".parquet", ".ndjson"]
    assert connection.execute(_reading(places)).fetchall() == before
    assert seal_labels(places, connection, hours[-1] + 60) == []


def _reading(places: LogPlaces) -> str:
    statements = label_views(places, {}, ())
    return statements[0].removeprefix("CREATE VIEW all_labels AS ") + " ORDER BY id"


def test_what_a_seal_left_behind_shows_nothing_twice(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """Killed between writing and removing: it is read once, and the next seal removes the rest."""
    store(places).append([by_id(1, 1)])
    [lines] = label_files(places)
    content = lines.read_bytes()
    seal_labels(places, connection, NOW + 86_400)
    lines.write_bytes(content)
    assert len(connection.execute(_reading(places)).fetchall()) == 1
    seal_labels(places, connection, NOW + 86_400)
    assert len(connection.execute(_reading(places)).fetchall()) == 1
    assert [path.suffix for path in label_files(places)] == [".parquet"]


def test_labels_of_an_hour_that_is_sealed_already_are_kept(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """A clock that was put back, or a writer that was held up, makes an hour's file once more."""
    store(places).append([by_id(1, 1)])
    seal_labels(places, connection, NOW + 7200)
    store(places, lambda: NOW + 1).append([by_id(2, 1), by_id(1, 0)])
    before = connection.execute(_reading(places)).fetchall()
    assert [row[0] for row in before] == [identity(1), identity(2)]
    seal_labels(places, connection, NOW + 2 * 86_400)
    assert connection.execute(_reading(places)).fetchall() == before
    store(places).append([by_id(3, 1)])
    seal_labels(places, connection, NOW + 2 * 86_400)
    assert len(connection.execute(_reading(places)).fetchall()) == 3
    assert len(label_files(places)) == 1


def test_of_two_in_one_batch_the_last_word_counts(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """Although both come at the same time."""
    store(places).append([by_id(1, n % 2) for n in range(7)])
    rows = connection.execute(_reading(places)).fetchall()
    assert [row[4:6] for row in rows] == [("0", 0.0)]


def test_a_whole_number_is_found_among_others(
    places: LogPlaces, connection: duckdb.DuckDBPyConnection
) -> None:
    """One 8.5 among the keys that clients send makes 7.0 of every 7 in its column."""
    policy = LabelPolicy(key="flight", output="prediction")
    predict(connection, [(identity(n), 0, "late", key, "0.2") for n, key in enumerate(("7.0", "8.5", "9"))])
    connection.execute("ALTER TABLE predictions ALTER flight TYPE DOUBLE")
    store(places).append([by_key(key, 1) for key in ("7", "8.5", "9.0")])
    views(connection, places, {"late": policy})
    assert len(connection.execute("SELECT id FROM labelled").fetchall()) == 3


def test_a_torn_line_is_passed_over(places: LogPlaces, connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever writes next begins a line of its own."""
    labels = store(places)
    labels.append([by_id(1, 1)])
    [path] = label_files(places)
    with path.open("ab") as torn:
        torn.write(b'{"id":"torn","la')
    labels.append([by_id(2, 1)])
    assert len(connection.execute(_reading(places)).fetchall()) == 2
