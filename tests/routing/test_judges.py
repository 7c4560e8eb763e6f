"""The settings of the judge; that each of them is documented is in `test_rollouts.py`."""

from __future__ import annotations

from gateway.routing.judges import Judge, LabelsJudge, Metric


def test_who_is_asked_has_a_name_a_pace_and_a_limit() -> None:
    """The log comes before the metrics, which keep their order; without any of them nobody is asked."""
    metrics = tuple(Metric(name, "http", "http://127.0.0.1/") for name in ("one", "two"))
    asked = Judge(metrics=metrics, labels=LabelsJudge()).asked
    assert [(one.name, one.every, one.timeout) for one in asked] == [
        ("labels", 30.0, 30.0),
        ("one", 30.0, 5.0),
        ("two", 30.0, 5.0),
    ]
    assert Judge(metrics=metrics).asked == metrics
    assert Judge().asked == ()
