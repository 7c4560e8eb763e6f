"""What the library is told to say and to keep."""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RemoteSettingsChanged, WindowUpdated
from h2.settings import SettingCodes

from gateway.proxy.http2_frames import PREFACE
from gateway.proxy.http2_library import CONNECTION_WINDOW, MOST_STREAMS, STREAM_WINDOW, new_connection


def test_a_client_hears_of_the_limits() -> None:
    """In the first bytes: streams, windows and the size of heads."""
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    events = client.receive_data(new_connection(12_345, 20_000).data_to_send())
    changed = next(event for event in events if isinstance(event, RemoteSettingsChanged))
    said = {code: setting.new_value for code, setting in changed.changed_settings.items()}
    assert said[SettingCodes.MAX_CONCURRENT_STREAMS] == MOST_STREAMS
    assert said[SettingCodes.INITIAL_WINDOW_SIZE] == STREAM_WINDOW
    assert said[SettingCodes.MAX_HEADER_LIST_SIZE] == 12_345
    assert any(isinstance(event, WindowUpdated) for event in events)
    assert client.outbound_flow_control_window == CONNECTION_WINDOW


def test_a_head_may_be_larger_than_was_said() -> None:
    """So that it can be answered; and that stays so when the client has heard of our settings."""
    server = new_connection(12_345, 20_000)
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    client.receive_data(server.data_to_send())
    server.receive_data(client.data_to_send().removeprefix(PREFACE))
    assert server.decoder.max_header_list_size == 20_000


def test_few_streams_that_are_over_are_remembered() -> None:
    """They are kept for each connection, and a connection may have a hundred thousand."""
    client = H2Connection(H2Configuration(client_side=True))
    client.initiate_connection()
    server = new_connection(32_768, 65_536)
    fields = [(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/")]
    client.data_to_send()
    for stream_id in range(1, 3001, 2):
        client.receive_data(server.data_to_send())
        client.send_headers(stream_id, fields, end_stream=True)
        server.receive_data(client.data_to_send())
        server.send_headers(stream_id, [(":status", "200")], end_stream=True)
    assert len(server._closed_streams) <= 1000
