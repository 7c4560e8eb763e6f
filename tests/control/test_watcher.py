"""routing.yaml followed, turn by turn with a clock of our own, and in its thread."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from gateway.control import repair
from gateway.control.saves import SETTLE
from gateway.control.watcher import CATCH_UP_EVERY, LOOK_EVERY, RETRY_WRITING_EVERY, Watcher
from gateway.files import held
from gateway.routing import file_sync, journal
from gateway.routing.change import Request, commit, locked
from gateway.routing.complaint import complain, complaint
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back
from tests.waiting import BOUND, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.control.conftest import Site


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Hands:
    """A watcher and its clock: `pass_time` lets it take its turns."""

    def __init__(self, site: Site) -> None:
        self.clock = Clock()
        self.watcher = Watcher(site.places, site.config, self.clock)
        self.watcher.turn()

    def pass_time(self, seconds: float) -> None:
        """Take every turn that falls into so many seconds."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.clock.now += self.watcher.turn()


@pytest.fixture
def hands(site: Site) -> Iterator[Hands]:
    """A watcher that has looked once, with the journal held open as its thread does."""
    with journal.opened(site.places.journal):
        yield Hands(site)


def rollback(site: Site) -> RoutingPlan:
    """A rollback as the command line makes it when it is killed before it writes the file."""
    return commit(site.places, Request("rollback", "cli"), lambda plan: roll_back(plan, "late"))[0]


def test_a_save_is_live_within_a_tenth_of_a_second(site: Site, hands: Hands) -> None:
    """One look to see it, one to see that it has settled."""
    site.save("canary: 10", "canary: 110")
    hands.pass_time(LOOK_EVERY + SETTLE)
    assert (site.live(), site.weights()["canary"]) == (2, 55.0)
    assert site.head().action == "file"


def test_an_edit_made_while_nobody_looked_is_taken_at_the_start(site: Site) -> None:
    """The first turn reads the file."""
    site.save("canary: 10", "canary: 110")
    Hands(site)
    assert site.live() == 2


def test_a_broken_save_changes_nothing(site: Site, hands: Hands, caplog: pytest.LogCaptureFixture) -> None:
    """The good plan stays, the complaint names the line, and mending the file ends it."""
    site.save("canary: 10}", "canari: 10}")
    hands.pass_time(0.1)
    assert site.live() == 1
    found = complaint(site.places)
    assert found is not None
    assert found["message"].startswith("routing.yaml:13:")
    assert "routing.yaml:13:" in caplog.text
    site.save("canari: 10}", "canary: 110}")
    hands.pass_time(0.1)
    assert (site.live(), complaint(site.places)) == (2, None)


def test_a_file_that_is_gone_changes_nothing(site: Site, hands: Hands) -> None:
    """Deleting routing.yaml is no change of routing; bringing it back ends the complaint."""
    text = site.config.read_text()
    site.config.unlink()
    hands.pass_time(0.1)
    found = complaint(site.places)
    assert found is not None
    assert found["kind"] == "unreadable"
    site.config.write_text(text)
    hands.pass_time(0.1)
    assert (site.live(), complaint(site.places)) == (1, None)


def test_a_file_emptied_first_and_written_then_is_one_save(site: Site, hands: Hands) -> None:
    """The moment in which it is empty is not taken for its content."""
    text = site.config.read_text()
    site.config.write_text("")
    assert hands.watcher.turn() == SETTLE
    site.config.write_text(text.replace("canary: 10", "canary: 110"))
    hands.pass_time(0.1)
    assert (site.live(), complaint(site.places)) == (2, None)


def test_a_wake_has_the_file_written_at_once(site: Site, hands: Hands) -> None:
    """The API's changes reach routing.yaml without waiting for the next second."""
    rollback(site)
    hands.watcher.wake()
    hands.watcher.turn()
    assert "{blue: 100, green: 0, canary: 0}   # keep this remark" in site.config.read_text()
    hands.pass_time(CATCH_UP_EVERY)
    assert site.live() == 2


def test_whoever_settles_waits_for_a_turn_that_begins_after_that(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn that another change woke has looked at the journal already, so its end means nothing."""
    monkeypatch.setattr("gateway.control.watcher.SETTLED_WITHIN", BOUND)
    late = threading.Thread(target=hands.watcher.settle)
    traces = repair.traces

    def overtaken(places: Places) -> tuple[object, ...]:
        found = traces(places)
        if late.ident is None:
            rollback(site)
            late.start()
            until(hands.watcher._woken.is_set, "for the late one to ask")
        return found

    monkeypatch.setattr(repair, "traces", overtaken)
    hands.watcher.wake()
    hands.watcher.turn()
    late.join(0.05)
    assert late.is_alive()
    hands.watcher.turn()
    late.join(BOUND)
    assert not late.is_alive()
    assert site.head().file == "written"


def test_whoever_settles_while_a_save_is_under_way_waits_for_it(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written meanwhile, so the change is not in the file yet."""
    monkeypatch.setattr("gateway.control.watcher.SETTLED_WITHIN", BOUND)
    site.config.write_text(site.config.read_text() + "# mine\n")
    rollback(site)
    waits = threading.Thread(target=hands.watcher.settle)
    waits.start()
    until(hands.watcher._woken.is_set, "it to ask")
    assert hands.watcher.turn() == SETTLE
    waits.join(0.05)
    assert waits.is_alive()
    hands.pass_time(0.1)
    waits.join(BOUND / 2)
    assert not waits.is_alive()
    assert "blue: 100" in site.config.read_text()
    assert "# mine" in site.config.read_text()


def test_those_who_settle_are_not_gathered_while_turns_fail(
    site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has gone on after its second; nothing of them is kept."""
    monkeypatch.setattr("gateway.control.watcher.SETTLED_WITHIN", 0.0)

    def fails(_: Places) -> tuple[object, ...]:
        raise OSError("no disk")

    monkeypatch.setattr(repair, "traces", fails)
    for _ in range(3):
        hands.watcher.settle()
        with pytest.raises(OSError, match="no disk"):
            hands.watcher.turn()
    assert not hands.watcher._settling


def test_what_a_killed_process_left_is_found_within_a_second(site: Site, hands: Hands) -> None:
    """Nobody woke the watcher: whoever made the change is dead."""
    rollback(site)
    hands.pass_time(CATCH_UP_EVERY + LOOK_EVERY)
    assert "blue: 100" in site.config.read_text()
    assert site.head().file == "written"


def test_what_was_never_published_is_published(
    site: Site, hands: Hands, caplog: pytest.LogCaptureFixture
) -> None:
    """A revision on the disk becomes live although its author died before saying so."""
    before = site.places.plan.read_bytes(), site.places.slot.read_bytes()
    rollback(site)
    site.places.plan.write_bytes(before[0])
    site.places.slot.write_bytes(before[1])
    assert site.live() == 1
    hands.pass_time(CATCH_UP_EVERY + LOOK_EVERY)
    assert site.live() == 2
    assert "revision 2 had not been published; it is now" in caplog.text


def test_a_save_during_a_rollback_does_not_undo_it(site: Site, hands: Hands) -> None:
    """Saved with the weights of before: the rollback holds, the rest of the edit is taken."""
    rollback(site)
    site.save("path: /v2\n", "path: /v3\n")
    hands.pass_time(0.1)
    assert site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert "{blue: 100, green: 0, canary: 0}   # keep this remark" in site.config.read_text()
    hands.pass_time(0.1)
    assert site.route("protocol").path == "/v3"
    assert site.weights()["blue"] == 100.0


def test_a_rollback_while_the_file_is_broken_outlives_its_repair(site: Site, hands: Hands) -> None:
    """The typo is mended with the old weights still in the file; they do not come back."""
    site.save("path: /v2\n", "paht: /v2\n")
    hands.pass_time(0.1)
    rollback(site)
    hands.watcher.wake()
    hands.pass_time(0.1)
    assert complaint(site.places) is not None
    site.save("paht: /v2\n", "path: /v2\n")
    hands.pass_time(0.2)
    assert site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert "{blue: 100, green: 0, canary: 0}   # keep this remark" in site.config.read_text()
    assert complaint(site.places) is None


def test_nothing_is_written_into_a_file_that_is_being_saved(site: Site, hands: Hands) -> None:
    """A rollback between an editor's emptying and writing waits for the whole text."""
    text = site.config.read_text()
    site.config.write_text("")
    rollback(site)
    hands.watcher.wake()
    assert hands.watcher.turn() == SETTLE
    assert site.config.read_text() == ""
    site.config.write_text(text)
    hands.pass_time(0.2)
    assert site.weights()["blue"] == 100.0
    assert "blue: 100, green: 0, canary: 0" in site.config.read_text()


def test_a_file_that_could_not_be_written_is_tried_again(site: Site, hands: Hands) -> None:
    """Every few seconds, without a wake and without an edit."""
    rollback(site)
    with journal.opened(site.places.journal) as connection:
        journal.set_file(connection, 2, None, "unwritable")
    complain(site.places, "unwritable", "what is live is revision 2: No space left on device")
    hands.pass_time(RETRY_WRITING_EVERY + CATCH_UP_EVERY + LOOK_EVERY)
    assert "blue: 100" in site.config.read_text()


def test_a_file_that_could_not_be_written_before_the_start_is_tried(site: Site) -> None:
    """The complaint went with the process that made it; the journal still knows."""
    rollback(site)
    with journal.opened(site.places.journal) as connection:
        journal.set_file(connection, 2, None, "unwritable")
    Hands(site)
    assert "blue: 100" in site.config.read_text()


def test_a_quiet_gateway_is_not_read(site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing changes, no plan is parsed and no journal is read; a change is noticed again."""
    hands.pass_time(2 * CATCH_UP_EVERY)
    reads: list[object] = []
    publish_latest = repair.publish_latest

    def counted(places: Places) -> int | None:
        reads.append(places)
        return publish_latest(places)

    monkeypatch.setattr(repair, "publish_latest", counted)
    hands.pass_time(3 * CATCH_UP_EVERY)
    assert reads == []
    rollback(site)
    hands.pass_time(2 * CATCH_UP_EVERY)
    assert reads


def test_the_thread_follows_until_it_is_stopped(site: Site) -> None:
    """With real time: a save becomes live, and stopping returns at once."""
    watcher = Watcher(site.places, site.config)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        site.save("canary: 10", "canary: 110")
        until(lambda: site.live() == 2, "for the save to be live")
    finally:
        watcher.stop()
        thread.join(BOUND)
    assert not thread.is_alive()


def test_a_failure_is_logged_once_and_the_next_look_goes_on(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state directory that fails for a while ends neither the thread nor its duty."""
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr("gateway.control.watcher.CATCH_UP_EVERY", 0.01)
    broken = threading.Event()
    broken.set()
    tries: list[int] = []
    traces = repair.traces

    def failing(places: object) -> tuple[object, ...]:
        tries.append(1)
        if broken.is_set():
            raise OSError(28, "No space left on device")
        return traces(site.places)

    monkeypatch.setattr(repair, "traces", failing)
    watcher = Watcher(site.places, site.config)
    thread = threading.Thread(target=watcher.run)
    thread.start()
    try:
        until(lambda: len(tries) > 3, "for several tries")
        broken.clear()
        site.save("canary: 10", "canary: 110")
        until(lambda: site.live() == 2, "for the save to be live")
    finally:
        watcher.stop()
        thread.join(BOUND)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "No space left on device" in caplog.text


def test_a_file_that_others_hold_is_written_once_they_let_go(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback that waited in vain is in the file at last, without anybody's doing."""
    monkeypatch.setattr("gateway.control.watcher.CATCH_UP_EVERY", 0.01)
    monkeypatch.setattr(file_sync, "locked", partial(locked, timeout=0.01))
    watcher, failed = Watcher(site.places, site.config), threading.Event()
    start_over = watcher._start_over

    def noticed(error: Exception) -> float:
        failed.set()
        return start_over(error)

    monkeypatch.setattr(watcher, "_start_over", noticed)
    thread = threading.Thread(target=watcher.run)
    try:
        with held(site.places.file_lock, BOUND):
            rollback(site)
            thread.start()
            assert failed.wait(BOUND)
            assert site.head().file == "pending"
        until(lambda: site.head().file == "written", "for the file to be written")
    finally:
        watcher.stop()
        thread.join(BOUND)


def test_a_mistake_of_our_own_leaves_its_traceback(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not the disk's trouble can only be mended with the place where it happened."""
    watcher = Watcher(site.places, site.config)

    def failing(places: object) -> tuple[object, ...]:
        watcher.stop()
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(repair, "traces", failing)
    watcher.run()
    assert "Traceback" in caplog.text
    assert "ZeroDivisionError" in caplog.text
