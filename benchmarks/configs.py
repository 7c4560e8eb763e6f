"""What each proxy is told: the same services, the same split, the same headers, in each one's own language.

Sticky 90/10 by x-user-id, x-canary opts in or out, upstream connections kept alive, x-forwarded-* and
x-request-id set, x-model-version answered, no log of requests, one worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ANSWER = '{"model_name":"late","outputs":[{"name":"p","shape":[1],"datatype":"FP64","data":[0.1234567891]}]}'
KEPT_CONNECTIONS = 64  # idle upstream connections a proxy may hold: twice the clients' 32
SPLIT: Mapping[str, float] = {"blue": 90, "canary": 10}


@dataclass(frozen=True)
class Site:
    """Where one contender runs and whom it asks: ports on 127.0.0.1 and a folder of its own.

    `tls_port` and `raw`, the port of the raw upstream, are for the parts that need them.
    """

    folder: Path
    port: int
    admin_port: int
    blue: int
    canary: int
    tls_port: int = 0
    raw: int = 0


def nginx_upstream(site: Site) -> str:
    """Configure the fixed answer that stands for both model versions, one port each."""
    listen = " ".join(f"listen 127.0.0.1:{port} backlog=8192;" for port in (site.blue, site.canary))
    server = f"{listen} location / {{ default_type application/json; return 200 '{ANSWER}'; }}"
    return _nginx(site.folder, f"    server {{ {server} }}")


def nginx(site: Site, http: str = "", server: str = "") -> str:
    """Configure nginx with split_clients; `http` and `server` are further lines of these two blocks."""
    return _nginx(
        site.folder,
        f"""
    split_clients "$http_x_user_id" $drawn {{ {SPLIT["canary"]}% canary; * blue; }}
    map $http_x_canary $service {{ always canary; never blue; default $drawn; }}
    upstream blue {{ server 127.0.0.1:{site.blue}; {NGINX_KEEP} }}
    upstream canary {{ server 127.0.0.1:{site.canary}; {NGINX_KEEP} }}
    server {{
        listen 127.0.0.1:{site.port} backlog=8192;
        location /v2/models/late {{
            proxy_pass http://$service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Request-Id $request_id;
            add_header X-Model-Version $service;
            add_header X-Request-Id $request_id;
        }}
{server}
    }}
{http}""",
    )


NGINX_KEEP = f"keepalive {KEPT_CONNECTIONS}; keepalive_requests 1000000000;"


def _nginx(folder: Path, http: str) -> str:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""
daemon off;
master_process off;
error_log stderr warn;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
{temporary}
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
{http}
}}
"""


def haproxy(site: Site) -> str:
    """Configure HAProxy; a user falls into one of a hundred buckets by the hash of the user id."""
    return f"""
global
    nbthread 1
    maxconn 8192
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 60s
    option forwardfor
    http-reuse always
frontend gateway
    bind 127.0.0.1:{site.port}
    unique-id-format %[uuid()]
    http-request set-header x-request-id %[unique-id]
    http-request set-header x-forwarded-proto http
    http-request set-header x-forwarded-host %[req.hdr(host)]
    http-response set-header x-request-id %[unique-id]
    http-request set-var(txn.bucket) req.hdr(x-user-id),xxh32,mod(100)
    use_backend canary if {{ req.hdr(x-canary) always }}
    use_backend blue if {{ req.hdr(x-canary) never }}
    use_backend canary if {{ var(txn.bucket) -m int lt {SPLIT["canary"]} }}
    default_backend blue
backend blue
    http-response set-header x-model-version blue
    server one 127.0.0.1:{site.blue}
backend canary
    http-response set-header x-model-version canary
    server one 127.0.0.1:{site.canary}
"""


def routing_yaml(
    site: Site, weights: Mapping[str, float], paths: Sequence[str] = ("/v2/models/late",)
) -> str:
    """Write the gateway's own routing.yaml: one route for each path, the same weights on all."""
    shares = ", ".join(f"{name}: {weight:g}" for name, weight in weights.items())
    head = f"""# written by the benchmark; comments must survive
log: false
services:
  blue:   {{url: "http://127.0.0.1:{site.blue}"}}
  canary: {{url: "http://127.0.0.1:{site.canary}"}}
routes:
"""
    return head + "".join(_route(_name(i), path, shares) for i, path in enumerate(paths))


def _name(index: int) -> str:
    return "late" if index == 0 else f"late-{index}"


def _route(name: str, path: str, shares: str) -> str:
    return f"""  - name: {name}
    path: {path}
    stable: blue
    weights: {{{shares}}}
    sticky: {{header: x-user-id}}
    override:
      - {{header: x-canary, value: always, to: canary}}
      - {{header: x-canary, value: never, to: blue}}
"""
