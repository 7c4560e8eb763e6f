"""What a decision was made from as plain JSON values, and back, with nothing lost on the way.

Which values belong where is read off the dataclasses themselves, so that a field added to one of them is kept
without a line here. Floats come back bit for bit; those that JSON has no number for travel as text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")
_UNUSUAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_document(value: object) -> Any:
    """Return a dataclass, or tuples of them, as plain JSON values; raises TypeError for anything else."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_document(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a {type(value).__name__} has no place in a decision's document")


def from_document(kind: type[_T], document: object) -> _T:
    """Return what `to_document` made of a dataclass; a key that is missing takes its default.

    Raises ValueError, with the place, where the document is not one of that kind.
    """
    found: _T = _made(kind, document, kind.__name__)
    return found


def _made(kind: Any, document: Any, where: str) -> Any:
    if is_dataclass(kind):
        return _dataclass(kind, document, where)
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple(get_args(kind), document, where)
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), document, where)
    if origin is Literal:
        return _expected(document, document in get_args(kind), where)
    if kind is float:
        unusual = _UNUSUAL.get(document) if isinstance(document, str) else None
        return document if unusual is None and _is_number(document, where) else unusual
    return _expected(document, type(document) is kind, where)


def _dataclass(kind: Any, document: Any, where: str) -> Any:
    _expected(document, isinstance(document, Mapping), where)
    known = _shape(kind)
    unknown = set(document) - set(known)
    if unknown:
        raise ValueError(f"{where} has {sorted(unknown)[0]!r}, which this version does not know")
    given = {}
    for name, (field, hint) in known.items():
        if name in document:
            given[name] = _made(hint, document[name], f"{where}.{name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(f"{where} has no {name!r}")
    return kind(**given)


def _tuple(kinds: tuple[Any, ...], document: Any, where: str) -> tuple[Any, ...]:
    _expected(document, isinstance(document, list), where)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(document)
    _expected(document, len(kinds) == len(document), where)
    return tuple(
        _made(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, document, strict=True))
    )


def _one_of(kinds: tuple[Any, ...], document: Any, where: str) -> Any:
    if document is None and NoneType in kinds:
        return None
    rest = [kind for kind in kinds if kind is not NoneType]
    return _made(rest[0], document, where)  # there is no union but `X | None` here


def _is_number(document: Any, where: str) -> bool:
    # An integer stays one: a decision is compared with its replay to the last bit.
    _expected(document, isinstance(document, int | float) and not isinstance(document, bool), where)
    return True


def _expected(document: Any, is_as_expected: bool, where: str) -> Any:
    if not is_as_expected:
        raise ValueError(f"{where} cannot be {str(document)[:60]!r}")
    return document


@lru_cache(maxsize=64)
def _shape(kind: type) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {field.name: (field, hints[field.name]) for field in fields(kind)}
