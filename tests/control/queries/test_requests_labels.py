"""The truth of one request, the same as the view `labelled` has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.control.queries.requests_labels import truths
from gateway.requestlog.lake import connect
from gateway.requestlog.policy import LabelPolicy
from tests.control import logged
from tests.control.logged import record

if TYPE_CHECKING:
    from tests.control.conftest import Site

POLICY = LabelPolicy(key="flight", output="late_probability")


def both(site: Site, whole: dict[str, Any]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return row, label and prediction as they are found here and as the view has them."""
    with connect(site.places.log, policies={"late": POLICY}) as lake:
        here = [(it["row"], it["label"], float(it["predicted"])) for it in truths(lake, whole, POLICY)]
        view = lake.execute(
            "SELECT row, label, predicted::DOUBLE FROM labelled WHERE id = ? ORDER BY row", [whole["id"]]
        ).fetchall()
    return here, view


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([], []),
        ([{"id": f"{1:032x}", "label": "true", "value": 1.0}], [(0, "true", 0.25)]),
        ([{"id": f"{2:032x}", "label": "true", "value": 1.0}], []),
        ([{"route": "late", "key": "7", "label": "false", "value": 0.0}], [(1, "false", 0.75)]),
        ([{"route": "other", "key": "7", "label": "false", "value": 0.0}], []),
        (
            [
                {"id": f"{1:032x}", "row": 1, "label": "true", "value": 1.0},
                {"route": "late", "key": "7.0", "label": "false", "value": 0.0, "received": logged.BEGIN + 5},
                {"route": "late", "key": "UA1", "label": "false", "value": 0.0},
            ],
            [(0, "false", 0.25), (1, "true", 0.75)],
        ),
        (
            [
                {"id": f"{1:032x}", "label": "true", "value": 1.0},
                {"id": f"{1:032x}", "label": "false", "value": 0.0, "received": logged.BEGIN + 5},
            ],
            [(0, "false", 0.25)],
        ),
    ],
)
def test_labels_are_found_by_id_or_by_key(
    site: Site, labels: list[dict[str, Any]], expected: list[tuple[Any, ...]]
) -> None:
    """An identity wins over a key, the last word over those before; the view says the same."""
    made = record(1, inputs={"flight": ["UA1", 7.0]}, outputs={"late_probability": [0.25, 0.75]})
    logged.write(site.places, made, record(2))
    logged.label(site.places, *labels)
    here, view = both(site, made)
    assert here == view == expected


def test_what_was_predicted_may_be_missing(site: Site) -> None:
    """A label of a request that failed, or of a row that it did not have, is still shown."""
    logged.write(site.places, record(1, outputs=None))
    logged.label(site.places, {"id": f"{1:032x}", "row": 3, "label": "true", "value": 1.0})
    with connect(site.places.log) as lake:
        [found] = truths(lake, {**record(1), "outputs": None}, None)
    assert (found["row"], found["label"], found["predicted"]) == (3, "true", None)
