"""The log with what the journal and the plan say of it."""

from __future__ import annotations

import pytest
from duckdb import CatalogException

from gateway.cli.common import find_running
from gateway.cli.lake_access import connected, plan_of, secrets_of
from gateway.requestlog.lake import VIEWS
from tests.cli.site import Site


def test_only_what_the_query_needs_is_fetched(stopped: Site) -> None:
    """The journal is read where `revisions` is named and nowhere else; all views are there for SHOW."""
    running = find_running(None, str(stopped.config))
    with connected(running, "SELECT 1") as lake, pytest.raises(CatalogException):
        lake.execute("SELECT count(*) FROM revisions")
    with connected(running, "FROM Revisions") as lake:
        assert lake.execute("SELECT count(*) FROM revisions").fetchone() == (1,)
    with connected(running, "show tables") as lake:
        assert set(VIEWS) <= {row[0] for row in lake.execute("SHOW TABLES").fetchall()}


def test_plan_and_secrets_are_those_of_the_gateway(stopped: Site) -> None:
    """The pseudonym key lies in its log."""
    running = find_running(None, str(stopped.config))
    plan = plan_of(running)
    assert plan is not None
    assert [route.name for route in plan.routes] == ["late", "protocol", "sure"]
    assert secrets_of(running).pseudonym(b"ann") == secrets_of(running).pseudonym(b"ann")
    assert stopped.places.log.pseudonym_key.exists()
