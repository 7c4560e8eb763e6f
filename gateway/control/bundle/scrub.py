"""Texts without what must not leave the machine: credentials, tokens, what users sent.

Whatever looks like a secret is taken for one, since a bundle is sent to people who were never meant to have
it. Of an address only who is called stays; `${NAME}` is a name, no secret, and stays too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.requestlog.redact import Redactor

REMOVED = "[removed]"
SHORTEST = 4
"""Letters of a secret that is looked for everywhere; a shorter one would be found in innocent words."""
VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]{0,99}\}")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30})://([^\s\"'<>`|\\]+)")
_WHO = re.compile(r"(?:[^/?#@]*@)?([^/?#@]+)([/?#][^@]*)?")
_TOKEN = re.compile(r"(?<![A-Za-z0-9_+=-])(?=[A-Za-z_+=-]*[0-9])(?=[0-9_+=-]*[A-Za-z])[A-Za-z0-9_+=-]{32,}")
_WORD = r"(?:token|secret|passw(?:or)?d|pwd|api[_-]?key|access[_-]?key|credential|authorization)"
_NAMED = re.compile(
    rf"((?:{_WORD}[\w-]{{0,20}}[\"']?\s{{0,3}}[:=]\s{{0,3}}|--?[\w-]{{0,20}}{_WORD}[\w-]{{0,20}}\s{{1,3}}|bearer\s{{1,3}})"
    r"(?:(?:bearer|basic)\s{1,3})?[\"']?)(\$\{\w+\}|[^\s\"',;}]+)",
    re.IGNORECASE,
)
_KEY = re.compile(rf"{_WORD}|encryption_key|signature", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_PUNCTUATION = ".,;:)]!"
_TICKED = re.compile(r"`([^`]*)`")
_FOREIGN = re.compile(r"\bError: ")
"""How errors of databases begin; what stands in quotes behind it may be a user's."""


class Scrubber:
    """Takes known secrets and what looks like others out of texts.

    `closed`: nothing is known of the file that holds the secrets, so nothing quoted from it stays.
    """

    def __init__(self, secrets: Iterable[str] = (), *, closed: bool = False) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST}
        self._secrets = sorted(known, key=len, reverse=True)
        self._closed = closed
        self._personal = Redactor(("email", "phone", "card"))

    def known(self, text: str) -> str:
        """Return a text without the known secrets, for texts that are our own but for names."""
        for secret in self._secrets:
            text = text.replace(secret, REMOVED)
        return text

    def text(self, text: str) -> str:
        """Return a text, or some lines, without secrets and without personal data."""
        return "\n".join(self._line(line) for line in text.split("\n"))

    def document(self, value: Any) -> Any:
        """Return plain JSON values, each text in them without secrets; names of members as well."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._member(str(name), member) for name, member in value.items()}
        if isinstance(value, Sequence):
            return [self.document(member) for member in value]
        return value

    def _member(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and is_secret_key(name):
            return shown_secret(value)
        return self.document(value)

    def _line(self, line: str) -> str:
        line = _TICKED.sub(self._ticked, self.known(line))
        line = without_urls(line)
        found = _FOREIGN.search(line)
        if found:
            line = line[: found.end()] + _QUOTED.sub(REMOVED, line[found.end() :])
        line = _NAMED.sub(_unless_variable, _TOKEN.sub(REMOVED, line))
        return self._personal.text(line)

    def _ticked(self, found: re.Match[str]) -> str:
        """Take out what is quoted from routing.yaml if it is, or may be, a part of a secret."""
        inside = found[1].strip(" …")
        is_part = len(inside) >= SHORTEST and any(inside in secret for secret in self._secrets)
        return f"`{REMOVED}`" if self._closed or is_part else found[0]


def is_secret_key(name: str) -> bool:
    """Tell whether what is written under a name is a secret."""
    return _KEY.search(name) is not None


def shown_secret(value: str) -> str:
    """Return a secret as it may be shown: where it is only named, its name."""
    return value if VARIABLE.fullmatch(value) or not value else REMOVED


def without_urls(text: str) -> str:
    """Return a text in which addresses say only who is called, and which variables stand in them."""
    return _URL.sub(_reduced, text)


def _reduced(found: re.Match[str]) -> str:
    address = found[2].rstrip(_PUNCTUATION)
    after = found[2][len(address) :]
    who = _WHO.fullmatch(address)
    if who is None:
        return f"{found[1]}://{REMOVED}{after}"
    variables = "".join(VARIABLE.findall(address.replace(who[1], "", 1)))
    rest = "/…" if (who[2] or "").strip("/?#") else who[2] or ""
    return f"{found[1]}://{who[1]}{rest}{variables}{after}"


def _unless_variable(found: re.Match[str]) -> str:
    return found[0] if VARIABLE.fullmatch(found[2]) or found[2] == REMOVED else f"{found[1]}{REMOVED}"
