"""Labels beside their predictions: by id or key, late, told again, of classes, numbers and names."""

from __future__ import annotations

from math import log

import pytest

from gateway.requestlog.labels_seal import reading
from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from gateway.watching import truths
from gateway.watching.basis import Scale
from gateway.watching.stretches import Stretch
from gateway.watching.summary import Truths
from gateway.watching.truths import Compared
from tests.watching.watched import START, Watched, prediction

MINUTE = 60_000_000
FIRST = START * 1_000_000
KEY = ("v1", "models/v1", FIRST)


def told(
    it: Watched,
    after: float,
    upto: float,
    column: str = "chance",
    policy: LabelPolicy = LabelPolicy(),  # noqa: B008 - it is frozen
    scale: Scale | None = None,
    stretch: Stretch = Stretch(MINUTE),  # noqa: B008 - it is frozen
) -> dict[tuple[str, str | None, int], Truths]:
    """Return what the labels received between two times say."""
    from gateway.watching.intake import label_source

    with connect(it.places.log, threads=1, policies={}) as lake:
        truths.load(lake.connection, label_source(lake), round(after * 1e6), round(upto * 1e6))
        columns = [row[0] for row in lake.execute("DESCRIBE predictions").fetchall()]
        return truths.compare(lake.connection, Compared("late", column, policy, scale), stretch, columns)


def test_classes_are_scored(it: Watched) -> None:
    """In the minute of the prediction, whenever the label came."""
    it.write([prediction(1, START, 1.0, 0.8), prediction(2, START + 1, 1.0, 0.4)])
    it.label(START + 86_400, {1: True, 2: True})
    [(key, found)] = told(it, 0, START + 90_000).items()
    assert key == KEY
    assert (found.n, found.classes, found.scored, found.right) == (2, 2, 2, 1)
    assert found.log_loss == pytest.approx(-log(0.8) - log(0.4))
    assert found.brier == pytest.approx(0.2**2 + 0.6**2)
    assert (found.positives, found.negatives) == ({160: 1, 80: 1}, {})


def test_only_what_is_new_counts(it: Watched) -> None:
    """Received later than the last look; so nothing counts twice."""
    it.write([prediction(1, START, 1.0, 0.8), prediction(2, START, 1.0, 0.4)])
    it.label(START + 10, {1: True})
    it.label(START + 20, {2: True})
    assert told(it, START + 10, START + 15) == {}
    assert told(it, START + 10, START + 20)[KEY].n == 1


def test_the_same_truth_again_changes_nothing(it: Watched) -> None:
    """A batch that is sent twice."""
    it.write([prediction(1, START, 1.0, 0.8)])
    it.label(START + 10, {1: True})
    it.label(START + 20, {1: True})
    again = told(it, START + 10, START + 20)[KEY]
    assert (again.n, again.right, again.positives) == (0, 0, {})
    assert again.log_loss == pytest.approx(0)


def test_another_truth_replaces_the_one_before(it: Watched) -> None:
    """Both looks together are what the last word alone would be."""
    it.write([prediction(1, START, 1.0, 0.8)])
    it.label(START + 10, {1: True})
    it.label(START + 20, {1: False})
    first, second = told(it, 0, START + 10)[KEY], told(it, START + 10, START + 20)[KEY]
    assert (first.n + second.n, first.right + second.right) == (1, 0)
    assert first.brier + second.brier == pytest.approx(0.64)
    assert (second.positives, second.negatives) == ({160: -1}, {160: 1})


def test_numbers_have_errors(it: Watched) -> None:
    """Prediction minus truth."""
    it.write([prediction(n, START, 1.0, 0, outputs={"delay": [value]}) for n, value in ((1, 12.0), (2, 3.0))])
    it.label(START + 10, {1: 10, 2: 7})
    found = told(it, 0, START + 20, "delay")[KEY]
    assert (found.numbers, found.classes, found.error, found.absolute, found.square) == (
        2,
        0,
        -2.0,
        6.0,
        20.0,
    )


def test_a_number_of_0_or_1_is_a_number_where_the_output_is_one(it: Watched) -> None:
    """Single pairs that look like classes are not taken for them."""
    it.write([prediction(1, START, 1.0, 0, outputs={"delay": [0.5]})])
    it.label(START + 10, {1: 1})
    assert told(it, 0, START + 20, "delay")[KEY].classes == 1
    assert told(it, 0, START + 20, "delay", scale="number")[KEY].numbers == 1


def test_names_of_classes_are_right_or_wrong(it: Watched) -> None:
    """There is no score to judge."""
    it.write(
        [prediction(n, START, 1.0, 0, outputs={"kind": [value]}) for n, value in ((1, "cat"), (2, "dog"))]
    )
    it.label(START + 10, {1: "cat", 2: "cat"})
    found = told(it, 0, START + 20, "kind")[KEY]
    assert (found.n, found.classes, found.scored, found.right) == (2, 2, 0, 1)


def test_a_class_told_instead_of_a_number_leaves_no_number(it: Watched) -> None:
    """The last word has no value, so the one before it must not lend it its own."""
    it.write([prediction(1, START, 1.0, 0.8)])
    it.label(START + 10, {1: 1})
    it.label(START + 20, {1: "unknown"})
    found = told(it, 0, START + 30)[KEY]
    assert (found.n, found.scored, found.positives) == (1, 0, {})


def test_a_null_prediction_is_labelled_and_no_more(it: Watched) -> None:
    """It counts as known, and for no loss."""
    it.write([prediction(1, START, 1.0, None)])
    it.label(START + 10, {1: True})
    found = told(it, 0, START + 20)[KEY]
    assert (found.n, found.classes, found.numbers) == (1, 0, 0)


def test_labels_without_a_prediction_count_nowhere(it: Watched) -> None:
    """Neither unknown ids nor other rows, failures or columns."""
    it.write([prediction(1, START, 1.0, 0.8), prediction(2, START, 1.0, 0.8, status=500)])
    it.label(START + 10, {7: True, 2: True})
    it.label(START + 10, {1: True}, row=3)
    assert told(it, 0, START + 20) == {}
    assert told(it, 0, START + 20, "no such output") == {}


def test_rows_of_a_batch_have_their_labels(it: Watched) -> None:
    """By their number within the request."""
    rows = {"chance": [0.9, 0.1], "late": [True, False]}
    it.write([prediction(1, START, 1.0, 0, inputs={"distance": [1.0, 2.0]}, outputs=rows)])
    it.label(START + 10, {1: False}, row=1)
    found = told(it, 0, START + 20)[KEY]
    assert (found.n, found.right, found.negatives) == (1, 1, {20: 1})


def test_a_key_finds_its_predictions(it: Watched) -> None:
    """By the value of the input that the route declares."""
    it.write([prediction(1, START, 1.0, 0.8, inputs={"flight": ["UA1"]}), prediction(2, START, 1.0, 0.8)])
    it.label_key(START + 10, "late", {"UA1": True, "UA2": True})
    assert told(it, 0, START + 20, policy=LabelPolicy("flight"))[KEY].n == 1


def test_a_whole_number_as_key_is_found_beside_fractions(it: Watched) -> None:
    """One value that is none makes all of the column DOUBLE."""
    flights = [7, 8.5]
    it.write([prediction(n, START, 1.0, 0.8, inputs={"flight": [it]}) for n, it in enumerate(flights)])
    it.label_key(START + 10, "late", {"7": True})
    assert told(it, 0, START + 20, policy=LabelPolicy("flight"))[KEY].n == 1


def test_own_time_decides_the_bucket(it: Watched) -> None:
    """As it did for the prediction."""
    when = {"parameters": {"when": "2013-01-01"}}
    it.write([prediction(1, START, 1.0, 0.8, **when)])
    it.label(START + 10, {1: True})
    [(_, _, start)] = told(it, 0, START + 20, stretch=Stretch(MINUTE, "parameters.when", latest=FIRST))
    assert start == 1_356_998_400_000_000


def test_without_any_label_there_is_nothing(it: Watched) -> None:
    """The query for no files answers no rows."""
    assert "WHERE false" in reading([])
