"""What `gateway alerts` and `gateway monitor` print."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.cli.numbers import UNKNOWN
from gateway.watching.sentences import written

STALE = "the gateway is not running: this is as it was at its last look"
_STYLES = {"firing": "bold red", "pending": "yellow", "resolved": "green", "inactive": ""}
READABLE = 300
"""Characters of a query that anybody reads."""
_RATIOS = ("drift", "output_drift")


def alert_lines(found: dict[str, Any], *, is_up: bool, everything: bool, with_sql: bool = False) -> str:
    """Return the alerts as text: a line of words and the query that shows it, for each.

    A query that is too long to read is shown `with_sql` alone.
    """
    lines = [] if is_up else [STALE]
    if not found["alerts"]:
        lines.append("no alarm" + ("" if everything else "; resolved ones: gateway alerts --all"))
    for alert in found["alerts"]:
        quiet = " (silenced)" if alert["silenced"] else ""
        route = f" on route {alert['route']}" if alert["route"] else ""
        lines.append(f"{alert['state'].upper()}{quiet} {alert['severity']} {alert['rule']}{route}")
        lines.append(f"  {alert['why']}")
        if with_sql or 0 < len(alert["query"]) <= READABLE:
            lines.append(f"  {query_line(alert['query'])}" if alert["query"] else "  no query shows it")
    if not with_sql and any(len(alert["query"]) > READABLE for alert in found["alerts"]):
        lines.append("the queries that show it: gateway alerts --sql")
    lines += list(_silences(found["silences"]))
    return "\n".join(lines)


def query_line(query: str) -> str:
    """Return the command that runs a query, as a shell takes it."""
    escaped = query
    for letter in '\\"$`':
        escaped = escaped.replace(letter, "\\" + letter)
    return f'gateway query "{escaped}"'


def _silences(silences: list[dict[str, Any]]) -> Iterator[str]:
    for it in silences:
        where = f" on route {it['route']}" if it["route"] else ""
        yield f"silenced: {it['rule']}{where} until {it['until']}, by {it['author']}: {it['reason']}"


def monitor_table(found: dict[str, Any], *, is_up: bool) -> RenderableType:
    """Draw what is watched of a route."""
    if found["at"] is None:
        return Text(f"route {found['route']}: nothing was looked at yet; it takes minutes of requests")
    hours = found["window_seconds"] / 3600
    title = f"route {found['route']}, the {hours:g} h up to {found['at']}"
    parts: list[RenderableType] = [] if is_up else [Text(STALE, style="yellow")]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("group", "signal", "version", "field"):
        table.add_column(name, no_wrap=True)
    for name in ("value", "reference", "before", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("since", no_wrap=True)
    group = ""
    for value in found["values"]:
        shown = value["group"] if value["group"] != group else ""
        group = value["group"]
        style = _STYLES[value["state"]]
        table.add_row(shown, value["signal"], value["version"], value["field"], *_numbers(value), style=style)
    return Group(*parts, Text(title, style="italic"), table)


def _numbers(value: dict[str, Any]) -> tuple[str, str, str, str, str]:
    signal = value["signal"]

    def number(it: float | None) -> str:
        return UNKNOWN if it is None else written(signal, it)

    reference = UNKNOWN if signal in _RATIOS else number(value["reference"])
    state = f"{value['state']} since {value['since']}" if value["since"] else ""
    return number(value["value"]), reference, number(value["before"]), f"{value['n']:,}", state
