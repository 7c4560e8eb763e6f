"""Whoever asks is told in one order, whatever comes: interim heads, the head, the body, and one end."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.proxy.answered import Answered
from tests.proxy.wires import Asker, Clock, Wire, connection_over

ORDER = re.compile("i*(?:A|a?f|ab*[Bf]|s)")
"""Capitals are complete; `f` is a failure, after which nothing more is told."""
HEAD = b"HTTP/1.1 200 OK\r\n"
PIECES = [
    b"HTTP/1.1 103 Hints\r\n\r\n",
    HEAD + b"Content-Length: 5\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
    HEAD + b"\r\n",
    b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\n",
    b"hello",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
]


@example([PIECES[1], PIECES[0]], [43], False)
@given(st.lists(st.sampled_from(PIECES), max_size=5), st.lists(st.integers(0, 300)), st.booleans())
def test_the_order_of_what_is_told(pieces: list[bytes], cuts: list[int], asks_to_switch: bool) -> None:
    """Fair answers, broken ones and cut ones all come to just one end, at the latest with the connection."""
    stream = b"".join(pieces)
    connection, asker = connection_over(Wire(), Clock()), Asker()
    told: Answered = asker
    connection.send(told, b"", b"tcp" if asks_to_switch else b"")
    for start, stop in zip([0, *sorted(cuts)], [*sorted(cuts), len(stream)], strict=True):
        if stream[start:stop] and not connection.lost and connection.exchange is not None:
            connection.data_received(stream[start:stop])
            if asker.complete or asker.why:  # as an exchange does
                connection.finish(reusable=asker.complete)
    connection.connection_lost(None)
    assert ORDER.fullmatch(asker.calls), asker.calls
