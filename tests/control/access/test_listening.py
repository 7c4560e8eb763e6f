"""How the admin side can be reached: what is asked of others, which names are its own, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.access.listening import (
    LOCAL,
    Listening,
    is_by_socket,
    is_loopback,
    listening_at,
    name_of,
)
from gateway.errors import ConfigError, GatewayError
from gateway.routing.addresses import Address
from gateway.routing.admin_settings import AdminSettings, OidcSettings
from gateway.routing.settings import Certificate

HERE, EVERYWHERE = Address("127.0.0.1", 9090), Address("0.0.0.0", 9090)
OIDC = OidcSettings("https://id.example", "gateway", "${S}", "http://localhost:9090")
PAIR = Certificate("a.pem", "a.key")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:", "LOCALHOST:80", "localhost:9090", "[::1]", "[::1]:9090"),
        *("127.0.0.1", "127.0.0.1:9090", "127.1.2.3:1"),
    ],
)
def test_names_of_this_machine(host: str) -> None:
    """Loopback addresses and localhost pass, with any port and without."""
    assert is_loopback(host)
    assert LOCAL.knows(host, "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        *("", ":9090", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1:9090"),
        *("localhost@evil.example", "evil.example#localhost", "localhost,evil", "localhost:x", "localhost:٣"),
        *("::1", "[::1", "[::1]x", "[127.0.0.1]:1", "[::2]", "0.0.0.0:9090", "127.1", "2130706433"),
    ],
)
def test_names_of_others(host: str) -> None:
    """What merely looks like this machine does not pass."""
    assert not is_loopback(host)
    assert not LOCAL.knows(host, "127.0.0.1")


def test_names_of_the_file_and_the_address_of_the_connection_are_its_own() -> None:
    """An address cannot be rebound; another address of this machine is no name of this connection."""
    named = Listening(EVERYWHERE, AdminSettings(hosts=("gateway.example", "[fd00::5]"), tls=PAIR))
    for host in ("gateway.example", "Gateway.example:9090", "10.0.0.7:9090", "[fd00::5]:1", "localhost"):
        assert named.knows(host, "10.0.0.7")
    for host in ("10.0.0.8", "x.gateway.example", "gateway.example.evil", "gateway.example.", "[10.0.0.7]"):
        assert not named.knows(host, "10.0.0.7")
    assert named.knows("[fd00::1]:9090", "fd00::1")
    assert not named.knows("fd00::1", "fd00::1")
    assert named.knows("10.0.0.7", "::ffff:10.0.0.7")
    assert not named.knows("admin.sock", "admin.sock")


def test_a_name_is_what_stands_before_the_port() -> None:
    """In lower case; what is malformed has none."""
    assert [name_of(host) for host in ("A:1", "a", "[::1]:2", "a:", ":1", "", "a:b")] == [
        *("a", "a", "[::1]", "a"),
        *(None, None, None),
    ]


@pytest.mark.parametrize(
    ("listening", "asks"),
    [
        (Listening(HERE), False),
        (Listening(HERE, AdminSettings("required")), True),
        (Listening(HERE, AdminSettings("required"), without_auth=True), True),
        (Listening(HERE, AdminSettings(hosts=("a.example",))), True),
        (Listening(HERE, AdminSettings("open", hosts=("a.example",))), False),
        (Listening(HERE, without_tls=True), True),
        (Listening(HERE, AdminSettings(trusted_proxies=("127.0.0.1",))), True),
        (Listening(HERE, AdminSettings("open", trusted_proxies=("127.0.0.1",))), False),
        (Listening(HERE, AdminSettings(oidc=OIDC)), True),
        (Listening(HERE, AdminSettings("open", oidc=OIDC)), False),
        (Listening(EVERYWHERE), True),
        (Listening(EVERYWHERE, AdminSettings("open")), True),
        (Listening(EVERYWHERE, without_auth=True), False),
        (Listening(EVERYWHERE, AdminSettings("open"), without_auth=True), False),
    ],
)
def test_who_could_be_somebody_else_is_asked(listening: Listening, asks: bool) -> None:
    """On loopback nobody is, unless others are to get there; elsewhere everybody, unless that was told."""
    assert listening.asks_who is asks
    assert listening.is_open_to("127.0.0.1") is not asks


def test_what_is_open_is_open_to_this_machine() -> None:
    """Not to whom a proxy on it names, unless that was told in so many words."""
    proxied = AdminSettings("open", trusted_proxies=("127.0.0.1",))
    for listening in (LOCAL, Listening(HERE, proxied)):
        for here in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
            assert listening.is_open_to(here)
        for other in ("203.0.113.9", "10.0.0.7", "::2", "::ffff:10.0.0.7", "localhost", "unknown", ""):
            assert not listening.is_open_to(other)
    assert Listening(EVERYWHERE, without_auth=True).is_open_to("203.0.113.9")


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        (Listening(EVERYWHERE), ["has no TLS", "--admin-without-tls", "Or keep it on 127.0.0.1"]),
        (Listening(EVERYWHERE, AdminSettings("open", tls=PAIR)), ["asks nobody", "--admin-without-auth"]),
        (Listening(EVERYWHERE, AdminSettings("open")), ["asks nobody", "and it has no TLS"]),
        (Listening(EVERYWHERE, without_auth=True), ["has no TLS"]),
        (Listening(Address("gateway.example", 1)), ["has no TLS"]),
    ],
)
def test_what_others_can_reach_must_be_protected(listening: Listening, said: list[str]) -> None:
    """The sentence says what is missing and what to do about it."""
    with pytest.raises(GatewayError) as caught:
        listening.check()
    for part in said:
        assert part in str(caught.value)


def test_an_address_of_the_file_is_told_at_its_line(tmp_path: Path) -> None:
    """And no flag is named that nobody gave."""
    file = tmp_path / "routing.yaml"
    file.write_text("# mine\nadmin:\n  listen: 0.0.0.0:9090\n")
    with pytest.raises(ConfigError) as caught:
        Listening(EVERYWHERE).check(file)
    assert str(caught.value).startswith("routing.yaml:3:11: `admin` 0.0.0.0:9090 can be reached from other")
    with pytest.raises(GatewayError, match=r"^--admin 0\.0\.0\.0:9090 can be reached"):
        Listening(EVERYWHERE).check()


@pytest.mark.parametrize(
    "listening",
    [
        Listening(HERE, AdminSettings("open")),
        Listening(Address("::1", 1)),
        Listening(EVERYWHERE, AdminSettings(tls=PAIR)),
        Listening(EVERYWHERE, without_tls=True),
        Listening(EVERYWHERE, AdminSettings("open", tls=PAIR), without_auth=True),
        Listening(EVERYWHERE, without_tls=True, without_auth=True),
    ],
)
def test_what_is_protected_or_told_in_so_many_words_may_start(listening: Listening) -> None:
    """On loopback nothing is needed; each way asks who comes, unless it was told not to."""
    listening.check()
    told_open = listening.without_auth or listening.settings.auth == "open"
    assert listening.asks_who == (not listening.address.is_loopback and not told_open)
    assert listening.is_secure == (listening.settings.tls is not None)


def test_a_control_process_that_is_started_again_is_told_the_same() -> None:
    """On its command line, which holds no secret: names of files and of variables alone."""
    settings = AdminSettings("required", ("a.example",), PAIR, "${AUDIT_KEY}")
    for listening in (LOCAL, Listening(EVERYWHERE, settings, without_tls=True, without_auth=True)):
        assert listening_at(listening.address, listening.told()) == listening
    assert listening_at(HERE, "") == LOCAL


def test_pages_come_by_the_way_that_there_is() -> None:
    """By https where the port speaks it; by either where TLS ends before it."""
    assert LOCAL.schemes == ("http",)
    assert Listening(HERE, AdminSettings(tls=PAIR)).schemes == ("https",)
    assert Listening(EVERYWHERE, without_tls=True).schemes == ("http", "https")


def test_the_unix_socket_has_no_port() -> None:
    """That is how the server tells of it; nothing in a request can."""
    assert is_by_socket({"server": ("/run/admin.sock", None)})
    assert not is_by_socket({"server": ("127.0.0.1", 9090)})
    assert not is_by_socket({"server": None})
    assert not is_by_socket({})
