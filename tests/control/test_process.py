"""The control process as a process: started, killed, told to end, with real files and sockets."""

from __future__ import annotations

import json
import signal
import socket
import time
from typing import TYPE_CHECKING

from gateway.audit.keys import KeySource
from gateway.audit.read import latest
from gateway.audit.throttle import TOLD
from gateway.audit.verify import verify
from gateway.rollout import moves
from gateway.routing.change import Request, commit
from gateway.routing.complaint import complaint
from gateway.routing.revise import roll_back
from tests.waiting import BOUND, until

if TYPE_CHECKING:
    from tests.control.conftest import Control

PATH = "/api/v1/routes/late/weights"


def ended(control: Control) -> int:
    """Wait for the end and return the exit status; who waits for a caller or for its input never ends."""
    return control.process.wait(BOUND)


def test_sigterm_ends_it(control: Control) -> None:
    """Told to end, it ends with status 0."""
    control.process.send_signal(signal.SIGTERM)
    assert ended(control) == 0


def test_the_end_of_the_supervisor_ends_it(control: Control) -> None:
    """The pipe that the supervisor held open ends with it."""
    assert control.process.stdin is not None
    control.process.stdin.close()
    assert ended(control) == 0


def test_a_caller_that_never_finishes_does_not_keep_it(control: Control) -> None:
    """Half a request and an idle connection are given up."""
    with (
        socket.create_connection(("127.0.0.1", control.port)) as half,
        control.connected() as idle,
    ):
        half.sendall(f"PUT {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{{".encode())
        idle.request("GET", "/healthz")
        idle.getresponse().read()
        control.process.send_signal(signal.SIGTERM)
        assert ended(control) == 0


def test_what_is_recorded_at_the_very_end_is_signed(control: Control) -> None:
    """The throttle tells only then what it left out, and the last head comes after that."""
    asked = {"host": "evil.example"}
    for _ in range(TOLD + 5):
        assert control.ask("GET", "/api/v1/status", headers=asked).status == 421
    audit = control.site.places.audit
    until(lambda: len(latest(audit, 2 * TOLD)) > TOLD, "for the entries of those that are told")
    control.process.send_signal(signal.SIGTERM)
    assert ended(control) == 0
    assert latest(audit, 1)[0]["detail"] == "5 more of these within a minute, without an entry each"
    found = verify(audit, KeySource(audit / "key").read())
    assert (found.problems, found.signed) == ([], found.entries)


def test_an_edit_becomes_live_and_is_logged(control: Control) -> None:
    """One clear line with revision and difference."""
    control.site.save("canary: 10", "canary: 110")
    until(lambda: control.site.live() == 2, "for the edit to be live")
    line = "revision 2, routing.yaml: late: canary 10 % -> 55 %, blue 90 % -> 45 %"
    until(lambda: line in control.log, "for the line in the log")
    assert control.site.head().author == "file"


def test_a_broken_save_is_refused_with_every_problem(control: Control) -> None:
    """The log and the status name file, line and column; the good plan stays."""
    control.site.save("canary: 10", "canari: 10")
    control.site.save("green: 1,", "green: -1,")
    until(lambda: "routing.yaml:16:" in control.log, "for the problems in the log")
    assert "routing.yaml:13:" in control.log
    assert control.site.live() == 1
    file = control.ask("GET", "/api/v1/status").json["file"]
    assert (file["ok"], file["kind"]) == (False, "refused")
    assert "routing.yaml:13:" in file["message"]
    assert "routing.yaml:16:" in file["message"]


def test_a_change_comes_into_the_file_with_its_comments_kept(control: Control) -> None:
    """What the API publishes is soon what routing.yaml says, and is not taken for an edit."""
    before = control.site.config.read_text()
    assert control.ask("PUT", PATH, {"weights": {"blue": 1, "canary": 3}}).status == 200
    until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
    assert control.site.config.read_text() == before.replace(
        "{blue: 90, green: 0, canary: 10}   # keep", "{blue: 25, green: 0, canary: 75}   # keep"
    )
    control.site.save("  green: 1, blue: 1".strip(), "green: 1, blue: 3")
    until(lambda: control.site.live() == 3, "for the next edit to be live")


def test_killed_between_publishing_and_writing(stopped_control: Control) -> None:
    """The next process brings the file to say what is live, its comments kept."""
    site = stopped_control.site
    commit(site.places, Request("rollback", "api:127.0.0.1"), lambda plan: roll_back(plan, "late"))
    assert site.head().file == "pending"
    before = site.config.read_text()
    stopped_control.start()
    until(lambda: site.head().file == "written", "for routing.yaml to be written")
    assert site.config.read_text() == before.replace(
        "{blue: 90, green: 0, canary: 10}   # keep", "{blue: 100, green: 0, canary: 0}   # keep"
    )
    assert site.live() == 2


def test_killed_in_the_midst_of_changes_it_loses_none_that_it_answered(control: Control) -> None:
    """After kill -9 the next process is at the last revision, and the file follows."""
    for share in range(20, 30):
        weights = {"blue": 100 - share, "canary": share}
        assert control.ask("PUT", PATH, {"weights": weights}).status == 200
    control.kill()
    assert control.site.weights()["canary"] == 29.0
    control.start()
    assert control.ask("GET", PATH).json["revision"] == 11
    until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
    assert "{blue: 71, green: 0, canary: 29}   # keep this remark" in control.site.config.read_text()


def test_an_edit_made_while_it_was_dead_is_taken(control: Control) -> None:
    """Between two control processes nobody looks; the next one does."""
    control.kill()
    control.site.save("canary: 10", "canary: 110")
    control.start()
    until(lambda: control.site.live() == 2, "for the edit to be live")


def test_a_rollback_while_it_was_dead_is_kept(control: Control) -> None:
    """The command line rolled back on its own; the next control process does not bring the file back."""
    control.kill()
    commit(control.site.places, Request("rollback", "cli"), lambda plan: roll_back(plan))
    control.start()
    until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
    assert control.site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert complaint(control.site.places) is None


def test_a_save_during_a_rollback_does_not_undo_it(control: Control) -> None:
    """However the save falls among journal, slot and file, the weights end at stable."""
    for _ in range(10):
        weights = {"blue": 90, "canary": 10}
        assert control.ask("PUT", PATH, {"weights": weights}).status == 200
        until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
        text = control.site.config.read_text()
        assert control.ask("POST", "/api/v1/routes/late/rollback").status == 200
        at = control.site.live()
        with control.site.config.open("a") as file:
            file.write("# a remark of somebody who was just editing\n")
        until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
        assert control.site.weights()["blue"] == 100.0
        assert control.site.live() == at
        assert "blue: 100" in control.site.config.read_text() != text


def test_the_api_answers_while_a_file_cannot_be_followed(stopped_control: Control) -> None:
    """A missing routing.yaml is a complaint, not an end."""
    stopped_control.site.config.unlink()
    stopped_control.start()
    until(lambda: "there is no such file" in stopped_control.log, "for the complaint in the log")
    file = stopped_control.ask("GET", "/api/v1/status").json["file"]
    assert (file["ok"], file["kind"]) == (False, "unreadable")
    assert stopped_control.ask("POST", "/api/v1/rollback").status == 200
    assert stopped_control.site.weights()["blue"] == 100.0


def test_the_api_answers_while_the_journal_cannot_be_read(stopped_control: Control) -> None:
    """A damaged state directory is told, in the log and to callers, instead of an end without a word."""
    stopped_control.site.places.journal.write_bytes(b"no database" * 1000)
    stopped_control.start()
    until(lambda: "file is not a database" in stopped_control.log, "for the reason in the log")
    found = stopped_control.ask("GET", "/api/v1/status")
    assert found.status == 503
    assert "cannot be read (file is not a database)" in found.json["detail"]
    assert stopped_control.ask("POST", "/api/v1/rollback").status == 503


def test_it_says_nothing_of_requests(control: Control) -> None:
    """Scrapes and status calls leave no lines in the log."""
    for path in ("/metrics", "/api/v1/status", "/nowhere"):
        control.ask("GET", path)
    assert control.log == ""


def judged(control: Control) -> float:
    """Return when rollouts were looked at last, 0 before."""
    try:
        found = json.loads((control.site.places.run / "rollouts.json").read_bytes())
    except FileNotFoundError:
        return 0.0
    return float(found["at"]) if "late" in found["routes"] else 0.0


def test_rollouts_are_looked_at_whoever_dies(control: Control) -> None:
    """A second process goes on where the first was killed: same step, same weights, nobody moved."""
    places = control.site.places
    control.site.tally().beat(time.monotonic() + 3600, 1, 0)  # ten seconds without a worker are a pause
    begun, _ = commit(
        places, Request("rollout", "me"), lambda plan: moves.start(plan, plan.routes[0], "canary")
    )
    until(lambda: judged(control), "for the first look")
    control.kill()
    before = judged(control)
    control.start()
    until(lambda: judged(control) > before, "for the next look")
    assert control.site.live() == begun.revision
    assert control.site.weights()["canary"] == 5.0
    until(lambda: control.site.head().file == "written", "for routing.yaml to be written")
    control.process.send_signal(signal.SIGTERM)
    assert ended(control) == 0
