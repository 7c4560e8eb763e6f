"""Whatever is done to a signed trail is found, and the entry is named; what was only written is clean."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.audit.entry import hash_of, line_of
from gateway.audit.folder import file_name, trail_files
from gateway.audit.verify import verify
from tests.audit.trails import KEY, looked, written

COUNT = 130
ROUNDS = 25
"""Manipulations of each of eight kinds."""

Lines = list[bytes]
Manipulation = Callable[[random.Random, Lines], tuple[Lines, set[int]]]
"""Takes whole lines; returns what became of them, and the entries of which one must be named first."""


def flipped(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """One bit of one byte, the end of the line included."""
    k = dice.randrange(len(lines))
    content = bytearray(lines[k])
    content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return [*lines[:k], bytes(content), *lines[k + 1 :]], {k + 1}


def edited(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """One field of one entry says something else."""
    k = dice.randrange(len(lines))
    entry = json.loads(lines[k])
    name = dice.choice(sorted(entry))
    entry[name] = dice.choice([None, "", "x", 7, -1, entry["n"] + 1, {"revision": 1}, "0" * 64])
    return [*lines[:k], line_of(entry), *lines[k + 1 :]], {k + 1}


def removed(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """Some entries in a row are gone."""
    k = dice.randrange(len(lines))
    return lines[:k] + lines[k + dice.choice([1, 1, 2, 9]) :], {k + 1}


def copied(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """An entry stands a second time, somewhere behind itself."""
    k = dice.randrange(len(lines))
    to = dice.randrange(k + 1, len(lines) + 1)
    return [*lines[:to], lines[k], *lines[to:]], {k + 1}


def swapped(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """Two entries have changed places."""
    j, k = sorted(dice.sample(range(len(lines)), 2))
    lines = list(lines)
    lines[j], lines[k] = lines[k], lines[j]
    return lines, {j + 1}


def cut(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """The file ends earlier, at any byte."""
    whole = b"".join(lines)
    left = whole[: dice.randrange(len(whole))]
    return left.splitlines(keepends=True), {left.count(b"\n") + 1}


def rewritten(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """An entry says something else, with a hash that fits it; those behind it are as they were."""
    k = dice.randrange(len(lines))
    return [*lines[:k], forged(lines[k], dice), *lines[k + 1 :]], {k + 1}


def chained(dice: random.Random, lines: Lines) -> tuple[Lines, set[int]]:
    """An entry says something else, and the chain behind it is computed anew, without the key."""
    k = dice.randrange(len(lines))
    found = [*lines[:k], forged(lines[k], dice)]
    for line in lines[k + 1 :]:
        entry = {**json.loads(line), "prev": json.loads(found[-1])["hash"]}
        found.append(line_of({**entry, "hash": hash_of(entry)}))
    return found, {k + 1}


def forged(line: bytes, dice: random.Random) -> bytes:
    """An entry with another content and the hash that fits it."""
    entry = {**json.loads(line), dice.choice(["who", "why", "detail", "what"]): f"forged {dice.random()}"}
    return line_of({**entry, "hash": hash_of(entry)})


KINDS: list[Manipulation] = [flipped, edited, removed, copied, swapped, cut, rewritten, chained]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed trail over several files."""
    return written(tmp_path_factory.mktemp("trail"), COUNT, file_bytes=16_000)


def read_lines(folder: Path) -> Lines:
    """All lines of a trail."""
    return b"".join(path.read_bytes() for path in trail_files(folder)).splitlines(keepends=True)


@pytest.mark.parametrize("manipulation", KINDS)
def test_two_hundred_manipulations_are_found(made: Path, tmp_path: Path, manipulation: Manipulation) -> None:
    """Each of 8 x 25, and the right entry is named first."""
    dice = random.Random(manipulation.__name__)
    lines = read_lines(made)
    folder = tmp_path / "audit"
    folder.mkdir()
    shutil.copy(made / "heads.ndjson", folder)
    for _ in range(ROUNDS):
        manipulated = lines
        while manipulated == lines:
            manipulated, named = manipulation(dice, lines)
        (folder / file_name(1)).write_bytes(b"".join(manipulated))
        found = looked(folder)
        assert not found.is_clean
        first = found.problems[0]
        assert first.n in named, (first, named)
        assert first.file == file_name(1)


def test_a_trail_as_it_was_written_is_clean(made: Path, tmp_path: Path) -> None:
    """Whether over several files, in one, on a disk that cannot be written, or with a tail to be signed."""
    assert looked(made).is_clean
    assert len(trail_files(made)) > 3
    found = looked(written(tmp_path, 30, signed=20))
    assert (found.is_clean, found.entries, found.signed) == (True, 30, 20)
    assert found.since < found.until
    assert looked(tmp_path / "nothing").is_clean


def test_a_file_that_is_gone_is_missed(made: Path, tmp_path: Path) -> None:
    """The first, one between, the last."""
    for k, path in enumerate(trail_files(made)):
        folder = tmp_path / str(k)
        shutil.copytree(made, folder)
        (folder / path.name).unlink()
        first = looked(folder).problems[0]
        assert f"trail-{first.n:012d}.ndjson" == path.name
        assert "missing" in first.message


def test_the_line_is_named_in_its_own_file(made: Path, tmp_path: Path) -> None:
    """So that a person finds it."""
    folder = tmp_path / "audit"
    shutil.copytree(made, folder)
    path = trail_files(folder)[1]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"cli:ann", b"cli:bob"), *lines[3:]]))
    (found,) = looked(folder).problems
    assert str(found).startswith(f"{path.name}:3: entry {json.loads(lines[2])['n']} was changed")


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_behind_the_last_head_the_chain_alone_shows_it(tmp_path: Path, data: st.DataObject) -> None:
    """All but what happens to the very end of it: that is what heads are for."""
    folder = tmp_path / "audit"
    if not folder.exists():
        written(tmp_path, 16, signed=8)
        shutil.copy(folder / file_name(1), tmp_path / "whole")
    lines = (tmp_path / "whole").read_bytes().splitlines(keepends=True)
    k = data.draw(st.integers(8, 14))
    dice = random.Random(data.draw(st.integers()))
    what = data.draw(st.sampled_from(["flip", "remove", "rewrite", "insert"]))
    if what == "flip":
        content = bytearray(lines[k])
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        changed = [*lines[:k], bytes(content), *lines[k + 1 :]]
    elif what == "insert":
        changed = [*lines[: k + 1], forged(lines[k], dice), *lines[k + 1 :]]
    else:
        changed = [*lines[:k], *([forged(lines[k], dice)] if what == "rewrite" else []), *lines[k + 1 :]]
    (folder / file_name(1)).write_bytes(b"".join(changed))
    found = looked(folder)
    assert not found.is_clean
    assert found.problems[0].n == k + 1


def test_a_line_that_claims_to_have_been_torn_must_be_attested(tmp_path: Path) -> None:
    """What is no entry is only passed over where the entry behind it has its hash."""
    folder = written(tmp_path, 5)
    path = folder / file_name(1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"torn', b"\n", *lines[3:]]))
    (found,) = looked(folder).problems
    assert "inserted" in str(found)
    assert found.n == 4


def test_without_heads_nothing_is_vouched_for(tmp_path: Path) -> None:
    """They may have been removed, so this is no clean trail; a copy of them shows what was cut."""
    folder = written(tmp_path, 5)
    copy = shutil.copy(folder / "heads.ndjson", tmp_path / "copy")
    (folder / "heads.ndjson").unlink()
    assert "nothing is signed" in str(looked(folder).problems[0])
    path = folder / file_name(1)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    (found,) = verify(folder, KEY, Path(copy)).problems
    assert (found.n, "(and up to 5) is missing: the trail was cut" in found.message) == (4, True)


def test_very_many_problems_are_counted(tmp_path: Path) -> None:
    """A trail that is another one altogether is told of in some lines."""
    folder = written(tmp_path, 130)
    path = folder / file_name(1)
    path.write_bytes(path.read_bytes().replace(b"cli:ann", b"cli:bob"))
    found = looked(folder)
    assert (len(found.problems), found.more) == (50, 80)
