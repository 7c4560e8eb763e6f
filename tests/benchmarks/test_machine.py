"""What was measured on what."""

from __future__ import annotations

import pytest

from benchmarks.machine import first_version, pinning
from benchmarks.process import Cores


@pytest.mark.parametrize(
    ("words", "version"),
    [
        ("nginx version: nginx/1.22.1", "1.22.1"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/10/17", "2.6.12"),
        ("none", ""),
    ],
)
def test_a_version_is_found_in_what_a_program_says_of_itself(words: str, version: str) -> None:
    """Each program words it its own way."""
    assert first_version(words) == version


def test_pinning_is_said_as_it_was() -> None:
    """One core shared is not two cores."""
    assert pinning(Cores(0, 1)) == "each proxy on core 0; load and upstream together on core 1"
    assert "one core only" in pinning(Cores(0, 0))
