"""The shapes of labels in the admin API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from gateway.control.models import Strict
from gateway.requestlog.label_lines import MOST_TEXT


class NewLabel(Strict):
    """What one prediction should have been: named by `id` and `row`, or by `route` and `key`."""

    id: Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="The answer's x-request-id")] = ""
    row: Annotated[int, Field(ge=0, description="Which prediction of the request")] = 0
    route: Annotated[str, Field(description="With `key`: the route")] = ""
    key: Annotated[str | int, Field(description="The value of the input that the route declares as key")] = ""
    label: Annotated[
        bool | float | str,
        Field(
            description=f"The truth: a number, true or false, or a class of at most {MOST_TEXT} characters"
        ),
    ]


class AcceptedLabels(BaseModel):
    """How many labels were kept."""

    accepted: int
