"""Predictions are read out of sampled answers, so few that it costs little, and out of nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.headers import ANSWER_KNOWN, ANSWER_REMOVED, FieldKinds, Shapes
from gateway.proxy.answered import Answer
from gateway.proxy.predictions import HORIZON, PER_SECOND, Sampler, is_readable, prediction_in

PLENTY = 1_000_000
JSON = b"application/json"
KINDS = Shapes(FieldKinds(ANSWER_REMOVED, ANSWER_KNOWN))


def body(*outputs: object) -> bytes:
    """Return an Open Inference answer with outputs y0, y1, ... of this data."""
    tensors = [{"name": f"y{n}", "datatype": "FP64", "data": data} for n, data in enumerate(outputs)]
    return json.dumps({"model_name": "m", "outputs": tensors}).encode()


def head(status: int = 200, **fields: bytes) -> Answer:
    """Return an answer's head; underscores in names are hyphens."""
    named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return Answer(b"", status, 0, named, KINDS.of(named))


@pytest.mark.parametrize(
    ("data", "value"),
    [([1.5, 2], 1.5), ([3], 3.0), ([True], 1.0), ([False], 0.0), ([[[7, 8], [9]]], 7.0), (4.5, 4.5)],
)
def test_numbers_are_numbers(data: object, value: float) -> None:
    """Of a tensor, flat or nested, the first element."""
    assert prediction_in(body(data), "") == value


def test_an_output_is_found_by_its_name() -> None:
    """With none, it is the first."""
    both = body([1.0], [2.0])
    assert [prediction_in(both, name) for name in ("", "y0", "y1", "y2")] == [1.0, 1.0, 2.0, None]


@given(st.text(), st.text())
def test_strings_are_equal_where_their_numbers_are(one: str, other: str) -> None:
    """And those lie between 0 and 1."""
    numbers = [prediction_in(body([text]), "") for text in (one, other)]
    assert all(number is not None and 0 <= number < 1 for number in numbers)
    assert (numbers[0] == numbers[1]) == (one == other)


def test_the_number_of_a_string_is_the_same_for_ever() -> None:
    """Workers and versions of the gateway are compared with each other."""
    assert prediction_in(body(["late"]), "") == 0.8558461993399469


@pytest.mark.parametrize(
    "broken",
    [
        b"", b"{", b"[]", b"null", b"3", b'{"outputs": {}}', b'{"outputs": []}', b'{"outputs": [3]}', b"\xff",
        b'{"outputs": [{"name": "y"}]}', body([]), body([[]]), body([None]), body([{}]), b"[" * 5000,
        b'{"outputs": [{"data": [NaN]}]}', b'{"outputs": null}', b'{"outputs": [{"data": null}]}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("output", ["", "y9"])
def test_what_is_no_prediction_yields_none(broken: bytes, output: str) -> None:
    """Whatever a service says."""
    assert prediction_in(broken, output) is None


def test_only_whole_json_is_read() -> None:
    """No error's answer, nothing encoded, nothing that says nothing of its kind."""
    assert is_readable(head(content_type=JSON))
    assert is_readable(head(Content_Type=b" Application/JSON ; charset=utf-8"))
    for other in (
        head(),
        head(content_type=b"text/plain"),
        head(content_type=JSON, Content_Encoding=b"gzip"),
        head(500, content_type=JSON),
        head(404, content_type=JSON),
        head(206, content_type=JSON),
    ):
        assert not is_readable(other)


def test_so_many_a_second_and_no_more() -> None:
    """Whatever the load; what was not used for a while is there for one second at most."""
    sampler = Sampler()
    assert sum(sampler.take(100 + n / 1000, PLENTY) for n in range(10_000)) == pytest.approx(
        11 * PER_SECOND, abs=2
    )
    assert sum(sampler.take(500.0, PLENTY) for _ in range(100)) == PER_SECOND


def test_a_clock_gone_back_changes_nothing() -> None:
    """No tokens come of it."""
    sampler = Sampler()
    while sampler.take(100.0, PLENTY):
        pass
    assert not any(sampler.take(at, PLENTY) for at in (50.0, 99.0, 100.0))


def test_room_that_runs_out_is_never_used_up() -> None:
    """In hours of full load the rate has gone down with the room, and still some answers are looked into."""
    sampler, room, taken = Sampler(), int(HORIZON * 10), [0] * 8
    for n in range(8 * 3600):
        for _ in range(20):
            if sampler.take(100.0 + n, room):
                room -= 1
                taken[n // 3600] += 1
    assert room > 0
    assert taken == sorted(taken, reverse=True)
    assert taken[-1] > 0


def test_without_room_nothing_is_taken() -> None:
    """Whatever the tokens."""
    assert not Sampler().take(100.0, 0)
