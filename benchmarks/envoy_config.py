"""Envoy's configuration for the comparison: the split and the headers of `configs`, as Envoy says them."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.configs import SPLIT, Site

_TYPE = "type.googleapis.com/envoy.extensions"
_CONNECTION_MANAGER = f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager"


def envoy(site: Site) -> str:
    """Return a static bootstrap (JSON, which Envoy reads as well as YAML)."""
    clusters = [cluster("blue", site.blue), cluster("canary", site.canary)]
    resources = {"listeners": [listener("front", site.port)], "clusters": clusters}
    return json.dumps({"static_resources": resources}, indent=1)


def listener(name: str, port: int) -> dict[str, Any]:
    """Return a plain listener with the split."""
    manager = {
        "@type": _CONNECTION_MANAGER,
        "stat_prefix": "bench",
        "use_remote_address": True,
        "always_set_request_id_in_response": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": _routes()}]},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"},
            }
        ],
    }
    chain = {"filters": [{"name": "http", "typed_config": manager}]}
    return {"name": name, "address": _address(port), "filter_chains": [chain]}


def _routes() -> list[dict[str, Any]]:
    match: dict[str, Any] = {"path_separated_prefix": "/v2/models/late"}
    return [
        *(
            {"match": {**match, "headers": [_exactly("x-canary", value)]}, **_to(service)}
            for value, service in (("always", "canary"), ("never", "blue"))
        ),
        {"match": match, "route": {"weighted_clusters": _weighted(), "hash_policy": [_sticky()]}},
    ]


def _exactly(header: str, value: str) -> dict[str, Any]:
    return {"name": header, "string_match": {"exact": value}}


def _to(service: str) -> dict[str, Any]:
    return {"route": {"cluster": service}, "response_headers_to_add": [_version(service)]}


def _sticky() -> dict[str, Any]:
    return {"header": {"header_name": "x-user-id"}}


def _weighted() -> dict[str, Any]:
    clusters = [
        {"name": name, "weight": int(weight), "response_headers_to_add": [_version(name)]}
        for name, weight in SPLIT.items()
    ]
    return {"clusters": clusters, "use_hash_policy": True}


def _version(service: str) -> dict[str, Any]:
    return {"header": {"key": "x-model-version", "value": service}}


def cluster(name: str, port: int) -> dict[str, Any]:
    """Return a service of one address."""
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
