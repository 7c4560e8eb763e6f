"""A routing.yaml as it may be shown to others: line by line as it is, without secrets and without remarks.

Only what the reader of YAML took for a value or a key is copied, each looked at by the key it stands under;
of the rest only the signs that make it YAML. So no remark can slip through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.control.bundle.scrub import (
    REMOVED,
    VARIABLE,
    Scrubber,
    is_secret_key,
    shown_secret,
    without_urls,
)
from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar
from gateway.routing.yaml_tree import read

_STRUCTURE = frozenset(" \n\r-:,[]{}?")
_CALLED = frozenset({"webhook", "slack", "secret"})
"""Keys whose value is a secret unless it is an address, of which who is called may be seen."""
_COMMON = frozenset({"always", "never", "true", "false", "yes", "no", "on", "off", "1", "0"})
"""Values of overriding headers that everybody knows; others may be known to few on purpose."""
_LEFT_OUT = "# left out: this is not YAML as it should be, so what in it is secret cannot be told\n"
_BLOCKS = ("|", ">")
_PIECE = 8
"""Letters of a part of an address or a command that is looked for everywhere else."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A routing.yaml for others; `secrets` are the texts taken out, `readable` tells whether it is YAML."""

    text: str
    secrets: frozenset[str]
    readable: bool


def shown_config(text: str) -> Shown:
    """Return what may be shown of a routing.yaml."""
    root, problems = read(text)
    if root is None or problems:  # an alias could show elsewhere what stands under a secret's key
        return Shown(_LEFT_OUT, frozenset(), False)
    secrets: set[str] = set()
    parts: list[str] = []
    at = 0
    for scalar, key in sorted(_scalars(root, ""), key=lambda found: found[0].start):
        shown = _shown(scalar.value, key)
        if shown != scalar.value:
            secrets |= {piece for piece in pieces(scalar.value, key) if piece not in shown}
        parts += [
            _structure(text[at : scalar.start]),
            _written(text[scalar.start : scalar.end], scalar, shown),
        ]
        at = scalar.end
    parts.append(_structure(text[at:]))
    lines = (line.rstrip() for line in "".join(parts).split("\n"))
    return Shown("\n".join(lines), frozenset(secrets), True)


def _scalars(node: Node, key: str) -> Iterator[tuple[Scalar, str]]:
    """Yield every value and every key (under no key), each with the key it stands under."""
    if isinstance(node, Scalar):
        yield node, key
    elif isinstance(node, Mapping):
        for name, value in node.pairs:
            yield name, ""
            yield from _scalars(value, name.value)
    elif not isinstance(node, Refused):
        for item in node.items:
            yield from _scalars(item, key)


def _shown(value: str, key: str) -> str:
    if "://" in value:
        return Scrubber().text(without_urls(value))
    if key == "command":
        first, _, rest = value.partition(" ")
        return (
            f"{Scrubber().text(first)} …{''.join(VARIABLE.findall(rest))}" if rest else Scrubber().text(value)
        )
    if key in _CALLED or is_secret_key(key):
        return shown_secret(value)
    if key == "value":
        return value if value.lower() in _COMMON else REMOVED
    return Scrubber().text(value)


def pieces(value: str, key: str) -> Iterator[str]:
    """Yield a secret and what in it is one on its own; a short code is an innocent word elsewhere."""
    if key != "value" or len(value) >= _PIECE:
        yield value
    parts = value
    for sign in "/?&=#@:; \t'\"":
        parts = parts.replace(sign, "\0")
    for part in parts.split("\0"):
        is_word = part.isalpha() and part.islower()
        if len(part) >= _PIECE and not is_word and not VARIABLE.search(part):
            yield part


def _structure(text: str) -> str:
    """Return the signs of YAML between two values; remarks end with their line."""
    lines = (line.partition("#")[0] for line in text.split("\n"))
    return "\n".join("".join(sign for sign in line if sign in _STRUCTURE) for line in lines)


def _written(source: str, scalar: Scalar, shown: str) -> str:
    """Return a value as it was written, or another in its place; its lines stay as many as they were."""
    if shown == scalar.value and scalar.style not in _BLOCKS:  # behind the sign of a block a remark may stand
        return source
    return json.dumps(shown, ensure_ascii=False) + "\n" * source.count("\n")
