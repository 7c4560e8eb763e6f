"""What the models accept and refuse."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.control.models import REASON_LIMIT, NewRollout, NewWeights, Promotion, Reasoned, Rollback


def test_weights_are_numbers_by_service() -> None:
    """Whole numbers and decimals, with a reason or without."""
    body = NewWeights.model_validate({"weights": {"blue": 90, "canary": 0.5}, "reason": "Größe 1"})
    assert body.weights == {"blue": 90.0, "canary": 0.5}
    assert NewWeights.model_validate({"weights": {"blue": 0}}).reason == ""


@pytest.mark.parametrize(
    "weights",
    [
        *({}, [], None, "blue", {"blue": "90"}, {"blue": True}, {"blue": None}, {"blue": -1}),
        *({"blue": float("nan")}, {"blue": float("inf")}, {"blue": {"weight": 1}}),
    ],
)
def test_what_is_no_weight(weights: Any) -> None:
    """Nothing is converted: a text is no number, nor is a truth value."""
    with pytest.raises(ValidationError):
        NewWeights.model_validate({"weights": weights})


def test_unknown_keys_are_refused() -> None:
    """A key that is not known is a mistake, not something to pass over."""
    with pytest.raises(ValidationError):
        Rollback.model_validate({"revision": 3})


@pytest.mark.parametrize("to", [0, -1, 1.5, "3", True])
def test_a_revision_is_a_whole_number_from_1(to: Any) -> None:
    """Anything else names no revision."""
    with pytest.raises(ValidationError):
        Rollback.model_validate({"to": to})


@pytest.mark.parametrize("reason", ["two\nlines", "\x1b[31mred", "x" * (REASON_LIMIT + 1), 5])
def test_a_reason_is_one_visible_line(reason: Any) -> None:
    """It is shown on terminals and in logs, where control characters would act."""
    with pytest.raises(ValidationError):
        Rollback.model_validate({"reason": reason})


def test_a_rollback_needs_nothing() -> None:
    """Without a body everything goes to stable."""
    assert (Rollback().to, Rollback().reason) == (None, "")


def test_a_rollout_needs_a_canary_and_no_more() -> None:
    """Steps are numbers, or left out for those of routing.yaml."""
    body = NewRollout.model_validate({"canary": "v2"})
    assert (body.steps, body.force, body.reason) == (None, False, "")
    assert NewRollout.model_validate({"canary": "v2", "steps": [1, 5.5]}).steps == [1.0, 5.5]


@pytest.mark.parametrize(
    "body",
    [
        *(
            {},
            {"canary": ""},
            {"canary": 2},
            {"canary": "v2", "steps": "1,5"},
            {"canary": "v2", "steps": ["1"]},
        ),
        *(
            {"canary": "v2", "steps": [float("inf")]},
            {"canary": "v2", "force": 1},
            {"canary": "v2", "full": True},
        ),
    ],
)
def test_what_is_no_rollout(body: Any) -> None:
    """Nothing is converted, nothing unknown is passed over."""
    with pytest.raises(ValidationError):
        NewRollout.model_validate(body)


def test_events_take_a_reason_and_a_promotion_may_be_full() -> None:
    """All may be left out."""
    assert Reasoned().reason == Promotion().reason == ""
    assert Promotion.model_validate({"full": True}).full
    with pytest.raises(ValidationError):
        Reasoned.model_validate({"full": True})
