"""Bodies that look alike: what is cut out of them is what reading and filtering them at length would keep."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.content import content_of
from gateway.requestlog.filter import Screen
from gateway.requestlog.frame import read_frame
from gateway.requestlog.looks import LONGEST, MOST, PATIENCE, Look, Looks, look_of
from gateway.requestlog.policy import Coarsen, Filter
from gateway.requestlog.secrets import Secrets
from gateway.requestlog.tensors import values_in
from tests.requestlog.frames import frame
from tests.requestlog.planted import requests
from tests.requestlog.planted_search import survivors

SECRETS = Secrets(bytes(32))
FILTERS = (
    Filter(),
    Filter(redact=()),
    Filter(mode="strict"),
    Filter(mode="strict", keep=("hour", "p")),
    Filter(pseudonymise=("user",)),
    Filter(redact=("email",)),
)
SCALARS = st.one_of(
    st.integers(-(10**16), 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.text(max_size=12),
    st.from_regex(r"\A[A-Za-z0-9 _-]{0,12}\Z"),
    st.sampled_from(
        ["a@b.example", "4111 1111 1111 1111", "9E", "+49 170 1234567", "%40", "x" * 70, -0.0, 1e-300]
    ),
)


def tensor(name: str, *values: Any, shape: list[int] | None = None) -> dict[str, Any]:
    """A tensor of these values, one for each row unless `shape` says otherwise."""
    return {"name": name, "shape": shape or [len(values)], "datatype": "BYTES", "data": list(values)}


def body(*tensors: dict[str, Any], side: str = "inputs", **more: Any) -> bytes:
    """A body of Open Inference JSON."""
    return json.dumps({"id": "7", **more, side: list(tensors)}).encode()


def learnt(raw: bytes, filter: Filter = FILTERS[0]) -> Look | None:
    """The look of a body under a filter."""
    found = values_in(raw)
    assert found is not None
    return look_of(raw, found[0], Screen(filter, SECRETS).fields(found[0]))


def warm(filter: Filter, raw: bytes) -> Looks:
    """Looks that have had their first lesson."""
    looks, found = Looks(filter), values_in(raw)
    assert found is not None
    for _ in range(PATIENCE):
        looks.learn(raw, found[0], Screen(filter, SECRETS).fields(found[0]))
    return looks


def at_length(raw: bytes, filter: Filter) -> tuple[dict[str, Any], bool]:
    """What is kept of a body that is read, and whether that is all."""
    found = values_in(raw)
    assert found is not None
    kept = Screen(filter, SECRETS).fields(found[0])
    return kept, len(kept) == len(found[0])


@given(
    st.sampled_from(FILTERS),
    st.lists(st.tuples(SCALARS, SCALARS, SCALARS), min_size=2, max_size=6),
    st.sampled_from(["inputs", "outputs"]),
)
def test_what_is_seen_is_what_would_be_read(
    filter: Filter, rows: list[tuple[Any, Any, Any]], side: str
) -> None:
    """Whatever values come, under whatever filter: the same fields, the same note of what is missing."""

    def of(hour: Any, p: Any, user: Any) -> bytes:
        return body(
            tensor("hour", hour), tensor("p", p, 2, shape=[1, 2]), tensor("user", user, user), side=side
        )

    looks = warm(filter, of(7, 0.25, "UA"))
    for values in rows:
        raw = of(*values)
        seen = looks.seen(raw)
        if seen is not None:
            kept, is_all = at_length(raw, filter)
            assert orjson.loads(seen[0] or b"{}") == orjson.loads(orjson.dumps(kept))
            assert (seen[1], seen[0] == b"") == (is_all, not kept)


def test_bodies_that_look_alike_are_seen() -> None:
    """Other values, another id; lists as well; spaces where the first body had them."""
    raw = body(tensor("hour", 7), tensor("p", 0.25, 2, shape=[1, 2]), tensor("user", "UA", "B6"))
    other = body(tensor("hour", -1.5e-05), tensor("p", None, 30, shape=[1, 2]), tensor("user", "9E", "x y"))
    look = learnt(raw)
    assert look is not None
    assert look.seen(other.replace(b'"7"', b'"e-99"')) == (
        b'{"hour":[-1.5e-05],"p":[[null, 30]],"user":["9E", "x y"]}',
        True,
    )
    assert look.hits == 2


@pytest.mark.parametrize(
    "raw",
    [
        body(tensor("hour", "anna.k@corp.example")),
        body(tensor("hour", "4111111111111111")),
        body(tensor("hour", 4111111111111111)),
        body(tensor("hour", 1e300)),
        body(tensor("hour", "020 7946 0958")),
        body(tensor("hour", "10.1.2.3")),
        body(tensor("hour", "2001:db8::1")),
        body(tensor("hour", "a%40b")),
        body(tensor("hour", 'a"b')),
        body(tensor("hour", "größer")),
        body(tensor("hour", 7, 8)),
        body(tensor("hour", 7), tensor("more", 1)),
        body(tensor("Hour", 7)),
        body(tensor("hour", 7), parameters={"a": 1}),
        body(tensor("hour", 7)) + b" ",
        body(tensor("hour", 7)).replace(b"[7]", b"[07]"),
        body(tensor("hour", 7)).replace(b"[7]", b"[NaN]"),
        body(tensor("hour", 7)).replace(b'"7"', b'"\xff"'),
    ],
)
def test_anything_else_is_not_seen(raw: bytes) -> None:
    """Values that a filter has to look at, and any other text, are left to whoever reads at length."""
    look = learnt(body(tensor("hour", 7)))
    assert look is not None
    assert look.seen(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        body(tensor("hour", 1, 2, 3, 4, shape=[2, 2])),
        body(tensor("hour", "a@b.example")),
        body(tensor("h\\our", 7)),
        body(tensor("hour", 7), tensor("long", "x" * LONGEST)),
        body(tensor("a@b.example", 7)),
        b'{"inputs":[{"name":"hour","shape":[1],"data":[7],"data":[7]}]}',
        b'{"inputs":[{"name":"hour","shape":[1],"d\\u0061ta":[7],"parameters":{"data":[7]}}]}',
        b'{"inputs":[{"name":"hour","shape":[1,1],"data":[[7]]}]}',
    ],
)
def test_what_cannot_be_told_for_certain_is_not_learnt(raw: bytes) -> None:
    """Values that are not plain, names that are shown otherwise, escapes, keys that come twice."""
    assert learnt(raw) is None


def test_a_value_is_taken_from_its_own_place() -> None:
    """A key `data` somewhere else is text like any other."""
    raw = b'{"x":{"data":[7]},"inputs":[{"parameters":{"data":[7]},"name":"hour","shape":[1],"data":[7]}]}'
    look = learnt(raw)
    assert look is not None
    assert look.seen(raw.replace(b'1],"data":[7]', b'1],"data":[8]')) == (b'{"hour":[8]}', True)
    assert look.seen(raw.replace(b'{"data":[7]},"inputs"', b'{"data":[8]},"inputs"')) is None


def test_names_may_hold_anything_that_json_may() -> None:
    """A per cent sign is no place for a value."""
    look = learnt(body(tensor("% of b%b", 7)), Filter(redact=()))
    assert look is not None
    assert look.seen(body(tensor("% of b%b", 8))) == (b'{"% of b%b":[8]}', True)


@pytest.mark.parametrize(
    "filter",
    [
        Filter(pseudonymise=("hour",)),
        Filter(encrypt=("hour",)),
        Filter(coarsen=(Coarsen("hour", "round", 1.0),)),
        Filter(redact=("email", r"seven")),
    ],
)
def test_nothing_is_learnt_where_a_rule_changes_values(filter: Filter) -> None:
    """A field that is hashed, encrypted or coarsened, and patterns of one's own: all is read at length."""
    raw = body(tensor("hour", 7))
    assert warm(filter, raw).seen(raw) is None


def test_lessons_grow_rarer() -> None:
    """However many looks there are, so that bodies that never look alike cost next to nothing."""
    looks, filter = Looks(Filter()), Filter()
    bodies = [body(tensor(f"x{number}", 7)) for number in range(40)]
    lessons = 0
    for turn in range(PATIENCE * 40):
        raw = bodies[turn % 40]
        if looks.seen(raw) is None:
            found = values_in(raw)
            assert found is not None
            looks.learn(raw, found[0], Screen(filter, SECRETS).fields(found[0]))
            lessons += looks.seen(raw) is not None
    assert 1 < lessons <= 6


def test_the_least_useful_look_makes_room() -> None:
    """Only so many are known; one that is in use stays."""
    looks, used = Looks(Filter()), body(tensor("used", 7))
    for number in range(MOST + 2):
        raw = used if number == 0 else body(tensor(f"x{number}", 7))
        found = values_in(raw)
        assert found is not None
        while looks.seen(raw) is None:
            looks.learn(raw, found[0], found[0])
        for _ in range(9):
            assert looks.seen(used) is not None
    assert looks.seen(body(tensor("x1", 7))) is None


@pytest.mark.parametrize(
    "filter", [Filter(), Filter(mode="strict"), Filter(mode="strict", keep=("month", "p"))]
)
def test_no_planted_secret_passes(filter: Filter) -> None:
    """With looks of all bodies that carry one, the record is what it is without."""
    screen, asked, told = Screen(filter, SECRETS), Looks(filter), Looks(filter)
    for it in requests(5, 400):
        sent, answered = it.raw.partition(b"\r\n\r\n")[2], it.answer.partition(b"\r\n\r\n")[2]
        found = read_frame(frame(request_body=sent, response_body=answered))
        for _ in range(3):
            members = content_of(found, [], screen, asked, told)
            plain = content_of(found, [], screen)
            assert orjson.loads(b"{%b}" % members[1:]) == orjson.loads(b"{%b}" % plain[1:])
            if it.secret.redactable or filter.mode == "strict":
                assert not survivors(members, [it.secret.text])
