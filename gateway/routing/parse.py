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
from gateway.routing.read_freeze import ZoneExists, any_zone
from gateway.routing.read_judge import JUDGE_KEYS
from gateway.routing.read_limits import LIMIT_KEYS, read_limits
from gateway.routing.read_notify import read_notify
from gateway.routing.read_rollout import ROLLOUT_KEYS
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
_FILE_KEYS = ("listen", "admin", "limits", "tls", "preview", "notify", "services", "routes")
_KEYS = tuple(dict.fromkeys((*_FILE_KEYS, *FORM_KEYS)))
HOMES: Homes = {
    "a service": SERVICE_KEYS,
    "a route": FORM_KEYS,
    "`rollout`": ROLLOUT_KEYS,
    "`judge`": JUDGE_KEYS,
    "`limits`": LIMIT_KEYS,
    "the file's top level": _FILE_KEYS,
}
"""Where keys belong whose name leaves no doubt about what was meant."""


@collector_paused()
def parse(
    text: str,
    *,
    file: str = "routing.yaml",
    model_exists: ModelExists,
    pem: PemChecks = UNCHECKED,
    zone_exists: ZoneExists = any_zone,
) -> RoutingPlan:
    """Return the plan a file describes; raises ConfigError with every problem in it.

    `file` is what messages call it. `model_exists` takes the `model` of a service and returns None where
    that folder is a model version, otherwise a sentence that says why not; `pem` does so for certificates,
    `zone_exists` for time zones.
    """
    root, problems = read(text)
    if root is None:
        raise ConfigError(file, problems)
    report = Report(problems, HOMES)
    plan = parse_root(report, root, model_exists, pem, zone_exists)
    report.check(file)
    return plan


def parse_root(
    report: Report,
    root: Node,
    model_exists: ModelExists,
    pem: PemChecks = UNCHECKED,
    zone_exists: ZoneExists = any_zone,
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
    preview = _preview(report, given, own)
    limits = read_limits(report, given["limits"]) if "limits" in given else Limits()
    notify = read_notify(report, given["notify"]) if "notify" in given else ()
    services = _services(report, root, given, Disk(model_exists, pem), own)
    routes = _routes(report, root, given, _names(given.get("services")), zone_exists)
    return RoutingPlan(services, routes, str(listen), str(admin), limits, tls, preview, notify)


def _tls(report: Report, node: Node, pem: PemChecks, own: dict[str, Address]) -> Tls | None:
    """Return the TLS listener; its address joins the gateway's `own`, none of which it may share."""
    tls, where = read_tls(report, node, pem)
    if tls is None or where is None:
        return tls
    address = parse_address(tls.listen)
    assert isinstance(address, Address)
    _join(report, where, own, "tls", address)
    return tls


def _preview(report: Report, given: dict[str, Node], own: dict[str, Address]) -> str:
    """Return the address of the preview listener, empty where there is none.

    A mapping under this key is the preview of the one-route form: the header of its route.
    """
    node = given.get("preview")
    if node is None or isinstance(node, Mapping):
        return ""
    address = fields.address(report, node, "preview", "127.0.0.1:8082")
    if address is None:
        return ""
    _join(report, node, own, "preview", address)
    return str(address)


def _join(report: Report, where: Node, own: dict[str, Address], key: str, address: Address) -> None:
    """Let an address join the gateway's `own`, none of which it may share."""
    for name, taken in own.items():
        if address.overlaps(taken):
            which = name.partition(".")[0]
            report.add(
                where, f"`{key}` and `{which}` would both use port {address.port}; give them different ports"
            )
    own["tls.listen" if key == "tls" else key] = address


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


def _routes(
    report: Report, root: Mapping, given: dict[str, Node], known: Known, zone_exists: ZoneExists
) -> tuple[Route, ...]:
    own = {key: node for key, node in given.items() if key in FORM_KEYS and not _is_listener(key, node)}
    if "routes" in given:
        for key, _ in root.pairs:
            if key.value in own:
                report.add(key, f"`{key.value}` belongs inside a route here, because the file has `routes`")
        return read_routes(report, given["routes"], known, zone_exists)
    if "weights" not in given:
        report.add(root, "nothing says where requests go; add `weights: {blue: 100}` or a list of `routes`")
    route = read_route(report, DEFAULT_ROUTE, "/", own, known, zone_exists)
    return () if route is None else (route,)


def _is_listener(key: str, node: Node) -> bool:
    """Tell the `preview` that is an address from the one of a route."""
    return key == "preview" and not isinstance(node, Mapping)
