"""What verbs say of damaged files: on standard error, so that the answer without them can still be used."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from gateway.requestlog.damage import remedy

if TYPE_CHECKING:
    from gateway.requestlog.lake import Lake


def warn(lake: Lake) -> None:
    """Name each file whose rows are missing from the views, and say what to do about it."""
    for file in lake.left_out:
        print(f"warning: {file} cannot be read and is left out; {remedy(file)}", file=sys.stderr)
