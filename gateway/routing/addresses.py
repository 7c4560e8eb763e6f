"""Network addresses as routing.yaml writes them: `host:port`, and `http://host:port` for a service."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:/@\s]*):(?P<port>[0-9]{1,5})")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}")
_LONGEST = 300
_LOCALHOST = {"localhost", "127.0.0.1", "::1"}
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<userinfo>[^/?#]*@)?(?P<address>[^/?#]*)(?P<rest>.*)"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; `host` without brackets and in lower case."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or _ip_property(self.host, "is_loopback")

    @property
    def is_wildcard(self) -> bool:
        """Whether it means every interface of this machine."""
        return _ip_property(self.host, "is_unspecified")

    def overlaps(self, other: Address) -> bool:
        """Tell whether a connection to one may arrive at a listener on the other; port 0 is any free one."""
        if self.port != other.port or self.port == 0:
            return False
        if self.is_wildcard or other.is_wildcard:
            return self.is_here and other.is_here
        return self.host == other.host or ({self.host, other.host} <= _LOCALHOST)

    @property
    def is_here(self) -> bool:
        """Whether it certainly is an address of this machine."""
        return self.is_loopback or self.is_wildcard


def _ip_property(host: str, name: str) -> bool:
    try:
        return bool(getattr(ipaddress.ip_address(host), name))
    except ValueError:  # a host name
        return False


def parse_address(value: str) -> Address | str:
    """Return the address written as `host:port`, or a clause that says why it is none."""
    if len(value) > _LONGEST:
        return "it is far too long"
    found = _ADDRESS.fullmatch(value)
    if not found:
        return _not_an_address(value)
    host, port = found["host"].lower(), int(found["port"])
    if not host:
        return "the host is missing (0.0.0.0 is every interface)"
    if port > 65535:
        return "a port is at most 65535"
    if host.startswith("["):
        host = host[1:-1]
        kind: type = ipaddress.IPv6Address
    elif re.fullmatch(r"[0-9.]+", host):
        kind = ipaddress.IPv4Address
    elif _HOST.fullmatch(host):
        return Address(host, port)
    else:
        return f"`{host}` is not a host name"
    try:
        return Address(str(kind(host)), port)
    except ValueError:
        return f"`{host}` is not an IP address"


def _not_an_address(value: str) -> str:
    if "://" in value or "/" in value:
        return "only a host and a port belong here"
    if re.fullmatch(r"[0-9]{1,5}", value):
        return "the host is missing (127.0.0.1 is this machine alone)"
    if value.count(":") > 1 and not value.startswith("["):
        return 'an IPv6 address needs brackets and quotes, as in `"[::1]:8080"`'
    if re.search(r":[^0-9:]+\Z", value):
        return "the port must be a number"
    return "the port is missing"


def parse_url(value: str) -> Address | str:
    """Return the address in `http://host[:port]` (port 80 where it is left out), or what is wrong with it."""
    if len(value) > _LONGEST:
        return "is far too long"
    found = _URL.fullmatch(value)
    if found is None:
        return f"has no scheme: write `http://{value}`"
    if found["scheme"].lower() == "https":
        return "asks for TLS, which the gateway does not speak to services yet: use http on a trusted network"
    if found["scheme"].lower() != "http":
        return f"must begin with `http://`, not `{found['scheme']}://`"
    if found["userinfo"]:
        return "must not carry a user name or password"
    if found["rest"]:
        return f"must end after the port: write `http://{found['address']}`; the request's path is passed on"
    has_port = re.search(r"(?:\A|\]|[^:\]]):[^:\]]*\Z", found["address"])
    address = parse_address(found["address"] if has_port else found["address"] + ":80")
    if isinstance(address, str):
        return f"cannot be used: {address}"
    if address.port == 0 or address.is_wildcard:
        return "is an address one can listen on but not connect to; name the host and port of the service"
    return address
