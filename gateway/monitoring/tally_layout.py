"""Where each number stands in a tally file, and the names of what is counted.

A file is a row of 4 KiB blocks of 64-bit words: block 0 describes the process, each later one is the tally of
one route, service and interval of constant weights, or the pace of a route. Words that nobody uses are 0, so
a word may be given a meaning without a new `MAGIC`; one that changes its meaning needs a new one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.statistics.histogram import BUCKETS

BLOCK_WORDS: Final = 512
CAPACITY = 65_536
"""Blocks in a file. The file is sparse: a block costs memory once it is used."""

OUTCOMES = (
    "ok",
    "client_error",
    "server_error",
    "refused",
    "unavailable",
    "bad_gateway",
    "timeout",
    "disconnected",
    "fallback",
)
"""What became of a request. `ok`, `client_error` (4xx) and `server_error` (5xx) are the service's own
answers; `refused` is the gateway's 4xx; the next three are its 503, 502 and 504; `disconnected`: the client
left. `fallback` is no answer of its own: the service was down and the request went to stable, where it is
counted again."""

OK, CLIENT_ERROR, SERVER_ERROR, REFUSED, UNAVAILABLE, BAD_GATEWAY, TIMEOUT, DISCONNECTED, FALLBACK = range(9)

LIMITS = (
    "head",
    "fields",
    "url",
    "body",
    "connections",
    "connections_per_address",
    "requests_per_connection",
    "head_timeout",
    "body_timeout",
    "keep_alive_timeout",
    "tunnel_timeout",
    "drain_timeout",
    "rate",
    "concurrency",
    "queue_timeout",
    "connect_timeout",
    "header_timeout",
    "total_timeout",
    "per_try_timeout",
    "retry_budget",
    "breaker",
    "outliers",
    "evicted",
    "redirect",
    "tls_handshake",
    "http2_flood",
    "log_refused",
)
"""What held somebody back, by the name of its setting where it has one; docs/metrics.md says what each means.
New ones come last: the place is the word in the file."""

HIT_HEAD: Final = 0
HIT_FIELDS: Final = 1
HIT_URL: Final = 2
HIT_BODY: Final = 3
HIT_CONNECTIONS: Final = 4
HIT_CONNECTIONS_PER_ADDRESS: Final = 5
HIT_REQUESTS_PER_CONNECTION: Final = 6
HIT_HEAD_TIMEOUT: Final = 7
HIT_BODY_TIMEOUT: Final = 8
HIT_KEEP_ALIVE_TIMEOUT: Final = 9
HIT_TUNNEL_TIMEOUT: Final = 10
HIT_DRAIN_TIMEOUT: Final = 11
HIT_RATE: Final = 12
HIT_CONCURRENCY: Final = 13
HIT_QUEUE_TIMEOUT: Final = 14
HIT_CONNECT_TIMEOUT: Final = 15
HIT_HEADER_TIMEOUT: Final = 16
HIT_TOTAL_TIMEOUT: Final = 17
HIT_PER_TRY_TIMEOUT: Final = 18
HIT_RETRY_BUDGET: Final = 19
HIT_BREAKER: Final = 20
HIT_OUTLIERS: Final = 21
HIT_EVICTED: Final = 22
HIT_REDIRECT: Final = 23
HIT_TLS_HANDSHAKE: Final = 24
HIT_HTTP2_FLOOD: Final = 25
HIT_LOG_REFUSED: Final = 26

MAGIC: Final = 0x6761_7465_7761_7901
# Words of block 0.
PID, BEAT, REVISION, CONNECTIONS, USED, EPOCH = 1, 2, 3, 4, 5, 6
HITS: Final = 16
MOST_LIMITS = 48
HIT_SNAPSHOTS = (64, 128)
"""Each is the time in milliseconds, then the hits at that time."""
HIT_SNAPSHOT_EVERY = 30.0
"""Seconds between two snapshots of the hits; a reader's last minute is one to two of these."""

# Words of a tally block.
NAME_BYTES = 128
SINCE, FIRST_OUTCOME, ATTEMPTS, MICROSECONDS, RETRIES, HISTOGRAM = 16, 20, 29, 30, 31, 32
SNAPSHOTS = (HISTOGRAM + BUCKETS, HISTOGRAM + BUCKETS + BUCKETS + 16)
"""Each is the time in milliseconds, the outcomes, attempts, retries, and from 12 on the histogram."""
SNAPSHOT_WORDS = 12 + BUCKETS
SNAPSHOT_ATTEMPTS, SNAPSHOT_RETRIES = 10, 11
SNAPSHOT_EVERY = 10.0
"""Seconds between two snapshots; a reader's recent window is one to two of these."""

OCTAVES: Final = 22
"""Buckets of a time to first byte: below 64 µs, then one to every doubling, the last from 67 s on."""
OCTAVE_SHIFT: Final = 6
FIRST_BYTE = SNAPSHOTS[1] + SNAPSHOT_WORDS
FIRST_BYTE_SNAPSHOTS = (FIRST_BYTE + OCTAVES, FIRST_BYTE + 2 * OCTAVES)
FIRST_BYTE_MICROSECONDS = FIRST_BYTE + 3 * OCTAVES

INTERVALS_KEPT = 8
"""Intervals of constant weights that a series keeps apart; older ones are folded into interval 0."""


PACE: Final = 1 << 63
"""What stands in the place of the interval in a block that holds a route's pace instead of a tally."""
PACE_MARKS, PACE_FIRST, PACE_KEPT = 20, 32, 64
"""How many marks were ever made, where the first stands, and how many are kept: each is a time in
milliseconds and the requests of the route that had ended by then, over all its services and intervals."""
PACE_EVERY = 1.0
"""Seconds between two marks."""


def directory(words: memoryview) -> Iterator[tuple[int, str, str, int]]:
    """Yield the index, route, service and interval of every tally in use."""
    return (entry for entry in _entries(words) if entry[3] != PACE)


def paces(words: memoryview) -> Iterator[tuple[int, str]]:
    """Yield the index and route of every block that holds a pace."""
    return ((index, route) for index, route, _, since in _entries(words) if since == PACE)


def enter(words: memoryview, index: int, route: str, service: str, since: int) -> None:
    """Name the block after the last one in use, which makes it one that readers know."""
    at = index * BLOCK_WORDS * 8
    words.cast("B")[at : at + NAME_BYTES] = f"{route}\0{service}".encode().ljust(NAME_BYTES, b"\xff")
    words[index * BLOCK_WORDS + SINCE] = since
    words[USED] = index + 1


def _entries(words: memoryview) -> Iterator[tuple[int, str, str, int]]:
    for index in range(1, min(words[USED], CAPACITY)):
        base = index * BLOCK_WORDS
        name = words[base : base + NAME_BYTES // 8].tobytes().rstrip(b"\xff").decode()
        route, _, service = name.partition("\0")
        yield index, route, service, words[base + SINCE]
