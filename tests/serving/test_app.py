"""The endpoints of the Open Inference Protocol around one model."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from gateway.serving.app import BODY_LIMIT, build_app
from gateway.serving.load import Model, load_model
from gateway.serving.model_spec import ModelSpec

INFER = "/v2/models/small/infer"
Ask = Callable[..., httpx.Response]


def _asker(model: Model) -> Ask:
    """A function that sends one request to an application of its own."""

    def ask(method: str, path: str, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(build_app(model), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **more)

        return asyncio.run(send())

    return ask


@pytest.fixture
def ask(make_folder: Callable[..., Path]) -> Ask:
    """Send a request to the small model."""
    return _asker(load_model(make_folder()))


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v2/health/live", {"live": True}),
        ("/v2/health/ready", {"ready": True}),
        ("/v2/models/small/ready", {"name": "small", "ready": True}),
        ("/v2/models/small/versions/v7/ready", {"name": "small", "ready": True}),
    ],
)
def test_health(ask: Ask, path: str, answer: object) -> None:
    """A service that answers at all has loaded its model: it is live and ready."""
    response = ask("GET", path)
    assert (response.status_code, response.json()) == (200, answer)


def test_server_metadata(ask: Ask) -> None:
    """The server tells its name, its version and that it has no extensions."""
    assert ask("GET", "/v2").json().keys() == {"name", "version", "extensions"}


@pytest.mark.parametrize("path", ["/v2/models/small", "/v2/models/small/versions/v7"])
def test_model_metadata(ask: Ask, path: str) -> None:
    """The model tells its inputs and outputs, with or without its version in the path."""
    metadata = ask("GET", path).json()
    assert [i["name"] for i in metadata["inputs"]] == ["hour", "kind", "speed"]
    assert metadata["outputs"][0] == {"name": "chance", "datatype": "FP64", "shape": [-1]}


@pytest.mark.parametrize("path", [INFER, "/v2/models/small/versions/v7/infer"])
def test_infer(ask: Ask, body: dict[str, Any], path: str) -> None:
    """A question is answered with the id, the model, its version and both outputs."""
    response = ask("POST", path, json=body)
    answer = response.json()
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert (answer["id"], answer["model_name"], answer["model_version"]) == ("a-1", "small", "v7")
    chance, sure = answer["outputs"]
    assert all(0 < p < 1 for p in chance["data"])
    assert sure["data"] == [p >= 0.75 for p in chance["data"]]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
def test_any_content_type_will_do_for_json(ask: Ask, body: dict[str, Any], content_type: str) -> None:
    """A client that forgets the content-type is understood as long as it sends JSON."""
    response = ask("POST", INFER, content=json.dumps(body), headers={"content-type": content_type})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/v2/models/large/infer",
            "no model 'large' in version 'v7' here; this service has 'small' in version 'v7'",
        ),
        ("/v2/models/small/versions/v8/infer", "no model 'small' in version 'v8' here"),
        ("/v2/models/small/versions/v8", "no model 'small' in version 'v8' here"),
        ("/v2/models/large/ready", "no model 'large' in version 'v7' here"),
        ("/v2/", "nothing at '/v2/'; this service answers /v2, "),
        ("/", "nothing at '/'; this service answers /v2, "),
    ],
)
def test_unknown_things_are_404(ask: Ask, body: dict[str, Any], path: str, expected: str) -> None:
    """Another model, another version or another path is told together with what is here."""
    response = ask("POST", path, json=body) if path.endswith("infer") else ask("GET", path)
    assert response.status_code == 404
    assert response.json()["error"].startswith(expected)


def test_a_wrong_method_is_405(ask: Ask) -> None:
    """The answer says which method the path takes."""
    response = ask("GET", INFER)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json() == {"error": f"GET is not for {INFER}: use POST"}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b'{"id": NaN}', b"[" * 2000, b'{"id": "\\ud800"}']
)
def test_what_is_not_json_is_400(ask: Ask, content: bytes) -> None:
    """A body that is not JSON is told with its size and the place where reading stopped."""
    response = ask("POST", INFER, content=content)
    assert response.status_code == 400
    assert response.json()["error"].startswith(
        f"the body: expected JSON, got {len(content):,} bytes that are not: "
    )


def test_a_bad_value_is_400(ask: Ask, body: dict[str, Any]) -> None:
    """The message names the input, what was expected and what came."""
    body["inputs"][1]["data"][0] = "tram"
    response = ask("POST", INFER, json=body)
    assert response.status_code == 400
    assert response.json() == {"error": "input 'kind'[0]: expected one of car, bus, NO, got 'tram'"}


def test_binary_tensors_are_400(ask: Ask) -> None:
    """A client that sends binary tensors is told how to send JSON instead."""
    response = ask("POST", INFER, content=b"{}\0\0", headers={"inference-header-content-length": "2"})
    assert response.status_code == 400
    assert "binary tensors are not supported; send them as JSON" in response.json()["error"]


def test_a_compressed_body_is_415(ask: Ask, body: dict[str, Any]) -> None:
    """A compressed body is refused by name rather than as broken JSON."""
    packed = gzip.compress(json.dumps(body).encode())
    response = ask("POST", INFER, content=packed, headers={"content-encoding": "gzip"})
    assert response.status_code == 415
    assert "expected none, got 'gzip'" in response.json()["error"]


@pytest.mark.parametrize("excess", [0, 1])
def test_a_large_body_is_413(ask: Ask, excess: int) -> None:
    """A body of exactly the limit is read (and is no JSON); one byte more is refused."""
    response = ask("POST", INFER, content=b"x" * (BODY_LIMIT + excess))
    assert response.status_code == (413 if excess else 400)


def test_a_large_body_of_unknown_length_is_413(ask: Ask) -> None:
    """Without a content-length the limit holds all the same."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * (BODY_LIMIT // 4)

    response = ask("POST", INFER, content=chunks())
    assert response.status_code == 413
    assert "expected at most 4,194,304 bytes" in response.json()["error"]


def test_a_client_that_leaves_gets_no_answer(make_folder: Callable[..., Path]) -> None:
    """When the client is gone before its body is complete, nothing is sent and nothing raised."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": INFER, "headers": [], "query_string": b""}
    asyncio.run(build_app(load_model(make_folder()))(scope, receive, send))
    assert sent == []


def _crash(matrix: Any) -> Any:
    raise RuntimeError("secret detail")


def _nan(matrix: Any) -> Any:
    return np.full(len(matrix), np.nan)


@pytest.mark.parametrize(
    ("probability", "expected"),
    [
        (_crash, "the model failed on a valid request"),
        (_nan, "small v7 answered with something that is not a number"),
    ],
)
def test_a_failing_model_is_500(
    spec: ModelSpec,
    body: dict[str, Any],
    probability: Any,
    expected: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The client learns that the fault is not its own; the log where it failed, but not on which values."""
    response = _asker(Model(spec, probability))("POST", INFER, json=body)
    assert response.status_code == 500
    assert response.json()["error"].startswith(expected)
    assert "secret" not in response.text
    assert "secret" not in caplog.text
    assert ("RuntimeError in " in caplog.text) == (probability is _crash)
