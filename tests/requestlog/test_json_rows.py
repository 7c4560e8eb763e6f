"""Values of rows as JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from gateway.requestlog.json_rows import json_ready


@pytest.mark.parametrize(
    ("value", "ready"),
    [
        (None, None),
        (True, True),
        (2**70, 2**70),
        (1.5, 1.5),
        (float("nan"), None),
        (float("inf"), None),
        ("x", "x"),
        (datetime(2025, 11, 21, 1, 2, 3, 4000, tzinfo=UTC), "2025-11-21T01:02:03.004000Z"),
        (datetime(2025, 11, 21), "2025-11-21T00:00:00Z"),
        (date(2025, 11, 21), "2025-11-21"),
        (time(1, 2), "01:02:00"),
        (Decimal("10.00"), 10),
        (Decimal("1.25"), 1.25),
        (timedelta(minutes=5), "0:05:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (b"ab", "b'ab'"),
        ([1, (Decimal("2"), None)], [1, [2, None]]),
        ({1: datetime(2025, 11, 21)}, {"1": "2025-11-21T00:00:00Z"}),
    ],
)
def test_every_value_has_a_form(value: Any, ready: Any) -> None:
    """Times are UTC in ISO 8601, what JSON has no number for is null."""
    assert json_ready(value) == ready
    assert json.loads(json.dumps(json_ready(value))) == ready
