"""The `notify` of routing.yaml."""

from __future__ import annotations

import pytest

from gateway.routing.events import EVENTS, ROLLOUT_EVENTS
from gateway.routing.read_notify import MAX_NOTIFIED, read_notify
from gateway.routing.report import Report
from gateway.routing.rollouts import Notify
from gateway.routing.yaml_tree import read


def notify_of(text: str) -> tuple[tuple[Notify, ...], list[str]]:
    """Return those to tell that are written in a text, and what was told about them."""
    node, problems = read(text)
    assert node is not None
    report = Report(problems)
    return read_notify(report, node), [problem.message for problem in report.problems]


@pytest.mark.parametrize(
    ("text", "notify"),
    [
        ("[{webhook: https://ci.example/x}]", Notify("webhook", "https://ci.example/x")),
        (
            "[{webhook: https://ci.example/x, secret: '${S}', on: [failed, promoted, failed], timeout: 1s}]",
            Notify("webhook", "https://ci.example/x", "${S}", ("failed", "promoted"), 1.0),
        ),
        ("[{slack: '${SLACK_URL}'}]", Notify("slack", "${SLACK_URL}")),
        ("[{slack: 'https://h/services/${A}/${B_2}'}]", Notify("slack", "https://h/services/${A}/${B_2}")),
        ("[{command: page --who 'on call'}]", Notify("command", "page --who 'on call'")),
        ("[{file: logs/rollouts.jsonl}]", Notify("file", "logs/rollouts.jsonl")),
        ("- slack: ${SLACK_URL}\n", Notify("slack", "${SLACK_URL}")),
    ],
)
def test_a_good_receiver_is_read(text: str, notify: Notify) -> None:
    """Variables of the environment stay as written: they are looked up when they are used."""
    assert notify_of(text) == ((notify,), [])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://ci.example/x", "`notify` must be a list"),
        ("[https://ci.example/x]", "`notify` must be a mapping"),
        ("[{on: [failed]}]", "exactly one of"),
        ("[{file: a, slack: '${X}'}]", "exactly one of"),
        ("[{mail: a@b.example}]", "`mail` is not a known key of `notify`"),
        ("[{slak: '${X}'}]", "did you mean `slack`?"),
        ("[{webhook: ftp://h}]", "must begin with `http://` or `https://`"),
        ("[{webhook: 'https://${HOST'}]", "`${` without a name"),
        ("[{webhook: 'https://h/${1}'}]", "`${` without a name"),
        ("[{slack: '${X}', secret: abc}]", "a `slack` has no use for it"),
        ('[{command: "page \'on call"}]', "a quote is never closed"),
        ("[{command: 'page on call \\'}]", "a backslash ends it"),
        ("[{file: a, on: failed}]", "`on` must be a list such as `[started, step]`"),
        ("[{file: a, on: [fail]}]", "did you mean `failed`?"),
        ("[{file: a, timeout: 5}]", "as in `5ms` or `5s`"),
        (f"[{', '.join(['{file: a}'] * (MAX_NOTIFIED + 1))}]", "at most 50 are possible"),
    ],
)
def test_a_mistake_is_told_once(text: str, says: str) -> None:
    """One sentence each."""
    _, [message] = notify_of(text)
    assert says in message


def test_what_can_be_asked_for_is_what_is_told() -> None:
    """Of rollouts and alarms; an event that nobody tells would be waited for in vain."""
    [notified], messages = notify_of(f"[{{file: a, on: [{', '.join(EVENTS)}]}}]")
    assert (notified.on, messages) == (EVENTS, [])
    assert set(EVENTS) == {*ROLLOUT_EVENTS, "alert"}
