"""The reader of a ring: what it refuses, how it recovers. Its everyday work is in the model of test_ring."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import (
    AT_MAGIC,
    AT_SIZE,
    AT_VERSION,
    HEADER,
    LEAST,
    SKIP,
    VERSION,
    RingError,
    largest,
    padded,
)
from gateway.requestlog.ring_read import RingReader
from tests.requestlog.rings import frame_of, number_in, word


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ring is."""
    return tmp_path / "ring-3"


@pytest.fixture
def writer(path: Path) -> Iterator[RingWriter]:
    """A worker."""
    writer = RingWriter(path, LEAST)
    yield writer
    writer.close()


def write(writer: RingWriter, count: int, size: int = 40) -> None:
    """Leave so many frames, for all of which there is room."""
    for _ in range(count):
        assert writer.write(frame_of(writer.n, size))


def numbers(reader: RingReader, limit: int = LEAST) -> list[int]:
    """Take frames and return their numbers."""
    return [number_in(frame) for frame in reader.take(limit)]


def test_a_ring_that_is_not_there_is_an_error_of_the_system(path: Path) -> None:
    """The recorder looks for rings that exist, so a missing one is a race it handles."""
    with pytest.raises(FileNotFoundError):
        RingReader(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [(AT_MAGIC, 1), (AT_VERSION, VERSION + 1), (AT_SIZE, LEAST + 8), (AT_SIZE, 12), (AT_SIZE, 8)],
)
def test_a_file_that_is_no_ring_of_this_version_is_refused(
    writer: RingWriter, path: Path, place: int, value: int
) -> None:
    """The text says which file, and what to do."""
    word(path, place, value)
    with pytest.raises(RingError, match=r"ring-3 is no ring, .*gateway reload"):
        RingReader(path)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * (HEADER + LEAST)])
def test_any_other_file_is_refused(path: Path, content: bytes) -> None:
    """However long it is."""
    path.write_bytes(content)
    with pytest.raises(RingError):
        RingReader(path)


@pytest.mark.parametrize("which", ["head", "tail"])
@pytest.mark.parametrize("value", [8 * 100_000, 1 << 62, (1 << 64) - 8])
def test_numbers_that_make_no_sense_are_said_and_given_up(
    writer: RingWriter, path: Path, which: str, value: int
) -> None:
    """After a reset the ring works on, and its writer was at no time disturbed."""
    write(writer, 3)
    word(path, which, value)
    reader = RingReader(path)
    with pytest.raises(RingError, match=r"ring-3: .* given up"):
        reader.take(LEAST)
    reader.reset()
    if which == "head":  # the writer knows better, and says so with its next frame
        write(writer, 1)
        reader.reset()
    first = writer.n
    write(writer, 2)
    assert numbers(reader) == [first, first + 1]
    reader.release()


@pytest.mark.parametrize("size", [0, 4, largest(LEAST) + 1, LEAST, SKIP - 1])
def test_a_frame_of_an_impossible_size_is_given_up(writer: RingWriter, path: Path, size: int) -> None:
    """What came before it is taken first; a reset says how much is lost."""
    write(writer, 5)
    with path.open("r+b") as file:
        file.seek(HEADER + 2 * 40)
        file.write(size.to_bytes(4, "little"))
    reader = RingReader(path)
    assert numbers(reader) == [0, 1]
    reader.release()
    with pytest.raises(RingError, match=f"a frame at byte 80 has {size} bytes"):
        reader.take(LEAST)
    assert reader.reset() == 3 * 40
    assert path.read_bytes()[HEADER:] == bytes(LEAST)
    write(writer, 1)
    assert numbers(reader) == [5]


def test_a_frame_that_goes_beyond_the_head_is_given_up(writer: RingWriter, path: Path) -> None:
    """Nothing that was not said to be there is ever read."""
    write(writer, 1)
    with path.open("r+b") as file:
        file.seek(HEADER)
        file.write((48).to_bytes(4, "little"))
    with pytest.raises(RingError, match="has 48 bytes"):
        RingReader(path).take(LEAST)


def test_what_was_taken_and_not_released_is_there_for_the_next_reader(writer: RingWriter, path: Path) -> None:
    """A recorder that dies before its records are safe loses none."""
    write(writer, 4)
    assert numbers(RingReader(path)) == [0, 1, 2, 3]
    assert numbers(RingReader(path)) == [0, 1, 2, 3]


def test_a_reader_goes_on_where_the_one_before_had_come_to(writer: RingWriter, path: Path) -> None:
    """What is safe already is wiped and not read again."""
    write(writer, 4)
    first = RingReader(path)
    first.take(2 * 40)
    second = RingReader(path)
    second.seek(first.tail)
    assert path.read_bytes()[HEADER : HEADER + 80] == bytes(80)
    assert numbers(second) == [2, 3]
    assert second.unread == 0


@pytest.mark.parametrize("tail", [0, 8 * 40, 44, 6 * 40])
def test_only_a_place_that_was_written_and_not_released_can_be_gone_on_at(
    writer: RingWriter, path: Path, tail: int
) -> None:
    """Anything else is a mark of another ring, or a broken one."""
    write(writer, 5)
    reader = RingReader(path)
    reader.take(40)
    reader.release()
    with pytest.raises(RingError, match=f"reading was to go on at byte {tail}"):
        reader.seek(tail)
    assert numbers(reader) == [1, 2, 3, 4]


def test_a_release_that_makes_no_sense_wipes_nothing(writer: RingWriter, path: Path) -> None:
    """Another reader, which must not be, released more than this one has taken."""
    write(writer, 5)
    reader = RingReader(path)
    reader.take(2 * 40)
    word(path, "tail", 4 * 40)
    before = path.read_bytes()
    with pytest.raises(RingError, match="it was read up to 160, and then up to 80"):
        reader.release()
    assert path.read_bytes() == before


def test_a_ring_that_was_replaced_or_removed_is_noticed(writer: RingWriter, path: Path) -> None:
    """The reader lets go of it once it is read."""
    reader = RingReader(path)
    assert not reader.is_replaced()
    path.rename(path.with_name("other"))
    assert reader.is_replaced()
    RingWriter(path, LEAST).close()
    assert reader.is_replaced()
    reader.close()


def test_what_waits_is_told(writer: RingWriter, path: Path) -> None:
    """In bytes, padding included."""
    reader = RingReader(path)
    write(writer, 3, size=41)
    assert reader.unread == 3 * padded(41)
    reader.take(41)
    assert reader.unread == 2 * padded(41)
    assert (reader.n, reader.size) == (3, LEAST)
