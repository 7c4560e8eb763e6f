"""A YAML text as a small tree of strings that remembers where each of them stands.

The usual loaders throw away positions, keep the last of two equal keys, and guess types by YAML 1.1, where
a version named `on` becomes True and `1e3` a number. Here a scalar stays the string that was written: the
schema decides what it means, every complaint has a line and a column, and a rewrite can replace exactly
the characters of one value. What routing.yaml has no use for (anchors, tags, several documents) is refused.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import yaml

from gateway.errors import Problem
from gateway.routing.yaml_nodes import Mapping, Node, Refused, Scalar, Sequence
from gateway.routing.yaml_screen import screen
from gateway.routing.yaml_syntax import explain

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32


_BLOCKS = ("|", ">")
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep the cyclic garbage collector from walking a growing tree again and again.

    Hundreds of thousands of live objects and no garbage: for a file of 10,000 routes the collector would
    take as long as the reading itself. Counting references goes on as always.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read(text: str, loader: type = _LOADER) -> tuple[Node | None, list[Problem]]:
    """Return the tree of a YAML text and everything wrong with its form.

    Offsets count characters of `text`, lines and columns count from 1. The tree is None where the form is
    so broken that nothing can be said about the content.
    """
    if len(text) > MAX_BYTES:
        return None, [
            Problem(0, 0, f"the file is larger than {MAX_BYTES // 1024**2} MiB: is it the right one?")
        ]
    problems = screen(text)
    if problems:
        return None, problems
    byte_order_mark = 1 if text.startswith("\ufeff") else 0
    builder = _Builder(byte_order_mark)
    try:
        builder.run(yaml.parse(text[byte_order_mark:], Loader=loader))
    except (yaml.YAMLError, ValueError) as error:
        return None, [*builder.problems, explain(error, text[byte_order_mark:])]
    return builder.finish()


class _Builder:
    """Collects events into nodes with an explicit stack, so that depth cannot exhaust Python's own."""

    def __init__(self, shift: int) -> None:
        self.problems: list[Problem] = []
        self._shift = shift
        self._root: Node | None = None
        self._open: list[tuple[yaml.CollectionStartEvent, list[Node]]] = []
        self._documents = 0
        self._gave_up = False

    def run(self, events: Iterator[yaml.Event]) -> None:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._check_properties(event)
                self._attach(self._scalar(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._check_properties(event)
                self._open.append((event, []))
                if len(self._open) > MAX_DEPTH:
                    self._give_up(event, f"this is nested more than {MAX_DEPTH} levels deep")
            elif isinstance(event, yaml.CollectionEndEvent):
                self._attach(self._close(event))
            elif isinstance(event, yaml.AliasEvent):
                self._refuse_alias(event)
            elif isinstance(event, yaml.DocumentStartEvent):
                self._count_document(event)
            if self._gave_up:
                return

    def finish(self) -> tuple[Node | None, list[Problem]]:
        root = self._root
        if root is None or (isinstance(root, Scalar) and not root.value and not root.style):
            if not self.problems:
                least = "services: {blue: {model: model_versions/v1}} and weights: {blue: 100}"
                self.problems.append(Problem(0, 0, f"the file says nothing yet; it needs at least {least}"))
            return None, self.problems
        return root, self.problems

    def _attach(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        event, children = self._open[-1]
        if (
            isinstance(node, Scalar)
            and node.start == node.end
            and len(children) % 2
            and isinstance(event, yaml.MappingStartEvent)
        ):  # a value left out has no place of its own: a person looks for it at its key
            node = Scalar("", children[-1].line, children[-1].column, 0, 0, "")
        children.append(node)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        line, column, start, end = self._span(event, event)
        return Scalar(event.value, line, column, start, end, event.style or "")

    def _span(self, first: yaml.Event, last: yaml.Event) -> tuple[int, int, int, int]:
        """Return line and column (from 1), start and end (offsets into the text) of a node."""
        start, end, shift = first.start_mark, last.end_mark, self._shift
        assert start is not None  # the parser marks every event
        assert end is not None
        return start.line + 1, start.column + 1, start.index + shift, end.index + shift

    def _close(self, event: yaml.CollectionEndEvent) -> Node:
        opening, children = self._open.pop()
        span, flow = self._span(opening, event), bool(opening.flow_style)
        if isinstance(opening, yaml.SequenceStartEvent):
            return Sequence(tuple(children), *span, flow)
        pairs = tuple(self._pairs(children, span[2]))
        return Mapping(pairs, *span, flow) if pairs or not children else Refused(span[0], span[1])

    def _pairs(self, children: list[Node], start: int) -> Iterator[tuple[Scalar, Node]]:
        """Yield keys and values, leaving out what is complained about; `start` is the mapping's offset."""
        first: dict[str, int] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            if isinstance(key, Mapping) and key.flow and key.start == start + 1:
                self._add(key, "`{{` begins a template that was not filled in; write the value itself")
            elif not isinstance(key, Scalar | Refused) or (isinstance(key, Scalar) and key.style in _BLOCKS):
                self._add(key, "a key must be plain text on one line; put it in quotes if it has brackets")
            elif isinstance(key, Refused):
                continue
            elif key.value == "<<" and not key.style:
                self._add(key, "`<<` (merging another mapping) is not supported; write the keys out here")
            elif key.value in first:
                again = f"`{key.value:.80}` is here twice, first on line {first[key.value]}"
                self._add(key, f"{again}; keep one of them")
            else:
                first[key.value] = key.line
                yield key, value

    def _check_properties(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            message = f"`&{event.anchor:.80}` is an anchor, which is not supported; delete it"
            self._add(self._refused(event), f"{message}, or quote the value if it begins with `&`")
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"`{tag:.80}` is a tag, which is not supported; delete it"
            self._add(self._refused(event), f"{message}, or quote the value if it begins with `!`")

    def _refuse_alias(self, event: yaml.AliasEvent) -> None:
        node = self._refused(event)
        message = f"`*{event.anchor:.80}` is an alias, which is not supported; write the value out"
        self._add(node, f"{message}, or quote it if it begins with `*`")
        self._attach(node)

    def _count_document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._give_up(event, "a second document begins here (`---`); the file must hold only one")

    def _give_up(self, event: yaml.Event, message: str) -> None:
        self._add(self._refused(event), message)
        self._gave_up = True
        self._root = None

    def _refused(self, event: yaml.Event) -> Refused:
        line, column, _, _ = self._span(event, event)
        return Refused(line, column)

    def _add(self, node: Node, message: str) -> None:
        self.problems.append(Problem(node.line, node.column, message))
