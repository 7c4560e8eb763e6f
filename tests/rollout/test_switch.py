"""Blue-green: everything moves at once, or nothing does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ChangeRefused, GatewayError
from gateway.rollout import switch as module
from gateway.rollout.smoke import Sample
from gateway.rollout.switch import Order, carry_out
from gateway.routing.change import Request, commit
from gateway.routing.parking import park
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import roll_back
from gateway.routing.rollouts import Step
from tests.rollout.listener import Listener, listening
from tests.routing.change_site import ROUTING, Site
from tests.waiting import BOUND

ASK = Request("switch", "me", "new colours")
SAMPLE = Sample("/v2/models/late/infer", b'{"inputs": []}')
NOW = 1e9


@pytest.fixture
def green() -> Iterator[Listener]:
    """The version that is to take over."""
    with listening() as server:
        server.answers = [(200, b'{"outputs": [{"name": "p", "data": [0.5]}]}')]
        yield server


@pytest.fixture
def site(tmp_path: Path, green: Listener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A gateway whose green is a real server with a health check, at all of blue."""
    monkeypatch.setattr(module, "TIMES", 2)
    text = ROUTING.replace(
        "{url: http://127.0.0.1:9002}", f"{{url: '{green.url}', health: {{path: /ready, timeout: 60s}}}}"
    )
    made = Site.made(
        tmp_path, text.replace("blue: 90, green: 0, canary: 10", "blue: 100, green: 0, canary: 0")
    )
    yield made
    shutil.rmtree(made.places.run.resolve(), ignore_errors=True)


def switched(site: Site, order: Order) -> list[str]:
    """Carry an order out and return what was told."""
    told: list[str] = []
    carry_out(site.places, site.config, order, ASK, told.append)
    return told


def test_everything_moves_in_one_revision(site: Site, green: Listener) -> None:
    """After its replicas were found, checked and warmed; the old one can be gone back to."""
    before = site.live().revision
    told = switched(site, Order("green", samples=(SAMPLE,)))
    plan = site.live()
    assert plan.revision == before + 1
    assert site.shares() == {"blue": 0.0, "green": 100.0, "canary": 0.0}
    route = plan.routes[0]
    assert route.stable == "green"
    assert route.progress is not None
    assert (route.progress.state, route.progress.previous) == ("healthy", "blue")
    assert [asked[1] for asked in green.asked] == ["/ready", SAMPLE.path, SAMPLE.path]
    assert told[0] == "1 of 1 replicas of green are up"
    assert "answered 2 sample requests" in told[-1]
    warm_until = route.progress.warm_until
    back, _ = commit(site.places, ASK, lambda head: roll_back(head, None, warm_until - 1))
    assert (back.routes[0].stable, back.routes[0].share("blue")) == ("blue", 100.0)


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([(503, b"")], "answered its health check /ready with 503; nothing was moved"),
        ([(200, b""), (500, b"broken")], "with 500: broken; nothing was moved"),
        ([(200, b""), None], "gave no answer within 0.2 s; nothing was moved"),
    ],
)
def test_a_failed_check_moves_nothing(
    site: Site, green: Listener, answers: list[tuple[int, bytes] | None], says: str
) -> None:
    """Not a weight, not a revision."""
    green.answers = list(answers)
    before = site.live()
    timeout = 0.2 if None in answers else BOUND
    with pytest.raises(GatewayError) as failed:
        switched(site, Order("green", samples=(SAMPLE,), timeout=timeout))
    assert says in str(failed.value)
    assert site.live() == before


def test_nobody_there_moves_nothing(site: Site) -> None:
    """It is waited for in vain, and said so."""
    with pytest.raises(GatewayError, match=r"could not be connected to within 0\.1 s; nothing was moved"):
        switched(site, Order("canary", patience=0.1))


def test_a_version_that_rested_is_started_and_rests_again_where_a_check_fails(
    site: Site, green: Listener
) -> None:
    """Its replicas run only while somebody may want them."""
    commit(site.places, ASK, lambda head: park(head, "green"))
    green.answers = [(503, b"")]
    with pytest.raises(GatewayError):
        switched(site, Order("green"))
    assert site.live().parked == ("green",)
    green.answers = [(200, b"")]
    assert switched(site, Order("green"))[0] == "green rested and is started"
    assert site.live().parked == ()


def test_by_steps_it_is_a_rollout(site: Site) -> None:
    """Checked first as any other, then judged."""
    switched(site, Order("green", samples=(SAMPLE,), steps=(Step(10_000), Step(100_000))))
    progress = site.live().routes[0].progress
    assert progress is not None
    assert (progress.canary, progress.state, progress.step) == ("green", "progressing", 0)
    assert site.shares() == {"blue": 90.0, "green": 10.0, "canary": 0.0}


def test_what_cannot_be_is_refused(site: Site) -> None:
    """Nobody of that name, and who has everything already."""
    with pytest.raises(ChangeRefused, match="no service grey"):
        switched(site, Order("grey"))
    with pytest.raises(ChangeRefused, match="blue has all the traffic"):
        switched(site, Order("blue"))


def test_a_version_that_changed_meanwhile_is_not_switched_to(
    site: Site, green: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was checked is what gets the traffic."""

    def changed(*arguments: object) -> None:
        def other(plan: RoutingPlan) -> RoutingPlan:
            services = [
                replace(s, urls=("http://127.0.0.1:1",)) if s.name == "green" else s for s in plan.services
            ]
            return replace(plan, services=tuple(services))

        commit(site.places, ASK, other)

    monkeypatch.setattr(module, "_warm", changed)
    with pytest.raises(ChangeRefused, match="was changed in routing"):
        switched(site, Order("green", samples=(SAMPLE,)))
    assert site.shares()["blue"] == 100.0
