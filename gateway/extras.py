"""What a plain installation leaves out, and the sentences that say so where it is wanted.

Serving a model in this process tree needs scikit-learn and what goes with it, twice the size of all the rest.
A gateway whose model services run elsewhere needs none of it.
"""

from __future__ import annotations

from importlib.util import find_spec

from gateway.errors import GatewayError

SERVE = {"joblib": "joblib", "numpy": "numpy", "scipy": "scipy", "sklearn": "scikit-learn"}
"""The packages of the extra `serve` by the names they are imported by."""


def install(extra: str) -> str:
    """Return what to do where an extra is missing; the gateway is on no index, so no one command fits all."""
    return f"install the gateway's extra `{extra}` (docs/deploy/package.md says how)"


def why_no_models(packages: dict[str, str] = SERVE) -> str | None:
    """Return why no model can be loaded here and what to do about it; None where one can be."""
    missing = [name for module, name in packages.items() if find_spec(module) is None]
    if not missing:
        return None
    return f"models are loaded by packages that are not installed ({', '.join(missing)}): {install('serve')}"


def needs_models(what: str, packages: dict[str, str] = SERVE) -> None:
    """Raise GatewayError, beginning with what was asked for, where no model can be loaded here."""
    reason = why_no_models(packages)
    if reason:
        raise GatewayError(f"{what}: {reason}")
