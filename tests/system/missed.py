"""What a measurement, done small by a test, did not reach."""

from __future__ import annotations

from benchmarks.measured.row import Reached


def missed(found: Reached, *noisy: str) -> list[str]:
    """Return the figures that missed their bounds; not those beginning so, which a busy machine disturbs."""
    return [str(one) for one in found.figures if not one.met and not one.what.startswith(noisy)]
