"""The document of a what-if about a model."""

from __future__ import annotations

import json

import numpy as np

from gateway.serving.model_spec import InputSpec, ModelSpec, OutputSpec
from gateway.whatif.answers import Answers
from gateway.whatif.model_report import Compared, model_report
from gateway.whatif.predictions import Rows

SPEC = ModelSpec("small", "v2", (InputSpec("x", "FP64"),), (OutputSpec("chance", "FP64"),))


def compared(count: int, labels: int, seed: int = 1) -> Compared:
    """Return rows of two versions, some labelled, beside a third version's answers."""
    dice = np.random.default_rng(seed)
    p, q = dice.uniform(0, 1, count), dice.uniform(0, 1, count)
    rows = Rows(seen=count + 3, unanswered=1)
    rows.keys = [(f"{n:032x}", 0) for n in range(count)]
    rows.versions = ["blue" if n % 2 else "canary" for n in range(count)]
    rows.p, rows.yes = p.tolist(), (p >= 0.5).tolist()
    rows.blocks = [dice.uniform(0, 1, (count, 1))] if count else []
    rows.reasons["x", "missing"] = 2
    truth = np.full(count, np.nan)
    truth[:labels] = dice.integers(0, 2, labels)
    return Compared(rows, Answers(q, q >= 0.5), truth, 1.0, 0.01, [0.5, 0.6], [("blue", 5, 2.0, 3.0)])


def test_it_says_all_for_all_rows_and_for_each_version() -> None:
    """And is JSON, with labels and without."""
    found = model_report(SPEC, compared(200, 150), [])
    assert json.loads(json.dumps(found)) == found
    assert [one["version"] for one in found["agreement"]] == ["", "blue", "canary"]
    assert [(one["version"], one["rows"]) for one in found["quality"]] == [
        ("", 150),
        ("blue", 75),
        ("canary", 75),
    ]
    assert found["left_out"] == {
        "rows": 3, "unanswered": 1, "inputs": [{"input": "x", "why": "missing", "rows": 2}]
    }  # fmt: skip
    assert found["latency"]["recorded"] == [{"version": "blue", "requests": 5, "p50_ms": 2.0, "p99_ms": 3.0}]


def test_too_few_labels_say_nothing_but_that() -> None:
    """None, a few, and labels that are no classes."""
    assert any(
        "no label of these rows" in note for note in model_report(SPEC, compared(50, 0), [])["unknown"]
    )
    few = model_report(SPEC, compared(50, 29), [])
    assert few["quality"] == []
    assert any("29 labels are too few" in note for note in few["unknown"])
    odd = compared(50, 40)
    odd.truth[:3] = 17.5
    assert any("3 labels are left out" in note for note in model_report(SPEC, odd, [])["unknown"])


def test_a_sample_and_revisions_that_are_gone_are_told() -> None:
    """Since they change what the numbers mean."""
    found = compared(50, 0)
    notes = model_report(SPEC, Compared(found.rows, found.answers, found.truth, 0.25, 0, [], []), [3])[
        "unknown"
    ]
    assert any("sample of about 25.0%" in note for note in notes)
    assert any("coarsened" in note for note in notes)


def test_without_a_row_there_are_no_numbers() -> None:
    """But the reasons."""
    found = model_report(SPEC, compared(0, 0), [])
    assert (found["given"], found["agreement"][0]["same"], found["segments"]["all"]) == (0, None, [])
    assert found["latency"]["here"]["p50_ms"] == 0.55
