"""nginx and HAProxy as second readers: started at Unix sockets of their own, ended by their own pid.

nginx notes for each request it reads an `X-Seen` field on the answer; HAProxy asks the same nginx, so that
both tell how many requests they made of the bytes they were sent.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.missing import missing

PROGRAMS = ("nginx", "haproxy")
START = 20.0
LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""Sent behind everything else: where it is answered, the readers agree about where the rest ended."""


def require_programs() -> None:
    """Fail on CI where a program is missing; elsewhere skip."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        missing(f"not installed: {', '.join(absent)} (apt-get install nginx-light haproxy)")


@contextmanager
def readers(folder: Path) -> Iterator[dict[str, Path]]:
    """Run both until the block ends; yields the socket of each: no port, which others could take before."""
    sockets = {name: folder / f"{name}.sock" for name in PROGRAMS}
    nginx, haproxy = folder / "nginx.conf", folder / "haproxy.cfg"
    nginx.write_text(_nginx(folder, sockets["nginx"]))
    haproxy.write_text(_haproxy(sockets["haproxy"], sockets["nginx"]))
    with ExitStack() as stack:
        for name, command in (
            ("nginx", ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(nginx)]),
            ("haproxy", ["haproxy", "-db", "-f", str(haproxy)]),
        ):
            stack.enter_context(_child(command, folder / f"{name}.log"))
            _wait_for(sockets[name], folder / f"{name}.log")
        yield sockets


def seen(at: Path, data: bytes) -> list[bytes]:
    """Send bytes and one more request; return what was read: method and target of each, in order."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(START)
        wire.connect(str(at))
        wire.sendall(data + LAST)
        answer = b""
        while more := wire.recv(1 << 16):
            answer += more
    return [line[8:] for line in answer.split(b"\r\n") if line[:8].lower() == b"x-seen: "]


@contextmanager
def _child(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(START)


def _wait_for(at: Path, log: Path) -> None:
    deadline = time.monotonic() + START
    while True:
        try:
            if seen(at, b"") == [b"GET /last"]:
                return
        except OSError:
            pass  # not listening yet
        if time.monotonic() > deadline:
            raise TimeoutError(f"no answer at {at}; its log: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.02)


def _nginx(folder: Path, at: Path) -> str:
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    {temporary}
    access_log off; server_tokens off; keepalive_requests 100000; large_client_header_buffers 8 64k;
    client_max_body_size 10m; merge_slashes off;
    server {{
        listen unix:{at};
        add_header X-Seen "$request_method $request_uri" always;
        location / {{ return 200 "ok"; }}
    }}
}}
"""


def _haproxy(at: Path, upstream: Path) -> str:
    return f"""global
    maxconn 256
    tune.bufsize 65536
    tune.http.maxhdr 200
defaults
    mode http
    timeout connect 20s
    timeout client 20s
    timeout server 20s
frontend in
    bind unix@{at}
    default_backend out
backend out
    server nginx unix@{upstream}
"""
