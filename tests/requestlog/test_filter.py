"""What of end users' data reaches the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.requestlog.filter import FIELD_LIMIT, Screen
from gateway.requestlog.policy import Coarsen, Filter
from gateway.requestlog.secrets import Secrets

SECRETS = Secrets(bytes(32))
OPEN = Screen(Filter(), SECRETS)
STRICT = Screen(Filter(mode="strict", keep=("carrier", "note")), SECRETS)


@pytest.fixture(name="keyed")
def _keyed(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    monkeypatch.setenv("LOG_KEY", "00" * 32)
    return Secrets(bytes(32), "${LOG_KEY}")


def test_open_keeps_what_is_harmless() -> None:
    """Numbers, booleans, short words and lists come through as they are."""
    columns: dict[str, list[Any]] = {
        "month": [3],
        "carrier": ["9E"],
        "dest": ["ORD"],
        "late": [True],
        "x": [1.5, None],
        "v": [[1, "a"]],
    }
    assert OPEN.fields(columns) == columns
    assert OPEN.fields({"id": [1_700_000_000_123]}) == {"id": [1_700_000_000_123]}


def test_open_redacts_text_in_values() -> None:
    """Texts are redacted in every row, in lists and in objects; card numbers as numbers too."""
    assert OPEN.fields({"note": ["a@b.example", "see 10.1.2.3", "fine"]}) == {
        "note": ["[email]", "see [ip]", "fine"]
    }
    assert OPEN.fields({"v": [["x", "a@b.example"]]}) == {"v": [["x", "[email]"]]}
    assert OPEN.fields({"p": [{"mail": ["a@b.example"], "n": 1}]}) == {"p": [{"mail": ["[email]"], "n": 1}]}
    numbers = [4111111111111111, 4111111111111111.0, 4111111111111112, 1e300, float("inf")]
    assert OPEN.fields({"n": numbers}) == {"n": ["[card]", "[card]", *numbers[2:]]}
    assert OPEN.fields({"n": [4111111111111111]}) == {"n": ["[card]"]}
    assert Screen(Filter(redact=()), SECRETS).fields({"n": numbers}) == {"n": numbers}


def test_open_looks_at_names() -> None:
    """Names are user data too: personal ones are redacted, unfit ones left out with their values."""
    names = {"a@b.example": [1], "x" * 101: [1], "a\nb": [1], "": [1], "fine name": [1], "x" * 100: [1]}
    assert OPEN.fields(names) == {"[email]": [1], "fine name": [1], "x" * 100: [1]}
    many = {f"f{number}": ["a b"] for number in range(FIELD_LIMIT + 5)}
    assert len(OPEN.fields(many)) == FIELD_LIMIT
    for start in range(0, 5000, 500):  # more names than are remembered
        OPEN.fields({f"g{number}": [1] for number in range(start, start + 500)})
    assert OPEN.fields({"a@b.example": [1], "month": [3]}) == {"[email]": [1], "month": [3]}


def test_strict_leaves_out_what_no_rule_names() -> None:
    """Only named fields remain, redacted; no other body, no text, no path beyond the route's."""
    assert STRICT.fields({"carrier": ["UA"], "age": [3], "note": ["a@b.example"]}) == {
        "carrier": ["UA"],
        "note": ["[email]"],
    }
    assert STRICT.fields({"note": [{"carrier": "UA", "other": 1}]}) == {"note": [{"carrier": "UA"}]}
    assert STRICT.body(b'{"carrier": "UA"}', b"application/json") is None
    assert STRICT.text("anything") == ""
    assert STRICT.path("/v2/models/late/users/anna", "/v2/models/late") == "/v2/models/late"


def test_paths_and_texts() -> None:
    """In open mode paths and texts are redacted, percent-encoded parts too."""
    assert OPEN.path("/users/a%40b.example/x", "/users") == "/users/[email]/x"
    assert OPEN.path("/v2/models/late/infer", "/") == "/v2/models/late/infer"
    assert OPEN.text("cannot reach 10.1.2.3") == "cannot reach [ip]"


def test_rules() -> None:
    """Each rule does its work on each value of each row."""
    screen = Screen(
        Filter(
            mode="strict",
            keep=("dest",),
            pseudonymise=("user",),
            coarsen=(Coarsen("age", "round", 10), Coarsen("zip", "truncate", 2)),
        ),
        SECRETS,
    )
    found = screen.fields(
        {"dest": ["ORD"], "user": ["u1", None], "age": [44, "x"], "zip": ["90210", True], "w": [1]}
    )
    assert found == {
        "dest": ["ORD"],
        "user": [SECRETS.pseudonym(b"u1"), None],
        "age": [40, None],
        "zip": ["90", None],
    }
    assert screen.fields({"age": [[44, 46], []]}) == {"age": [[40, 50], []]}


def test_one_user_has_one_pseudonym() -> None:
    """The sticky key in a header and the same value as text or number in an input are one pseudonym."""
    screen = Screen(Filter(pseudonymise=("user",)), SECRETS)
    column = screen.fields({"user": ["7", 7, 7.0, True, [7], {"a": 7}]})["user"]
    assert column[0] == screen.key(b"7")
    assert column[:3] == [column[0]] * 3
    assert column[3] == SECRETS.pseudonym(b"true")
    assert column[4:] == [[column[0]], None]
    assert screen.key(b"") == ""


def test_text_is_redacted_before_it_is_truncated() -> None:
    """A truncated address is not recognised any more, so it is looked for first."""
    screen = Screen(Filter(coarsen=(Coarsen("mail", "truncate", 20),)), SECRETS)
    assert screen.fields({"mail": ["anna.longname@corp.example is"]}) == {"mail": ["[email] is"]}


def test_the_strictest_rule_wins(keyed: Secrets) -> None:
    """encrypt > pseudonymise > coarsen > keep."""
    rules: dict[str, Any] = {"keep": ("x",)}
    assert Screen(Filter(**rules), keyed).fields({"x": [44]}) == {"x": [44]}
    rules["coarsen"] = (Coarsen("x", "round", 10),)
    assert Screen(Filter(**rules), keyed).fields({"x": [44]}) == {"x": [40]}
    rules["pseudonymise"] = ("x",)
    assert Screen(Filter(**rules), keyed).fields({"x": [44]}) == {"x": [keyed.pseudonym(b"44")]}
    rules["encrypt"] = ("x",)
    [value] = Screen(Filter(**rules), keyed).fields({"x": [44]})["x"]
    assert keyed.decrypt(value, "x") == "44"


def test_encrypted_values_can_be_read_as_json(keyed: Secrets) -> None:
    """What is encrypted is the value's JSON, bound to the field's name; that one is missing may be seen."""
    screen = Screen(Filter(encrypt=("x",)), keyed)
    column = screen.fields({"x": ["Grüße", 1.5, {"a": 1}, None]})["x"]
    assert [json.loads(keyed.decrypt(value, "x")) for value in column[:3]] == ["Grüße", 1.5, {"a": 1}]
    assert column[3] is None


def test_without_a_key_encrypted_fields_are_left_out() -> None:
    """Fails closed: no key, no field, and the secrets say what the trouble is."""
    secrets = Secrets(bytes(32))
    screen = Screen(Filter(keep=("x",), encrypt=("x",)), secrets)
    assert screen.fields({"x": ["a"], "y": [1]}) == {"y": [1]}
    assert "encryption_key" in secrets.trouble


def test_rules_hold_in_other_json_and_shut_out_other_bodies() -> None:
    """A protected name is protected in any JSON; bodies that cannot be looked into are left out."""
    screen = Screen(Filter(pseudonymise=("user",)), SECRETS)
    shown = screen.body(b'{"instances": [{"user": "u1", "note": "a@b.example", "n": 4111111111111111}]}', b"")
    assert json.loads(shown or "") == {
        "instances": [{"user": SECRETS.pseudonym(b"u1"), "note": "[email]", "n": "[card]"}]
    }
    assert screen.body(b"user=u1", b"application/x-www-form-urlencoded") is None
    assert OPEN.body(b"user=u1", b"application/x-www-form-urlencoded") == "user=u1"
    assert OPEN.body(b"", b"") is None


def test_parameters() -> None:
    """Parameters are fields: redacted in open mode, in strict mode only those that are named."""
    given = {"carrier": "UA", "mail": {"to": ["a@b.example"]}, "a@b.example": 1}
    assert OPEN.parameters(given) == {"carrier": "UA", "mail": {"to": ["[email]"]}, "[email]": 1}
    assert STRICT.parameters(given) == {"carrier": "UA"}
    assert len(OPEN.parameters({f"p{number}": 1 for number in range(FIELD_LIMIT + 5)})) == FIELD_LIMIT


def test_depth_is_bounded() -> None:
    """What is nested absurdly deep is left out from some depth on."""
    shown = OPEN.body(b"[" * 500 + b'"a@b.example"' + b"]" * 500, b"")
    assert shown is not None
    assert "example" not in shown
    assert len(shown) < 100


_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_filters = st.builds(
    Filter,
    mode=st.sampled_from(["open", "strict"]),
    keep=st.sampled_from([(), ("a",), ("a", "b")]),
    pseudonymise=st.sampled_from([(), ("a",), ("b",)]),
    coarsen=st.sampled_from(
        [
            (),
            (Coarsen("a", "round", 0.1),),
            (Coarsen("b", "truncate", 3), Coarsen("c", "buckets", edges=(1.0, 2.0))),
        ]
    ),
    encrypt=st.sampled_from([(), ("c",)]),
    redact=st.sampled_from([(), ("email",), ("email", "card", r"x\d"), ("phone", "ip")]),
)


@given(
    filter=_filters, columns=st.dictionaries(st.text(max_size=3), st.lists(_values, max_size=3), max_size=4)
)
def test_never_an_exception_and_the_columns_stay_columns(
    filter: Filter, columns: dict[str, list[Any]]
) -> None:
    """Whatever comes, there is an answer with as many values per column; strict has named columns only."""
    found = Screen(filter, SECRETS).fields(columns)
    if filter.mode == "strict":
        assert set(found) <= {"a", "b", "c"}
    for name, column in found.items():
        if name in columns:
            assert len(column) == len(columns[name])


@given(value=st.text(alphabet="abc 19@.", max_size=9).map("needle".__add__))
def test_a_protected_value_is_never_there(value: str) -> None:
    """A value under a rule is nowhere in what is kept, in whatever JSON it comes."""
    screen = Screen(Filter(pseudonymise=("user",), coarsen=(Coarsen("age", "round", 10),)), SECRETS)
    columns: dict[str, list[Any]] = {"user": [value, [value]], "age": [value]}
    assert "needle" not in str(screen.fields(columns))
    shown = screen.body(json.dumps({"deep": [columns]}).encode(), b"application/json")
    assert shown is not None
    assert "needle" not in shown
    assert json.loads(shown)["deep"][0]["age"] == [None]


def test_a_value_nested_deeper_than_anybody_reads() -> None:
    """A protected value in lists without end is cut off, so that every sink can still write the record."""
    value: Any = 1
    for _ in range(200):
        value = [value]
    found = Screen(Filter(pseudonymise=("user",)), SECRETS).parameters({"user": value})
    assert str(found).count("[") <= 34
    assert "None" in str(found)
