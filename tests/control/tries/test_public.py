"""The public forms are made when the plan changes."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path

import pytest

from gateway.control.tries.public import PublicPages
from gateway.routing.auth_keys import ClientAuth
from gateway.routing.change import Request, commit
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.try_pages import SCRIPT, STYLE, page_file, try_folder
from tests.control.conftest import Site

MODELS = Path(__file__).parents[3] / "model_versions"


@pytest.fixture
def modelled(site: Site) -> Site:
    """A site whose stable version is one of our models."""
    (site.config.parent / "m").symlink_to(MODELS / "v1")
    site.list_processes()
    return site


def change(site: Site, **more: object) -> None:
    """Publish the first route with these settings, its stable service served here."""

    def changed(plan: RoutingPlan) -> RoutingPlan:
        services = [replace(one, model="m", urls=()) if one.name == "blue" else one for one in plan.services]
        first: Route = replace(plan.routes[0], **more)  # type: ignore[arg-type]
        return replace(plan, services=tuple(services), routes=(first, *plan.routes[1:]))

    commit(site.places, Request("set-weight", "test"), changed)


def test_a_page_is_made_for_routes_that_say_so_and_no_others(modelled: Site) -> None:
    """With its script and its look; the form is the model's, and asks for a key where the route does."""
    pages = PublicPages(modelled.places)
    pages.look()
    assert not try_folder(modelled.places).exists()
    change(modelled, try_page=True)
    pages.look()
    folder = try_folder(modelled.places)
    assert {path.name for path in folder.iterdir()} == {SCRIPT, STYLE, page_file("late")}
    text = (folder / page_file("late")).read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert 'data-target="/v2/models/late/infer"' in text
    assert 'data-name="carrier"' in text
    assert "Your key" not in text
    assert "http://" not in text


def test_a_page_of_a_model_that_does_not_answer_yet_is_tried_again(
    modelled: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told once; the page comes with the model."""
    pages = PublicPages(modelled.places)
    (modelled.config.parent / "m").unlink()
    change(modelled, try_page=True)
    for _ in range(3):
        pages.look()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert not (try_folder(modelled.places) / page_file("late")).exists()
    (modelled.config.parent / "m").symlink_to(MODELS / "v2")
    pages.look()
    assert (try_folder(modelled.places) / page_file("late")).exists()


def test_a_page_of_a_route_with_keys_asks_for_one(modelled: Site) -> None:
    """It holds neither a key nor the gateway's own."""
    change(modelled, try_page=True, auth=ClientAuth("keys.txt", "x-token"))
    PublicPages(modelled.places).look()
    text = (try_folder(modelled.places) / page_file("late")).read_text(encoding="utf-8")
    assert 'data-header="x-token"' in text
    assert "Your key" in text
    assert (modelled.places.run / "try.key").read_text() not in text


def test_what_a_model_says_is_text_and_never_markup(modelled: Site, tmp_path: Path) -> None:
    """Names, units and descriptions come from whoever made the model."""
    nasty = "<script>alert(1)</script>"
    text = (MODELS / "v1" / "model.yaml").read_text(encoding="utf-8")
    folder = modelled.config.parent / "m"
    folder.unlink()
    folder.mkdir()
    head, _, rest = text.partition("description: ")
    rest = rest[rest.index("inputs:") :].replace("unit: 1 = January", f"unit: '{nasty}'", 1)
    (folder / "model.yaml").write_text(f"{head}description: '\"{nasty}'\n{rest}", encoding="utf-8")
    change(modelled, try_page=True)
    PublicPages(modelled.places).look()
    page = (try_folder(modelled.places) / page_file("late")).read_text(encoding="utf-8")
    assert nasty not in page
    assert page.count(escape(nasty)) == 2
