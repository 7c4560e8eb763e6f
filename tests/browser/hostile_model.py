"""A model that answers with whatever it was asked, describes itself in markup, and fails when told to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.browser.payloads import PAYLOADS


class HostileModel:
    """Serves on a free port until the end of the block; `url` is where."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def described() -> dict[str, Any]:
    """Return the model's description: its inputs are named by payloads, and may be those."""
    texts = [one.text[:500] for one in PAYLOADS]
    known = {"unit": texts[0], "categories": texts, "example": texts[1]}
    inputs = [
        {"name": "free", "datatype": "BYTES", "shape": [1]},
        *({"name": text, "datatype": "BYTES", "shape": [1], "parameters": known} for text in texts[:4]),
    ]
    return {"name": texts[0], "platform": texts[0], "inputs": inputs, "outputs": []}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200, described())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        free = next((one["data"][0] for one in asked["inputs"] if one["name"] == "free"), "")
        if isinstance(free, str) and free.startswith("fail "):
            self._answer(400, {"error": free})
        else:
            self._answer(200, {"model_name": free, "outputs": asked["inputs"], "parameters": {free: free}})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
