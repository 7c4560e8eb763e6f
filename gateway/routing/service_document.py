"""A service as plain JSON values, as part of a plan's document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from gateway.routing.plan import Service
from gateway.routing.settings import Breaker, HealthCheck, Outliers, Queue, Traffic, UpstreamTls

_USUAL_TRAFFIC = Traffic()


def service_document(service: Service) -> dict[str, Any]:
    """Return a service's document; what is as usual is left out of it."""
    document: dict[str, Any] = {
        "name": service.name,
        "model": service.model,
        "replicas": service.replicas,
        "urls": list(service.urls),
    }
    if service.traffic != _USUAL_TRAFFIC:
        document["traffic"] = asdict(service.traffic)
    return document


def service_from(document: Mapping[str, Any]) -> Service:
    """Return one service of a plan's document."""
    given = {**document, "urls": tuple(document["urls"])}
    if "traffic" in given:
        given["traffic"] = _traffic_from(given["traffic"])
    return Service(**given)


def _traffic_from(document: Mapping[str, Any]) -> Traffic:
    kinds = {
        "queue": Queue,
        "health": HealthCheck,
        "outliers": Outliers,
        "breaker": Breaker,
        "tls": UpstreamTls,
    }
    found = {key: kinds[key](**value) if key in kinds and value else value for key, value in document.items()}
    return Traffic(**found)
