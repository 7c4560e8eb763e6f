"""Heroku and App Engine: their folder is whole, and the very command of each file runs here with PORT set."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from benchmarks.free_port import free_port
from deploy.app_folder import main, prepare
from deploy.sbom import read_lock
from tests.deploy.running import ROOT, ask, running

ROUTING = """\
admin: 127.0.0.1:{admin}
services: {{model: {{url: "http://127.0.0.1:{model}"}}}}
weights: {{model: 1}}
"""


class Model(BaseHTTPRequestHandler):
    """A service that says its name."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"model")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def model() -> Iterator[int]:
    """The port of a service; that the sample model runs, the test of the wheel shows."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


def command_of(target: str, folder: Path) -> str:
    """Return the shell command that the platform would run."""
    if target == "heroku":
        name, _, command = (folder / "Procfile").read_text().strip().partition(": ")
        assert name == "web"
        return command
    return str(yaml.safe_load((folder / "app.yaml").read_text())["entrypoint"])


@pytest.mark.parametrize("target", ["heroku", "appengine"])
def test_what_the_platform_runs_answers_on_its_port(model: int, tmp_path: Path, target: str) -> None:
    """The very command of the file listens on $PORT; the admin side stays on loopback."""
    port, admin = free_port(), free_port()
    site = tmp_path / "app"
    site.mkdir()
    (site / "routing.yaml").write_text(ROUTING.format(admin=admin, model=model))
    assert prepare(target, site)
    # the state goes where this test may write, the rest of the command is as it stands
    command = command_of(target, site).replace("/tmp/gateway", str(tmp_path / "state"))
    with running(["sh", "-c", f"exec {command}"], site, PORT=str(port), WEB_CONCURRENCY="1"):
        assert ask(port, "/")[::2] == (200, b"model")
        assert ask(admin, "/healthz")[0] == 200


@pytest.mark.parametrize("target", ["heroku", "appengine"])
def test_the_wheel_is_pinned_like_everything_else(tmp_path: Path, target: str) -> None:
    """It has the digest that requirements.txt names and lies beside the lock; no sdist is left."""
    (tmp_path / "routing.yaml").write_text(ROUTING.format(admin=1, model=2))
    written = prepare(target, tmp_path)
    first, last = [
        line for line in (tmp_path / "requirements.txt").read_text().splitlines() if line[0] != "#"
    ]
    found = re.fullmatch(r"\./(gateway-\S+\.whl) --hash=sha256:([0-9a-f]{64})", last)
    assert found is not None
    assert hashlib.sha256((tmp_path / found[1]).read_bytes()).hexdigest() == found[2]
    assert first == "-r locked.txt"
    assert (tmp_path / "locked.txt").read_bytes() == (ROOT / "requirements.txt").read_bytes()
    assert {path.name for path in written} | {"routing.yaml"} == {path.name for path in tmp_path.iterdir()}


def test_models_bring_the_libraries_that_load_them(tmp_path: Path) -> None:
    """Where the gateway serves a model itself, the lock is the one with the extra `serve`."""
    model = ROOT / "model_versions" / "v1"
    (tmp_path / "routing.yaml").write_text(f"services: {{blue: {{model: {model}}}}}\nweights: {{blue: 1}}\n")
    prepare("heroku", tmp_path)
    assert (tmp_path / "locked.txt").read_bytes() == (ROOT / "requirements-serve.txt").read_bytes()


def test_a_folder_with_a_mistake_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At its line, and nothing is added."""
    (tmp_path / "routing.yaml").write_text("services: 5\n")
    assert main(["heroku", str(tmp_path)]) == 1
    assert "routing.yaml:1:" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["routing.yaml"]


def test_a_folder_without_routing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what to do, and nothing written; unknown targets are wrong usage."""
    assert main(["heroku", str(tmp_path)]) == 1
    assert "gateway init" in capsys.readouterr().err
    assert main(["elsewhere", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


def test_heroku_gets_what_its_papers_need() -> None:
    """app.json names the Python build pack and a process type that the Procfile has."""
    folder = ROOT / "deploy" / "heroku"
    about = json.loads((folder / "app.json").read_text())
    assert about["buildpacks"] == [{"url": "heroku/python"}]
    assert set(about["formation"]) == {"web"}
    assert (folder / ".python-version").read_text() == "3.11\n"
    assert read_lock((ROOT / "requirements.txt").read_text())


def test_app_engine_writes_to_tmp_alone() -> None:
    """Nothing else there can be written to; the runtime is one that this project is tested on."""
    about = yaml.safe_load((ROOT / "deploy" / "appengine" / "app.yaml").read_text())
    assert about["runtime"] == "python311"
    assert "--state-dir /tmp/" in about["entrypoint"]
    assert "0.0.0.0:$PORT" in about["entrypoint"]
