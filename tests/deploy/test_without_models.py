"""An installation without the extra `serve`: everything but models works, and models are refused in words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import venv
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from benchmarks.free_port import free_port
from deploy.dist import build
from deploy.sbom import read_lock
from gateway.extras import SERVE, install
from tests.deploy.running import RAIN, ROOT, ask, running
from tests.waiting import BOUND

ANSWER = json.dumps(
    {"model_name": "rain", "outputs": [{"name": "p", "datatype": "FP64", "shape": [1], "data": [0.25]}]}
).encode()
PAGES = ("/", "/models", "/try", "/try/model", "/requests", "/sql", "/history")
ADVICE = install("serve")
MODELS = Path("model_versions")
QUERY = "SELECT ts, prediction, p FROM predictions"


class Model(BaseHTTPRequestHandler):
    """A service elsewhere, which answers everything with one prediction."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def do_GET(self) -> None:
        """Answer the same."""
        self.do_POST()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def model() -> Iterator[int]:
    """The port of a service elsewhere."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Model) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command of an environment that has the wheel and what requirements.txt names, nothing else."""
    folder = tmp_path_factory.mktemp("small")
    home = folder / "env"
    venv.create(home, with_pip=False)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    for one in read_lock((ROOT / "requirements.txt").read_text()):
        borrow(one.name, site)
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet"]
    quiet = ["--disable-pip-version-check", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*pip, *quiet, str(build(folder)[0])], check=True)
    return str(home / "bin" / "gateway")


def borrow(name: str, site: Path) -> None:
    """Link an installed package into another environment; one for other systems is not there to link."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    for top in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
        (site / top).symlink_to(str(found.locate_file(top)))


def said(gateway: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a verb in a folder; return its exit code and all that it said."""
    done = subprocess.run([gateway, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def site(gateway: str, model: int, tmp_path: Path) -> Path:
    """A folder made by `gateway init`, the service's address filled in, with a model version beside it."""
    code, words = said(gateway, tmp_path, "init")
    assert code == 0
    assert "No sample model: " in words
    assert ADVICE in words
    assert all(name in words for name in SERVE.values())
    text = (tmp_path / "routing.yaml").read_text()
    (tmp_path / "routing.yaml").write_text(
        text.replace(":9001}", f":{model}}}").replace(":9002}", f":{model}}}")
    )
    shutil.copytree(ROOT / MODELS / "v1", tmp_path / MODELS / "v1")
    return tmp_path


def test_a_gateway_before_services_elsewhere_misses_nothing(gateway: str, site: Path) -> None:
    """Prediction, pages, `query`, `rollback` and `whatif --routing`; another model is refused in words."""
    listen, admin = free_port(), free_port()
    options = ["--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}", "--workers", "1"]
    with running([gateway, "up", *options], site):
        assert ask(listen, "/v2/models/rain/infer", RAIN)[::2] == (200, ANSWER)
        for page in PAGES:
            assert (page, ask(admin, page)[0]) == (page, 200)
        deadline = time.monotonic() + BOUND
        while "0.25" not in (words := said(gateway, site, "query", "--format", "json", QUERY)[1]):
            assert time.monotonic() < deadline, words
        assert said(gateway, site, "rollback")[0] == 0
        assert said(gateway, site, "whatif", "--routing", "routing.yaml")[0] == 0
        code, words = said(gateway, site, "whatif", "--model", str(MODELS / "v1"))
        assert (code, words.endswith(f"{ADVICE}\n"), len(words.splitlines())) == (1, True, 1), words


def test_models_are_refused_in_words(gateway: str, site: Path) -> None:
    """`serve` in one sentence; routing.yaml at the line and column of each model, before anything starts."""
    code, words = said(gateway, site, "serve", str(MODELS / "v1"))
    assert (code, len(words.splitlines())) == (1, 1), words
    assert ADVICE in words
    file = site / "routing.yaml"
    file.write_text(f"services:\n  blue: {{model: {MODELS}/v1}}\nweights: {{blue: 1}}\n")
    for verb in ("check", "up"):
        code, words = said(gateway, site, verb)
        assert (code, words.startswith("routing.yaml:2:17: service `blue`")) == (1, True), words
        assert ADVICE in words
        assert "`url`" in words
