"""The operation that tries a route, for the description of the admin API."""

from __future__ import annotations

from typing import Final

from gateway.control.operation import CHANGE, Operation
from gateway.control.tries.models import NewTry, Tried

PATH: Final = "/api/v1/routes/{name}/try"

TRY_OPERATIONS = (
    Operation(
        "post",
        PATH,
        "tryRoute",
        "Ask a route for one prediction, as its clients do; an operator where clients need a key",
        Tried,
        NewTry,
        body_required=True,
        refusals=tuple(status for status in CHANGE if status != 412),
        role="viewer",
    ),
)
