"""Secrets in every place that a request or its answer can carry one, the same ones for the same seed.

To be sent through a gateway, whose files are then searched (`tests/requestlog/planted_search.py`).
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from random import Random
from typing import Literal

from gateway.requestlog.cards import is_card
from tests.requestlog.planted_places import places

Kind = Literal["token", "email", "card", "phone", "ip", "name"]
KINDS: tuple[Kind, ...] = ("token", "email", "card", "phone", "ip", "name")
REDACTABLE: frozenset[Kind] = frozenset({"email", "card", "phone", "ip"})


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret, and whether it is of a kind that is found by its shape."""

    text: str
    kind: Kind

    @property
    def redactable(self) -> bool:
        return self.kind in REDACTABLE


@dataclass(frozen=True, slots=True)
class Planted:
    """A secret, the request and the answer as bytes of HTTP/1.1, and where in them it is."""

    secret: Secret
    raw: bytes
    answer: bytes
    place: str


def secret(dice: Random, kind: Kind) -> Secret:
    """Return a new secret; no two of one seed are the same but by a chance that nobody lives to see."""
    letters, digits = string.ascii_lowercase, string.digits

    def some(of: str, count: int) -> str:
        return "".join(dice.choices(of, k=count))

    match kind:
        case "token":
            text = dice.choice(["", "tok_", "sk-"]) + some(string.ascii_letters + digits, 24)
        case "email":
            text = f"{some(letters, 7)}.{some(letters + digits, 8)}@{some(letters, 9)}.example"
        case "card":
            body = dice.choice(["4", "51", "2221", "6011"]) + some(digits, 14)
            text = next(it for digit in digits if is_card(it := body[:15] + digit))
            gap = dice.choice(["", " ", "-"])
            text = gap.join(text[at : at + 4] for at in range(0, 16, 4))
        case "phone":
            text = dice.choice(["+49 17", "+47 9", "0049 17", "+4417"]) + some("123456789", 9)
        case "ip":
            text = ".".join(str(dice.randint(100, 255)) for _ in range(4))
            if dice.random() < 0.3:
                text = "2001:db8:" + ":".join(f"{dice.randint(4096, 65535):x}" for _ in range(6))
        case "name":
            text = f"{some(letters, 8).title()} {some(letters, 12).title()}"
    return Secret(text, kind)


def requests(seed: int, count: int) -> list[Planted]:
    """Return `count` requests, each with a secret of its own; places and kinds take turns."""
    dice = Random(seed)
    names = [place for place, _, _ in places("4111111111111111")]
    found: list[Planted] = []
    for number in range(count):
        kind = KINDS[(number // len(names) + number % len(names)) % len(KINDS)]
        hidden = secret(dice, kind)
        ways = {place: (raw, answer) for place, raw, answer in places(hidden.text)}
        wanted = names[number % len(names)]
        place = wanted if wanted in ways else "input BYTES"  # only cards can be numbers
        found.append(Planted(hidden, *ways[place], place))
    return found
