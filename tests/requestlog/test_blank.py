"""Lines become spaces where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.blank import blank_lines, lines_with

LINES = st.lists(
    st.sampled_from([b"", b"a", b"xx needle", b"needle", b"needleneedle", b'{"mark":needle}']), max_size=12
)


@given(lines=LINES, is_torn=st.booleans())
def test_exactly_the_lines_that_hold_it(
    lines: list[bytes], is_torn: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All others keep their bytes and places; marks are never touched; the last line may be torn."""
    path = tmp_path_factory.mktemp("log") / "segment"
    before = b"\n".join(lines) + (b"" if is_torn else b"\n")
    path.write_bytes(before)
    hit = [line for line in lines if b"needle" in line and not line.startswith(b'{"mark"')]
    assert lines_with(path, b"needle") == hit
    assert blank_lines(path, b"needle") == len(hit)
    after = [b" " * len(line) if line in hit else line for line in before.split(b"\n")]
    assert path.read_bytes() == b"\n".join(after)
    assert lines_with(path, b"needle") == []


def test_an_empty_segment_has_no_lines(tmp_path: Path) -> None:
    """It cannot even be mapped."""
    path = tmp_path / "segment"
    path.touch()
    assert (lines_with(path, b"x"), blank_lines(path, b"x")) == ([], 0)
