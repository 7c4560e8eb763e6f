"""What the recorder takes from the live plan: whose frames are filtered how, and which model a version is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.requestlog.policy import Filter, Logging, LogSettings

STRICT = Filter(mode="strict")
"""How frames are filtered whose route the plan does not have."""


@dataclass(frozen=True, slots=True)
class RouteRule:
    """One route's path and filter."""

    path: str
    filter: Filter


@dataclass(frozen=True, slots=True)
class Rules:
    """One plan as the recorder sees it; `models` are folders by the name of their service."""

    routes: Mapping[str, RouteRule] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    settings: LogSettings = field(default_factory=LogSettings)
    logging: Logging = field(default_factory=Logging)
