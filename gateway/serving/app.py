"""The HTTP face of a model: the endpoints of the Open Inference Protocol around one loaded model.

`infer` is a plain ASGI callable and stands first among the routes: it answers almost every request. It
predicts in the event loop's own thread: one row takes 10 to 85 µs, a thousand rows about 2 ms with everything
around them, and handing them to another thread would cost more than it frees.
"""

from __future__ import annotations

import logging
import traceback

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway import __version__
from gateway.errors import GatewayError
from gateway.serving.inference_protocol import InvalidRequest, build_metadata, build_response, parse_request
from gateway.serving.load import Model
from gateway.serving.model_spec import ModelSpec
from gateway.serving.problems import shown

log = logging.getLogger("gateway.service")

BODY_LIMIT = 4 * 1024 * 1024
PATHS = "/v2, /v2/health/live, /v2/health/ready and /v2/models/{name}[/versions/{version}][/ready|/infer]"


def build_app(model: Model) -> Starlette:
    """The application that answers for one model version."""
    spec = model.spec
    server = {"name": "gateway", "version": __version__, "extensions": []}
    routes: list[BaseRoute] = []
    for prefix in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
        routes += [
            Route(f"{prefix}/infer", Infer(model), methods=["POST"]),
            _constant(f"{prefix}/ready", {"name": spec.name, "ready": True}, spec),
            _constant(prefix, build_metadata(spec), spec),
        ]
    routes += [
        _constant("/v2/health/live", {"live": True}, spec),
        _constant("/v2/health/ready", {"ready": True}, spec),
        _constant("/v2", server, spec),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused, Exception: _failed})
    app.router.redirect_slashes = False
    return app


class Infer:
    """POST …/infer: the body checked, the model asked, the answer encoded."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _require_model(scope, self._model.spec)
        _require_plain_json(scope)
        body = await _read_body(scope, receive)
        if body is None:
            return
        payload = self._answer(body)
        length = str(len(payload)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    def _answer(self, body: bytes) -> bytes:
        try:
            request = parse_request(orjson.loads(body), self._model.spec)
        except orjson.JSONDecodeError as error:
            raise HTTPException(
                400, f"the body: expected JSON, got {len(body):,} bytes that are not: {error}"
            ) from None
        except InvalidRequest as error:
            raise HTTPException(400, str(error)) from None
        try:
            values = self._model.predict(request.matrix)
        except GatewayError:
            raise
        except Exception as error:
            log.error("the model failed on a valid request: %s", _place(error))
            raise HTTPException(500, "the model failed on a valid request; see the service's log") from None
        return orjson.dumps(build_response(self._model.spec, request, values))


def _place(error: Exception) -> str:
    """Return what failed where, from the outside in. Its text is left out: it may hold what was asked."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in " + ", ".join(f"{f.filename}:{f.lineno} {f.name}" for f in frames)


async def _read_body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or None when the client has left; refuses one beyond the limit before reading it."""
    declared = _header(scope, b"content-length")
    if declared is not None and int(declared) > BODY_LIMIT:
        raise _too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if len(body) > BODY_LIMIT:
            raise _too_large()
        if not message["more_body"]:
            return bytes(body)


def _too_large() -> HTTPException:
    return HTTPException(413, f"the body: expected at most {BODY_LIMIT:,} bytes; send fewer rows at a time")


def _require_model(scope: Scope, spec: ModelSpec) -> None:
    """Refuse a path that names another model or version than the one that is loaded."""
    asked = scope["path_params"]
    name, version = asked.get("model", spec.name), asked.get("version", spec.version)
    if (name, version) != (spec.name, spec.version):
        raise HTTPException(
            404,
            f"no model {shown(name)} in version {shown(version)} here; this service has '{spec.name}' "
            f"in version '{spec.version}'",
        )


def _require_plain_json(scope: Scope) -> None:
    """Refuse the ways of writing a body that this service does not read; any content-type is tolerated."""
    if _header(scope, b"inference-header-content-length") is not None:
        raise HTTPException(
            400,
            "header 'inference-header-content-length': binary tensors are not supported; send them "
            "as JSON (in tritonclient: set_data_from_numpy(…, binary_data=False))",
        )
    encoding = _header(scope, b"content-encoding")
    if encoding not in (None, b"identity"):
        raise HTTPException(
            415,
            f"header 'content-encoding': expected none, got {shown(encoding.decode('latin-1'))}; send the "
            "body uncompressed",
        )


def _header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


def _constant(path: str, body: object, spec: ModelSpec) -> Route:
    """A route whose answer is the same every time, once the model in its path is the right one."""
    payload = orjson.dumps(body)

    async def answer(request: Request) -> Response:
        _require_model(request.scope, spec)
        return Response(payload, media_type="application/json")

    return Route(path, answer, methods=["GET"])


async def _refused(request: Request, error: Exception) -> Response:
    """A client's mistake as the protocol wants it told: {"error": "…"}."""
    assert isinstance(error, HTTPException)
    detail = error.detail
    if error.status_code == 405 and error.headers:
        detail = f"{request.method} is not for {request.url.path}: use {error.headers['Allow']}"
    elif detail == "Not Found":
        detail = f"nothing at {shown(request.url.path)}; this service answers {PATHS}"
    return Response(orjson.dumps({"error": detail}), error.status_code, error.headers, "application/json")


async def _failed(request: Request, error: Exception) -> Response:
    """The model's failure: the client learns that it was not its mistake, the log gets the traceback."""
    known = isinstance(error, GatewayError)
    detail = str(error) if known else "the model failed on a valid request; see the service's log"
    return Response(orjson.dumps({"error": detail}), 500, media_type="application/json")
