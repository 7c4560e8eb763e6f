"""The changes themselves, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.control import changes
from gateway.control.changes import Asker
from gateway.control.problems import Refusal
from gateway.errors import ChangeRefused, StaleRevision
from gateway.routing.admin_settings import AdminSettings
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.change import Request, commit
from gateway.routing.file_sync import follow_file
from gateway.routing.plan import RoutingPlan
from gateway.routing.shares import replace_weights

if TYPE_CHECKING:
    from tests.control.conftest import Site

ME = Asker("api:127.0.0.1", "a test")


def based_on(*revisions: str) -> Asker:
    """One whose change is based on these revisions."""
    return Asker("api:127.0.0.1", expected=frozenset(revisions))


def test_new_weights_are_journalled_and_live(site: Site) -> None:
    """The revision has its author, reason and action, and the slot holds it."""
    plan, changed = changes.set_weights(site.places, ME, "late", {"blue": 3, "canary": 1})
    assert (plan.revision, changed, site.live()) == (2, True, 2)
    assert site.weights() == {"blue": 75.0, "green": 0.0, "canary": 25.0}
    head = site.head()
    assert (head.author, head.reason, head.action) == ("api:127.0.0.1", "a test", "set-weight")
    assert head.file == "pending"


def test_the_same_weights_make_no_revision(site: Site) -> None:
    """Repeating a change changes nothing."""
    plan, changed = changes.set_weights(site.places, ME, "late", {"blue": 9, "canary": 1})
    assert (plan.revision, changed) == (1, False)


def test_a_rollback_of_one_route_leaves_the_others(site: Site) -> None:
    """Only the route that was named goes to its stable service."""
    changes.to_stable(site.places, ME, "late")
    assert site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert site.weights("protocol") == {"green": 50.0, "blue": 50.0}
    assert site.head().action == "rollback"


def test_a_rollback_of_everything(site: Site) -> None:
    """Without a route every one goes to its stable service, in one revision."""
    plan, _ = changes.to_stable(site.places, ME, None)
    assert plan.revision == 2
    assert site.weights() == {"blue": 100.0, "green": 0.0, "canary": 0.0}
    assert site.weights("protocol") == {"green": 100.0, "blue": 0.0}


def test_a_route_goes_back_to_earlier_weights(site: Site) -> None:
    """One route returns to a revision; what was done to the others since then stays."""
    changes.set_weights(site.places, ME, "late", {"canary": 1})
    changes.set_weights(site.places, ME, "protocol", {"blue": 1})
    changes.route_to_revision(site.places, ME, "late", 1)
    assert site.weights() == {"blue": 90.0, "green": 0.0, "canary": 10.0}
    assert site.weights("protocol") == {"green": 0.0, "blue": 100.0}
    assert site.head().action == "restore"


def test_who_is_no_admin_goes_back_only_to_where_the_same_people_may_the_same(site: Site) -> None:
    """Else whoever may roll back could bring back a time in which nobody was asked."""
    operator = Asker("token:ann", is_admin=False)
    changes.set_weights(site.places, ME, "late", {"canary": 1})
    assert changes.to_revision(site.places, operator, 1)[1]
    asking = AdminSettings(auth="required")
    commit(site.places, Request("edit", "file"), lambda plan: replace(plan, admin_settings=asking))
    with pytest.raises(Refusal, match="differs from the live one in more than weights") as refused:
        changes.to_revision(site.places, operator, 1)
    assert refused.value.status == 403
    assert changes.to_revision(site.places, ME, 1)[1]


def test_a_service_is_not_opened_to_those_who_may_not_reach_it(site: Site) -> None:
    """Neither to clients without a key, nor by somebody who is limited to other routes; an admin may."""
    operator, limited = Asker("token:ann", is_admin=False), Asker("token:bo", is_admin=False, is_limited=True)
    with pytest.raises(Refusal, match="your token is for some routes") as refused:
        changes.set_weights(site.places, limited, "protocol", {"canary": 1})
    assert refused.value.status == 403
    assert changes.set_weights(site.places, operator, "protocol", {"canary": 1})[1]
    closed = ClientAuth("keys.txt")

    def close(plan: RoutingPlan) -> RoutingPlan:
        late, protocol = plan.routes
        alone = replace(protocol, weights=(("green", 1),), keyed=())
        return replace(plan, routes=(replace(late, auth=closed), alone))

    commit(site.places, Request("edit", "file"), close)
    with pytest.raises(Refusal, match="clients of route late need a key for it"):
        changes.set_weights(site.places, operator, "protocol", {"canary": 1})
    assert changes.set_weights(site.places, ME, "protocol", {"canary": 1})[1]


def test_everything_goes_back_to_an_earlier_revision(site: Site) -> None:
    """The whole plan of that revision is live again, under a new number."""
    before = site.route()
    changes.set_weights(site.places, ME, "late", {"canary": 1})
    changes.set_weights(site.places, ME, "protocol", {"blue": 1})
    plan, changed = changes.to_revision(site.places, ME, 1)
    assert (plan.revision, changed) == (4, True)
    assert site.route().weights == before.weights
    assert site.weights("protocol") == {"green": 50.0, "blue": 50.0}


@pytest.mark.parametrize("revision", [2, 999])
def test_a_revision_that_never_was(site: Site, revision: int) -> None:
    """Both ways back refuse it and say where to look."""
    with pytest.raises(ChangeRefused, match=f"no revision {revision}; see: gateway history"):
        changes.to_revision(site.places, ME, revision)
    with pytest.raises(ChangeRefused, match=f"no revision {revision}; see: gateway history"):
        changes.route_to_revision(site.places, ME, "late", revision)


def test_a_route_that_did_not_exist_then(site: Site) -> None:
    """A route cannot return to a time before it."""
    places, config = site.places, site.config
    site.save("  - name: protocol\n", "  - name: newer\n")
    assert follow_file(places, Request("file", "file"), config)
    with pytest.raises(ChangeRefused, match="no route newer in revision 1"):
        changes.route_to_revision(places, ME, "newer", 1)


def test_an_unknown_route_is_named_with_the_nearest(site: Site) -> None:
    """It is a 404: the path of the request is wrong."""
    ways: list[Callable[[], object]] = [
        lambda: changes.set_weights(site.places, ME, "lat", {"blue": 1}),
        lambda: changes.to_stable(site.places, ME, "lat"),
        lambda: changes.route_to_revision(site.places, ME, "lat", 1),
    ]
    for change in ways:
        with pytest.raises(Refusal, match="no route lat; did you mean 'late'") as caught:
            change()
        assert caught.value.status == 404


def test_an_unknown_service_is_named_with_the_nearest(site: Site) -> None:
    """Nothing is changed by weights of which one is unknown."""
    with pytest.raises(ChangeRefused, match="no service canari; did you mean 'canary'"):
        changes.set_weights(site.places, ME, "late", {"blue": 1, "canari": 1})
    assert site.live() == 1


def test_weights_that_are_all_zero(site: Site) -> None:
    """A route must send its requests somewhere."""
    with pytest.raises(ChangeRefused, match="at least one weight must be above 0"):
        changes.set_weights(site.places, ME, "late", {"blue": 0})


def test_a_stale_change_is_refused_by_every_way(site: Site) -> None:
    """Whoever has not seen the latest revision changes nothing."""
    stale = based_on("1")
    commit(site.places, Request("x", "x"), lambda plan: replace_weights(plan, "late", {"blue": 1}))
    ways: list[Callable[[], object]] = [
        lambda: changes.set_weights(site.places, stale, "late", {"canary": 1}),
        lambda: changes.to_stable(site.places, stale, "late"),
        lambda: changes.to_stable(site.places, stale, None),
        lambda: changes.route_to_revision(site.places, stale, "late", 1),
        lambda: changes.to_revision(site.places, stale, 1),
    ]
    for change in ways:
        with pytest.raises(StaleRevision, match="revision 1 is not the latest one; it is 2 now"):
            change()
    assert site.live() == 2


def test_a_change_based_on_the_latest_revision_passes(site: Site) -> None:
    """One of several tags is enough."""
    changes.set_weights(site.places, based_on("0", "1"), "late", {"canary": 1})
    changes.to_revision(site.places, based_on("2"), 1)
    assert site.live() == 3
