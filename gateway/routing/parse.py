"""routing.yaml as a plan: everything it says, or everything that is wrong with it.

A file either becomes a whole plan or none at all, so a bad edit never changes what is live. Whether a
model's folder exists and a certificate can be used is asked of the caller: this module looks at nothing but
the text.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.errors import ConfigError
from gateway.routing.addresses import Address
from gateway.routing.fields import Known
from gateway.routing.plan import Route, RoutingPlan, Service
from gateway.routing.read_addresses import is_listener, preview_listener, read_addresses, tls_listener
from gateway.routing.read_admin import OWN_KEYS, split_admin
from gateway.routing.read_filter import FILTER_KEYS
from gateway.routing.read_freeze import ZoneExists, any_zone
from gateway.routing.read_judge import JUDGE_KEYS
from gateway.routing.read_key_files import UNCHECKED_KEYS, KeyChecks, check_key_files
from gateway.routing.read_limits import LIMIT_KEYS, read_limits
from gateway.routing.read_log import LOG_KEYS, LOG_SETTINGS_KEYS, USUAL, LogDefaults, read_log_defaults
from gateway.routing.read_monitor import MONITOR_KEYS
from gateway.routing.read_notify import read_notify
from gateway.routing.read_rollout import ROLLOUT_KEYS
from gateway.routing.read_routes import FORM_KEYS, read_route, read_routes
from gateway.routing.read_services import SERVICE_KEYS, Disk, ModelExists, read_services
from gateway.routing.read_tls import UNCHECKED, PemChecks
from gateway.routing.read_watched import WATCHED_KEYS, read_watched
from gateway.routing.report import Homes, Report, described, entries
from gateway.routing.settings import Limits
from gateway.routing.yaml_nodes import Mapping, Node, Refused
from gateway.routing.yaml_tree import collector_paused, read

DEFAULT_ROUTE = "default"
_FILE_KEYS = (
    "listen",
    "admin",
    "limits",
    "tls",
    "preview",
    "notify",
    "services",
    "routes",
    *WATCHED_KEYS,
)
_KEYS = tuple(dict.fromkeys((*_FILE_KEYS, *FORM_KEYS)))
HOMES: Homes = {
    "a service": SERVICE_KEYS,
    "a route": FORM_KEYS,
    "`rollout`": ROLLOUT_KEYS,
    "`judge`": JUDGE_KEYS,
    "`limits`": LIMIT_KEYS,
    "`log`": LOG_KEYS,
    "`log` at the file's top level": LOG_SETTINGS_KEYS,
    "`filter`": FILTER_KEYS,
    "`monitor`": MONITOR_KEYS,
    "`admin`": OWN_KEYS,
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
    keys: KeyChecks = UNCHECKED_KEYS,
) -> RoutingPlan:
    """Return the plan a file describes; raises ConfigError with every problem in it.

    `file` is what messages call it. `model_exists` takes the `model` of a service and returns None where
    that folder is a model version, otherwise a sentence that says why not; `pem` does so for certificates,
    `zone_exists` for time zones, `keys` for files with keys.
    """
    root, problems = read(text)
    if root is None:
        raise ConfigError(file, problems)
    report = Report(problems, HOMES)
    plan = parse_root(report, root, model_exists, pem, zone_exists, keys)
    report.check(file)
    return plan


def parse_root(
    report: Report,
    root: Node,
    model_exists: ModelExists,
    pem: PemChecks = UNCHECKED,
    zone_exists: ZoneExists = any_zone,
    keys: KeyChecks = UNCHECKED_KEYS,
) -> RoutingPlan:
    """Return the plan of a tree as far as it can be read, noting what is wrong with it."""
    if not isinstance(root, Mapping):
        if not isinstance(root, Refused):
            report.add(root, f"the file must consist of keys such as `services:`, not of {described(root)}")
        return RoutingPlan((), ())
    given = entries(report, root, "routing.yaml", _KEYS)
    check_key_files(report, given, keys)
    admin_settings, given = split_admin(report, given, pem)
    listen, admin = read_addresses(report, given)
    own = {"listen": listen, "admin": admin}
    tls = tls_listener(report, given["tls"], pem, own) if "tls" in given else None
    preview = preview_listener(report, given, own)
    limits = read_limits(report, given["limits"]) if "limits" in given else Limits()
    notify = read_notify(report, given["notify"]) if "notify" in given else ()
    services = _services(report, root, given, Disk(model_exists, pem), own)
    known = _names(given.get("services"))
    logged = read_log_defaults(report, given["log"]) if "log" in given else USUAL
    routes = _routes(report, root, given, known, zone_exists, logged)
    plan = RoutingPlan(
        services, routes, str(listen), str(admin), limits, tls, preview, notify, logged.settings
    )
    return replace(plan, admin_settings=admin_settings, **read_watched(report, given, known))


def _names(services: Node | None) -> Known:
    """Return every name under `services`, also of those with mistakes, so that one mistake is told once."""
    return {key.value: None for key, _ in services.pairs} if isinstance(services, Mapping) else None


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
    report: Report,
    root: Mapping,
    given: dict[str, Node],
    known: Known,
    zone_exists: ZoneExists,
    logged: LogDefaults,
) -> tuple[Route, ...]:
    own = {key: node for key, node in given.items() if key in FORM_KEYS and not is_listener(key, node)}
    if "routes" in given:
        for key, _ in root.pairs:
            if key.value in own:
                report.add(key, f"`{key.value}` belongs inside a route here, because the file has `routes`")
        return read_routes(report, given["routes"], known, zone_exists, logged)
    if "weights" not in given:
        report.add(root, "nothing says where requests go; add `weights: {blue: 100}` or a list of `routes`")
    route = read_route(report, DEFAULT_ROUTE, "/", own, known, zone_exists, logged)
    return () if route is None else (route,)
