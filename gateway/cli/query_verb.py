"""`gateway query`: a question to the request log in SQL, answered from its files."""

from __future__ import annotations

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.common import Running, WrongUsage, find_running, say
from gateway.cli.options import CONFIG, Config, StateDir

Format = Literal["table", "csv", "json", "parquet"]
_OPTION = re.compile(r"--[a-z-]+=")
FORMATS = ("table", "csv", "json", "parquet")


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; - reads it from standard input.")] = "",
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    timeout: Annotated[str, typer.Option(help="Stop the query after this time.")] = "30s",
    limit: Annotated[int, typer.Option(min=1, help="Rows that a table shows.")] = 100,
    memory: Annotated[str, typer.Option(help="What the query may use.")] = "512MB",
    state_dir: StateDir = None,
    config: Config = CONFIG,
) -> None:
    """Ask the request log in SQL; without a query, list its views, their columns and examples.

    It works while the gateway runs and when it does not, and can change nothing.

    Example: gateway query "SELECT version, count(*) FROM requests GROUP BY 1"
    """
    running = find_running(state_dir, str(config))
    text = sys.stdin.read() if sql == "-" else sql
    if form not in FORMATS:
        raise WrongUsage(f"--format {form}: it is one of {', '.join(FORMATS)}")
    if form == "parquet" and out is None:
        raise WrongUsage("--format parquet needs a file to write to: say --out answer.parquet")
    if not text.strip():
        _list_views(running)
        return
    _ask(running, text, form, out, limit, _seconds(timeout), _size(memory))


def with_comment_last(arguments: list[str]) -> list[str]:
    """Return a command line in which a query that begins with a comment is no option to the parser."""
    found = [text for text in arguments if text.startswith("--") and "\n" in text and not _OPTION.match(text)]
    if arguments[:1] != ["query"] or "--" in arguments or len(found) != 1:
        return arguments
    return [*(text for text in arguments if text != found[0]), "--", found[0]]


def _ask(
    running: Running, sql: str, form: str, out: Path | None, limit: int, timeout: float, memory: str
) -> None:
    from gateway.cli.lake_access import connected
    from gateway.cli.log_damage import warn
    from gateway.cli.query_end import ends_within
    from gateway.cli.query_output import draw, write_lines
    from gateway.requestlog.query import asked, only_query, run

    sql, _ = only_query(sql)  # before anything is opened for it; without comments before it
    if form == "parquet":
        assert out is not None  # checked above
        _write_parquet(running, sql, out, timeout, memory)
        return
    with connected(running, sql, memory=memory) as lake:
        warn(lake)
        if form == "table":
            with ends_within(timeout):
                found = run(lake, sql, timeout=timeout, limit=limit)
            draw(found, out)
            return
        with ExitStack() as asking:
            with ends_within(timeout):  # not the writing: whoever reads it may take their time
                answer = asking.enter_context(asked(lake, sql, timeout))
            write_lines(answer, form, out)


def _write_parquet(running: Running, sql: str, out: Path, timeout: float, memory: str) -> None:
    from gateway.cli.lake_access import connected
    from gateway.cli.log_damage import warn
    from gateway.cli.query_end import ends_within
    from gateway.cli.query_output import into_file
    from gateway.requestlog.query import write

    with (
        into_file(out) as unfinished,
        connected(running, sql, memory=memory, writable=unfinished) as lake,
        ends_within(timeout, unfinished=unfinished),
    ):
        warn(lake)
        count = write(lake, sql, unfinished, timeout=timeout)
    say(f"{count:,} rows in {out}")


def _list_views(running: Running) -> None:
    from gateway.cli.lake_access import connected
    from gateway.cli.log_damage import warn
    from gateway.cli.query_output import listing

    with connected(running, "") as lake:
        warn(lake)
        say(listing(lake))


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text)
    seconds = float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, None: 1}[found[2]] if found else 0.0
    if not 0 < seconds <= 86_400:
        raise WrongUsage(f"--timeout {text}: write it as 500ms, 30s or 5m, at most 24h")
    return seconds


def _size(text: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,8} ?[KMGT]i?B", text):
        raise WrongUsage(f"--memory {text}: write it as 512MB or 2GB")
    return text
