"""What each proxy is told beyond `configs` for TLS, large bodies, streams and WebSockets.

The same for all: TLS 1.3 with one P-256 certificate and no session resumed, bodies passed on as they come.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any

from benchmarks.configs import NGINX_KEEP, SPLIT, Site, nginx, routing_yaml
from benchmarks.envoy_config import cluster, listener
from benchmarks.raw_upstream import ECHO, STREAM

RAW = "/raw"
CERT, KEY = "site.pem", "site.key"
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"


def make_certificate(site: Site) -> None:
    """Write a self-signed certificate and its P-256 key into the site's folder."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")
    name = ("-subj", "/CN=models.example", "-addext", "subjectAltName=DNS:models.example")
    files = ("-out", str(site.folder / CERT), "-keyout", str(site.folder / KEY))
    subprocess.run(["openssl", "req", "-x509", *curve, *name, *files], check=True, capture_output=True)


def gateway_routes(site: Site) -> str:
    """Write our routing.yaml: the split, the raw upstream and the TLS listener."""
    services, mark, routes = routing_yaml(site, SPLIT).partition("routes:\n")
    tls = f"tls: {{listen: '127.0.0.1:{site.tls_port}', cert: {CERT}, key: {KEY}, minimum: '1.3'}}\n"
    raw = f"  raw:    {{url: 'http://127.0.0.1:{site.raw}'}}\n"
    return tls + services + raw + mark + routes + f"  - {{name: raw, path: {RAW}, weights: {{raw: 1}}}}\n"


_PASSED = """
            proxy_pass http://raw;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $host;
            proxy_set_header X-Request-Id $request_id;
            add_header X-Model-Version raw;
            add_header X-Request-Id $request_id;
            proxy_request_buffering off;
            client_body_buffer_size 256k;
            proxy_buffer_size 64k;
            proxy_buffers 8 64k;
            proxy_busy_buffers_size 128k;
            proxy_max_temp_file_size 0;"""
_KEPT = 'proxy_set_header Connection "";'
_UPGRADED = 'proxy_set_header Connection "upgrade"; proxy_set_header Upgrade $http_upgrade;'


def nginx_protocols(site: Site) -> str:
    """Configure nginx, with buffers in which large bodies cost it half of what they do by default."""
    tls = f"""
        listen 127.0.0.1:{site.tls_port} ssl backlog=8192;
        ssl_certificate {site.folder / CERT};
        ssl_certificate_key {site.folder / KEY};
        ssl_protocols TLSv1.3;
        ssl_session_tickets off;
        ssl_session_cache off;
        client_max_body_size 2m;
"""
    places = {RAW: _KEPT, STREAM: f"{_KEPT} proxy_buffering off;", ECHO: _UPGRADED}
    locations = "".join(
        f"        location {path} {{{_PASSED}\n            {more}\n        }}\n"
        for path, more in places.items()
    )
    upstream = f"    upstream raw {{ server 127.0.0.1:{site.raw}; {NGINX_KEEP} }}\n"
    return nginx(site, upstream, tls + locations)


def envoy_protocols(site: Site) -> str:
    """Return Envoy's bootstrap: the plain listener and one with TLS, alike but for that."""
    clusters = [cluster(name, port) for name, port in _services(site).items()]
    plain, secure = listener("front", site.port), listener("secure", site.tls_port)
    secure["filter_chains"][0]["transport_socket"] = _secured(site)
    for one in (plain, secure):
        manager = one["filter_chains"][0]["filters"][0]["typed_config"]
        manager["upgrade_configs"] = [{"upgrade_type": "websocket"}]
        manager["route_config"]["virtual_hosts"][0]["routes"].insert(0, _raw_route())
    return json.dumps({"static_resources": {"listeners": [plain, secure], "clusters": clusters}}, indent=1)


def _services(site: Site) -> dict[str, int]:
    return {"blue": site.blue, "canary": site.canary, "raw": site.raw}


def _raw_route() -> dict[str, Any]:
    version = {"header": {"key": "x-model-version", "value": "raw"}}
    return {
        "match": {"path_separated_prefix": RAW},
        "route": {"cluster": "raw"},
        "response_headers_to_add": [version],
    }


def _secured(site: Site) -> dict[str, Any]:
    pair = {
        "certificate_chain": {"filename": str(site.folder / CERT)},
        "private_key": {"filename": str(site.folder / KEY)},
    }
    common = {"tls_params": {"tls_minimum_protocol_version": "TLSv1_3"}, "tls_certificates": [pair]}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": _TLS,
            "common_tls_context": common,
            "disable_stateless_session_resumption": True,
            "disable_stateful_session_resumption": True,
        },
    }
