"""The level that an alert compares with, in the unit of its signal: `2%`, `250ms`, `2GiB`, `0.25`."""

from __future__ import annotations

import re
from typing import Literal

from gateway.routing.read_settings import shown_size
from gateway.routing.read_shares import share_of
from gateway.routing.watches import SIGNALS

Unit = Literal["share", "time", "size", "rate", "number"]
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,12})?")
_TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?(ms|s|m)?")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?(KiB|MiB|GiB)?")
_RATE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(?: ?/ ?s)?")
_MILLISECONDS = {"ms": 1.0, "s": 1000.0, "m": 60_000.0}
_BYTES = {None: 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
_SHARES = ("accuracy",)
_SIGNED = ("bias",)


def unit_of(signal: str) -> Unit:
    """Return how the level of a signal is written."""
    told = SIGNALS[signal][1]
    if told.startswith("share ") or signal in _SHARES:
        return "share"
    if told.startswith("milliseconds"):
        return "time"
    if told.startswith("bytes"):
        return "size"
    return "rate" if told == "answers a second" else "number"


def level(signal: str, value: str) -> float | str:
    """Return a level in milliseconds, bytes, as a fraction or a number, or what is wrong with it."""
    unit = unit_of(signal)
    if unit == "share":
        return share_of(value)
    if unit == "time":
        return _time(value)
    if unit == "size":
        size = _SIZE.fullmatch(value)
        return float(size[1]) * _BYTES[size[2]] if size else "write a size such as `512MiB` or `2GiB`"
    if unit == "rate":
        rate = _RATE.fullmatch(value)
        return float(rate[1]) if rate else "write answers a second, such as `10` or `10/s`"
    return _number(signal, value)


def _time(value: str) -> float | str:
    found = _TIME.fullmatch(value)
    if found is None:
        return "write a time such as `250ms` or `1.5s`"
    if found[2] is None:
        return f"say the unit, as in `{found[1]}ms`"
    return float(found[1]) * _MILLISECONDS[found[2]]


def _number(signal: str, value: str) -> float | str:
    if not _NUMBER.fullmatch(value):
        return f"`{signal}` is a plain number ({SIGNALS[signal][1]}), such as `0.25`"
    if value.startswith("-") and signal not in _SIGNED:
        return f"`{signal}` is never below 0"
    return float(value)


def shown_level(signal: str, value: float) -> str:
    """Return a level as people write it: 0.02 -> `2%`, 1500 -> `1500ms`."""
    unit = unit_of(signal)
    if unit == "share":
        return f"{value * 100:.9g}%"
    if unit == "time":
        return f"{value:.9g}ms"
    return shown_size(int(value)) if unit == "size" and value == int(value) else f"{value:.9g}"
