"""What a route does about time, failing services and greedy clients, as routing.yaml says it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.routing.read_failing import read_failing, read_rate_limit, read_sticky, read_timeouts
from gateway.routing.report import Report
from gateway.routing.settings import Failing, RateLimit, Sticky, Timeouts
from gateway.routing.yaml_nodes import Mapping, Node
from gateway.routing.yaml_tree import read

READERS: dict[str, Callable[[Report, Node], object]] = {
    "timeouts": read_timeouts,
    "rate_limit": read_rate_limit,
    "sticky": read_sticky,
}


def told_of(text: str) -> tuple[object, list[str]]:
    """Return what `key: value` means, and what was told about it."""
    root, problems = read(text)
    assert isinstance(root, Mapping)
    report = Report(problems)
    [(key, node)] = root.pairs
    reader = READERS.get(key.value)
    meaning = reader(report, node) if reader else read_failing(report, {key.value: node})
    return meaning, [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("timeouts: {connect: 250ms, per_try: 5s}", Timeouts(0.25, 60.0, 900.0, 5.0)),
        ("retries: 0", Failing(retries=0)),
        ("retries: 5", Failing(retries=5)),
        ("on_unavailable: fail", Failing(on_unavailable="fail")),
        ("on_unavailable: stable", Failing()),
        ("rate_limit: 100/s", RateLimit(100, 1.0, 100)),
        ("rate_limit: 5000/m", RateLimit(5000, 60.0, 5000)),
        ("rate_limit: 7 / h", RateLimit(7, 3600.0, 7)),
        ("rate_limit: {requests: 10}", RateLimit(10, 1.0, 10)),
        (
            "rate_limit: {requests: 10, per: 500ms, burst: 20, by: {header: X-Key}}",
            RateLimit(10, 0.5, 20, Sticky("header", "x-key")),
        ),
        ("rate_limit: {requests: 1, by: {ip: true}}", RateLimit(1, 1.0, 1, Sticky("ip"))),
        ("rate_limit: {requests: 1, by: {cookie: Uid}}", RateLimit(1, 1.0, 1, Sticky("cookie", "Uid"))),
        ("sticky: {header: X-User-Id}", Sticky("header", "x-user-id")),
    ],
)
def test_a_good_value_is_read(text: str, meaning: object) -> None:
    """Short and long forms mean the same; a burst is as many as there are requests unless it is said."""
    assert told_of(text) == (meaning, [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("timeouts: 5s", "`timeouts` must be a mapping"),
        ("timeouts: {per_tri: 5s}", "did you mean `per_try`?"),
        ("retries: 6", "from 0 to 5"),
        ("on_unavailable: none", "`stable` or `fail`"),
        ("rate_limit: 100", "write it as `100/s`"),
        ("rate_limit: 1.5/s", "write `90/m`"),
        ("rate_limit: .5/s", "write `30/m`"),
        ("rate_limit: 0.01/s", "write `36/h`"),
        ("rate_limit: 2.0/m", "write `2/m`"),
        ("rate_limit: 1.7/h", "write `2/h`"),
        ("rate_limit: 0.5/h", "write `{requests: 1, per: 2h}`"),
        ("rate_limit: 0.001/h", "write `{requests: 1, per: 24h}`"),
        ("rate_limit: 0.0/s", "write it as `100/s`"),
        ("timeouts: {per_try: 50s, total: 10s}", "`per_try` (50s) must be shorter than `total` (10s)"),
        ("timeouts: {per_try: 2s, header: 2s}", "must be shorter than `header` (2s)"),
        ("timeouts: {per_try: 90s}", "must be shorter than `header` (1m by default)"),
        ("timeouts: {per_try: 90s, header: 5}", "say the unit"),
        ("rate_limit: 0/s", "from 1 to 1000000 requests"),
        ("rate_limit: 1000001/s", "from 1 to 1000000 requests"),
        ("rate_limit: []", "`{requests: 100, per: 1s}` or `100/s`"),
        ("rate_limit: {burst: 5}", "has no `requests`"),
        ("rate_limit: {requests: 0}", "from 1 to"),
        ("rate_limit: {request: 5}", "did you mean `requests`?"),
        ("rate_limit: {requests: 5, by: header}", "`by` must be a mapping such as `{header: x-api-key}`"),
        ("rate_limit: {requests: 5, by: {ip: no}}", "leave `by` out to count all requests together"),
        ("sticky: {ip: no}", "leave `sticky` out to split per request"),
        ("sticky: {header: a, cookie: b}", "exactly one of"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence for each mistake."""
    _, [message] = told_of(text)
    assert says in message
