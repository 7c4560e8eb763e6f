"""Processes killed -9 at random moments while requests are logged: is every answer in the log, once?"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from benchmarks.measured.row import Figure, Reached, Row, Table
from benchmarks.process import wait_until
from benchmarks.requestlog.asking import INFER, pool
from benchmarks.requestlog.load import Answered, Clients
from benchmarks.requestlog.scale import Scale
from benchmarks.requestlog.site import ROUTE, SERVICE, Site, canned, gateway
from gateway.requestlog.lake import connect

SEED = 20_131_231
RATE = 400.0
BETWEEN = (0.2, 1.5)
"""Seconds from one kill to the next."""
FLUSH = 0.25
"""Seconds after which an answer must survive anything."""
SUPERVISOR, ALL = "the supervisor", "all processes at once"
VICTIMS = {
    "a worker": 25,
    "the recorder": 35,
    "the keeper": 15,
    "the control process": 10,
    SUPERVISOR: 5,
    ALL: 10,
}
"""What is killed how often in a hundred."""
_ROLES = {
    "a worker": "worker",
    "the recorder": "recorder",
    "the keeper": "keeper",
    "the control process": "control",
}
_COME_BACK = 20.0


def measure(scale: Scale) -> Reached:
    """Kill so often, then look for every answer."""
    with tempfile.TemporaryDirectory(prefix="gateway-log-") as name, ExitStack() as stack:
        port = stack.enter_context(canned(Path(name) / "nginx"))
        site = stack.enter_context(gateway(SERVICE % port + ROUTE))
        return asyncio.run(_killing(site, scale.kills))


async def _killing(site: Site, times: int) -> Reached:
    dice = random.Random(SEED)
    victims = [who for who, share in VICTIMS.items() for _ in range(share)]
    kills: list[tuple[float, str]] = []
    async with Clients(site.port(), pool(INFER, 3, 5_000)) as load:
        load.flow(RATE)
        for turn in range(times):
            await asyncio.sleep(dice.uniform(*BETWEEN))
            # each has its turn even where there are few
            who = list(VICTIMS)[turn] if turn < len(VICTIMS) else dice.choice(victims)
            kills.append((monotonic(), who))
            await _kill(site, who, dice, load)
        await asyncio.sleep(1.0)
    await asyncio.to_thread(site.told)
    return _reached(site, kills, load.answers)


async def _kill(site: Site, who: str, dice: random.Random, load: Clients) -> None:
    if role := _ROLES.get(who):
        number = dice.randrange(2) if role == "worker" else 0
        back = f"{role} {number} is back from an earlier kill"
        await asyncio.to_thread(wait_until, lambda: bool(site.pid(role, number)), _COME_BACK, back)
        site.kill_process(role, number)
        return
    await asyncio.to_thread(site.kill_all if who == ALL else site.kill_supervisor)
    await asyncio.to_thread(site.start)
    load.move_to(site.port())


def _reached(site: Site, kills: Sequence[tuple[float, str]], answers: Sequence[Answered]) -> Reached:
    with connect(site.places.log) as connection:
        found = Counter(dict(connection.execute("SELECT id, count(*) FROM requests GROUP BY 1").fetchall()))
        gaps = connection.execute("SELECT reason, sum(records)::BIGINT FROM gaps GROUP BY 1").fetchall()
    had = [one for one in answers if one.id]
    missing = [one for one in had if one.id not in found]
    late = [one for one in missing if not _is_near(one, kills)]
    check = json.loads(site.verb("log", "check", "--json"))
    figures = (
        Figure("killed", len(kills)),
        Figure("answers lost that were there 250 ms before a kill", len(late), most=0),
        Figure("answers lost in the last 250 ms", len(missing) - len(late)),
        Figure("answers more than once", sum(found[one.id] > 1 for one in had), most=0),
        Figure("files that cannot be read", len(check["broken"]), most=0),
        Figure("lines that cannot be read", int(check["unreadable"]), most=0),
        Figure("records", found.total()),
    )
    notes = (f"gaps reported: {', '.join(f'{count} {why}' for why, count in gaps) or 'none'}",)
    failed = sum(bool(one.failure) for one in answers)
    return Reached(len(answers), failed, figures, notes=notes, tables=(_killed(kills),))


def _is_near(one: Answered, kills: Sequence[tuple[float, str]]) -> bool:
    """Tell whether an answer came within the time before a kill in which it need not survive."""
    return any(at - FLUSH <= one.ended <= at + FLUSH for at, _ in kills)


def _killed(kills: Sequence[tuple[float, str]]) -> Table:
    counted = Counter(who for _, who in kills)
    return ("killed with -9", "times"), [(who, str(counted[who])) for who in VICTIMS]


ROWS = (
    Row(
        "kills",
        "What it survives",
        "processes killed with -9 at random moments, 400 requests a second",
        "an answer that came 250 ms before a kill is in the log once; every file can be read",
        measure,
    ),
)
