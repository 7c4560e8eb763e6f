"""From frames to lines, by the rules of the live plan.

Where a filter cannot be made, because its key cannot be read, the route's records are written without any
content: it fails closed, and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from gateway.errors import GatewayError
from gateway.requestlog.access import AccessLog, access_line
from gateway.requestlog.content import Screening
from gateway.requestlog.exemplars import Exemplars
from gateway.requestlog.frame import Frame, read_frame, read_shared
from gateway.requestlog.looks import Looks
from gateway.requestlog.policy import Filter, LogSettings
from gateway.requestlog.record import Common, Rule, common_of, line_of
from gateway.requestlog.rules import STRICT, Rules

NewScreen = Callable[[Filter, LogSettings], Screening]
"""Makes a route's filter; raises GatewayError where its secrets cannot be had."""
BY_DEFAULT: Final = Rules()
MOST: Final = 4096
LONGEST: Final = 512
"""Of what records have in common so much is remembered, and no longer ones: clients choose paths."""


class Closed:
    """The filter of a route whose own cannot be made: nothing passes."""

    def __init__(self, why: str) -> None:
        self._why = why

    @property
    def trouble(self) -> str:
        """Why nothing passes."""
        return self._why

    def fields(self, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Raise GatewayError."""
        raise GatewayError(self._why)

    def parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Raise GatewayError."""
        raise GatewayError(self._why)

    def path(self, path: str, route_path: str) -> str:
        """Raise GatewayError."""
        raise GatewayError(self._why)

    def key(self, raw: bytes) -> str:
        """Raise GatewayError."""
        raise GatewayError(self._why)

    def body(self, raw: bytes, content_type: bytes) -> str | None:
        """Raise GatewayError."""
        raise GatewayError(self._why)


class Scribe:
    """Makes lines of frames. `problem` says why content is missing, empty: all filters could be made;
    `unencrypted` why fields to encrypt are left out, though their filter could be made.

    `new_rules` returns those of a new plan, else None. It is asked once frames are taken, so none is written
    by an older plan than the one that its request was answered under.
    """

    def __init__(
        self,
        new_screen: NewScreen,
        exemplars: Exemplars,
        access: AccessLog,
        new_rules: Callable[[], Rules | None] = lambda: None,
    ) -> None:
        self.problem = ""
        self.unencrypted = ""
        self._new_rules = new_rules
        self._new_screen = new_screen
        self._exemplars = exemplars
        self._access = access
        self._rules = BY_DEFAULT
        self._routes: dict[bytes, Rule] = {}
        self._models: dict[bytes, str] = {}
        self._common: dict[bytes, Common] = {}
        self._told: list[bytes] = []
        self._other = Rule("", Closed("there is no plan yet"))
        self.follow(BY_DEFAULT)

    def look(self) -> None:
        """Write by the rules of the live plan, if that is a new one."""
        rules = self._new_rules()
        if rules is not None:
            self.follow(rules)

    def follow(self, rules: Rules) -> None:
        """Write by these rules from now on; again where a filter could not be made before."""
        self.problem = self.unencrypted = ""
        self._rules = rules
        settings = rules.settings
        self._routes = {
            name.encode(): Rule(
                route.path, self._screen(route.filter, settings), Looks(route.filter), Looks(route.filter)
            )
            for name, route in rules.routes.items()
        }
        self._other = Rule("", self._screen(STRICT, settings))
        self._models = {name.encode(): model for name, model in rules.models.items()}
        self._common = {}
        self._exemplars.forget(set(self._routes))

    def try_again(self) -> None:
        """Make the filters anew where one could not be made, or has no key."""
        if self.problem or self.unencrypted:
            self.follow(self._rules)

    def _screen(self, filter: Filter, settings: LogSettings) -> Screening:
        try:
            screen = self._new_screen(filter, settings)
        except (GatewayError, OSError) as error:
            self.problem = str(error)
            return Closed(self.problem)
        self.unencrypted = self.unencrypted or screen.trouble
        return screen

    def lines(self, worker: int, frames: list[bytes]) -> list[bytes]:
        """Return a line for each frame of a worker; none for what is no frame."""
        self.look()
        known, see = self._common, self._exemplars.see
        found = []
        told = self._rules.logging.access
        for data in frames:
            try:
                frame = read_frame(data)
                common = known.get(frame.shared) or self._learnt(frame)
            except ValueError:
                continue
            see(frame, common.route, common.version)
            line = line_of(frame, common, worker)
            found.append(line)
            if told:
                self._told.append(access_line(orjson.loads(line), self._rules.logging.format))
        return found

    def _learnt(self, frame: Frame) -> Common:
        shared = read_shared(frame.shared)
        rule = self._routes.get(shared.route, self._other)
        found = common_of(shared, rule, self._models.get(shared.version, ""))
        if len(frame.shared) <= LONGEST:
            if len(self._common) >= MOST:
                self._common.clear()
            self._common[frame.shared] = found
        return found

    def said(self, *, written: bool) -> None:
        """Say the access lines of the lines made since the last call, if those were written."""
        told, self._told = self._told, []
        if told and written:
            self._access.write(told)
