"""The clients that people have, unchanged: each gets its prediction through the gateway."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests

from gateway.serving.example import example_request
from tests.system.gateway_under_test import Gateway
from tests.system.secure_site import needed
from tests.waiting import BOUND, until

ROOT = Path(__file__).parents[2]
ROUTING = """\
services: {{blue: {{model: {models}/v1}}}}
routes:
  - {{name: late, path: /v2/models/late, weights: {{blue: 100}}, sticky: {{header: x-user-id}}}}
  - {{name: protocol, path: /v2, weights: {{blue: 100}}}}
"""
FLIGHT = example_request(ROOT / "model_versions" / "v1")
TRITON = """
import json, sys
import numpy
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

client = InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("late")
metadata = client.get_model_metadata("late")
assert metadata["name"] == "late" and metadata["versions"] == ["v1"], metadata
kinds = {"BYTES": numpy.object_, "FP64": numpy.float64, "INT64": numpy.int64}
inputs = []
for given in json.loads(sys.argv[2])["inputs"]:
    one = InferInput(given["name"], given["shape"], given["datatype"])
    one.set_data_from_numpy(numpy.array(given["data"], dtype=kinds[given["datatype"]]), binary_data=False)
    inputs.append(one)
wanted = [InferRequestedOutput("late_probability", binary_data=False)]
print(client.infer("late", inputs, outputs=wanted).as_numpy("late_probability")[0])
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with one real model."""
    folder = tmp_path_factory.mktemp("clients")
    (folder / "models").symlink_to(ROOT / "model_versions")
    (folder / "routing.yaml").write_text(ROUTING.format(models="models"))
    with Gateway(folder) as running:
        until(lambda: running.request("/v2/health/ready")[0] == 200, "for the model to be loaded")
        yield running
    shutil.rmtree(folder / ".gateway")


@pytest.fixture(scope="module")
def url(gateway: Gateway) -> str:
    """Where predictions are asked for."""
    return "http://{}:{}/v2/models/late/infer".format(*gateway.listen)


def check(answer: bytes | str, version: str | None) -> None:
    """Assert that an answer is a prediction of v1, and that the gateway said who gave it."""
    document = json.loads(answer)
    assert document["model_version"] == "v1"
    assert 0 < document["outputs"][0]["data"][0] < 1
    assert version == "blue"


def test_curl(url: str) -> None:
    """With its own `Expect: 100-continue` as well, which it sends before large bodies."""
    for extra in ([], ["-H", "Expect: 100-continue"], ["--http1.0"]):
        done = subprocess.run(
            ["curl", "-sS", "-D", "-", url, "-d", FLIGHT, *extra],
            capture_output=True,
            check=True,
            timeout=BOUND,
        )
        head, _, body = done.stdout.rpartition(b"\r\n\r\n")
        check(body, "blue" if b"x-model-version: blue" in head else None)


def test_httpx(url: str) -> None:
    """Several requests over one connection, the last with a body of unknown length."""
    with httpx.Client(timeout=BOUND) as client:
        for _ in range(3):
            answer = client.post(url, content=FLIGHT)
            check(answer.content, answer.headers["x-model-version"])
        streamed = client.post(url, content=iter([FLIGHT[:100].encode(), FLIGHT[100:].encode()]))
        check(streamed.content, streamed.headers["x-model-version"])


def test_requests(url: str) -> None:
    """A session, which asks for keep-alive in so many words."""
    with requests.Session() as session:
        for _ in range(3):
            answer = session.post(url, data=FLIGHT, timeout=BOUND)
            check(answer.content, answer.headers["x-model-version"])


def test_aiohttp(url: str) -> None:
    """Fifty at a time."""

    async def ask(session: aiohttp.ClientSession) -> None:
        async with session.post(url, data=FLIGHT) as answer:
            check(await answer.read(), answer.headers["x-model-version"])

    async def ask_all() -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(BOUND)) as session:
            await asyncio.gather(*(ask(session) for _ in range(50)))

    asyncio.run(ask_all())


def test_wrk(url: str, tmp_path: Path) -> None:
    """A second of load: every answer is good and no connection breaks."""
    needed("wrk")
    script = tmp_path / "post.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = [[{FLIGHT}]]\n")
    done = subprocess.run(
        ["wrk", "-t1", "-c8", "-d1s", "--timeout", f"{BOUND:g}s", "-s", str(script), url],
        capture_output=True,
        text=True,
        timeout=2 * BOUND,
    )
    assert "requests in" in done.stdout, done.stderr
    assert "Non-2xx" not in done.stdout
    assert "Socket errors" not in done.stdout


def test_an_open_inference_client(gateway: Gateway) -> None:
    """Health, metadata and a prediction by the client of the protocol's own family."""
    address = "{}:{}".format(*gateway.listen)
    done = subprocess.run(
        [sys.executable, "-c", TRITON, address, FLIGHT],
        capture_output=True,
        text=True,
        timeout=2 * BOUND,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert 0 < float(done.stdout) < 1
