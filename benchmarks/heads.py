"""Requests whose heads differ one from the next, so that no cache of whole heads can flatter a figure.

One pool serves both generators: it is written to a file that wrk's script reads, and kept as bytes here.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

POOL = 20_000  # distinct requests: at 40,000 a second each head comes round twice a second
SEPARATOR = b"\x00"
PATH = "/v2/models/late/infer"


def body(rng: random.Random) -> bytes:
    """Return an inference request of about 200 bytes."""
    row = [round(rng.uniform(-50, 2500), 2) for _ in range(12)]
    request = {
        "id": f"{rng.getrandbits(64):016x}",
        "inputs": [{"name": "input-0", "shape": [1, len(row)], "datatype": "FP64", "data": row}],
    }
    return json.dumps(request, separators=(",", ":")).encode()


def request(rng: random.Random, path: str = PATH) -> bytes:
    """Return one whole HTTP/1.1 POST with its own authorization, traceparent and user id."""
    return asking(rng, "POST", path, body(rng), ("content-type: application/json",))


def asking(
    rng: random.Random, method: str, path: str, content: bytes = b"", lines: Sequence[str] = ()
) -> bytes:
    """Return a request with these header lines too; a GET has no content-length."""
    head = (
        f"{method} {path} HTTP/1.1\r\n"
        "host: models.example\r\n"
        "user-agent: bench/1\r\n"
        "accept: */*\r\n"
        + "".join(f"{line}\r\n" for line in lines)
        + f"authorization: Bearer {rng.getrandbits(512):0128x}\r\n"
        f"traceparent: 00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01\r\n"
        f"x-user-id: user-{rng.randrange(1_000_000)}\r\n"
        + ("" if method == "GET" else f"content-length: {len(content)}\r\n")
        + "\r\n"
    )
    return head.encode() + content


def pool(seed: int, paths: Sequence[str] = (PATH,), size: int = POOL) -> list[bytes]:
    """Return `size` distinct requests, the same ones for the same seed, spread evenly over `paths`."""
    rng = random.Random(seed)
    return [request(rng, paths[i % len(paths)]) for i in range(size)]


def write_pool(requests: Sequence[bytes], file: Path) -> Path:
    """Write the pool where wrk's script can read it."""
    file.write_bytes(SEPARATOR.join(requests))
    return file
