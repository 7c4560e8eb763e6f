"""Canaille as a process on loopback, and a browser without scripts that logs in there."""

from __future__ import annotations

import html
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.control.access.canaille_provider import PASSWORD
from tests.missing import missing

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-oidc" / "bin" / "python"
MOST_HOPS = 12
_INPUT = re.compile(r"<input[^>]*>")


@contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """Run it, and return its issuer; without its environment the test is skipped, and fails in CI."""
    if not PYTHON.exists():
        missing(f"there is no {PYTHON.relative_to(ROOT)}; to make it: make oidc-provider")
    script = Path(__file__).with_name("canaille_provider.py")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, fd = listener.getsockname()[1], listener.fileno()
        command = [str(PYTHON), str(script), str(port), redirect_uri, str(fd)]
        started = subprocess.Popen(command, pass_fds=(fd,), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with started as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def logged_in(browser: httpx.AsyncClient, address: str, name: str, back_to: str) -> str:
    """Log in at the provider from its authorization address; return where it sends the browser back to."""
    answer = await browser.get(address)
    for _ in range(MOST_HOPS):
        if answer.is_redirect:
            target = str(answer.url.join(answer.headers["location"]))
            if target.startswith(back_to):
                return target
            answer = await browser.get(target)
        else:
            answer = await browser.post(answer.url, data=_filled(answer.text, name))
    raise AssertionError(
        f"{urlsplit(address).netloc} never sent {name} back: {answer.url} {answer.status_code}"
    )


def _filled(page: str, name: str) -> dict[str, str]:
    """Return what a person sends with the form of a page."""
    wanted = {"login": name, "password": PASSWORD}
    found = {}
    for field in _INPUT.findall(page):
        if key := _attribute(field, "name"):
            found[key] = wanted.get(key, _attribute(field, "value"))
    return {**found, "answer": "accept"} if 'value="accept"' in page else found


def _attribute(field: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', field)
    return html.unescape(found[1]) if found else ""
