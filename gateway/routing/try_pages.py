"""Where the public forms of routes are: their paths on the data plane, and their files in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from gateway.routing.places import Places

SCRIPT, STYLE = "page.js", "page.css"


def try_folder(places: Places) -> Path:
    """Return the folder of the files."""
    return places.run / "try"


def page_file(route: str) -> str:
    """Return the file of a route's page; names of routes have no slash, and none begins with `~`."""
    return f"~{route}.html"


def try_paths(routes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[bytes, str]]:
    """Yield each path that is answered from a file, and its name, of routes as in a plan's document."""
    for route in routes:
        if route.get("try_page"):
            base = b"/try/" + route["name"].encode()
            yield base, page_file(route["name"])
            for file in (SCRIPT, STYLE):
                yield b"%b/%b" % (base, file.encode()), file
