"""The admin API over real connections, with the process behind it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from gateway.control.problems import MEDIA_TYPE
from gateway.routing.change import locked

if TYPE_CHECKING:
    from tests.control.conftest import Answer, Control

PATH = "/api/v1/routes/late/weights"
ROLLBACK = "/api/v1/routes/late/rollback"
HALF = {"weights": {"blue": 1, "canary": 1}}


def test_weights_are_told_with_their_revision(control: Control) -> None:
    """In percent, with the tag to send back."""
    found = control.ask("GET", PATH)
    assert found.json == {
        "route": "late",
        "stable": "blue",
        "weights": {"blue": 90.0, "green": 0.0, "canary": 10.0},
        "revision": 1,
    }
    assert found.headers["etag"] == '"1"'


def test_weights_are_replaced(control: Control) -> None:
    """Proportional; who is left out gets nothing; live when the answer comes."""
    found = control.ask("PUT", PATH, {"weights": {"blue": 1, "green": 3}, "reason": "try green"})
    assert found.status == 200
    assert found.json == {
        "route": "late",
        "stable": "blue",
        "weights": {"blue": 25.0, "green": 75.0, "canary": 0.0},
        "revision": 2,
        "changed": True,
    }
    assert found.headers["etag"] == '"2"'
    assert control.site.live() == 2
    head = control.site.head()
    assert (head.author, head.reason) == ("api:127.0.0.1", "try green")


def test_the_same_weights_again_change_nothing(control: Control) -> None:
    """The answer says so, and there is no new revision."""
    control.ask("PUT", PATH, HALF)
    found = control.ask("PUT", PATH, HALF)
    assert (found.json["revision"], found.json["changed"]) == (2, False)


def test_a_stale_change_is_refused(control: Control) -> None:
    """If-Match with an old revision: 412, and what to do."""
    tag = control.ask("GET", PATH).headers["etag"]
    assert control.ask("PUT", PATH, HALF, {"if-match": tag}).status == 200
    found = control.ask("PUT", PATH, {"weights": {"canary": 1}}, {"if-match": tag})
    assert found.status == 412
    assert found.headers["content-type"] == MEDIA_TYPE
    assert "it is 2 now; read the weights again" in found.json["detail"]
    assert control.site.live() == 2


def test_of_twenty_changes_at_once_exactly_one_wins(control: Control) -> None:
    """All are based on the same revision; nineteen learn that they are late."""
    start = threading.Barrier(20)

    def put(number: int) -> Answer:
        start.wait()
        weights = {"blue": 100 - number, "canary": number}
        return control.ask("PUT", PATH, {"weights": weights}, {"if-match": '"1"'})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(put, range(20, 40)))
    assert sorted(answer.status for answer in answers) == [200] + [412] * 19
    winner = next(answer for answer in answers if answer.status == 200)
    assert control.site.live() == 2
    assert control.site.weights() == winner.json["weights"]


def test_changes_at_once_without_a_condition_all_count(control: Control) -> None:
    """Each becomes a revision of its own, none is lost."""
    with ThreadPoolExecutor(10) as pool:
        bodies = [{"weights": {"blue": 100 - n, "canary": n}} for n in range(20, 40)]
        answers = list(pool.map(lambda body: control.ask("PUT", PATH, body), bodies))
    assert sorted(answer.json["revision"] for answer in answers) == list(range(2, 22))
    last = max(answers, key=lambda answer: int(answer.json["revision"]))
    assert control.site.weights() == last.json["weights"]


def test_a_route_is_rolled_back_without_a_body(control: Control) -> None:
    """The shortest request there is sends everything to stable."""
    found = control.ask("POST", ROLLBACK)
    assert found.json["weights"] == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert (found.json["revision"], found.json["changed"]) == (2, True)
    assert control.site.weights("protocol") == {"green": 50.0, "blue": 50.0}
    assert control.site.head().action == "rollback"


def test_a_route_is_rolled_back_to_a_revision(control: Control) -> None:
    """With a reason, which the history keeps."""
    control.ask("PUT", PATH, HALF)
    found = control.ask("POST", ROLLBACK, {"to": 1, "reason": "canary is wrong"})
    assert found.json["weights"] == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    assert control.site.head().reason == "canary is wrong"


def test_everything_is_rolled_back(control: Control) -> None:
    """Every route goes to its stable service in one revision."""
    found = control.ask("POST", "/api/v1/rollback")
    assert found.json["revision"] == 2
    assert [route["weights"] for route in found.json["routes"]] == [
        {"blue": 100.0, "green": 0.0, "canary": 0.0},
        {"green": 100.0, "blue": 0.0},
    ]


def test_everything_is_rolled_back_to_a_revision(control: Control) -> None:
    """An unknown one is refused with where to look."""
    control.ask("PUT", PATH, HALF)
    assert control.ask("POST", "/api/v1/rollback", {"to": 1}).json["revision"] == 3
    assert control.site.weights() == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    found = control.ask("POST", "/api/v1/rollback", {"to": 77})
    assert found.status == 422
    assert "there is no revision 77" in found.json["detail"]


def test_a_rollback_honours_if_match(control: Control) -> None:
    """Whoever wants to undo exactly what was seen can say so."""
    control.ask("PUT", PATH, HALF)
    assert control.ask("POST", ROLLBACK, headers={"if-match": '"1"'}).status == 412
    assert control.ask("POST", ROLLBACK, headers={"if-match": '"2"'}).status == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/api/v1/routes/lat/weights", None, 404, "did you mean 'late'?"),
        ("PUT", "/api/v1/routes/lat/weights", HALF, 404, "did you mean 'late'?"),
        ("POST", "/api/v1/routes/lat/rollback", None, 404, "did you mean 'late'?"),
        ("PUT", PATH, {"weights": {"canari": 1}}, 422, "did you mean 'canary'?"),
        ("PUT", PATH, {"weights": {"blue": 0}}, 422, "at least one weight must be above 0"),
        ("PUT", PATH, {"weights": {"blue": 1, "canary": 1e-9}}, 422, "below 0.001 %"),
        ("PUT", PATH, {"wieghts": {"blue": 1}}, 400, "did you mean 'weights'?"),
        ("PUT", PATH, b"{", 400, "not JSON"),
        ("POST", ROLLBACK, {"revision": 1}, 400, 'unknown key "revision"'),
        ("GET", "/api/v1/revisions?limit=0", None, 400, "from 1 to 1000"),
        ("GET", "/api/v1/revisions?limit=ten", None, 400, "from 1 to 1000"),
        ("GET", "/api/v1/revisions?limti=3", None, 400, "did you mean 'limit'?"),
        ("GET", "/api/v1/nothing", None, 404, "/openapi.json lists what there is"),
        ("GET", "/healthz/", None, 404, "/openapi.json lists what there is"),
        ("DELETE", PATH, None, 405, "use GET, HEAD, PUT"),
        ("GET", ROLLBACK, None, 405, "use POST"),
    ],
)
def test_mistakes_are_told_with_what_to_do(
    control: Control, method: str, path: str, body: object, status: int, told: str
) -> None:
    """Every refusal is a problem document whose detail helps, and changes nothing."""
    found = control.ask(method, path, body)
    assert found.status == status
    assert found.headers["content-type"] == MEDIA_TYPE
    assert found.json["status"] == status
    assert told in found.json["detail"]
    assert control.site.live() == 1


def test_a_method_that_is_not_for_a_path_is_told_which_are(control: Control) -> None:
    """The Allow header is there as HTTP wants it."""
    assert control.ask("DELETE", PATH).headers["allow"] == "GET, HEAD, PUT"


def test_the_history_is_told(control: Control) -> None:
    """Newest first, at most as many as asked for, with times that parse."""
    control.ask("PUT", PATH, {**HALF, "reason": "more"})
    control.ask("POST", ROLLBACK)
    found = control.ask("GET", "/api/v1/revisions").json["revisions"]
    assert [entry["revision"] for entry in found] == [3, 2, 1]
    assert [entry["action"] for entry in found] == ["rollback", "set-weight", "file"]
    assert found[1]["difference"] == ["late: canary 10 % -> 50 %, blue 90 % -> 50 %"]
    assert datetime.fromisoformat(found[0]["at"]).utcoffset() is not None
    shorter = control.ask("GET", "/api/v1/revisions?limit=1").json["revisions"]
    assert [entry["revision"] for entry in shorter] == [3]


def test_status_is_what_the_command_line_shows(control: Control) -> None:
    """The same document, with its revision as tag."""
    found = control.ask("GET", "/api/v1/status")
    assert found.json["revision"] == 1
    assert found.headers["etag"] == '"1"'
    assert [route["name"] for route in found.json["routes"]] == ["late", "protocol"]


def test_metrics_are_text(control: Control) -> None:
    """In the version of the format that every Prometheus reads."""
    found = control.ask("GET", "/metrics")
    assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"gateway_plan_revision 1.0\n" in found.content


def test_alive_is_not_ready(control: Control) -> None:
    """The process answers although no worker does; with a worker both do."""
    assert control.ask("GET", "/healthz").status == 200
    found = control.ask("GET", "/readyz")
    assert found.status == 503
    assert found.headers["retry-after"] == "1"
    assert "no worker" in found.json["detail"]
    control.site.tally().beat(time.monotonic() + 60, 1, 0)
    assert control.ask("GET", "/readyz").json == {"ready": True}


def test_the_loop_answers_while_a_change_waits(control: Control) -> None:
    """A change that waits for a lock keeps nobody else waiting, and is made in the end."""
    with ThreadPoolExecutor(1) as pool:
        with locked(control.site.places.change_lock):
            waiting = pool.submit(control.ask, "POST", ROLLBACK)
            for _ in range(5):
                assert control.ask("GET", "/healthz").status == 200
            assert not waiting.done()
        assert waiting.result().status == 200
    assert control.site.live() == 2


def test_a_state_directory_that_fails_is_not_the_caller_s_mistake(control: Control) -> None:
    """A journal that is no database: 503 with a reason, and a line in the log."""
    for path in control.site.places.state.glob("journal.db*"):
        path.unlink()
    control.site.places.journal.write_bytes(b"no database" * 1000)
    found = control.ask("GET", "/api/v1/revisions")
    assert found.status == 503
    assert "state directory cannot be used" in found.json["detail"]
    assert "DatabaseError" in control.log
