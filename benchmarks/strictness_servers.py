"""The servers whose strictness is compared, each with the settings it comes with, before one recorder."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import our_gateway
from benchmarks.contenders import ROOT, bench_program
from benchmarks.free_port import free_port

_TYPE = "type.googleapis.com/envoy.extensions"
_MANAGER = f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ROUTER = f"{_TYPE}.filters.http.router.v3.Router"
EDGE: dict[str, Any] = {
    "normalize_path": True,
    "merge_slashes": True,
    "path_with_escaped_slashes_action": "REJECT_REQUEST",
    "use_remote_address": True,
    "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
}
"""What Envoy's documentation recommends to those who face the internet."""


@dataclass(frozen=True)
class Server:
    """One server; `command` writes its settings and returns what runs it (folder, port, upstream's port)."""

    name: str
    missing: str
    command: Callable[[Path, int, int], list[str]]


def servers() -> list[Server]:
    """List all of them, ours first."""
    envoy = bench_program("envoy", "BENCH_ENVOY")
    no_envoy = "" if envoy else "`make strictness` prepares .venv-bench, or set BENCH_ENVOY"
    return [
        Server("gateway", "", _gateway),
        Server("Envoy, edge settings", no_envoy, partial(_envoy, EDGE)),
        Server("Envoy", no_envoy, partial(_envoy, {})),
        Server("nginx", _package("nginx"), _nginx),
        Server("HAProxy", _package("haproxy"), _haproxy),
        Server("uvicorn, httptools", "", partial(_uvicorn, "httptools")),
        Server("uvicorn, h11", "", partial(_uvicorn, "h11")),
    ]


def _package(program: str) -> str:
    return "" if shutil.which(program) else f"`apt install {program}`"


def _gateway(folder: Path, port: int, upstream: int) -> list[str]:
    text = f"services:\n  a: {{url: 'http://127.0.0.1:{upstream}'}}\n"
    _write(folder, "routing.yaml", text + "routes:\n  - {name: all, path: /, weights: {a: 1}}\n")
    addresses = {"listen": f"127.0.0.1:{port}", "admin": f"127.0.0.1:{free_port()}"}
    return our_gateway.up(folder, folder / "state", workers=1, **addresses)


def _nginx(folder: Path, port: int, upstream: int) -> list[str]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    text = f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 512; }}
http {{ {temporary} access_log off;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}
}}
"""
    file = _write(folder, "nginx.conf", text)
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(file)]


def _haproxy(folder: Path, port: int, upstream: int) -> list[str]:
    text = f"""defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
listen all
    bind 127.0.0.1:{port}
    server a 127.0.0.1:{upstream}
"""
    return ["haproxy", "-db", "-f", str(_write(folder, "haproxy.cfg", text))]


def _uvicorn(parser: str, folder: Path, port: int, upstream: int) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", "benchmarks.strictness_app:app", "--app-dir", str(ROOT)]
    options = ["--host", "127.0.0.1", "--port", str(port), "--http", parser, "--lifespan", "off"]
    return [*command, *options, "--log-level", "critical", "--no-access-log"]


def _envoy(settings: dict[str, Any], folder: Path, port: int, upstream: int) -> list[str]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "a"}}
    manager = {
        "@type": _MANAGER,
        "stat_prefix": "s",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": _ROUTER}}],
        **settings,
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    listener = {"name": "front", "address": _address(port), "filter_chains": [chain]}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(upstream)}}]}]
    cluster = {
        "name": "a",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "a", "endpoints": endpoints},
    }
    text = json.dumps({"static_resources": {"listeners": [listener], "clusters": [cluster]}})
    program = bench_program("envoy", "BENCH_ENVOY") or "envoy"
    options = ["--concurrency", "1", "--disable-hot-restart", "--log-level", "off"]
    return [program, "-c", str(_write(folder, "envoy.json", text)), *options]


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file
