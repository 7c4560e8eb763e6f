"""routing.yaml as a plan: everything it says, or everything that is wrong with it.

A file either becomes a whole plan or none at all, so a bad edit never changes what is live. Whether a
model's folder exists and a certificate can be used is asked of the caller: this module looks at nothing but
the text.
"""

from __future__ import annotations

from gateway.errors import ConfigError
from gateway.routing import fields
from gateway.routing.addresses import Address, parse_address
from gateway.routing.fields import Known
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.read_limits import LIMIT_KEYS, read_limits
from gateway.routing.read_routes import FORM_KEYS, read_route, read_routes
from gateway.routing.read_services import SERVICE_KEYS, Disk, ModelExists, read_services
from gateway.routing.read_tls import UNCHECKED, PemChecks, read_tls
from gateway.routing.report import Homes, Report, described, entries
from gateway.routing.settings import Limits, Tls
from gateway.routing.yaml_nodes import Mapping, Node, Refused
from gateway.routing.yaml_tree import collector_paused, read

DEFAULT_LISTEN = "127.0.0.1:8080"
DEFAULT_ADMIN = "127.0.0.1:9090"
DEFAULT_ROUTE = "default"
_FILE_KEYS = ("listen", "admin", "limits", "tls", "services", "routes")
_KEYS = (*_FILE_KEYS, *FORM_KEYS)
HOMES: Homes = {
    "a service": SERVICE_KEYS,
    "a route": FORM_KEYS,
    "`limits`": LIMIT_KEYS,
    "the file's top level": _FILE_KEYS,
}
"""Where keys belong whose name leaves no doubt about what was meant."""


@collector_paused()
def parse(
    text: str, *, file: str = "routing.yaml", model_exists: ModelExists, pem: PemChecks = UNCHECKED
) -> RoutingPlan:
    """Return the plan a file describes; raises ConfigError with every problem in it.

    `file` is what messages call it. `model_exists` takes the `model` of a service and returns None where
    that folder is a model version, otherwise a sentence that says why not; `pem` does so for certificates.
    """
    root, problems = read(text)
    if root is None:
        raise ConfigError(file, problems)
    report = Report(problems, HOMES)
    plan = parse_root(report, root, model_exists, pem)
    report.check(file)
    return plan


def parse_root(
    report: Report, root: Node, model_exists: ModelExists, pem: PemChecks = UNCHECKED
) -> RoutingPlan:
    """Return the plan of a tree as far as it can be read, noting what is wrong with it."""
    if not isinstance(root, Mapping):
        if not isinstance(root, Refused):
            report.add(root, f"the file must consist of keys such as `services:`, not of {described(root)}")
        return RoutingPlan((), ())
    given = entries(report, root, "routing.yaml", _KEYS)
    listen, admin = _addresses(report, given)
    own = {"listen": listen, "admin": admin}
    tls = _tls(report, given["tls"], pem, own) if "tls" in given else None
    limits = read_limits(report, given["limits"]) if "limits" in given else Limits()
    services = _services(report, root, given, Disk(model_exists, pem), own)
    routes = _routes(report, root, given, _names(given.get("services")))
    return RoutingPlan(services, routes, str(listen), str(admin), limits, tls)


def _tls(report: Report, node: Node, pem: PemChecks, own: dict[str, Address]) -> Tls | None:
    """Return the TLS listener; its address joins the gateway's `own`, none of which it may share."""
    tls, where = read_tls(report, node, pem)
    if tls is None or where is None:
        return tls
    address = parse_address(tls.listen)
    assert isinstance(address, Address)
    for name, taken in own.items():
        if address.overlaps(taken):
            report.add(
                where, f"`tls` and `{name}` would both use port {address.port}; give them different ports"
            )
    own["tls.listen"] = address
    return tls


def _names(services: Node | None) -> Known:
    """Return every name under `services`, also of those with mistakes, so that one mistake is told once."""
    return {key.value: None for key, _ in services.pairs} if isinstance(services, Mapping) else None


def _addresses(report: Report, given: dict[str, Node]) -> tuple[Address, Address]:
    listen = _address(report, given, "listen", DEFAULT_LISTEN)
    admin = _address(report, given, "admin", DEFAULT_ADMIN)
    if not admin.is_loopback:
        report.add(
            given["admin"],
            f"`admin` is `{admin}`, but the admin side has no authentication yet and must not be reachable"
            f" from other machines; write `127.0.0.1:{admin.port}`",
        )
    elif listen.overlaps(admin):
        node = given.get("admin") or given["listen"]
        tell = "" if "admin" in given and "listen" in given else " (one of them by default)"
        report.add(
            node, f"`listen` and `admin` would both use port {admin.port}{tell}; give them different ports"
        )
    return listen, admin


def _address(report: Report, given: dict[str, Node], key: str, default: str) -> Address:
    found = fields.address(report, given[key], key, default) if key in given else None
    if found is not None:
        return found
    fallback = parse_address(default)
    assert isinstance(fallback, Address)
    return fallback


def _services(
    report: Report,
    root: Mapping,
    given: dict[str, Node],
    disk: Disk,
    own: dict[str, Address],
) -> tuple[Service, ...]:
    if "services" in given:
        return read_services(report, given["services"], disk, own)
    report.add(
        root, "there is no `services`; add one, such as `services: {blue: {model: model_versions/v1}}`"
    )
    return ()


def _routes(report: Report, root: Mapping, given: dict[str, Node], known: Known) -> tuple[Route, ...]:
    if "routes" in given:
        for key, _ in root.pairs:
            if key.value in FORM_KEYS:
                report.add(key, f"`{key.value}` belongs inside a route here, because the file has `routes`")
        return read_routes(report, given["routes"], known)
    if "weights" not in given:
        report.add(root, "nothing says where requests go; add `weights: {blue: 100}` or a list of `routes`")
    own = {key: node for key, node in given.items() if key in FORM_KEYS}
    route = read_route(report, DEFAULT_ROUTE, "/", own, known)
    return () if route is None else (route,)
