"""The ledgers of one rollout: read on in the order of time, whatever becomes of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.monitoring.ledger import LedgerWriter
from gateway.monitoring.ledger_layout import ENTRIES_USED, FULL
from gateway.rollout.evidence import Counts
from gateway.rollout.ledger_files import LedgerFiles
from tests.rollout.ledger_site import ROLLOUT, Seen, Site

NONE = (0,) * 8


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a gateway's files."""
    with Site(tmp_path) as found:
        yield found


def keys(files: LedgerFiles, until: int) -> list[int]:
    """Return the keys of the entries that are due."""
    return [entry.key for _, _, _, entry in files.take(until)]


def test_entries_come_in_the_order_of_time_over_all_workers(site: Site) -> None:
    """Each comes once, and not before its time is over."""
    files = LedgerFiles(site.places, ROLLOUT)
    for seen in (Seen(10, 0, 1, 1, 0, 0), Seen(30, 0, 1, 3, 0, 0), Seen(20, 0, 0, 2, 0, 0)):
        site.write(seen, since_boot=0)
    files.look()
    assert files.intervals(0, 25) == {ROLLOUT}
    assert files.intervals(21, 25) == set()
    assert keys(files, 25) == [1, 2]
    site.write(Seen(28, 0, 0, 4, 0, 0), since_boot=0)
    files.look()
    assert keys(files, 40) == [4, 3]
    assert keys(files, 40) == []
    files.rewind()
    files.look()
    assert keys(files, 40) == [1, 2, 4, 3]


def test_the_order_within_a_file_is_kept(site: Site) -> None:
    """An entry that says it is older than the one before it came after it all the same."""
    files = LedgerFiles(site.places, ROLLOUT)
    for seen in (Seen(50, 0, 0, 1, 0, 0), Seen(10, 0, 0, 2, 0, 0)):
        site.write(seen, since_boot=0)
    files.look()
    assert keys(files, 40) == []
    assert keys(files, 50) == [1, 2]


def test_what_is_put_back_comes_again(site: Site) -> None:
    """An entry whose interval is not known yet is offered again."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.write(Seen(10, 0, 0, 1, 0, 0), since_boot=0)
    files.look()
    files.put_back(files.take(40))
    site.write(Seen(5, 0, 1, 2, 0, 0), since_boot=0)
    files.look()
    assert keys(files, 40) == [2, 1]


def test_plain_counters_add_up_over_workers_that_are_gone(site: Site) -> None:
    """A file stays when its worker does not."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.write(Seen(10, 0, 0, 0, 1, 1))
    site.restart_worker(0)
    site.write(Seen(10, 0, 1, 0, 1, 0))
    files.look()
    assert files.totals() == {ROLLOUT: (Counts(0, NONE), Counts(2, (1,) + (0,) * 7))}
    assert files.is_complete
    assert not files.is_lost


def test_a_file_that_cannot_be_read_still_counts(site: Site) -> None:
    """Its trouble is said, with its name; what it held is not forgotten, and later it is read again."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.write(Seen(10, 0, 0, 0, 1, 1))
    files.look()
    before = files.totals()
    path = site.places.ledger(ROLLOUT, 0)
    good = path.read_bytes()
    path.write_bytes(b"no ledger")
    files.look()
    assert not files.is_complete
    assert not files.is_lost
    assert f"{path} cannot be read" in files.troubles[0]
    assert files.totals() == before
    path.write_bytes(good)
    files.look()
    assert files.is_complete
    assert files.troubles == []


def test_a_full_ledger_is_said_to_be(site: Site) -> None:
    """What its worker could not write down is in no count."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.writer(0).words[FULL] = 1
    files.look()
    assert "is full" in files.troubles[0]


def test_a_ledger_that_is_gone_or_new_is_a_loss(site: Site) -> None:
    """Of a new one everything is read, the loss of one is said at one look only."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.write(Seen(10, 0, 0, 1, 1, 1), since_boot=0)
    site.write(Seen(10, 0, 1, 2, 1, 1), since_boot=0)
    site.write(Seen(10, 0, 1, 0, 1, 1), since_boot=0)
    files.look()
    site.places.ledger(ROLLOUT, 0).unlink()
    files.look()
    assert files.is_lost
    assert keys(files, 40) == [2]
    files.look()
    assert not files.is_lost
    site.restart_worker(1)
    site.places.ledger(ROLLOUT, 1).unlink()
    site.write(Seen(20, 0, 1, 3, 1, 1), since_boot=0)
    files.look()
    assert files.is_lost
    assert keys(files, 40) == [3]
    assert files.totals() == {ROLLOUT: (Counts(0, NONE), Counts(0, NONE))}


def test_a_log_that_shrank_is_a_loss(site: Site) -> None:
    """It never does while its worker is the same."""
    files = LedgerFiles(site.places, ROLLOUT)
    site.write(Seen(10, 0, 0, 1, 1, 1))
    files.look()
    site.writer(0).words[ENTRIES_USED] = 0
    files.look()
    assert files.is_lost


def test_removing_leaves_other_rollouts_alone(site: Site) -> None:
    """Only the files of this one go."""
    other = site.places.ledger(ROLLOUT * 10, 0)
    LedgerWriter(other, 1).close()
    site.write(Seen(10, 0, 0, 1, 1, 1))
    files = LedgerFiles(site.places, ROLLOUT)
    files.look()
    files.remove()
    assert site.places.ledgers() == [other]
    assert files.take(10**9) == []
