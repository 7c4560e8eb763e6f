"""What a generation of processes runs on: sockets, command lines, and how the admin side is protected."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

from gateway.assemble.commands import commands
from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.assemble.options import UpOptions
    from gateway.control.access.listening import Listening
    from gateway.routing.addresses import Address
    from gateway.routing.places import Places
    from gateway.routing.plan import RoutingPlan
    from gateway.supervision.generation import Setup

log = logging.getLogger("gateway")


def setup_of(options: UpOptions, places: Places, plan: RoutingPlan, before: Setup | None = None) -> Setup:
    """Return what a generation of processes runs on: this plan's sockets, and the code as it is now.

    Raises GatewayError where a port or a certificate cannot be had.
    """
    from gateway.supervision.compiled import compiled_copy, compiled_home
    from gateway.supervision.generation import Setup
    from gateway.supervision.listeners import bind, wanted

    config = options.config.resolve()
    workers = options.workers or len(os.sched_getaffinity(0))
    where = wanted(plan, options.listen, options.admin)
    listening = _protected(options, places, plan, where.admin)
    if plan.tls is not None:
        from gateway.proxy.tls import ServerTls

        ServerTls(config.parent, plan.tls)  # whoever starts a gateway hears of it, and not every worker
    copy = None if os.environ.get("GATEWAY_WORKERS") == "plain" else compiled_copy(compiled_home())
    listeners = bind(where, workers, before.listeners if before else None)
    told = listening.told()
    return Setup(listeners, commands(places, config, copy, told), workers, copy is not None, told)


def _protected(options: UpOptions, places: Places, plan: RoutingPlan, address: Address) -> Listening:
    """Return how the admin side will be reached; raises GatewayError where others could, unprotected."""
    from gateway.control.access.listening import WITHOUT_AUTH, WITHOUT_TLS, Listening
    from gateway.routing.certificates import why_no_key

    told = WITHOUT_TLS in options.without, WITHOUT_AUTH in options.without
    listening = Listening(address, plan.admin_settings, *told)
    listening.check(None if options.admin else options.config)
    if (tls := plan.admin_settings.tls) is not None:
        reason = why_no_key(options.config.resolve().parent, tls.key, tls.cert)
        if reason:
            raise GatewayError(f"`tls` of `admin` cannot be used: {tls.key}: {reason}")
    if listening.asks_who and plan.admin_settings.oidc is None and not _has_token(places):
        log.warning(
            "the admin side wants a token and there is none; "
            "make one here: gateway token create NAME --role admin"
        )
    return listening


def _has_token(places: Places) -> bool:
    from gateway.control.access.token_store import TokenStore

    if not places.access.exists():
        return False
    now = time.time()
    return any(token.is_in_force(now) for token in TokenStore(places.access).all())
