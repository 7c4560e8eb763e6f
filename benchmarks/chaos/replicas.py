"""Rows in which a replica is killed, hangs, fails half of the time, or hangs up within an answer."""

from __future__ import annotations

import asyncio
from time import monotonic

from benchmarks.chaos.behaviour import Behaviour
from benchmarks.chaos.client import Ask
from benchmarks.chaos.load import Kind, Load, calm, failed, failures, last_ms, share_of
from benchmarks.chaos.scale import Scale
from benchmarks.chaos.site import site
from benchmarks.measured.row import Figure, Reached, Row

GROUP = "Replicas"
GET, POST = Ask(), Ask(b"POST")
_KILLED = """
services: {blue: {urls: [$blue]}, canary: {urls: [$canary]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 90, canary: 10}}]
"""
_HANGING = """
services:
  blue: {urls: [$blue], health: {path: /healthz, interval: 300ms, timeout: 300ms, unhealthy: 2}}
routes:
  - {name: late, path: /, stable: blue, weights: {blue: 100}, timeouts: {per_try: 250ms, header: 5s}}
"""
_PLAIN = """
services: {blue: {urls: [$blue]}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_CUT = """
services: {blue: {urls: [$blue], outliers: off}}
routes: [{name: late, path: /, stable: blue, weights: {blue: 100}}]
"""
_LATE = 0.2
"""Seconds after which an answer that usually takes a few milliseconds is late."""


async def killed(scale: Scale) -> Reached:
    """Kill the canary's only replica: only what it was answering may fail, stable has the rest."""
    services = {"blue": [Behaviour("blue", delay=0.002)], "canary": [Behaviour("canary", delay=0.05)]}
    with site(_KILLED, services) as found:
        async with Load(found.port(), tuple(services)) as load:
            load.closed(Kind(32, 1500, (GET, POST)))
            await asyncio.sleep(scale.seconds / 2)
            out, at = load.out, monotonic()
            found.services["canary"][0].kill()
            await asyncio.sleep(scale.seconds)
    lost = failed(load.seen)
    figures = (
        Figure("failed", len(lost), f" of {out} in flight", most=out),
        Figure("the last of them began after", last_ms(lost, at), " ms", most=100),
        Figure("by the canary before", share_of(load.seen, "canary", until=at), " %", least=5),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def hanging(scale: Scale) -> Reached:
    """Stop one of two replicas: tries are given up, and the check takes it out."""
    with site(_HANGING, {"blue": [Behaviour("blue", delay=0.002)] * 2}) as found:
        async with Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 800))
            await asyncio.sleep(scale.seconds / 2)
            at = monotonic()
            found.services["blue"][0].hang()
            await asyncio.sleep(max(scale.seconds, 2.0))
    lost = failed(load.seen)
    late = [one for one in load.seen if one.took > _LATE]
    figures = (
        Figure("failed", len(lost), most=0),
        Figure("out after", last_ms(late, at), " ms", most=1500),
        Figure("late", len(late), most=64),
        Figure("the latest took", max((one.took for one in load.seen), default=0) * 1e3, " ms", most=1500),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def half_failing(scale: Scale) -> Reached:
    """One of three replicas answers 500 to half of its requests, from some moment on."""
    with site(_PLAIN, {"blue": [Behaviour("blue", delay=0.002)] * 3}) as found:
        async with Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 1500))
            await asyncio.sleep(0.3)
            at = monotonic()
            await asyncio.to_thread(found.services["blue"][0].behave, errors=50.0)
            await asyncio.sleep(2 * scale.seconds)
    lost = failed(load.seen)
    ejected = at + last_ms(lost, at) / 1e3
    during = [one for one in load.seen if at <= one.began <= ejected]
    after = [one for one in load.seen if one.began > ejected]
    figures = (
        Figure("ejected after", (ejected - at) * 1e3, " ms", most=scale.seconds * 1e3),
        Figure("5xx until then", 100 * len(lost) / max(len(during), 1), " %"),
        Figure("5xx afterwards", len(failed(after)), f" of {len(after):,}", most=0),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


async def cut(scale: Scale) -> Reached:
    """RST in the head, or in the body however it is framed; the head's is always the same replica."""
    kinds = [Behaviour("blue", framing=how) for how in ("length", "chunked", "close")]
    with site(_CUT, {"blue": [*kinds, Behaviour("blue")]}) as found:
        # Of its first requests a service may repeat three: whether dice stay below that is not what is asked.
        await calm(found.port(), ("blue",), scale.seconds)
        *others, last = found.services["blue"]
        for replica in others:
            replica.behave(cut_body=10.0)
        last.behave(cut_head=30.0)
        async with Load(found.port(), ("blue",)) as load:
            load.closed(Kind(16, 800))
            await asyncio.sleep(scale.seconds)
        counts = [one.counts()["cuts"] for one in found.services["blue"]]
    heads, bodies = (sum(one.get(where, 0) for one in counts) for where in ("head", "body"))
    lost = failed(load.seen)
    posing = [one for one in lost if "looks whole" in one.failure]
    figures = (
        Figure("cut answers taken for whole", len(posing), most=0),
        Figure("failed", len(lost), f" of {bodies} cut in the body", most=bodies),
        Figure("cut in the head and whole from another replica", heads, least=1),
    )
    return Reached(len(load.seen), len(lost), figures, notes=failures(load.seen))


ROWS = (
    Row(
        "killed",
        GROUP,
        "the only replica of a canary at 10 % killed (-9)",
        "failed ≤ in flight, none that began 100 ms later",
        killed,
    ),
    Row(
        "hanging",
        GROUP,
        "one of two replicas hangs (SIGSTOP), active check every 300 ms",
        "0 failed, out within 1.5 s",
        hanging,
    ),
    Row(
        "half-failing",
        GROUP,
        "one of three replicas answers 500 to every other request",
        "ejected, no 5xx afterwards",
        half_failing,
    ),
    Row(
        "cut",
        GROUP,
        "RST within the head (7 %) or the body (7 %) of answers",
        "no cut answer taken for whole; cut heads are asked for again",
        cut,
    ),
)
