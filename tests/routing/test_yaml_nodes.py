"""The nodes of a YAML text."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from gateway.routing.yaml_nodes import Mapping, Refused, Scalar, Sequence

KEY = Scalar("blue", 1, 1, 0, 4, "")


@pytest.mark.parametrize(
    "node",
    [KEY, Sequence((KEY,), 1, 1, 0, 6, True), Mapping(((KEY, KEY),), 1, 1, 0, 12, False), Refused(1, 1)],
)
def test_nodes_are_values(node: Scalar | Sequence | Mapping | Refused) -> None:
    """A node cannot be changed and is hashable, so a tree can be shared."""
    with pytest.raises(FrozenInstanceError):
        node.line = 2  # type: ignore[misc]
    assert hash(node) == hash(node)
    assert (node.line, node.column) == (1, 1)
