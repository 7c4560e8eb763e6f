"""Queries behind quality: of numbers, by key, and the days behind a decay."""

from __future__ import annotations

import pytest

from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from gateway.requestlog.query import run
from gateway.watching.proof_quality import query
from gateway.watching.subject import Of
from gateway.watching.windows import Window
from tests.watching.watched import START, Watched, prediction

WINDOW = Window(START * 1_000_000, (START + 60) * 1_000_000)


def of(signal: str, output: str, key: str = "", time: str = "") -> Of:
    """Return what is asked of version v1."""
    policy = LabelPolicy(key)
    return Of(signal, "late", "v1", "", WINDOW, model="models/v1", time=time, output=output, labels=policy)


@pytest.mark.parametrize(
    ("signal", "value"), [("mae", 3.0), ("rmse", 10**0.5), ("bias", -1.0), ("labelled", 2 / 3)]
)
def test_numbers(it: Watched, signal: str, value: float) -> None:
    """Errors of those predictions whose truth is known."""
    delays = {1: 12.0, 2: 3.0, 3: 9.0}
    it.write([prediction(n, START, 1.0, 0, outputs={"delay": [delay]}) for n, delay in delays.items()])
    it.label(START + 10, {1: 10, 2: 7})
    with connect(it.places.log, policies={}) as lake:
        assert run(lake, query(of(signal, "delay"))).rows[0][0] == pytest.approx(value)


def test_labels_by_key_are_found(it: Watched) -> None:
    """Beside those by id, which win; the policies that the log is opened with say how."""
    it.write([prediction(n, START, 1.0, 0.8, inputs={"flight": [f"UA{n}"]}) for n in (1, 2)])
    it.label_key(START + 10, "late", {"UA1": True, "UA2": True})
    it.label(START + 10, {2: False})
    with connect(it.places.log, policies={"late": LabelPolicy("flight")}) as lake:
        assert run(lake, query(of("accuracy", "chance", key="flight"))).rows == [(0.5, 2)]


def test_a_decay_shows_the_loss_of_each_day(it: Watched) -> None:
    """Evidence itself is no number of single records."""
    days = ["2013-01-01", "2013-01-02T10:00:00"]
    records = [prediction(n, START, 1.0, 0.5 + n / 10, inputs={"when": [day]}) for n, day in enumerate(days)]
    it.write(records)
    it.label(START + 10, {0: True, 1: True})
    with connect(it.places.log, policies={}) as lake:
        rows = run(lake, query(of("decay", "chance", time="when"))).rows
    assert [(str(day), round(loss, 2), n) for day, loss, n in rows] == [
        ("2013-01-01", 0.25, 1),
        ("2013-01-02", 0.16, 1),
    ]


def test_without_an_output_there_is_no_query(it: Watched) -> None:
    """As of a service of which nothing is known yet."""
    assert query(of("accuracy", "")) == ""
