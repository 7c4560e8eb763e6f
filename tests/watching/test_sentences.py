"""What an alert says: what moved, by how much, of which version, since when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.routing.watches import SIGNALS
from gateway.watching import sentences
from gateway.watching.alert_states import Course
from gateway.watching.alerts import Alert
from gateway.watching.sentences import sentence, together, what, written

FIRING = Alert(
    "missing-input",
    "late",
    "v1",
    "temp",
    "missing",
    ">",
    0.05,
    "ticket",
    Course("firing", since=1_780_000_020.0, fired=1_780_000_020.0),
    value=0.124,
    n=900,
    reference=0.001,
    before=0.002,
)


def test_a_sentence_says_everything() -> None:
    """In the units of the signal."""
    assert sentence(FIRING) == (
        "missing values of temp, v1: 12.4 %, above 5 %, it was 0.2 % in the window before, "
        "0.1 % in training, since 2026-05-28T20:27:00Z"
    )


def test_an_end_says_from_when_until_when_it_was() -> None:
    """With the value that is fine again."""
    course = replace(FIRING.course, state="resolved", resolved=1_780_000_620.0)
    assert sentence(replace(FIRING, course=course, value=0.01)) == (
        "missing values of temp, v1: 1 % again; from 2026-05-28T20:27:00Z until 2026-05-28T20:37:00Z "
        "it was above 5 %"
    )


def test_blindness_is_said() -> None:
    """The alarm stands, but nobody can see."""
    blind = replace(FIRING, course=replace(FIRING.course, is_blind=True))
    assert sentence(blind).endswith("there is not enough data now to say more")


def test_an_alarm_of_decay_below_its_threshold_says_why_it_goes_on() -> None:
    """It was above it, and ends where the evidence is against it."""
    decay = replace(FIRING, signal="decay", field="", value=0.4, threshold=1.0, reference=None, before=None)
    assert "0.4, it was at or above 1 and has not fallen to 0.05, since" in sentence(decay)
    assert "at or above 1, since" in sentence(replace(decay, value=3.0))


def test_several_are_told_with_the_strongest_first() -> None:
    """And how many more there are."""
    four = [replace(FIRING, field=name, value=0.1 + number / 10) for number, name in enumerate("abcd")]
    assert together(four) == (
        "4 are above 5 %, since 2026-05-28T20:27:00Z: missing values of d, v1: 40 %; "
        "missing values of c, v1: 30 %; missing values of b, v1: 20 %; and 1 more"
    )
    assert together(four[:1]) == sentence(four[0])


@pytest.mark.parametrize(
    ("signal", "value", "text"),
    [
        ("errors", 0.02, "2 %"),
        ("latency_p99", 12.345, "12.3 ms"),
        ("memory", 3 * 2**30, "3,072 MiB"),
        ("drift", 0.31, "0.31"),
        ("auc", None, "unknown"),
    ],
)
def test_values_have_their_units(signal: str, value: float | None, text: str) -> None:
    """Shares in percent, times in milliseconds."""
    assert written(signal, value) == text


def test_every_signal_has_words() -> None:
    """None is told by its name alone; what is a share in the contract is written as one."""
    assert set(sentences.WHAT) == set(SIGNALS)
    assert what(replace(FIRING, field="", version="")) == "missing values"
    for name, (_, unit) in SIGNALS.items():
        is_share = unit.startswith("share")
        assert (name in sentences.SHARES) == is_share, name
