"""If-Match and ETag."""

from __future__ import annotations

import pytest

from gateway.control.preconditions import check_latest, etag, if_match
from gateway.control.problems import Refusal
from gateway.errors import StaleRevision


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("*", None),
        ('"7"', {"7"}),
        (' "7" ', {"7"}),
        ('"7", "8"', {"7", "8"}),
        ('W/"7"', {"7"}),
        ("7", {"7"}),
        ('""', {""}),
        ('"other"', {"other"}),
    ],
)
def test_what_an_if_match_header_asks_for(header: str | None, expected: set[str] | None) -> None:
    """One tag, several or any; a bare number is the tag that lost its quotes."""
    assert if_match(header) == (None if expected is None else frozenset(expected))


@pytest.mark.parametrize("header", ['"7', "seven", "7 8", '"7" "8"', "7x"])
def test_what_is_no_if_match_header(header: str) -> None:
    """A header that cannot be read is refused: ignoring it would change what was to be left alone."""
    with pytest.raises(Refusal, match="is no entity tag") as caught:
        if_match(header)
    assert caught.value.status == 400


def test_a_tag_is_the_revision() -> None:
    """What comes as ETag can be sent back as If-Match."""
    assert if_match(etag(12)) == frozenset({"12"})


def test_only_the_latest_revision_passes() -> None:
    """A change that names another revision is stale, one that names none never is."""
    check_latest(None, 7)
    check_latest(frozenset({"6", "7"}), 7)
    with pytest.raises(StaleRevision, match="revision 6 is not the latest one; it is 7 now"):
        check_latest(frozenset({"6"}), 7)
    with pytest.raises(StaleRevision):
        check_latest(frozenset(), 7)
