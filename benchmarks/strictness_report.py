"""The page about strictness: the table, what was counted how, and what each server let through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.corpus.cases import Case

Row = tuple[str, Counter[tuple[str, str]], tuple[str, ...]]


@dataclass(frozen=True)
class Groups:
    """Sorts cases by how their ids begin."""

    prefixes: Mapping[str, tuple[str, ...]]
    rest: str
    fair: str = "fair"

    def of(self, case: Case) -> str:
        """Return the group of a case."""
        if case.status is None:
            return self.fair
        for name, prefixes in self.prefixes.items():
            if case.id.startswith(prefixes):
                return name
        return self.rest

    def hostile(self) -> list[str]:
        """List the groups of hostile cases."""
        return [*self.prefixes, self.rest]


GROUPS = Groups(
    {
        "framing": ("cl-", "te-"),
        "chunks": ("chunk-", "trailer-"),
        "fields": ("fold-", "lf-", "cr-", "crlf-", "value-", "name-", "first-", "fields-", "head-"),
        "request line": ("http09", "version-", "preface", "line-", "method-", "binary", "tls-", "url-"),
        "host and target": ("host-", "target-", "abs-"),
    },
    "semantics and pipelines",
)
INTRO = """# Strictness

Written by `make strictness`: the corpus in `tests/corpus/requests.yaml` sent to each server on loopback, one
request to a connection. A hostile request is *refused* when the service behind the server did not get it
whole and the client got 4xx or 5xx or was hung up on; *open* when 0.3 s later neither had happened;
else it was *let through*. uvicorn is a server, not a proxy: what counts there is what the application got.

The corpus is ours and holds our choices: where a rule leaves a choice, it takes the stricter (see
[strict-http.md](strict-http.md)), and the gateway was mended until it refused all of it. So its row is no
surprise, and that another server lets a case through is no fault by itself: some mend what they get before
they pass it on (nginx drops names with underscores, for one), which is not looked at here.
"""


def page(rows: Sequence[Row], missing: Mapping[str, str], cases: Sequence[Case]) -> str:
    """Return the page as Markdown."""
    sizes = Counter(GROUPS.of(case) for case in cases)
    hostile = sum(sizes[group] for group in GROUPS.hostile())
    parts = [INTRO, f"{hostile} hostile requests, {sizes[GROUPS.fair]} fair ones.\n", _table(rows, sizes)]
    parts += [f"- {name} was not there to be asked: {reason}" for name, reason in missing.items()]
    parts.append(
        "## What was not refused\n\nHostile cases let through or left open, fair ones not delivered.\n"
    )
    parts += [_missed(name, missed) for name, _, missed in rows]
    return "\n".join(parts)


def _table(rows: Sequence[Row], sizes: Counter[str]) -> str:
    groups = GROUPS.hostile()
    heads = [f"{group} ({sizes[group]})" for group in groups]
    total = sum(sizes[group] for group in groups)
    lines = [
        "| server | " + " | ".join(["refused", "let through", "open", *heads, "fair, intact"]) + " |",
        "| --- |" + " ---: |" * (len(heads) + 4),
    ]
    for name, counts, _ in rows:
        sums = [
            sum(counts[group, verdict] for group in groups) for verdict in ("refused", "let through", "open")
        ]
        cells = [f"**{sums[0]}** of {total}", *map(str, sums[1:])]
        cells += [str(counts[group, "refused"]) for group in groups]
        cells.append(f"{counts[GROUPS.fair, 'intact']} of {sizes[GROUPS.fair]}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _missed(name: str, missed: Sequence[str]) -> str:
    return f"- **{name}**: " + (", ".join(missed) if missed else "nothing")
