"""Network addresses as routing.yaml writes them: `host:port`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:/@\s]*):(?P<port>[0-9]{1,5})")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}")
_LONGEST = 300
_LOCALHOST = {"localhost", "127.0.0.1", "::1"}


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
