"""A new folder: all of it or nothing, never over what is there, and good as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import GatewayError
from gateway.routing.file import read_plan, read_text
from gateway.starter import sample
from gateway.starter.folder import lay_out


def test_it_lays_out_a_folder_that_is_fine(tmp_path: Path) -> None:
    """routing.yaml has no mistake, each service's model is there, and nothing else is left."""
    folder = tmp_path / "new" / "site"
    written = lay_out(folder)
    plan = read_plan(read_text(folder / "routing.yaml"), folder / "routing.yaml")
    assert {service.name for service in plan.services} == {"blue", "canary"}
    assert all((folder / service.model / "model.yaml").is_file() for service in plan.services)
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    assert (folder / "model_versions").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["routing.yaml", "model_versions"])
def test_it_never_overwrites(tmp_path: Path, name: str) -> None:
    """Whatever has such a name stays as it is, a dangling link included, and nothing is added."""
    (tmp_path / name).symlink_to("nowhere")
    with pytest.raises(GatewayError, match=f"has {name} already, and nothing was changed"):
        lay_out(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it can be tried again."""

    def full(_: object) -> dict[str, bytes]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample, "made", full)
    with pytest.raises(OSError, match="No space left"):
        lay_out(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_model_it_routes_to_services_elsewhere(tmp_path: Path) -> None:
    """Nothing but a routing.yaml without a mistake; models that are there already are left alone."""
    (tmp_path / "model_versions").mkdir()
    assert lay_out(tmp_path, with_model=False) == [tmp_path / "routing.yaml"]
    plan = read_plan(read_text(tmp_path / "routing.yaml"), tmp_path / "routing.yaml")
    assert all(service.urls and not service.model for service in plan.services)
    assert list((tmp_path / "model_versions").iterdir()) == []
