"""The writer of a ring: frames in order, drops counted exactly, killed at any moment without harm."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.requestlog import ring
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import AT_N, HEADER, LEAST, largest, padded
from gateway.requestlog.ring_read import RingReader
from tests.requestlog.rings import frame_of, fresh_path, number_in, remove, word
from tests.waiting import BOUND


class Rings(RuleBasedStateMachine):
    """Any sequence of writes, reads and restarts, beside a model of what must be there."""

    def __init__(self) -> None:
        super().__init__()
        self.path = fresh_path()
        self.writer = RingWriter(self.path, LEAST)
        self.reader = RingReader(self.path)
        self.birth = self.writer.birth
        self.waiting: list[bytes] = []  # written and not taken
        self.taken: list[bytes] = []  # taken and not released
        self.dropped = {"full": 0, "too_large": 0}
        self.head = self.tail = self.released = self.n = 0

    def _expected(self, size: int) -> str:
        """Say what must become of a frame of this size."""
        need, left = padded(size), LEAST - self.head % LEAST
        if need > left:
            need += left
        if size > largest(LEAST):
            return "too_large"
        if need > LEAST - (self.head - self.released):
            return "full"
        self.head += need
        return ""

    @rule(size=st.one_of(st.integers(8, 600), st.integers(8, 9_000), st.integers(8, largest(LEAST) + 9)))
    def write(self, size: int) -> None:
        """A frame of any size."""
        frame = frame_of(self.n, size)
        assert self.writer.n == self.n
        expected = self._expected(size)
        assert self.writer.write(frame) is not bool(expected)
        self.n += 1
        if expected:
            self.dropped[expected] += 1
        else:
            self.waiting.append(frame)

    @rule(limit=st.integers(0, 2 * LEAST))
    def take(self, limit: int) -> None:
        """The reader takes up to a limit, which one frame alone may go beyond."""
        frames = self.reader.take(limit)
        assert frames == self.waiting[: len(frames)]
        assert sum(map(len, frames)) <= limit or len(frames) == 1
        if len(frames) < len(self.waiting):
            assert frames
            assert sum(map(len, frames)) + len(self.waiting[len(frames)]) > limit
        self.taken += frames
        del self.waiting[: len(frames)]

    @rule()
    def release(self) -> None:
        """What was taken is wiped and gives its place back."""
        self.reader.release()
        self.taken.clear()
        self.released = self.reader.tail

    @rule()
    def another_writer(self) -> None:
        """The worker is started again, with unread frames or without."""
        self.writer.close()
        self.writer = RingWriter(self.path, LEAST)
        assert (self.writer.birth, self.writer.n) == (self.birth, self.n)

    @rule(is_safe=st.booleans())
    def another_reader(self, is_safe: bool) -> None:
        """The recorder is started again: what it took is safe, or is there again."""
        tail = self.reader.tail
        self.reader.close()
        self.reader = RingReader(self.path)
        if is_safe:
            self.reader.seek(tail)
            self.released = tail
        else:
            self.waiting = self.taken + self.waiting
        self.taken.clear()

    @precondition(lambda self: self.waiting or self.taken)
    @rule()
    def reset(self) -> None:
        """All that is there is given up."""
        assert self.reader.reset() == self.head - self.released
        self.waiting.clear()
        self.taken.clear()
        self.released = self.reader.tail

    @invariant()
    def the_numbers_agree(self) -> None:
        """Every record has a number, and every drop is counted by its reason."""
        assert self.reader.n == self.n
        assert self.reader.dropped() == self.dropped
        assert self.reader.birth == self.birth

    @invariant()
    def what_is_released_is_wiped(self) -> None:
        """Beyond what waits there is not one byte of anybody's."""
        data = self.path.read_bytes()[HEADER:]
        start, end = self.released % LEAST, self.head % LEAST
        if self.head == self.released:
            assert data == bytes(LEAST)
        elif start < end:
            assert not data[:start].strip(b"\0")
            assert not data[end:].strip(b"\0")
        else:
            assert not data[end:start].strip(b"\0")

    def teardown(self) -> None:
        """Let go of the memory."""
        self.writer.close()
        self.reader.close()
        remove(self.path)


TestRings = Rings.TestCase
TestRings.settings = settings(max_examples=60, stateful_step_count=60)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """A ring holds what users sent, so nobody else may read it."""
    writer = RingWriter(tmp_path / "ring-0", LEAST)
    assert (tmp_path / "ring-0").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["ring-0"]
    writer.close()


def test_memory_is_taken_as_it_is_needed(tmp_path: Path) -> None:
    """A worker that has logged nothing yet holds a page, however large its ring may become."""
    path = tmp_path / "ring-0"
    writer = RingWriter(path, 64 * 1024 * 1024)
    assert path.stat().st_size == HEADER + 64 * 1024 * 1024
    assert path.stat().st_blocks * 512 <= 2 * HEADER
    writer.write(frame_of(0, 100))
    assert path.stat().st_blocks * 512 <= HEADER + ring.STEP + HEADER
    writer.close()


def test_another_size_is_taken_once_everything_is_read(tmp_path: Path) -> None:
    """Until then the worker goes on in the old ring, and nothing in it is lost."""
    path = tmp_path / "ring-0"
    writer = RingWriter(path, LEAST)
    writer.write(frame_of(0, 100))
    writer.close()
    writer = RingWriter(path, 2 * LEAST)
    assert writer.n == 1
    reader = RingReader(path)
    assert reader.take(1000) == [frame_of(0, 100)]
    reader.release()
    assert not reader.is_replaced()
    writer.close()
    writer = RingWriter(path, 2 * LEAST)
    assert reader.is_replaced()
    assert (writer.n, RingReader(path).size) == (0, 2 * LEAST)
    assert writer.birth > reader.birth
    assert reader.take(1000) == []
    writer.close()


@pytest.mark.parametrize(
    "content", [b"", b"x" * 100, b"y" * (HEADER + LEAST)], ids=["empty", "short", "other"]
)
def test_a_file_that_is_no_ring_is_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    """A worker is never kept from its work by what lies in its ring's place."""
    path = tmp_path / "ring-0"
    path.write_bytes(content)
    writer = RingWriter(path, LEAST)
    assert writer.write(frame_of(0, 8))
    assert RingReader(path).take(100) == [frame_of(0, 8)]
    assert "is made anew" in caplog.text
    writer.close()


def test_no_memory_drops_records_and_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A write to memory that is not there would kill the worker, so it is reserved first."""
    writer = RingWriter(tmp_path / "ring-0", LEAST)
    asked = 0

    def none_left(fd: int, offset: int, length: int) -> None:
        nonlocal asked
        asked += 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", none_left)
        assert not any(writer.write(frame_of(writer.n, 16)) for _ in range(ring.PATIENCE))
    assert asked == 1
    assert "No space left" in caplog.text
    assert writer.write(frame_of(writer.n, 16))
    reader = RingReader(tmp_path / "ring-0")
    assert reader.dropped() == {"full": ring.PATIENCE, "too_large": 0}
    assert [number_in(frame) for frame in reader.take(100)] == [ring.PATIENCE]
    writer.close()


def test_a_tail_that_makes_no_sense_drops_rather_than_overwrites(tmp_path: Path) -> None:
    """Whatever a reader leaves behind, the writer stays within its memory and goes on counting."""
    path = tmp_path / "ring-0"
    writer = RingWriter(path, LEAST)
    writer.write(frame_of(0, 16))
    for tail in (1 << 60, 1 << 63):
        word(path, "tail", tail)
        while writer.write(frame_of(writer.n, 4096)):
            pass  # what was known to be free
        assert not writer.write(frame_of(writer.n, 16))
    reader = RingReader(path)
    reader.reset()
    assert writer.write(frame_of(writer.n, 16))
    writer.close()


def test_a_writer_killed_between_two_stores_gives_no_number_twice(tmp_path: Path) -> None:
    """The head says what the number was to be, where the store of it did not come about."""
    path = tmp_path / "ring-0"
    writer = RingWriter(path, LEAST)
    for n in range(11):
        writer.write(frame_of(n, 24))
    writer.close()
    word(path, AT_N, 10)
    writer = RingWriter(path, LEAST)
    assert writer.n == 11
    assert RingReader(path).n == 11
    writer.close()


_WRITES_FOR_EVER = """
import sys
from pathlib import Path
from gateway.requestlog.ring import RingWriter
from tests.requestlog.rings import frame_of
writer = RingWriter(Path(sys.argv[1]), int(sys.argv[2]))
while True:
    writer.write(frame_of(writer.n, 16 + writer.n * 37 % 3000))
"""


def test_a_writer_killed_at_any_moment_leaves_only_whole_frames(tmp_path: Path) -> None:
    """kill -9 ten times over: every frame is whole, every number is a frame or a counted drop."""
    path = fresh_path()
    reader: RingReader | None = None
    seen = -1
    frames = 0
    for _ in range(10):
        with subprocess.Popen([sys.executable, "-c", _WRITES_FOR_EVER, str(path), str(LEAST)]) as process:
            try:
                reader = reader or _attached(path)
                enough, some = reader.n + 2_000, frames + 20
                deadline = time.monotonic() + BOUND
                while reader.n < enough or frames < some:
                    assert time.monotonic() < deadline
                    for frame in reader.take(LEAST):
                        number = number_in(frame)
                        assert frame == frame_of(number, 16 + number * 37 % 3000)
                        assert number > seen
                        seen = number
                        frames += 1
                    reader.release()
            finally:
                process.kill()
    assert reader is not None
    frames += len(reader.take(LEAST))
    assert frames > 100
    # A worker killed between the number of a drop and its reason leaves the number alone.
    missing = reader.n - frames - sum(reader.dropped().values())
    assert 0 <= missing <= 10
    remove(path)


def _attached(path: Path) -> RingReader:
    deadline = time.monotonic() + BOUND
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return RingReader(path)
