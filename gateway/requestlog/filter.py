"""What of end users' data reaches the log: one route's rules, applied to each record before it is written.

It fails closed. A value that its rule is not for, a body that cannot be looked into although a rule protects
a field, a field to encrypt without a key: all of that is left out rather than written as it came. Names of
fields are chosen by clients as well, so they are looked at like values. The screen is called for each record:
what can be known of a name is worked out once.
"""

from __future__ import annotations

from typing import Any, Final

import orjson

from gateway.requestlog.bodies import Bodies
from gateway.requestlog.cards import is_card
from gateway.requestlog.coarsen import coarsened
from gateway.requestlog.policy import Coarsen, Filter
from gateway.requestlog.redact import Redactor
from gateway.requestlog.secrets import Secrets

NAME_LIMIT: Final = 100
FIELD_LIMIT: Final = 1000
DEPTH_LIMIT: Final = 32
_KNOWN_LIMIT: Final = 2000  # names remembered; clients choose them, so there is no end of them

KEEP: Final = 1
LEAVE_OUT: Final = 2
PSEUDONYMISE: Final = 3
ENCRYPT: Final = 4
Rule = int | Coarsen


class Screen:
    """One route's filter, ready for use; not to be shared between threads."""

    __slots__ = ("_bodies", "_known", "_letters", "_redactor", "_rules", "_secrets", "_strict", "_unruled")

    def __init__(self, filter: Filter, secrets: Secrets) -> None:
        self._secrets = secrets
        self._strict = filter.mode == "strict"
        self._redactor = Redactor(filter.redact)
        self._letters = self._redactor.letters_pass
        self._rules = _rules(filter, encrypted=bool(filter.encrypt) and secrets.can_encrypt())
        self._known: dict[str, tuple[str, Rule]] = {}
        self._unruled: set[str] = set()  # of the known names those that are kept, under that name
        protected = [name for name, rule in self._rules.items() if rule != KEEP]
        self._bodies = Bodies(self._redactor, self._document, protected)

    @property
    def trouble(self) -> str:
        """Why fields to encrypt are left out instead; empty: they are encrypted, or there are none."""
        return self._secrets.trouble

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Return the columns of inputs or outputs that may be logged, each value as its rule says."""
        kept: dict[str, list[Any]] = {}
        plain = self._unruled
        letters = self._letters
        for name, column in values.items():
            if name in plain and len(column) == 1:  # nearly always; the rest says the same, at length
                value = column[0]
                kind = type(value)
                if kind is float or kind is int:
                    if -1e12 < value < 1e12:  # no card's number
                        kept[name] = column
                        continue
                elif kind is str and letters and (value.isalpha() or len(value) < 3):
                    kept[name] = column
                    continue
            shown, rule = self._known.get(name) or self._look_at(name)
            if rule == KEEP:
                kept[shown] = [
                    value if type(value) is float and -1e12 < value < 1e12 else self._kept(value, 0)
                    for value in column
                ]
            elif rule != LEAVE_OUT:
                kept[shown] = [self._ruled(rule, name, value, 0) for value in column]
        return kept if len(kept) <= FIELD_LIMIT else dict(list(kept.items())[:FIELD_LIMIT])

    def parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters of a request that may be logged, by the same rules as fields."""
        return self._object(parameters, 0)

    def text(self, text: str) -> str:
        """Return a free text without what `redact` names; strict: nothing of it."""
        return "" if self._strict else self._redactor.encoded(text)

    def path(self, path: str, route_path: str) -> str:
        """Return a request's path without what `redact` names; strict: its route's path instead."""
        return route_path if self._strict else self._redactor.encoded(path)

    def key(self, raw: bytes) -> str:
        """Return the pseudonym of a sticky key; empty where there is none."""
        return self._secrets.pseudonym(raw) if raw else ""

    def body(self, raw: bytes, content_type: bytes) -> str | None:
        """Return a body that is no Open Inference JSON, binary as base64; None where it is left out."""
        return None if self._strict or not raw else self._bodies.shown(raw, content_type)

    def _look_at(self, name: str) -> tuple[str, Rule]:
        """What a field is called in the log, and its rule."""
        rule = self._rules.get(name)
        shown = name
        if rule is None:
            rule = LEAVE_OUT if self._strict or not _is_sane(name) else KEEP
            shown = self._redactor.encoded(name)
        if len(name) <= NAME_LIMIT:
            if len(self._known) >= _KNOWN_LIMIT:
                self._known.clear()
                self._unruled.clear()
            self._known[name] = (shown, rule)
            if rule == KEEP and shown == name:
                self._unruled.add(name)
        return shown, rule

    def _kept(self, value: Any, depth: int) -> Any:
        """A value without what `redact` names; members of objects are fields, wherever they stand."""
        kind = type(value)
        if kind is str:
            if self._letters and (len(value) < 3 or value.isalpha()):
                return value
            return self._redactor.encoded(value)
        if kind is float or kind is int:
            if -1e12 < value < 1e12 or not self._redactor.cards:
                return value
            whole = kind is int or value.is_integer()
            return "[card]" if whole and is_card(str(abs(int(value)))) else value
        if depth > DEPTH_LIMIT:
            return None
        if kind is list:
            return [self._kept(part, depth + 1) for part in value]
        return self._object(value, depth + 1) if kind is dict else value

    def _ruled(self, rule: Rule, name: str, value: Any, depth: int) -> Any:
        """A value under a rule other than KEEP and LEAVE_OUT."""
        if value is None or depth > DEPTH_LIMIT:
            return None  # that it is missing may be seen
        if type(value) is list:
            return [self._ruled(rule, name, part, depth + 1) for part in value]
        if rule == PSEUDONYMISE:
            return None if type(value) is dict else self._secrets.pseudonym_of(value)
        if rule == ENCRYPT:
            return self._secrets.encrypt(orjson.dumps(value).decode(), name)
        assert isinstance(rule, Coarsen)
        return coarsened(rule, self._redactor.encoded(value) if type(value) is str else value)

    def _document(self, document: Any) -> Any:
        return self._kept(document, 0)

    def _object(self, members: dict[str, Any], depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in members.items():
            shown, rule = self._known.get(name) or self._look_at(name)
            if rule == KEEP:
                kept[shown] = self._kept(value, depth)
            elif rule != LEAVE_OUT:
                kept[shown] = self._ruled(rule, name, value, depth)
            if len(kept) >= FIELD_LIMIT:
                break
        return kept


def _rules(filter: Filter, *, encrypted: bool) -> dict[str, Rule]:
    """The rule of each name; the strictest wins because it comes last."""
    rules: dict[str, Rule] = dict.fromkeys(filter.keep, KEEP)
    rules.update((rule.name, rule) for rule in filter.coarsen)
    rules.update(dict.fromkeys(filter.pseudonymise, PSEUDONYMISE))
    rules.update(dict.fromkeys(filter.encrypt, ENCRYPT if encrypted else LEAVE_OUT))
    return rules


def _is_sane(name: str) -> bool:
    return 0 < len(name) <= NAME_LIMIT and name.isprintable()
