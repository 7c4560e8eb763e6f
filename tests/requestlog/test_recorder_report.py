"""The report: how the recorder does in a word and a sentence, and where the next one goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.requestlog.counts import Counts
from gateway.requestlog.marks import Mark, RingMark
from gateway.requestlog.recorder import Recorder
from gateway.requestlog.recorder_report import read_report, read_resume, said, state_of, write_report
from gateway.requestlog.trouble import PATIENCE, begun
from tests.requestlog.logs import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Rings and a log."""
    return Bench(tmp_path)


def failing(recorder: Recorder, bench: Bench) -> None:
    """Let the disk have failed a moment ago."""
    recorder.trouble = begun("disk_full", "no space", bench.time.now, 0.0)


def dropping(recorder: Recorder, bench: Bench) -> None:
    """Let it have failed for a while."""
    recorder.trouble = begun("disk_full", "no space", bench.time.now - PATIENCE, 0.0)


def closed(recorder: Recorder, bench: Bench) -> None:
    """Let a filter not be made."""
    recorder.scribe.problem = "no key"


def keyless(recorder: Recorder, bench: Bench) -> None:
    """Let there be no key for fields to encrypt."""
    recorder.scribe.unencrypted = "no such file"


def behind(recorder: Recorder, bench: Bench) -> None:
    """Fill a ring."""
    bench.write(bench.writer(), 300)
    recorder.intake.look()


def unsafe(recorder: Recorder, bench: Bench) -> None:
    """Let the disk refuse to store."""
    recorder.file.syncer.problem = "broken"


def slow(recorder: Recorder, bench: Bench) -> None:
    """Let the disk take its time."""
    syncer = recorder.file.syncer
    syncer._clock = lambda: 1_000.0
    syncer._since = 995.0


@pytest.mark.parametrize(
    ("arrange", "state", "words"),
    [
        (failing, "failing", "records wait in memory"),
        (dropping, "dropping", "records are dropped"),
        (closed, "partly", "without content: no key"),
        (keyless, "partly", "without the fields to encrypt: no such file"),
        (behind, "behind", "is full to"),
        (slow, "behind", "has taken 5.0 s"),
        (unsafe, "partly", "may not be on the disk: broken"),
    ],
)
def test_what_is_wrong_is_a_state_and_a_sentence(
    bench: Bench, arrange: Callable[[Recorder, Bench], None], state: str, words: str
) -> None:
    """The worst of them."""
    recorder = bench.started()
    assert state_of(recorder) == ("recording", "")
    arrange(recorder, bench)
    found, sentence = state_of(recorder)
    assert found == state
    assert words in sentence
    assert said(recorder, 1.0, 0)["state"] == state


def test_the_report_is_read_back(tmp_path: Path) -> None:
    """What is said, the counts, and where to go on."""
    path = tmp_path / "recorder.json"
    counts = Counts(1, 2, 3, 4, 5, {"full": 6})
    mark = Mark({0: RingMark(7, 8, {"full": 6})}, counts.document())
    gaps = [{"worker": 0, "from": 1, "to": 2, "records": 3, "reason": "full"}]
    write_report(path, {"state": "recording"}, counts, mark, gaps)
    found = read_report(path)
    assert found is not None
    assert (found["state"], found["records"], found["dropped"]) == ("recording", 3, {"full": 6})
    resume = read_resume(path)
    assert resume is not None
    assert (resume.counts, resume.mark, resume.gaps) == (counts, mark, gaps)


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"resume": {"mark": 1}}', b'{"resume": []}'])
def test_a_report_that_is_none_is_passed_over(tmp_path: Path, content: bytes | None) -> None:
    """The marks in the log say as much."""
    path = tmp_path / "recorder.json"
    if content is not None:
        path.write_bytes(content)
    assert read_resume(path) is None


def test_what_is_said_is_json(bench: Bench) -> None:
    """Rates, lag, what waits, the file."""
    recorder = bench.started()
    bench.write(bench.writer(), 2)
    recorder.tend()
    recorder.turn()
    found = json.loads(json.dumps(said(recorder, 12.34, 5)))
    assert (found["records_per_second"], found["access_left_out"]) == (12.3, 5)
    assert found["segment"].endswith(".ndjson")
    assert found["waiting_bytes"] == 0
