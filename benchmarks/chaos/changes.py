"""Rows in which the gateway's settings change under load: weights with tunnels open, certificates."""

from __future__ import annotations

import asyncio
import ssl
from itertools import count
from string import Template
from time import monotonic

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.admin import save
from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask
from benchmarks.chaos.load import Kind, Load, failed, failures, last_ms
from benchmarks.chaos.scale import Scale
from benchmarks.chaos.site import Site, site
from benchmarks.chaos.tls import ROUTING, lay, secured
from benchmarks.measured.row import Figure, Reached, Row
from tests.tls_files import Pair

GROUP = "Changes under load"
GET, POST = Ask(), Ask(b"POST")
_BOTH = """
services: {blue: {urls: [$blue]}, canary: {urls: [$canary]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 50, canary: 50}}]
"""
_REMOVED = """
services: {blue: {urls: [$blue]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_SURE = 8
"""Handshakes in a row with the new certificate that show that both workers have it."""
_LONGEST = 5.0


class Tunnels:
    """WebSockets that send a number, wait for it to come back from the same service, and send the next."""

    def __init__(self, port: int, number: int) -> None:
        self._uri = f"ws://127.0.0.1:{port}/"
        self._number = number
        self.all_open = asyncio.Event()
        self.sent = self.received = self.cut = 0
        self.names: list[str] = []
        self.over = False

    async def talk(self) -> None:
        """One WebSocket from its opening to the end."""
        async with connect(self._uri, compression=None, ping_interval=None, open_timeout=10) as socket:
            name = (socket.response.headers if socket.response else {})["x-model-version"]
            self.names.append(name)
            if len(self.names) == self._number:
                self.all_open.set()
            try:
                for number in count():
                    if self.over:
                        break
                    self.sent += 1
                    await socket.send(str(number))
                    if await asyncio.wait_for(socket.recv(), 10) == f"{name}|{number}":
                        self.received += 1
                    await asyncio.sleep(0.1)
            except (ConnectionClosed, TimeoutError):
                self.cut += 1


async def weights(scale: Scale) -> Reached:
    """Change the weights again and again with WebSockets open to both versions."""
    with site(_BOTH, {name: [Behaviour(name, echo=True)] for name in ("blue", "canary")}) as found:
        tunnels = Tunnels(found.port(), scale.tunnels)
        talks = [asyncio.ensure_future(tunnels.talk()) for _ in range(scale.tunnels)]
        await asyncio.wait_for(tunnels.all_open.wait(), _LONGEST)
        began = monotonic()
        await asyncio.to_thread(_change, found, scale.weight_changes)
        each = (monotonic() - began) / scale.weight_changes * 1e3
        await asyncio.sleep(0.3)
        tunnels.over = True
        ended = await asyncio.gather(*talks, return_exceptions=True)
    cut = tunnels.cut + sum(isinstance(one, BaseException) for one in ended)
    lost = tunnels.sent - tunnels.received
    figures = (
        Figure("WebSockets cut", cut, f" of {scale.tunnels}", most=0),
        Figure("messages lost", lost, most=0),
        Figure("changes", scale.weight_changes),
        Figure("each", each, " ms"),
        Figure("open to the canary", tunnels.names.count("canary"), least=1),
    )
    return Reached(tunnels.sent, lost, figures)


def _change(found: Site, times: int) -> None:
    admin = found.admin()
    for turn in range(times):
        share = (0, 100, 30, 70)[turn % 4]
        admin.set_weights({"blue": 100 - share, "canary": share})
    admin.close()


async def removed(scale: Scale) -> Reached:
    """Take a service out of routing.yaml, and put it back, while it has requests in flight."""
    with site(_BOTH, {"blue": [Behaviour("blue")], "canary": [Behaviour("canary", delay=0.5)]}) as found:
        file = found.folder / "routing.yaml"
        whole = file.read_text()
        without = Template(_REMOVED).substitute(blue=f'"{found.services["blue"][0].url}"')
        late = 0.0
        async with Load(found.port(), ("blue", "canary")) as load:
            load.closed(Kind(32, 400, (GET, POST)))
            for _ in range(2):
                await asyncio.sleep(scale.seconds / 2)
                save(file, without)
                at = monotonic()
                await asyncio.sleep(1)
                late = max(late, last_ms([one for one in load.seen if one.version == "canary"], at))
                save(file, whole)
    lost = failed(load.seen)
    figures = (
        Figure("failed", len(lost), most=0),
        Figure("its last request began after the save by", late, " ms", most=300),
        Figure("its answers", sum(one.version == "canary" for one in load.seen), least=10),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def certificate(scale: Scale) -> Reached:
    """Replace the certificate's files while clients shake hands and ask."""
    with secured(scale.swaps + 1) as made, site(ROUTING, {"blue": [Behaviour("blue")]}, made.folder) as found:
        async with Load(found.port("tls"), ("blue",), made.trusting) as load:
            load.closed(Kind(8, 200))
            load.closed(Kind(4, 40, fresh=True))
            await asyncio.sleep(scale.seconds / 3)
            turns = range(1, scale.swaps + 1)
            times = [await _swap(found, made.pairs[turn], f"site{turn}", made.trusting) for turn in turns]
    lost = failed(load.seen)
    figures = (
        Figure("failed", len(lost), most=0),
        Figure("swaps", scale.swaps),
        Figure("new certificate everywhere after at most", max(times), " s", most=_LONGEST),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def _swap(found: Site, pair: Pair, subject: str, trusting: ssl.SSLContext) -> float:
    """Return the seconds from the new files to the first of many handshakes in a row with them."""
    lay(pair, found.folder)
    at = monotonic()
    first, alike = at, 0
    while alike < _SURE and monotonic() - at < _LONGEST:
        now = monotonic()
        if await _served(found.port("tls"), trusting) == subject:
            first = first if alike else now
            alike += 1
        else:
            alike = 0
        await asyncio.sleep(0.01)
    return first - at if alike else _LONGEST * 2


async def _served(port: int, trusting: ssl.SSLContext) -> str:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
    certificate_ = writer.get_extra_info("ssl_object").getpeercert()
    writer.transport.abort()
    return str(certificate_["subject"][0][0][1])


ROWS = (
    Row("weights", GROUP, "weight changes with WebSockets open", "0 cut, 0 messages lost", weights),
    Row("removed", GROUP, "a service taken out of routing.yaml with requests in flight", "0 failed", removed),
    Row(
        "certificate",
        GROUP,
        "certificate files replaced under TLS load",
        "0 failed; served within 5 s",
        certificate,
    ),
)
