"""The library h2 as we use it: our own checks instead of its, our own compression, and less to remember."""

from __future__ import annotations

from typing import Any, Final, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

from gateway.proxy.http2_encoder import PlainEncoder
from gateway.proxy.http2_frames import PREFACE

MOST_STREAMS: Final = 100
STREAM_WINDOW: Final = 256 * 1024
CONNECTION_WINDOW: Final = 4 * 1024 * 1024
"""Bytes of bodies that one connection may have under way while services take none of them."""
_WINDOW_AT_FIRST: Final = 65_535


class ServerSide(H2Connection):
    """Remembers fewer of the streams that are over: each connection keeps its own."""

    MAX_CLOSED_STREAMS = 1_000


def new_connection(said_head: int, max_head: int) -> H2Connection:
    """Return a server's side, with what it says first waiting to be sent and the preface behind it.

    `said_head` are the bytes to which a head may expand, as told to the client; `max_head` those at which
    the connection ends.
    """
    # What the library checks of heads is checked in h2_translate, without a loop over every character.
    config = H2Configuration(
        client_side=False,
        validate_inbound_headers=False,
        normalize_inbound_headers=False,
        validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )
    h2 = ServerSide(config)
    settings = {
        SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS,
        SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
        SettingCodes.MAX_HEADER_LIST_SIZE: said_head,
    }
    h2.local_settings = Settings(client=False, initial_values=settings)
    h2.decoder.max_header_list_size = max_head
    h2.encoder = cast(Any, PlainEncoder())
    h2.initiate_connection()
    h2.increment_flow_control_window(CONNECTION_WINDOW - _WINDOW_AT_FIRST)
    h2.receive_data(PREFACE)  # FrameReader waits for the client's
    return h2
