"""Numbers as the tables write them: short, and a dash for what is not known."""

from __future__ import annotations

UNKNOWN = "–"


def compact(number: float, digits: int = 0) -> str:
    """Write a count in at most six characters: 12345 as 12.3k."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / (1e3 if unit == 'k' else size):.1f}{unit}"
    return f"{number:.{digits}f}"


def in_bytes(count: int) -> str:
    """Write a number of bytes in binary units: 1536 as 1.5 KiB."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def fixed(value: float | None, digits: int) -> str:
    """Write a number with so many digits after the point."""
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def short(value: float) -> str:
    """Write a ratio in at most four characters: 0.612 as 0.61, 12.34 as 12.3, 1234 as 1e3."""
    if value >= 1000:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"
