"""Collecting everything that is wrong, so that a person mends it in one go instead of one error at a time."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

PROBLEM_LIMIT = 20


class Problems:
    """Keeps the first sentences and counts them all: a hopeless input must not cost an endless answer."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.count = 0

    def add(self, sentence: str) -> None:
        """Note one problem; the sentence says where, what was expected and what came."""
        self.count += 1
        if len(self.kept) < PROBLEM_LIMIT:
            self.kept.append(sentence)

    def unknown_keys(self, mapping: Mapping[Any, object], known: Sequence[str], where: str) -> None:
        """Note every key that is not known, with the nearest one that is."""
        for key in mapping:
            if key not in known:
                self.add(
                    f"{where}: unknown key {shown(key)}{nearest(key, known)}; known are {', '.join(known)}"
                )

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        """Return keys and values; what is something else is noted and counts as none."""
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            return value
        self.add(f"{where}: expected keys and values, got {shown(value)}")
        return {}

    def text(self) -> str:
        """All sentences in one line, with their number when there are several."""
        text = "; ".join(self.kept)
        if self.count > len(self.kept):
            text += f"; and {self.count - len(self.kept)} more"
        return text if self.count <= 1 else f"{self.count} problems: {text}"


def shown(value: object) -> str:
    """A value as Python writes it, cut to a length that suits a message."""
    short = reprlib.repr(value)
    return short if len(short) <= 60 else short[:59] + "…"


def nearest(word: object, known: Iterable[str]) -> str:
    """A hint such as " (did you mean 'dest'?)", or nothing when no known word is near."""
    close = get_close_matches(word, list(known), n=1) if isinstance(word, str) and len(word) <= 100 else []
    return f" (did you mean '{close[0]}'?)" if close else ""
