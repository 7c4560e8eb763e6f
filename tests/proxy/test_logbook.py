"""The request log of a worker: which requests leave a frame, where, and what the log itself survives."""

from __future__ import annotations

import random
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Fault
from gateway.http.strict import request_line
from gateway.monitoring import tally
from gateway.proxy.drain import Orders, drain
from gateway.proxy.logbook import ALL, NO_LINE, Logbook, RouteLog, follow
from gateway.requestlog.frame import NO_BODIES
from gateway.requestlog.policy import LogPolicy
from gateway.requestlog.ring import RingWriter
from gateway.requestlog.ring_layout import LEAST
from gateway.requestlog.ring_read import RingReader
from gateway.routing.auth_keys import new_key, with_key
from gateway.routing.run_directory import prepare
from gateway.routing.settings import Limits, Tls
from tests.proxy.http2_talk import GET as H2_GET
from tests.proxy.http2_talk import http2
from tests.proxy.logged import frame, frames, of_policy, policy
from tests.proxy.peer import OK, field, until
from tests.proxy.stage import Stage
from tests.requestlog.frames import Whole, read
from tests.tls_files import Authority
from tests.waiting import BOUND

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LINE = request_line(b"GET /a?b=c HTTP/1.1")
REFUSED = Fault(401, "refused", "told")


@pytest.fixture
def book(tmp_path: Path) -> Logbook:
    """A log of its own."""
    return Logbook(RingWriter(tmp_path / "ring-0", LEAST))


def written(tmp_path: Path) -> list[Whole]:
    """Return what is in that log."""
    return [read(data) for data in RingReader(tmp_path / "ring-0").take(LEAST)]


def outcome(frame: Whole) -> str:
    """Return the outcome of a frame by its name."""
    return tally.OUTCOMES[frame.outcome]


# -- which requests ------------------------------------------------------------------------------------------


async def test_every_answer_leaves_a_frame(stage: Stage) -> None:
    """In the order of the answers, numbered, with the id that the client was told."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET * 5)
    ids = [field((await client.answer())[0], "x-request-id") for _ in range(5)]
    found = frames(gateway)
    assert [frame.id.hex() for frame in found] == ids
    assert [frame.n for frame in found] == [0, 1, 2, 3, 4]
    ended = [frame.ended for frame in found]
    assert ended == sorted(ended)
    assert abs(ended[-1] / 1e6 - time.time()) < BOUND


@pytest.fixture(scope="session")
def any_book(tmp_path_factory: pytest.TempPathFactory) -> Logbook:
    """A log that nothing is written to."""
    return Logbook(RingWriter(tmp_path_factory.mktemp("book") / "ring-0", LEAST))


@given(st.floats(0, 1), st.integers(0, 2**128 - 1))
@settings(max_examples=300)
def test_a_share_of_the_ids_is_logged(any_book: Logbook, sample: float, draw: int) -> None:
    """Whether a request is logged depends on nothing but its id."""
    log = RouteLog(any_book, "r", LogPolicy(sample=sample), 1)
    is_logged = log.begin(LINE, draw, b"%032x" % draw, 0.0) is not None
    assert is_logged == (int(f"{draw:032x}"[-8:], 16) < round(sample * 2**32))


def test_a_sample_is_as_large_as_it_says(any_book: Logbook) -> None:
    """A tenth of many ids, all of them, none of them."""
    dice = random.Random(5)
    draws = [dice.getrandbits(128) for _ in range(20_000)]
    for sample, least, most in ((0.1, 1_800, 2_200), (1.0, 20_000, 20_000), (0.0, 0, 0)):
        log = RouteLog(any_book, "r", LogPolicy(sample=sample), 1)
        assert least <= sum(log.begin(LINE, draw, b"%032x" % draw, 0.0) is not None for draw in draws) <= most


async def test_a_route_that_is_not_logged_leaves_nothing(stage: Stage) -> None:
    """Its refusals neither; and where no route is logged there is not even a ring."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.change(of_policy(None))
    client = await stage.client(gateway.port)
    await client.send(GET + b"nonsense\r\n\r\n")
    await client.end()
    assert gateway.context.logbook is None
    assert frames(gateway) == []


def test_without_any_log_no_ring_is_made(tmp_path: Path) -> None:
    """A gateway that logs nothing takes no memory for it."""
    document = {"revision": 1, "routes": [{"log": None}, {"log": None}]}
    assert follow(None, document, tmp_path / "ring-0") is None
    assert not list(tmp_path.iterdir())


async def test_a_log_that_is_turned_on_again_goes_on(stage: Stage) -> None:
    """In the same ring, with the next number."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    for log in (LogPolicy(), None, LogPolicy()):
        gateway.change(of_policy(log))
        await client.send(GET)
        await client.answer()
    found = frames(gateway)
    assert [frame.n for frame in found] == [0, 1]
    assert [frame.revision for frame in found] == [1, gateway.context.serving]


# -- requests that no service hears of -----------------------------------------------------------------------

POST = b"POST /late/x?q HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("request_", "status", "method", "path", "route"),
    [
        (b"GET /nowhere?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", 404, b"GET", b"/nowhere", b""),
        (POST + b"content-length: 99\r\n\r\n", 413, b"POST", b"/late/x", b"all"),
        (POST + b"connection: host\r\n\r\n", 400, b"POST", b"/late/x", b"all"),
        (b"BREW /late HTTP/1.1\r\nHost: x\r\n\r\n", 501, b"", b"", b""),
        (b"nonsense\r\n\r\n", 400, b"", b"", b""),
        (b"GET /late HTTP/1.1\r\nHost: x\r\nx: " + b"a" * 2000 + b"\r\n\r\n", 431, b"", b"", b""),
    ],
    ids=["no route", "body", "connection", "method", "nonsense", "head"],
)
async def test_a_refused_request_leaves_a_frame(
    stage: Stage, request_: bytes, status: int, method: bytes, path: bytes, route: bytes
) -> None:
    """With what was understood of it before, and nothing of its content."""
    top = "limits: {body: 10, head: 1KiB, url: 256}"
    gateway = await stage.gateway("path: /late, weights: {blue: 1}", top=top, blue="http://127.0.0.1:9")
    client = await stage.client(gateway.port)
    await client.send(request_)
    head = await client.head()
    found = await frame(gateway)
    assert (found.status, outcome(found), found.flags) == (status, "refused", 0 if route else NO_BODIES)
    assert (found.method, found.path, found.route) == (method, path, route)
    assert (found.version, found.chosen, found.key, found.attempts) == (b"", b"", b"", 0)
    assert (found.request_body, found.response_body) == (b"", b"")
    assert found.id.hex() == field(head, "x-request-id")
    assert found.trace == bytes(16)
    assert found.revision == gateway.context.serving


async def test_what_was_refused_is_not_taken_for_the_request_before(stage: Stage) -> None:
    """The second request on a connection is nonsense, and is not given the first one's path."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET.replace(b"/ ", b"/first ") + b"nonsense\r\n\r\n")
    await client.end()
    assert [(found.status, found.path) for found in frames(gateway)] == [(200, b"/first"), (400, b"")]


async def test_a_head_that_does_not_come_leaves_a_frame(stage: Stage) -> None:
    """Nothing is known of it, whatever came before on the connection."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    frames(gateway)
    await client.send(b"GET /slow HT")
    await until(lambda: gateway.clients[0]._head_since)
    gateway.tick(gateway.context.limits.head_timeout + 1)
    found = await frame(gateway)
    assert (found.status, found.method, found.path) == (408, b"", b"")


async def test_a_caller_beyond_its_rate_leaves_a_frame(stage: Stage) -> None:
    """Of the route whose limit it is, and only as that route's policy says."""
    route = "weights: {blue: 1}, rate_limit: {requests: 1, per: 1h}"
    gateway = await stage.gateway(route, blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET * 2)
    await client.answer()
    assert (await client.answer())[0][9:12] == b"429"
    found = frames(gateway)
    assert [(one.status, one.route, outcome(one)) for one in found] == [
        (200, b"all", "ok"),
        (429, b"all", "refused"),
    ]
    gateway.change(policy(sample=0.0))
    await client.send(GET)
    await client.answer()
    assert frames(gateway) == []


async def test_a_redirected_request_leaves_a_frame(stage: Stage) -> None:
    """It was answered, if only with where to go."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    gateway.context._set(Limits(), Tls("127.0.0.1:8443", (), redirect=True))
    gateway.context.listens_for_tls(8443)
    client = await stage.client(gateway.port)
    await client.send(GET.replace(b"/ ", b"/a?b "))
    assert (await client.head())[9:12] == b"308"
    found = await frame(gateway)
    assert (found.status, outcome(found), found.route, found.path) == (308, "ok", b"all", b"/a")


async def test_a_client_that_is_turned_away_leaves_a_frame(stage: Stage) -> None:
    """Before it could say what it wants."""
    blue = await stage.service()
    gateway = await stage.gateway(top="limits: {connections_per_address: 1}", blue=blue)
    await (await stage.client(gateway.port)).send(GET)
    await blue.accepted()  # one that is idle would make room
    second = await stage.client(gateway.port)
    head = await second.head()
    found = await frame(gateway)
    assert (found.status, found.path) == (int(head[9:12]), b"")
    assert found.id.hex() == field(head, "x-request-id")


async def test_http2_is_logged_alike(stage: Stage, ca: Authority) -> None:
    """What is answered, and what breaks the rules before it is a request."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    async with http2(gateway, ca) as client:
        await client.ask(1, H2_GET)
        broken = await client.ask(3, [*H2_GET, (b"connection", b"close")])
    assert broken.reset is not None
    found = frames(gateway)
    assert [(one.status, outcome(one)) for one in found] == [(200, "ok"), (400, "refused")]
    assert (found[0].method, found[0].path, found[0].version) == (b"GET", b"/", b"blue")


# -- the log itself ------------------------------------------------------------------------------------------


async def test_without_a_ring_requests_are_answered_all_the_same(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker says so, and what to do; the next change of routing makes it after all."""
    blue = await stage.service(OK)
    in_the_way = prepare(stage.folder / "state").ring(0)
    in_the_way.mkdir()
    gateway = await stage.gateway(blue=blue)
    client = await stage.client(gateway.port)
    await client.send(GET + b"nonsense\r\n\r\n")
    assert (await client.answer())[1] == b"ok"
    await client.end()
    assert "this worker logs no requests" in caplog.text
    in_the_way.rmdir()
    gateway.change(policy(body_limit=10))
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    assert len(frames(gateway)) == 1


async def test_the_ring_is_as_large_as_the_settings_say(stage: Stage) -> None:
    """It is made with the first plan that logs anything."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    assert RingReader(gateway.places.ring(0)).size == 16 * 1024 * 1024


async def test_a_full_ring_drops_and_counts(stage: Stage) -> None:
    """Traffic does not notice."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    small = gateway.places.ring(7)
    gateway.context._opened_logbook = Logbook(RingWriter(small, LEAST))
    gateway.change(policy(body_limit=10))
    client = await stage.client(gateway.port)
    for _ in range(5):
        await client.send(GET * 100)
        assert [(await client.answer())[1] for _ in range(100)] == [b"ok"] * 100
    reader = RingReader(small)
    kept = reader.take(LEAST)
    assert reader.n == 500
    assert len(kept) + reader.dropped()["full"] == 500
    assert [read(data).n for data in kept] == list(range(len(kept)))


async def test_a_drained_worker_leaves_its_ring(stage: Stage) -> None:
    """The recorder reads it once the worker is gone."""
    gateway = await stage.gateway(blue=await stage.service(OK))
    client = await stage.client(gateway.port)
    await client.send(GET)
    await client.answer()
    gateway._server.close()
    gateway.context.limits = replace(gateway.context.limits, drain_timeout=0.1)
    orders = Orders()
    orders.stop()
    await drain(gateway.context, orders)
    assert len(frames(gateway)) == 1


def test_a_step_of_the_clock_shows_at_the_next_tick(book: Logbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are dated by the clock on the wall, though it is asked ten times a second only."""
    assert abs(book.wall_clock(time.monotonic()) / 1e6 - time.time()) < BOUND
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    book.tick()
    assert abs(book.wall_clock(time.monotonic()) / 1e6 - now + 86_400) < BOUND
    assert book.wall_clock(-1e12) == 0


def test_what_was_never_read_is_written_down_without_a_line(tmp_path: Path, book: Logbook) -> None:
    """Its status and outcome are all that is known."""
    book.unread(Fault(503, "unavailable", "full"), 7)
    book.refused(Fault(400, "refused", "bad"), LINE, None, 8)
    (found,) = written(tmp_path)
    assert (found.status, outcome(found), found.id) == (503, "unavailable", (7).to_bytes(16, "big"))
    assert (found.method, found.path) == (NO_LINE.method, NO_LINE.path) == (b"", b"")
    assert ALL == 2**32


async def test_a_flood_without_keys_pushes_nobody_out_and_is_counted_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some of it is written down, the rest only counted; what a service answered is there, all of it."""
    monkeypatch.setattr("gateway.proxy.logbook.REFUSED_EACH_TICK", 0)
    key, entry = new_key("acme")
    (stage.folder / "keys.txt").write_text(with_key("", entry), encoding="utf-8")
    route = f"weights: {{blue: 1}}, auth: {{keys: {stage.folder / 'keys.txt'}}}"
    gateway = await stage.gateway(route, blue=await stage.service(OK))
    matched = gateway.context.table.match(b"GET / HTTP/1.1")[1]
    assert matched is not None
    assert matched.log is not None
    matched.log._room = 5
    client = await stage.client(gateway.port)
    for _ in range(30):
        await client.send(GET)
        await client.answer()
    await client.send(b"GET / HTTP/1.1\r\nHost: x\r\nx-api-key: " + key.encode() + b"\r\n\r\n")
    await client.answer()
    found = [frame.status for frame in frames(gateway)]
    state = tally.read_state(gateway.places.tally(0))
    left_out = state.hits[tally.LIMITS.index("log_refused")]
    assert (found, left_out) == ([401] * 5 + [200], 25)
    _, counts = tally.read(gateway.places.tally(0))
    assert sum(count.outcomes[tally.REFUSED] for count in counts) == 30


def test_a_flood_at_one_place_hides_nothing_at_another(book: Logbook, tmp_path: Path) -> None:
    """Nor does what is not of the share that is logged take anything from what is."""
    guessed, rare = (
        RouteLog(book, "guessed", LogPolicy(), 1),
        RouteLog(book, "rare", LogPolicy(sample=0.5), 1),
    )
    for _ in range(1_000):
        book.refused(REFUSED, LINE, book.unmatched, 7)
        book.refused(REFUSED, LINE, rare, ALL - 1)
    book.refused(REFUSED, LINE, guessed, 7)
    book.refused(REFUSED, LINE, rare, 7)
    found = [one.route for one in written(tmp_path)]
    assert (found.count(b""), found[-2:]) == (200, [b"guessed", b"rare"])


def test_redirects_have_no_more_than_refusals(book: Logbook, tmp_path: Path) -> None:
    """They cost a client as little; both come out of one purse."""
    log = RouteLog(book, "r", LogPolicy(), 1)
    for _ in range(150):
        book.redirected(LINE, log, 7)
        book.refused(REFUSED, LINE, log, 7)
    assert len(written(tmp_path)) == 200


@given(st.lists(st.sampled_from(["refused", "unavailable", "tick"]), max_size=60))
@settings(max_examples=30)
def test_refusals_have_a_share_of_the_ring_and_outages_all_of_it(turns: list[str]) -> None:
    """However they come: each refusal is written down or counted, and each failure is written down."""
    hits: list[int] = []
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr("gateway.proxy.logbook.REFUSED_AT_ONCE", 4)
        patch.setattr("gateway.proxy.logbook.REFUSED_EACH_TICK", 2)
        book = Logbook(RingWriter(Path(folder) / "ring-0", LEAST), hits.append)
        for turn in turns:
            if turn == "tick":
                book.tick()
            else:
                book.unread(Fault(503 if turn == "unavailable" else 401, turn, "told"), 7)
        written_down = [outcome(one) for one in written(Path(folder))]
        book.ring.close()
    assert written_down.count("unavailable") == turns.count("unavailable")
    assert written_down.count("refused") + len(hits) == turns.count("refused")
    assert written_down.count("refused") <= 4 + 2 * turns.count("tick")
