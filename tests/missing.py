"""What a test needs and does not find: CI has everything, a person's machine may not."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(why: str) -> NoReturn:
    """Fail on CI, where what is missing must be there; elsewhere skip, and say how to get it."""
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
