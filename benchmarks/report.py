"""The benchmark's tables, in Markdown for docs/benchmarks.md and on a terminal through rich. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks import protocol_report
from benchmarks.contenders import DIRECT, NGINX
from benchmarks.figures import quiet_median, quieter_half
from benchmarks.latency import OTHERS
from benchmarks.rows import Results, Row, added

Table = tuple[Sequence[str], list[Sequence[str]]]

_TARGET_HEAD = ("figure", "measured", "must reach", "aim", "verdict")
_CPU_HEAD = ("proxy", "CPU µs/request", "ratio to nginx", "peak requests/s, one core", "failed")
_LATENCY_HEAD = ("proxy", "p50 µs", "p99 µs", "added p50 µs", "added p99 µs")


def targets(lines: Iterable[Row]) -> Table:
    """Return the table of targets."""
    return _TARGET_HEAD, [(r.figure, r.measured, r.must, r.aim, r.verdict) for r in lines]


def cpu(results: Results) -> Table:
    """Return CPU cost and peak rate of each contender, and why any is missing."""
    part = results["cpu"]
    nginx = median(part["cpu_us"][NGINX]) if part["cpu_us"].get(NGINX) else None
    body: list[Sequence[str]] = []
    absent = {**results["missing"], **part["gave_up"]}
    for name, rounds in part["cpu_us"].items():
        if name in absent:
            continue
        cost = median(rounds)
        ratio = f"{cost / nginx:.2f}" if nginx else "–"
        rate = f"{max(part['rate'][name]):,.0f}"
        body.append((name, f"{cost:,.1f}", ratio, rate, str(part["failed"][name])))
    body += [(name, "–", "–", "–", reason) for name, reason in absent.items()]
    return _CPU_HEAD, body


def latency(results: Results) -> Table:
    """Return the latency of each contender and of none, and why any is missing."""
    part = results["latency"]
    body: list[Sequence[str]] = []
    for name, rounds in part["rounds_us"].items():
        if name in part["gave_up"] or not rounds:
            continue
        whole = [f"{quiet_median(rounds, OTHERS, q):,.0f}" for q in ("p50", "p99")]
        extra = ["", ""] if name == DIRECT else [f"{added(results, name, q):,.0f}" for q in ("p50", "p99")]
        body.append((name, *whole, *extra))
    body += [(name, "–", "–", "–", reason) for name, reason in part["gave_up"].items()]
    return _LATENCY_HEAD, body


def drawn(results: Results) -> dict[str, Any]:
    """Return what the plot shows, in microseconds: CPU time, and latency as p50 and p99, by contender."""
    part = results["latency"]
    measured = {name: rounds for name, rounds in part["rounds_us"].items() if name not in part["gave_up"]}
    return {
        "rate": part["rate"],
        "cpu": {name: median(rounds) for name, rounds in results["cpu"]["cpu_us"].items() if rounds},
        "latency": {
            name: [quiet_median(rounds, OTHERS, quantile) for quantile in ("p50", "p99")]
            for name, rounds in measured.items()
        },
    }


def markdown(table: Table) -> str:
    """Write one table in Markdown."""
    head, body = table
    lines = [head, ["---"] * len(head), *body]
    return (
        "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        + "\n"
    )


def sentences(results: Results) -> list[str]:
    """Say in words what the tables leave out; a part that was not measured says nothing."""
    return [say(results[part]) for part, say in _SAID.items() if part in results]


def _say_latency(part: Results) -> str:
    quiet = [one for rounds in part["rounds_us"].values() for one in quieter_half(rounds, OTHERS)]
    return (
        f"Latency was measured at {part['rate']:,.0f} requests/s, half of nginx's peak. Where that is near a "
        "proxy's own peak or above it, requests queue, and its figures say only that. Of the rounds of one "
        "second the quieter half counts, in which other programs took "
        f"{median(one[OTHERS] for one in quiet) * 1e3:.0f} ms of CPU (median)."
    )


def _say_validation(part: Results) -> str:
    bare, known, fresh = (median(part[way]) for way in ("bare", "known", "fresh"))
    return (
        f"Reading a head and its body took {bare:.2f} µs by llhttp alone, {known:.2f} µs with the strict "
        f"checks and {fresh:.2f} µs where the request line was new; workers remember those that were fair."
    )


def _say_rollback(part: Results) -> str:
    return (
        f"{len(part['last_canary_ms'])} rollbacks under {part['requests']:,} requests; the admin API "
        f"acknowledged them after {median(part['acknowledged_ms']):.1f} ms (median)."
    )


def _say_changes(part: Results) -> str:
    return (
        f"{part['weight_changes']} weight changes and {part['saves']} saves under {part['sent']:,} requests, "
        f"of which {part['answered']:,} were answered; a save was live after "
        f"{median(part['save_live_ms']):.0f} ms (median), {max(part['save_live_ms']):.0f} ms (worst)."
    )


_SAID: dict[str, Callable[[Results], str]] = {
    "latency": _say_latency,
    "validation": _say_validation,
    "rollback": _say_rollback,
    "changes": _say_changes,
    "memory": lambda part: f"Memory was read with {part['connections']:,} open connections, each used once.",
    "routes": lambda part: f"Many routes are {part['routes']:,}, and requests went to all of them.",
}


def document(results: Results, lines: Iterable[Row], plot: str) -> str:
    """Write the whole page."""
    about = "\n".join(f"- {name}: {value}" for name, value in results["machine"].items())
    parts = [_INTRODUCTION, markdown(targets(lines))]
    parts += ["".join(f"- {sentence}\n" for sentence in sentences(results))]
    parts += ["## CPU time per request\n", f"![CPU time per request and added latency]({plot})\n"]
    parts += [markdown(cpu(results)), "## Latency at half of nginx's peak rate\n", markdown(latency(results))]
    if protocol_report.measured(results):
        parts += [protocol_report.INTRODUCTION, markdown(protocol_report.table(results))]
    return "\n".join([*parts, "## Measured on\n", about, ""])


BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def readme(text: str, results: Results, lines: Iterable[Row]) -> str:
    """Return README.md with the tables between its two marks written anew."""
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"README.md has no {BEGIN} … {END} to put the tables between")
    source = "From `make bench`; [docs/benchmarks.md](docs/benchmarks.md) has more.\n"
    tables = "\n".join((markdown(cpu(results)), markdown(targets(lines)), source))
    return f"{before}{BEGIN}\n{tables}{END}{after}"


_INTRODUCTION = """# Benchmarks

Written by `make bench`: do not edit by hand. One run, loopback, one worker each, 32 keep-alive connections,
POST of about 200 B of JSON under heads that differ from request to request (authorization, traceparent,
x-user-id), an answer of 98 B. All contenders split 90/10, sticky by x-user-id, with x-canary to opt in or
out, and set x-forwarded-\\*, x-request-id and x-model-version; none logs requests. They take turns in short
rounds; each figure is the median of the rounds, each ratio the median of the ratios round by round. CPU time
is that of all processes of the proxy, kernel and user. Latency counts from the moment each request was due at
a constant rate.
"""
