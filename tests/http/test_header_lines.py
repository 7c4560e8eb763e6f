"""Lines of a head: those that may not pass are taken out, what can be read in two ways is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.control.access.identity import cookie_name
from gateway.control.pages.oidc_page import COOKIE as OIDC
from gateway.http.header_lines import (
    NOT_NOMINATED,
    SESSIONS,
    no_tabs,
    passing,
    repeated,
    without,
    without_nominated,
    without_sessions,
)
from gateway.http.headers import REQUEST_KNOWN, REQUEST_REMOVED, FieldKinds, Shapes
from gateway.http.strict import Refused

KINDS = FieldKinds(REQUEST_REMOVED, REQUEST_KNOWN, frozenset((b"x-user-id", b"cookie")))
BLOCK = b"\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\nX-A: 3\r\nX-Ab: 4\r\n"
NAME = st.text("abcXYZ-", min_size=1, max_size=6).map(str.encode)


def test_without_removes_every_line_of_exactly_that_name() -> None:
    """Other spellings and longer names stay."""
    assert without(BLOCK, b"X-A") == b"\r\nHost: a\r\nx-a: 2\r\nX-Ab: 4\r\n"
    assert without(BLOCK, b"Nope") == BLOCK


def test_without_may_remove_all_lines() -> None:
    """What is left is the line end that the block began with."""
    assert without(b"\r\nA: 1\r\nA: 2\r\n", b"A") == b"\r\n"


@given(st.lists(st.tuples(NAME, NAME), max_size=12), NAME)
def test_without_is_a_filter_over_lines(lines: list[tuple[bytes, bytes]], name: bytes) -> None:
    """For any block, the lines of the name go and all others stay in order."""
    block = b"\r\n" + b"".join(b"%b: %b\r\n" % line for line in lines)
    kept = b"\r\n" + b"".join(b"%b: %b\r\n" % line for line in lines if line[0] != name)
    assert without(block, name) == kept


def test_nominated_fields_are_removed_in_every_spelling() -> None:
    """The tokens of Connection are names without regard to case."""
    fields = dict.fromkeys((b"Host", b"X-A", b"x-a", b"X-Ab"), b"")
    assert without_nominated(BLOCK, b"close,\t x-A ,", fields) == b"\r\nHost: a\r\nX-Ab: 4\r\n"


@pytest.mark.parametrize("name", sorted(NOT_NOMINATED))
def test_connection_may_not_name_what_a_proxy_must_keep(name: bytes) -> None:
    """Else a client could make us drop the authorization or the length."""
    with pytest.raises(Refused, match="Connection may not name") as refused:
        without_nominated(BLOCK, b"close, " + name.upper(), {})
    assert refused.value.status == 400


@pytest.mark.parametrize("name", [b"x-forwarded-anything", b'"close"', b"a b"])
def test_connection_takes_tokens_and_no_forwarding_fields(name: bytes) -> None:
    """Whatever the field that is forwarded is called."""
    with pytest.raises(Refused) as refused:
        without_nominated(BLOCK, b"close, " + name, {})
    assert refused.value.status == 400


@pytest.mark.parametrize("line", [b"Host:\tx", b"content-length: \t5", b"EXPECT:  \t100-continue"])
def test_a_tab_before_a_value_that_frames_is_refused(line: bytes) -> None:
    """Elsewhere a tab is white space."""
    no_tabs(b"GET / HTTP/1.1\r\nA:\tb\r\nHost: a\tb\r\n\r\n")
    with pytest.raises(Refused, match="tab") as refused:
        no_tabs(b"GET / HTTP/1.1\r\nA: b\r\n" + line + b"\r\n\r\n")
    assert refused.value.status == 400


def test_repeated_counts_names_without_regard_to_case() -> None:
    """Only those that come more than once are told."""
    assert repeated(b"GET / HTTP/1.1" + BLOCK + b"\r\n") == {b"x-a": 3}


def test_the_sessions_are_those_of_the_admin_api() -> None:
    """The names are written twice, since layers import downward only."""
    sessions = {cookie_name({"scheme": scheme}) for scheme in ("http", "https")}
    attempts = {OIDC, f"__Host-{OIDC}"}
    assert {name.encode() for name in sessions | attempts} == SESSIONS


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (b"Cookie: gateway_session=s", b""),
        (b"Cookie:gateway_session=s;__Host-gateway_session=t ;", b""),
        (b"cOOKIE: a=1; gateway_session=s; b=2", b"cOOKIE: a=1; b=2"),
        (b"COOKIE:\t__Host-gateway_session=s; b=2", b"COOKIE: b=2"),
        (b"cookie: a=1\r\nCookie: gateway_session=s\r\ncookie: b=2", b"cookie: a=1\r\ncookie: b=2"),
        (b'Cookie: a="1; gateway_session = s; b=2"', b'Cookie: a="1; b=2"'),
        (b"Cookie: a=1; gateway_session_oidc=s; __Host-gateway_session_oidc=t", b"Cookie: a=1"),
        (b"Set-Cookie: gateway_session_oidc=s; Path=/", b""),
        (b"set-cookie: __Host-gateway_session_oidc=s; Secure; Path=/\r\nset-cookie: a=b", b"set-cookie: a=b"),
        (b"Cookie: gateway_session_other=s", b"Cookie: gateway_session_other=s"),
        (b"Cookie: my_gateway_session=s", b"Cookie: my_gateway_session=s"),
        (b"Cookie: gateway_session2=t", b"Cookie: gateway_session2=t"),
        (b"X-Note: gateway_session=s", b"X-Note: gateway_session=s"),
        (b"Set-Cookie: gateway_session=s; Path=/\r\nset-cookie: a=b", b"set-cookie: a=b"),
        (b"SET-COOKIE: =__Host-gateway_session=s; Path=/", b""),
        (b"Set-Cookie: a=gateway_session; Path=/", b"Set-Cookie: a=gateway_session; Path=/"),
    ],
)
def test_cookies_of_sessions_do_not_pass(lines: bytes, left: bytes) -> None:
    """Neither to a service nor from one, in whatever lines they come; all else stays."""
    before, after = b"\r\nHost: a\r\n", b"X-B: 1\r\n"
    kept = left + b"\r\n" if left else b""
    fields = dict.fromkeys((b"Host", b"Cookie", b"X-B"), b"v")
    block = before + lines + b"\r\n" + after
    assert passing(block, Shapes(KINDS).of(fields), fields) == before + kept + after


PAIR = st.from_regex(rb"[ \t]?[!#$%&'*+.^_`|~0-9A-Za-z-]{0,12}=?[ -:<-~]{0,12}", fullmatch=True).filter(
    lambda pair: b"gateway_session" not in pair and bool(pair.strip())
)


@given(st.lists(PAIR, min_size=1, max_size=5), st.integers(0, 5), st.sampled_from(sorted(SESSIONS)))
def test_other_cookies_pass_byte_for_byte(pairs: list[bytes], at: int, name: bytes) -> None:
    """Wherever the session stands among them."""
    jar = [*pairs[:at], b" %b=s.e-c_ret" % name, *pairs[at:]]
    found = without_sessions(b"\r\nA: b\r\nCookie:%b\r\nC: d\r\n" % b";".join(jar))
    assert found == b"\r\nA: b\r\nCookie:%b\r\nC: d\r\n" % b";".join(pairs)
