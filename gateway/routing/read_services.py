"""The `services` of routing.yaml: which model versions exist and where they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.routing import fields
from gateway.routing.addresses import Address, parse_url
from gateway.routing.plan import Service
from gateway.routing.report import Report, entries, mapping, sequence, shown, text
from gateway.routing.yaml_nodes import Node, Scalar, Sequence

MAX_SERVICES = 1000
MAX_REPLICAS = 64
MAX_URLS = 256
_KEYS = ("model", "url", "urls", "replicas")
_EXAMPLE = "{model: model_versions/v1}"
_HOW_MANY = (
    "needs `model`, `url` or `urls` to say where it runs",
    "has both `{}` and `{}`; keep one of them",
)

ModelExists = Callable[[str], str | None]
Own = dict[str, Address]


def read_services(report: Report, node: Node, model_exists: ModelExists, own: Own) -> tuple[Service, ...]:
    """Return the services that can be read; `own` are the gateway's addresses, which no url may name."""
    found = mapping(report, node, "services", f"{{blue: {_EXAMPLE}}}")
    if found is None:
        return ()
    if len(found.pairs) > MAX_SERVICES:
        report.add(found, f"there are {len(found.pairs)} services; at most {MAX_SERVICES} are possible")
        return ()
    services = (_service(report, key, value, model_exists, own) for key, value in found.pairs)
    return tuple(service for service in services if service is not None)


def _service(report: Report, key: Scalar, node: Node, model_exists: ModelExists, own: Own) -> Service | None:
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
    given = entries(report, found, f"service `{name}`", _KEYS)
    places = [place for place in ("model", "url", "urls") if place in given]
    if len(places) != 1:
        report.add(key, f"service `{name}` {_HOW_MANY[bool(places)].format(*places)}")
        return Service(name)
    return Service(
        name,
        model=_model(report, given.get("model"), name, model_exists),
        replicas=_replicas(report, given),
        urls=tuple(_urls(report, given, own)),
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


def _urls(report: Report, given: dict[str, Node], own: Own) -> Iterator[str]:
    nodes: tuple[Node, ...] = ()
    if isinstance(given.get("url"), Sequence):
        report.add(given["url"], "`url` takes one address; write `urls: […]` for several")
    elif "url" in given:
        nodes = (given["url"],)
    elif "urls" in given:
        nodes = sequence(report, given["urls"], "urls", "[http://127.0.0.1:9003]") or ()
    if len(nodes) > MAX_URLS:
        report.add(nodes[MAX_URLS], f"there are {len(nodes)} urls; at most {MAX_URLS} are possible")
        return
    first: dict[str, int] = {}
    for node in nodes:
        url = _url(report, node, own)
        if url is None:
            continue
        if url in first:
            report.add(node, f"`{url}` is listed twice, first on line {first[url]}; keep one of them")
            continue
        first[url] = node.line
        yield url


def _url(report: Report, node: Node, own: Own) -> str | None:
    value = text(report, node, "url", "http://127.0.0.1:9003")
    if value is None:
        return None
    found = parse_url(value)
    if isinstance(found, str):
        report.add(node, f"the url `{shown(value)}` {found}")
        return None
    for which, address in own.items():
        if found.overlaps(address):
            own_address = f"is the gateway's own `{which}` address; name the service's"
            report.add(node, f"the url `{shown(value)}` {own_address}")
            return None
    return f"http://{found}"
