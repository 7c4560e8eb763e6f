"""The places in a request or an answer where a text can be, as bytes of HTTP/1.1."""

from __future__ import annotations

import base64
import gzip
import json
import string
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from gateway.requestlog.cards import is_card

PATH = "/v2/models/late/infer"
KEY_HEADER = "x-user-id"
_JSON = "content-type: application/json"
_ANSWER = {"model_name": "late", "outputs": [{"name": "p", "shape": [1], "datatype": "FP64", "data": [0.25]}]}


def http(
    lines: list[str], body: bytes = b"", *, first: str = f"POST {PATH} HTTP/1.1", framed: bool = True
) -> bytes:
    """Return a request or an answer; `framed`: with the body's length."""
    fields = [first, *(["host: gateway.example", "connection: close"] if "HTTP/1.1" in first[-8:] else [])]
    fields += [*lines, *([f"content-length: {len(body)}"] if framed else [])]
    return "\r\n".join([*fields, "", ""]).encode() + body


def infer(*tensors: dict[str, Any], **more: Any) -> bytes:
    """Return the body of an inference request with an input that harms nobody, and these."""
    return json.dumps({**more, "inputs": [tensor("month", 3, "INT64"), *tensors]}).encode()


def tensor(name: str, value: Any, datatype: str = "BYTES") -> dict[str, Any]:
    """Return a tensor of one row."""
    return {"name": name, "shape": [1], "datatype": datatype, "data": [value]}


def headers(text: str) -> Iterator[tuple[str, bytes]]:
    """Requests with the text in their head."""
    encoded = base64.b64encode(f"user:{text}".encode()).decode()
    lines = {
        "header value": f"x-note: {text}",
        "header name": f"x-{text}: 1",
        "header twice": f"x-note: 1\r\nx-note: {text}",
        "header folded": f"x-note: 1,\r\n {text}",
        "header split": f"x-note: {text[:5]}\r\nx-note: {text[5:]}",
        "cookie": f"cookie: a=1; session={text}",
        "authorization": f"authorization: Bearer {text}",
        "authorization basic": f"authorization: Basic {encoded}",
        "traceparent": f"traceparent: 00-{text}-01",
        "tracestate": f"traceparent: 00-{'a1' * 16}-{'b2' * 8}-01\r\ntracestate: vendor={text}",
        "baggage": f"baggage: user={quote(text)}",
        "x-request-id": f"x-request-id: {text}",
        "user-agent": f"user-agent: {text}",
        "referer": f"referer: https://example.org/?q={quote(text)}",
        "forwarded": f'x-forwarded-for: {text}\r\nforwarded: for="{text}"',
        "content-type": f'{_JSON}; note="{text}"',
        "expect": f"expect: {text}",
        "sticky key": f"{KEY_HEADER}: {text}",
        "upgrade": f"connection: upgrade\r\nupgrade: {text}",
    }
    for place, line in lines.items():
        yield place, http([line, *([] if place == "content-type" else [_JSON])], infer())
    for place, target in {
        "query": f"{PATH}?user={quote(text)}",
        "query name": f"{PATH}?{quote(text)}=1",
        "path": f"{PATH}/{quote(text, safe='')}",
        "path twice encoded": f"{PATH}/{quote(quote(text, safe=''), safe='')}",
        "path unknown": f"/unknown/{quote(text)}/x",
        "path raw": f"{PATH}/{text}",
        "absolute target": f"http://{quote(text)}@gateway.example{PATH}",
    }.items():
        yield place, http([_JSON], infer(), first=f"POST {target} HTTP/1.1")
    yield "method", http([_JSON], infer(), first=f"{text} {PATH} HTTP/1.1")
    yield "version", http([_JSON], infer(), first=f"POST {PATH} HTTP/{text}")


def inputs(text: str) -> Iterator[tuple[str, bytes]]:
    """Requests of Open Inference JSON with the text in it."""
    bodies = {
        f"input {kind}": infer(tensor("note", text, kind))
        for kind in ("BYTES", "FP64", "INT64", "BOOL", "UINT8")
    }
    number = "".join(digit for digit in text if digit in string.digits)[:18]
    if text.replace(" ", "").replace("-", "").isdigit() and is_card(number):
        bodies["input as a number"] = infer(
            tensor("n", int(number), "INT64"), tensor("f", float(number), "FP64")
        )
    rows = {"name": "pair", "shape": [2, 2], "datatype": "BYTES", "data": [["a", "b"], ["c", f"see {text}."]]}
    bodies |= {
        "input name": infer(tensor(text, 1.5, "FP64")),
        "input of many rows": infer(rows),
        "datatype": infer(tensor("note", 1, text)),
        "tensor parameter": infer({**tensor("note", "x"), "parameters": {"note": text}}),
        "parameter": infer(parameters={"note": text}),
        "parameter name": infer(parameters={text: 1}),
        "parameter nested": infer(parameters={"a": {"b": [{"c": text}]}}),
        "id": infer(id=text),
        "requested output": infer(outputs=[{"name": text}]),
        "wrong shape": infer({**tensor("note", text), "shape": [7]}),
        "doubled name": infer(tensor("note", text), tensor("note", 1)),
        "other member": infer(note=text),
        "beside NaN": infer(tensor("note", text), tensor("x", float("nan"), "FP64")),
    }
    for place, body in bodies.items():
        yield place, http([_JSON], body)


def others(text: str) -> Iterator[tuple[str, bytes]]:
    """Requests with other bodies that have the text in them."""
    part = f'--b\r\ncontent-disposition: form-data; name="{text}"\r\n\r\n{text}\r\n--b--\r\n'.encode()
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in text)
    bodies = {
        "form": (
            "application/x-www-form-urlencoded",
            f"a=1&user={quote(text, safe='').replace('%20', '+')}".encode(),
        ),
        "text": ("text/plain", f"Dear all, {text} and more.".encode()),
        "text utf-16": ("text/plain; charset=utf-16", f"Dear all, {text}".encode("utf-16")),
        "multipart": ("multipart/form-data; boundary=b", part),
        "binary": ("application/octet-stream", b"\xff\xfe\x00\x01" + text.encode() + b"\x00\xff"),
        "gzip without saying so": ("application/octet-stream", gzip.compress(text.encode(), mtime=0)),
        "invalid json": ("application/json", infer(tensor("note", text))[:-2]),
        "invalid json, escaped": ("application/json", f'{{"note": "{escaped}", '.encode()),
        "escaped json": (
            "application/json",
            infer().replace(b"inputs", b"other") + f'["{escaped}"]'.encode(),
        ),
        "other json": ("application/json", json.dumps({"instances": [{"note": [text]}, text]}).encode()),
        "other json, key": ("application/json", json.dumps({"instances": [{text: 1}]}).encode()),
        "json string": ("application/json", json.dumps(text).encode()),
        "json in a string": ("application/json", infer(tensor("note", json.dumps({"user": text})))),
    }
    for place, (kind, body) in bodies.items():
        yield place, http([f"content-type: {kind}"], body)
    packed = gzip.compress(infer(tensor("note", text)), mtime=0)
    yield "gzip", http([_JSON, "content-encoding: gzip"], packed)
    body = infer()
    chunk = f"{len(body):x}".encode()
    chunked = [_JSON, "transfer-encoding: chunked", "trailer: x-note"]
    end = f"\r\n0\r\nx-note: {text}\r\n\r\n".encode()
    yield "trailer", http(chunked, chunk + b"\r\n" + body + end, framed=False)
    extended = chunk + f';note="{text}"\r\n'.encode() + body + b"\r\n0\r\n\r\n"
    yield "chunk extension", http(chunked, extended, framed=False)


def answers(text: str) -> Iterator[tuple[str, bytes]]:
    """Answers of a service with the text in them."""

    def told(status: str, body: Any, *lines: str) -> bytes:
        raw = body if type(body) is bytes else json.dumps(body).encode()
        return http([*(lines or (_JSON,)), "connection: close"], raw, first=f"HTTP/1.1 {status}")

    def output(name: str, value: Any) -> dict[str, Any]:
        return {**_ANSWER, "outputs": [*_ANSWER["outputs"], tensor(name, value)]}

    yield "output", told("200 OK", output("note", text))
    yield "output name", told("200 OK", output(text, 1))
    yield "answer parameter", told("200 OK", {**_ANSWER, "parameters": {"note": text}})
    yield "model name", told("200 OK", {**_ANSWER, "model_name": text})
    yield "error", told("400 Bad Request", {"error": f"input 'note': expected a number, got '{text}'"})
    yield "error text", told("500 Oops", f"Traceback: {text}\n".encode(), "content-type: text/plain")
    yield "error page", told("500 Oops", f"<p>{text}</p>".encode(), "content-type: text/html")
    yield "reason", told(f"500 {text}", {"error": "x"})
    yield "set-cookie", told("200 OK", _ANSWER, _JSON, f"set-cookie: session={text}")
    yield "answer header", told("200 OK", _ANSWER, _JSON, f"x-note: {text}")
    yield "malformed answer", f"HTTP/1.1 200 OK\r\nx-{text}\r\n\r\n".encode()
    yield "no answer", f"{text}\r\n\r\n".encode()


PLAIN_ANSWER = http([_JSON, "connection: close"], json.dumps(_ANSWER).encode(), first="HTTP/1.1 200 OK")
PLAIN_REQUEST = http([_JSON], infer())


def places(text: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Each place there is: its name, the request, the answer."""
    parts: tuple[Callable[[str], Iterator[tuple[str, bytes]]], ...] = (headers, inputs, others)
    for part in parts:
        yield from ((place, raw, PLAIN_ANSWER) for place, raw in part(text))
    yield from ((place, PLAIN_REQUEST, answer) for place, answer in answers(text))
