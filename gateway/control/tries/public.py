"""The forms that the data plane shows to anybody: made here, left in memory, where workers find them.

A worker renders nothing: it answers with these very bytes. A page whose model cannot describe itself yet is
tried again.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

from gateway.control.pages.desk import FOLDER, Desk
from gateway.control.problems import Refusal
from gateway.control.tries.api import Trial
from gateway.errors import GatewayError
from gateway.files import replace_file
from gateway.routing.places import Places
from gateway.routing.plan import Route, RoutingPlan
from gateway.routing.slot import published, published_revision
from gateway.routing.try_pages import SCRIPT, STYLE, page_file, try_folder

EVERY: Final = 1.0
STYLES: Final = ("app.css", "try.css")
SCRIPTS: Final = ("try_form.js", "try_public.js")

log = logging.getLogger("gateway.control")


class PublicPages:
    """Follows the plan; `run` until `stop`."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._templates = Desk(places, lambda: None).templates
        self._told = threading.Event()
        self._revision = 0
        self._problem = ""

    def run(self) -> None:
        """Make the pages anew whenever the plan is another."""
        while not self._told.is_set():
            try:
                self.look()
            except Exception:
                log.exception("the public pages could not be made; they are tried again")
            self._told.wait(EVERY)

    def stop(self) -> None:
        """Have `run` return."""
        self._told.set()

    def look(self) -> None:
        """Make what the plan in force wants, unless that was done already. Raises OSError."""
        if published_revision(self._places) == self._revision:  # a plan may be long, and is seldom another
            return
        plan = published(self._places)
        if plan is None:
            return
        routes = [route for route in plan.routes if route.try_page]
        if routes:
            self._write_shared()
        problems = [problem for route in routes if (problem := self._write(plan, route))]
        if not problems:
            self._revision, self._problem = plan.revision, ""
        elif problems[0] != self._problem:
            self._problem = problems[0]
            log.warning("%s; this is tried again each second", problems[0])

    def _write_shared(self) -> None:
        folder, static = try_folder(self._places), FOLDER / "static"
        folder.mkdir(mode=0o700, exist_ok=True)
        for file, parts in ((SCRIPT, SCRIPTS), (STYLE, STYLES)):
            replace_file(folder / file, b"".join((static / part).read_bytes() for part in parts))

    def _write(self, plan: RoutingPlan, route: Route) -> str:
        """Make the page of one route; return why that cannot be done yet, or nothing."""
        try:
            form = Trial(self._places, plan, route).form
        except (GatewayError, Refusal) as error:
            return f"the public page of route {route.name} cannot be made: {error}"
        header = route.auth.header if route.auth is not None else ""
        values = {"route": route.name, "form": form, "header": header}
        text = self._templates.get_template("try_public.html").render(values).lstrip()
        replace_file(try_folder(self._places) / page_file(route.name), text.encode())
        return ""
