"""One person with a browser window of their own, who notices everything that is wrong with a page."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

TIMEOUT_MS = 60_000.0
"""Milliseconds after which something that was waited for counts as not happening."""


@dataclass  # without slots: Playwright keeps its handlers on it
class Visitor:
    """A page, and what went wrong on it: console errors (a violated policy is one), errors of scripts,
    requests to anybody but the dashboard. `excused` are pieces of errors that a test expects."""

    page: Page
    home: str
    excused: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(f"console: {message.text} {message.location.get('url', '')}")

    def _request(self, request: Request) -> None:
        own = (f"{self.home}/", "data:", f"blob:{self.home}/", "about:")
        if not request.url.startswith(own):
            self.wrong.append(f"asked another site: {request.url}")

    def watch(self) -> None:
        """Notice from now on."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._request)

    def check(self) -> None:
        """Fail where something went wrong that nobody expected."""
        left = [one for one in self.wrong if not any(piece in one for piece in self.excused)]
        assert not left, "\n".join(left)


def enter(context: BrowserContext, home: str) -> Visitor:
    """Open an empty page."""
    context.set_default_timeout(TIMEOUT_MS)
    visitor = Visitor(context.new_page(), home)
    visitor.watch()
    return visitor
