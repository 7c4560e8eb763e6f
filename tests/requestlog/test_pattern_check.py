"""Which regular expressions can be trusted with texts that clients choose."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.requestlog.pattern_check import check_pattern

FINE = [
    r"cust-\d+",
    r"[A-Z]{2}\d{6,8}",
    r"(?i)\bMRN\s{0,3}\d{1,20}\b",
    r"\d{1,10}-\d{1,10}",
    r"(?:-\d{1,4})?x",
    r"(a{3}){4}b",
    r"token=\S+|secret=\S+",
    r"[]+*]x{,3}",
    r"[^\]]x",
    r"\++",
    r"x{",
    r"(?<=id )\d{4}(?!\d)",
    r"(?P<name>Anna|Bert)",
    r"x{2,}",
    r"\x41\u0042",
]
REFUSED = [
    ("", "1 to 500 characters"),
    ("a" * 501, "1 to 500 characters"),
    ("(", "no regular expression"),
    ("a*", "empty text"),
    ("a{,}", "empty text"),
    (r"(a+)+", "no upper limit"),
    (r"(a|a)*b", "no upper limit"),
    (r"(a*)*$", "empty text"),
    (r"\w+@x", "no upper limit"),
    (r"(?:a+)b", "no upper limit"),
    (r"(?:ab|c){2}", "alternatives in it"),
    (r"(a{1,9}){1,9}", "repeats a group"),
    (r"a{1,64}b{1,64}", "4,096 ways"),
    ("a?" * 30 + "b", "1,073,741,824 ways"),
    (r"(a)\1", "refers back"),
    (r"(?P<n>a)(?P=n)", "not among"),
    (r"(?x)a b", "not among"),
    (r"(?#no)a", "not among"),
    (r"(a)?(?(1)b|c)", "not among"),
    (r"a{1001}", "more than 1,000 times"),
    ("[[a]b", "nested set"),
]


@pytest.mark.parametrize("pattern", FINE)
def test_fine(pattern: str) -> None:
    """What people write for ids and words is accepted."""
    assert check_pattern(pattern) is None


@pytest.mark.parametrize(("pattern", "why"), REFUSED)
def test_refused(pattern: str, why: str) -> None:
    """What could run for hours, match everywhere or not compile is refused with a sentence."""
    assert why in (check_pattern(pattern) or "")


_atoms = st.sampled_from(["a", r"\w", "[ab]", ".", "b", r"\b", "(?:a|b)", "(a{1,9})", "(?:a?b)", "(?=a)"])
_often = st.sampled_from(["", "", "", "*", "+", "?", "{1,9}", "{2}", "{1,}", "{1,300}"])
_parts = st.tuples(_atoms, _often).map("".join)


@settings(max_examples=400)
@given(st.lists(_parts, min_size=1, max_size=5).map("".join))
def test_what_is_accepted_is_quick(pattern: str) -> None:
    """No accepted pattern takes long on the texts that are worst for backtracking."""
    if check_pattern(pattern) is not None:
        return
    compiled = re.compile(pattern)
    for text in ("a" * 3000 + "!", "ab" * 1500 + "!", "a " * 1500):
        began = time.process_time()
        compiled.sub("", text)
        assert time.process_time() - began < 2.0
