"""Which header fields pass, which are looked at, which are removed."""

from __future__ import annotations

import pytest

from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.http.strict import Refused

KINDS = FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN, frozenset((b"x-user-id", b"cookie")))


def shape_of(*names: bytes) -> object:
    """Return the shape of a head with these names."""
    return Shapes(KINDS).of(dict.fromkeys(names, b"v"))


def test_a_shape_knows_the_spelling_of_what_every_request_needs() -> None:
    """Names are found whatever their case and kept as written."""
    shape = Shapes(KINDS).of(dict.fromkeys((b"HOST", b"Content-length", b"X-Other", b"X-User-Id"), b"v"))
    assert (shape.host, shape.length, shape.coding, shape.date) == (b"HOST", b"Content-length", None, None)
    assert shape.looked_at == ((b"x-user-id", b"X-User-Id"),)


def test_hop_by_hop_and_forwarding_fields_are_to_be_removed() -> None:
    """So is every name with an underscore, which some services read as a hyphen."""
    names = (b"Connection", b"TE", b"X-Forwarded-For", b"X_User", b"Accept", b"Host", b"X-Request-ID")
    removed = Shapes(KINDS).of(dict.fromkeys(names, b"v")).removed
    assert set(removed) == {b"Connection", b"TE", b"X-Forwarded-For", b"X_User", b"X-Request-ID"}


@pytest.mark.parametrize("names", [(b"Host", b"HOST"), (b"x-user-id", b"X-User-Id"), (b"x_a", b"X_A")])
def test_a_field_that_matters_may_not_come_in_two_spellings(names: tuple[bytes, ...]) -> None:
    """Whoever reads one of them would miss the other."""
    with pytest.raises(Refused, match="more than once") as refused:
        shape_of(*names)
    assert refused.value.status == 400


def test_a_field_nobody_looks_at_may_come_in_two_spellings() -> None:
    """It passes as it was written: neither is taken out, and neither is looked at."""
    shape = Shapes(KINDS).of(dict.fromkeys((b"X-Other", b"x-other"), b"v"))
    assert (shape.removed, shape.looked_at) == ((), ())


def test_the_shape_of_equal_names_is_worked_out_once() -> None:
    """Values do not matter to it."""
    shapes = Shapes(KINDS)
    assert shapes.of({b"Host": b"a", b"Accept": b"b"}) is shapes.of({b"Host": b"c", b"Accept": b"d"})
    assert shapes.of({b"Host": b"a"}) is not shapes.of({b"host": b"a"})


def test_inventing_names_does_not_grow_the_memory() -> None:
    """What is remembered has a limit."""
    shapes = Shapes(KINDS)
    for n in range(5000):
        assert shapes.of({b"x-%d" % n: b""}).removed == ()
    assert len(shapes._seen) <= 1024


@pytest.mark.parametrize(
    "name",
    [b"Content_Length", b"transfer_encoding", b"Content.Length", b"ContentLength", b"Transfer-Encoding_"],
)
def test_names_that_look_like_framing_are_refused(name: bytes) -> None:
    """Some services turn every sign into a hyphen."""
    with pytest.raises(Refused, match="looks like") as refused:
        shape_of(b"Host", name)
    assert refused.value.status == 400
