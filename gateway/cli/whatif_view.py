"""What another routing.yaml would have done, as tables of 80 columns that say the same without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.numbers import fixed

SHOWN = 20
LONGEST_PATH = 60


def routing_view(report: Mapping[str, Any], file: str) -> RenderableType:
    """Draw the report: each route with its shares and who would move, then what has no route, then doubts."""
    parts: list[RenderableType] = [Text(_heading(report, file), style="bold")]
    for route in report["routes"][:SHOWN]:
        parts += [Text(""), *_route(route)]
    if len(report["routes"]) > SHOWN:
        parts.append(Text(f"and {len(report['routes']) - SHOWN} more routes; see: gateway whatif --json"))
    parts += _elsewhere(report)
    parts += [Text(""), *(Text(f"note: {note}", style="dim") for note in report["unknown"])]
    return Group(*parts)


def window(report: Mapping[str, Any]) -> str:
    """Say which time the records are of."""
    since, until = (datetime.fromtimestamp(report[key], UTC) for key in ("since", "until"))
    return f"{since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S} UTC"


def _heading(report: Mapping[str, Any], file: str) -> str:
    moved, unrouted = report["would_move"], report["unrouted"]["requests"]
    told = f"{moved:,} of {report['requests']:,} recorded requests would go to another version by {file}"
    lost = f", {unrouted:,} would have no route" if unrouted else ""
    return f"{told}{lost}\n{window(report)}"


def _route(route: Mapping[str, Any]) -> Iterator[RenderableType]:
    yield Text(f"{route['name']} at {route['path']}: {route['requests']:,} requests{_users(route)}")
    yield _versions(route)
    if not route["moves"]:
        yield Text("  nobody would move", style="green")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  would move", no_wrap=True)
    for column in ("requests", "%", "users"):
        table.add_column(column, justify="right", no_wrap=True)
    for move in route["moves"][:SHOWN]:
        table.add_row(
            f"  {move['from'] or 'no route (404)'} -> {move['to']}",
            f"{move['requests']:,}",
            fixed(move["percent"], 2),
            f"{move['users']:,}" if route["users"] else "–",
        )
    yield table


def _users(route: Mapping[str, Any]) -> str:
    if not route["users"]:
        return ""
    about = "" if route["users_exact"] else "about "
    return f", {about}{route['users_moved']:,} of {route['users']:,} users would move"


def _versions(route: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("  version", no_wrap=True)
    for column in ("recorded %", "asked %", "would serve %", "requests"):
        table.add_column(column, justify="right", no_wrap=True)
    for version in route["versions"]:
        asked = version["asked"]
        table.add_row(
            f"  {version['version']}",
            fixed(version["was"], 2),
            "–" if asked is None else f"{asked:g}",
            fixed(version["would_be"], 2),
            f"{version['requests']:,}",
        )
    return table


def _elsewhere(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    unrouted = report["unrouted"]
    if unrouted["requests"]:
        yield Text("")
        yield Text(f"without a route (404): {unrouted['requests']:,} requests", style="yellow")
        yield from (Text(f"  {found['requests']:>9,}  {_cut(found['path'])}") for found in unrouted["paths"])
    for route in report["vanished"]:
        yield Text(f"route {route['name']} is no more; it had {route['requests']:,} requests", style="yellow")
    if report["without_requests"]:
        names = report["without_requests"]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield Text(f"no request would go to: {', '.join(names[:SHOWN])}{more}", style="dim")


def _cut(path: str) -> str:
    visible = "".join(letter if letter.isprintable() else "?" for letter in path)
    return visible if len(visible) <= LONGEST_PATH else f"{visible[: LONGEST_PATH - 1]}…"
