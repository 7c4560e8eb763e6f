"""The `services` of routing.yaml: which model versions exist and where they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.routing import fields
from gateway.routing.plan import Service
from gateway.routing.read_tls import UNCHECKED, PemChecks, read_upstream_tls
from gateway.routing.read_traffic import TRAFFIC_KEYS, read_traffic
from gateway.routing.read_urls import Own, is_https, read_urls
from gateway.routing.report import Report, entries, mapping, shown, text
from gateway.routing.settings import Traffic, UpstreamTls
from gateway.routing.yaml_nodes import Node, Scalar

MAX_SERVICES = 1000
MAX_REPLICAS = 64
SERVICE_KEYS = ("model", "url", "urls", "replicas", "tls", *TRAFFIC_KEYS)
_EXAMPLE = "{model: model_versions/v1}"
_HOW_MANY = (
    "needs `model`, `url` or `urls` to say where it runs",
    "has both `{}` and `{}`; keep one of them",
)

ModelExists = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Disk:
    """What is asked about files: whether a folder is a model version, and whether a PEM file can be used."""

    model_exists: ModelExists
    pem: PemChecks = UNCHECKED


def read_services(report: Report, node: Node, disk: Disk, own: Own) -> tuple[Service, ...]:
    """Return the services that can be read; `own` are the gateway's addresses, which no url may name."""
    found = mapping(report, node, "services", f"{{blue: {_EXAMPLE}}}")
    if found is None:
        return ()
    if len(found.pairs) > MAX_SERVICES:
        report.add(found, f"there are {len(found.pairs)} services; at most {MAX_SERVICES} are possible")
        return ()
    services = (_service(report, key, value, disk, own) for key, value in found.pairs)
    return tuple(service for service in services if service is not None)


def _service(report: Report, key: Scalar, node: Node, disk: Disk, own: Own) -> Service | None:
    name = fields.name(report, key, "name of a service")
    if name is None:
        return None
    if isinstance(node, Scalar) and node.value:
        kind = "url" if "://" in node.value else "model"
        mapped = f"write `{name}: {{{kind}: {shown(node.value)}}}`"
        report.add(node, f"service `{name}` must be a mapping: {mapped}")
        return Service(name)
    found = mapping(report, node, name, _EXAMPLE)
    if found is None:
        return Service(name)
    given = entries(report, found, f"service `{name}`", SERVICE_KEYS)
    places = [place for place in ("model", "url", "urls") if place in given]
    if len(places) != 1:
        report.add(key, f"service `{name}` {_HOW_MANY[bool(places)].format(*places)}")
        return Service(name)
    urls = read_urls(report, given, own)
    return Service(
        name,
        model=_model(report, given.get("model"), name, disk.model_exists),
        replicas=_replicas(report, given),
        urls=urls,
        traffic=_traffic(report, given, urls, disk.pem),
    )


def _model(report: Report, node: Node | None, name: str, model_exists: ModelExists) -> str:
    path = text(report, node, "model", "model_versions/v1") if node else None
    reason = model_exists(path) if path else None
    if node and reason:
        report.add(node, f"service `{name}` cannot use `{shown(path or '')}`: {reason}")
    return path or ""


def _replicas(report: Report, given: dict[str, Node]) -> int:
    node = given.get("replicas")
    if node is None:
        return 1
    if "model" not in given:
        report.add(node, "`replicas` goes with `model` only; a service that runs elsewhere lists its `urls`")
        return 1
    return fields.whole(report, node, "replicas", 1, MAX_REPLICAS) or 1


def _traffic(report: Report, given: dict[str, Node], urls: tuple[str, ...], pem: PemChecks) -> Traffic:
    """Return how the service may be used; at https:// it is trusted as usual unless `tls` says how."""
    traffic = read_traffic(report, given, supervised="model" in given)
    encrypted = any(is_https(url) for url in urls)
    if "tls" not in given:
        return replace(traffic, tls=UpstreamTls()) if encrypted else traffic
    tls = read_upstream_tls(report, given["tls"], pem)
    if "model" in given or (urls and not encrypted):
        report.add(given["tls"], "`tls` goes with `https://` urls only")
    return replace(traffic, tls=tls)
