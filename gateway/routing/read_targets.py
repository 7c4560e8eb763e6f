"""Where records and spans are sent: a folder, a URL, brokers. No secret may stand in routing.yaml.

The file is journalled, shown and copied about; a password belongs into the environment, and `${NAME}` here.
"""

from __future__ import annotations

import re

from gateway.routing.addresses import Address, parse_address
from gateway.routing.read_web import web_target, with_variables
from gateway.routing.report import Report, described
from gateway.routing.yaml_nodes import Node, Scalar

MOST_BROKERS = 50
_VARIABLE = re.compile(r"\$\{\w+\}")
_WEB = re.compile(r"https?:", re.IGNORECASE)
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)@")
_SECRET = re.compile(
    r"[?&;]([^=&;]*(?:token|secret|passw|pwd|api[_-]?key|access[_-]?key|credential|signature|sig|auth)[^=&;]*)="
    r"([^&;#]+)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"/(?=[^/?#]*[0-9])(?=[^/?#]*[A-Za-z])[A-Za-z0-9_-]{32,}(?=[/?#]|\Z)")
_UUID = re.compile(r"/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_REDIS = re.compile(r"rediss?://(?:[^/?#@]*@)?([^/?#@]+)(?:/([0-9]{1,4})?)?")
_BROKERS, _STREAM = "10.0.0.8:9092,10.0.0.9:9092", "redis://10.0.0.8:6379/0"


def web_sink(report: Report, node: Node, what: str) -> str | None:
    """Read an address at http or https, in which secrets are only named."""
    if _has_secret(report, node, what):
        return None
    return web_target(report, node, what)


def folder(report: Report, node: Node, what: str) -> str | None:
    """Read the path of a folder, relative to routing.yaml."""
    value = with_variables(report, node, what, "exports/requests")
    if value is not None and "://" in value:
        report.add(node, f"`{what}` is {described(node)}: write the path of a folder; a URL has another key")
        return None
    return value


def brokers(report: Report, node: Node, what: str) -> str | None:
    """Read Kafka's brokers, `host:port` and more of them behind commas."""
    value = with_variables(report, node, what, _BROKERS)
    if value is None:
        return None
    listed = [part.strip() for part in value.split(",")]
    if len(listed) > MOST_BROKERS:
        advice = f"name at most {MOST_BROKERS}, these tell of the others"
        report.add(node, f"there are {len(listed)} brokers; {advice}")
        return None
    why = next((why for part in listed if (why := _why_no_peer(part))), "")
    if not why:
        return ",".join(listed)
    report.add(node, f"`{what}` is {described(node)}: {why}; write it like `{_BROKERS}`")
    return None


def redis_url(report: Report, node: Node, what: str) -> str | None:
    """Read `redis://host:port/database`, or rediss with TLS; a password is only named."""
    if _has_secret(report, node, what):
        return None
    value = with_variables(report, node, what, _STREAM)
    if value is None or _VARIABLE.fullmatch(value):
        return value
    found = _REDIS.fullmatch(value)
    why = _why_no_peer(found[1] if ":" in found[1] else f"{found[1]}:6379") if found else "it is no such URL"
    if not why:
        return value
    report.add(node, f"`{what}` is {described(node)}: {why}; write it like `{_STREAM}`")
    return None


def _why_no_peer(value: str) -> str:
    """Return why nobody can be reached at `host:port`, empty where somebody can."""
    if _VARIABLE.search(value):
        return ""
    if "/" in value or "@" in value:
        return "a broker is a host and a port, nothing else"
    found = parse_address(value)
    if not isinstance(found, Address):
        return found
    return "nobody can be reached there" if found.port == 0 or found.is_wildcard else ""


def _has_secret(report: Report, node: Node, what: str) -> bool:
    """Note a secret that stands in an address; the message does not repeat it."""
    secret = secret_in(node.value) if isinstance(node, Scalar) else ""
    if secret:
        report.add(node, f"`{what}` has {secret}")
    return bool(secret)


def secret_in(url: str) -> str:
    """Return which secret an address seems to hold and what to write instead, empty where there is none."""
    away = "which must not stand in this file; put it into the environment and write"
    user = _USERINFO.match(url)
    if user and _WEB.match(url):
        return (
            "a user name or password in it, which would not be sent; a token goes into the path or the query"
        )
    if user and not _VARIABLE.fullmatch(user[1].partition(":")[2]):
        return f"a user name or password in it, {away} `redis://:${{REDIS_PASSWORD}}@…`"
    for name, value in _SECRET.findall(url):
        if not _VARIABLE.fullmatch(value):
            return f"a secret in it (`{name:.40}`), {away} `{name:.40}=${{SINK_TOKEN}}`"
    if any(not _UUID.fullmatch(found[0]) for found in _TOKEN.finditer(url)):
        return f"what looks like a token in its path, {away} `/${{SINK_TOKEN}}`"
    return ""
