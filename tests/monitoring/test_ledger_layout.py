"""The words of a ledger: none lies upon another, and what an entry is about can be read out of it again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.monitoring import ledger_layout as layout

arms = st.sampled_from([layout.STABLE, layout.CANARY])
kinds = st.sampled_from([layout.DRAW, layout.BAD, layout.OUTPUT])


@given(st.integers(0, 2**40 - 1), arms, kinds, st.integers(0, 255))
def test_the_facts_of_an_entry_can_be_told_apart(since: int, arm: int, kind: int, bits: int) -> None:
    """They fit into a word, and that word is never 0."""
    word = layout.facts(since, arm, kind, bits)
    assert 0 < word < 2**64
    assert word >> layout.SINCE_SHIFT == since
    assert word >> layout.ARM_SHIFT & 0xFF == arm
    assert word >> layout.KIND_SHIFT & 0xFF == kind
    assert word & 0xFF == bits


def test_header_counters_and_log_follow_each_other() -> None:
    """A counter has room for every metric, and a metric a bit."""
    assert layout.MALFORMED < layout.HEADER_WORDS == layout.COUNTERS_AT
    assert layout.BAD_OF + layout.METRICS <= layout.COUNTER_WORDS
    assert layout.COUNTERS_AT + layout.COUNTERS * layout.COUNTER_WORDS == layout.ENTRIES_AT
    assert layout.METRICS <= layout.KIND_SHIFT
