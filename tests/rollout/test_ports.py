"""What the controller needs of others is what the real ones offer."""

from __future__ import annotations

import inspect

import pytest

from gateway.control.notify import Notifier
from gateway.rollout import ports, read, record
from gateway.rollout.hooks import Hooks
from gateway.rollout.providers import Providers


@pytest.mark.parametrize(
    ("port", "real"),
    [
        (ports.Reader, read.EvidenceReader),
        (ports.Store, record),
        (ports.Providers, Providers),
        (ports.Hooks, Hooks),
        (ports.Notifier, Notifier),
    ],
)
def test_the_real_ones_take_what_the_controller_gives(port: type, real: object) -> None:
    """Every function of a port, with as many arguments; what those are is checked by types."""
    functions = {name: found for name, found in vars(port).items() if inspect.isfunction(found)}
    named = {name: found for name, found in functions.items() if not name.startswith("_")}
    assert named
    for name, wanted in named.items():
        offered = inspect.signature(getattr(real, name)).parameters
        own = len(inspect.signature(wanted).parameters) - (not inspect.isclass(real))
        required = [each for each in offered.values() if each.default is inspect.Parameter.empty]
        assert len(required) <= own <= len(offered), name
