"""What the gateway answers itself: public pages, and nothing else under their paths."""

from __future__ import annotations

import pytest

from gateway.routing.try_pages import SCRIPT, STYLE, page_file, try_folder
from tests.proxy.peer import OK, field
from tests.proxy.stage import Gateway, Service, Stage

PAGE = b"<!doctype html><title>late</title>"


async def shown(stage: Stage, route: str = "weights: {blue: 1}, try_page: true") -> tuple[Gateway, Service]:
    """Return a gateway whose only route, called `all`, has a public page."""
    service = await stage.service(OK)
    gateway = await stage.gateway(route, blue=service)
    folder = try_folder(gateway.places)
    folder.mkdir()
    for name, content in ((page_file("all"), PAGE), (SCRIPT, b"let a;"), (STYLE, b"a {}")):
        (folder / name).write_bytes(content)
    return gateway, service


async def asked(stage: Stage, gateway: Gateway, path: str, method: str = "GET") -> tuple[int, bytes, bytes]:
    """Send one request; return the status, the head and the body."""
    client = await stage.client(gateway.port)
    await client.send(f"{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".encode())
    head, _, body = (await client.end()).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), head + b"\r\n", body


@pytest.mark.parametrize(
    ("path", "kind", "body"),
    [
        ("/try/all", "html", PAGE),
        ("/try/all/page.js", "javascript", b"let a;"),
        ("/try/all/page.css", "css", b"a {}"),
    ],
)
async def test_a_public_page_is_answered_from_its_file_under_a_strict_policy(
    stage: Stage, path: str, kind: str, body: bytes
) -> None:
    """No service hears of it; a query changes nothing."""
    gateway, service = await shown(stage)
    for target in (path, f"{path}?from=mail"):
        status, head, found = await asked(stage, gateway, target)
        assert (status, found) == (200, body)
        assert kind in str(field(head, "content-type"))
        assert "default-src 'none'" in str(field(head, "content-security-policy"))
        assert "unsafe" not in str(field(head, "content-security-policy"))
        assert field(head, "x-content-type-options") == "nosniff"
    status, head, found = await asked(stage, gateway, path, "HEAD")
    assert (status, found, field(head, "content-length")) == (200, b"", str(len(body)))
    assert service.requests == []


@pytest.mark.parametrize(
    "path",
    [
        "/try",
        "/try/",
        "/try/all/",
        "/try/other",
        "/try/all/~all.html",
        "/try/all/page.js/x",
        "/try/~all.html",
    ],
)
async def test_all_other_paths_are_the_services(stage: Stage, path: str) -> None:
    """Files are found by a table of paths, so no path leads to another file."""
    gateway, service = await shown(stage)
    assert (await asked(stage, gateway, path))[2] == b"ok"
    assert len(service.requests) == 1


async def test_a_route_that_does_not_say_so_has_no_page(stage: Stage) -> None:
    """The path is then the service's, even where a file is left from before."""
    gateway, service = await shown(stage, "weights: {blue: 1}")
    assert (await asked(stage, gateway, "/try/all"))[2] == b"ok"
    assert len(service.requests) == 1


async def test_a_page_is_only_read_and_may_not_be_made_yet(stage: Stage) -> None:
    """405 for what would change something, 503 until the page is there; one connection serves on."""
    gateway, _ = await shown(stage)
    status, head, _ = await asked(stage, gateway, "/try/all", "POST")
    assert status == 405
    (try_folder(gateway.places) / page_file("all")).unlink()
    status, head, _ = await asked(stage, gateway, "/try/all")
    assert (status, field(head, "retry-after")) == (503, "1")
    client = await stage.client(gateway.port)
    await client.send(b"GET /try/all/page.css HTTP/1.1\r\nhost: a\r\n\r\nGET /x HTTP/1.1\r\nhost: a\r\n\r\n")
    assert [(await client.answer())[1] for _ in range(2)] == [b"a {}", b"ok"]
