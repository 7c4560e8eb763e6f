"""What all browser tests share: one Chromium, and one gateway with three models and traffic.

Both are started when a test first asks for them and ended once the last browser test is over, rather than
with pytest's session: Playwright's event loop would be in the way of tests that have their own.
"""

from __future__ import annotations

import http.client
import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, expect, sync_playwright

from gateway.routing.places import Places
from tests.browser.traffic import Traffic
from tests.browser.visitor import TIMEOUT_MS
from tests.missing import missing
from tests.system.chromium import CHROMIUM, OPTIONS
from tests.system.gateway_under_test import Gateway
from tests.waiting import BOUND, until

MODELS: Final = Path(__file__).parents[2] / "model_versions"
ROUTING: Final = """\
# Where requests go.
services:
  blue:   {{model: {models}/v1}}   # stable
  green:  {{model: {models}/v2}}
  canary: {{model: {models}/v3}}
routes:
  - name: late
    path: /v2/models/late
    stable: blue
    weights: {{blue: 75, green: 0, canary: 25}}   # keep this remark
    sticky: {{header: x-user-id}}
    rollout:
      steps: [{{setWeight: 25}}, {{setWeight: 50}}, {{setWeight: 100}}]
      judge: {{latency: {{ignore_below: 60s}}}}
  - name: protocol
    path: /v2
    weights: {{blue: 100}}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A gateway with a dashboard; `url` is that of the dashboard, without a slash at its end."""

    gateway: Gateway
    traffic: Traffic

    @property
    def url(self) -> str:
        """Where the dashboard is."""
        return f"http://{self.gateway.admin}"

    @property
    def places(self) -> Places:
        """Where its files are."""
        return Places(self.gateway.folder / ".gateway")

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask the admin API; return the status and the JSON."""
        wire = http.client.HTTPConnection(self.gateway.admin, timeout=BOUND)
        try:
            headers = {} if body is None else {"content-type": "application/json"}
            wire.request(method, path, None if body is None else json.dumps(body), headers)
            answer = wire.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            wire.close()

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the admin API for something that it does; return the JSON."""
        status, found = self.ask(method, path, body)
        assert status < 300, found
        return found

    def weights(self, route: str = "late") -> dict[str, float]:
        """Return the live weights of a route in percent."""
        found: dict[str, float] = self.api("GET", f"/api/v1/routes/{route}/weights")["weights"]
        return found

    def answers(self) -> bool:
        """Tell whether the admin side answers."""
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def restore(self) -> None:
        """Make everything as it was at first, whatever the test before left."""
        until(self.answers)
        found = self.api("GET", "/api/v1/status")["routes"][0]
        is_under_way = (found["rollout"]["progress"] or {}).get("state") in ("progressing", "paused")
        if is_under_way or self.gateway.text() != ROUTING.format(models=MODELS):
            if is_under_way:
                reason = {"reason": "the test is over"}
                status, said = self.ask("POST", "/api/v1/routes/late/rollout/abort", reason)
                assert status in (200, 409), said  # it may have ended by itself since: then this is refused
            self.api("POST", "/api/v1/rollback", {"to": 1, "reason": "the test is over"})


class Stage:
    """Starts what is asked for, once, and ends all of it."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._browser: Browser | None = None
        self._site: Site | None = None

    def browser(self) -> Browser:
        """Return the browser; without one the test is skipped, and fails in CI."""
        if self._browser is None:
            if not Path(CHROMIUM).exists():
                missing(f"there is no {CHROMIUM}; to get it: sudo apt-get install chromium")
            expect.set_options(timeout=TIMEOUT_MS)
            driver = self._closing.enter_context(sync_playwright())
            self._browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            self._closing.callback(self._browser.close)
        return self._browser

    def site(self) -> Site:
        """Return the gateway."""
        if self._site is None:
            folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="dashboard-")))
            (folder / "routing.yaml").write_text(ROUTING.format(models=MODELS))
            self._closing.callback(_forget, folder)
            gateway = self._closing.enter_context(Gateway(folder))
            self._closing.callback(_check_log, gateway)
            self._site = Site(gateway, self._closing.enter_context(Traffic(gateway.listen)))
            self._site.traffic.some(20)
        return self._site

    def close(self) -> None:
        """End everything; nothing happens where nothing runs."""
        self._browser = self._site = None
        self._closing.close()


def _check_log(gateway: Gateway) -> None:
    assert "Traceback" not in gateway.said(), gateway.said()


def _forget(folder: Path) -> None:
    run = folder / ".gateway" / "run"
    if run.exists():  # it is a link into memory
        shutil.rmtree(run.resolve())
