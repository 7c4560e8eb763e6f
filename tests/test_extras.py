"""What is not installed is named, with the command that installs it."""

from __future__ import annotations

import pytest

from gateway.errors import GatewayError
from gateway.extras import needs_models, why_no_models

GONE = {"json": "json", "no_such_module": "no-such-package"}


def test_nothing_is_said_where_nothing_is_missing() -> None:
    """The environment of the tests can load models."""
    assert why_no_models() is None
    needs_models("v1 cannot be served")


def test_it_names_what_is_missing_and_what_installs_it() -> None:
    """Only what is missing, by the name it is installed by, in one line after what was asked for."""
    with pytest.raises(GatewayError) as refused:
        needs_models("v1 cannot be served", GONE)
    said = str(refused.value)
    assert said.startswith("v1 cannot be served: ")
    assert "(no-such-package)" in said
    assert said.endswith("install the gateway's extra `serve` (docs/deploy/package.md says how)")
    assert "\n" not in said
