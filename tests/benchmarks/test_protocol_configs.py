"""What each proxy is told for TLS, large bodies, streams and WebSockets."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

from benchmarks import protocol_configs
from benchmarks.configs import Site
from gateway.routing.parse import parse

SITE = Site(Path("/somewhere"), port=8001, admin_port=8002, blue=8003, canary=8004, tls_port=8005, raw=8006)


def test_the_certificate_is_one_of_p_256(tmp_path: Path) -> None:
    """The handshake's cost depends on its kind; the key fits it."""
    protocol_configs.make_certificate(Site(tmp_path, 0, 0, 0, 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / protocol_configs.CERT, tmp_path / protocol_configs.KEY)
    encoded = ssl.PEM_cert_to_DER_cert((tmp_path / protocol_configs.CERT).read_text())
    assert bytes.fromhex("2a8648ce3d030107") in encoded  # the object identifier of prime256v1


def test_our_file_is_one_that_the_gateway_reads() -> None:
    """The split of the other rows, the raw upstream, and TLS 1.3 alone."""
    plan = parse(protocol_configs.gateway_routes(SITE), model_exists=lambda _: None)
    assert {route.path: [service for service, _ in route.weights] for route in plan.routes} == {
        "/v2/models/late": ["blue", "canary"],
        "/raw": ["raw"],
    }
    assert plan.tls is not None
    assert (plan.tls.listen, plan.tls.minimum) == ("127.0.0.1:8005", "1.3")


def test_nginx_resumes_nothing_and_passes_bodies_on_as_they_come() -> None:
    """As the others do by themselves."""
    text = protocol_configs.nginx_protocols(SITE)
    for line in (
        "listen 127.0.0.1:8001 ",
        "listen 127.0.0.1:8005 ssl ",
        "ssl_protocols TLSv1.3;",
        "ssl_session_tickets off;",
        "ssl_session_cache off;",
        "server 127.0.0.1:8006;",
    ):
        assert text.count(line) == 1
    assert text.count("location /") == text.count("proxy_request_buffering off;") + 1 == 4
    assert text.count("proxy_buffering off;") == 1
    assert text.count("proxy_set_header Upgrade $http_upgrade;") == 1


def test_envoys_listeners_differ_in_tls_alone() -> None:
    """Both have the split, the raw upstream and WebSockets."""
    resources = json.loads(protocol_configs.envoy_protocols(SITE))["static_resources"]
    plain, secure = (one["filter_chains"][0] for one in resources["listeners"])
    told: dict[str, Any] = secure.pop("transport_socket")["typed_config"]
    assert plain == secure
    assert told["common_tls_context"]["tls_params"] == {"tls_minimum_protocol_version": "TLSv1_3"}
    assert told["disable_stateless_session_resumption"] is True
    manager = plain["filters"][0]["typed_config"]
    assert manager["upgrade_configs"] == [{"upgrade_type": "websocket"}]
    assert manager["route_config"]["virtual_hosts"][0]["routes"][0]["route"] == {"cluster": "raw"}
    assert [one["name"] for one in resources["clusters"]] == ["blue", "canary", "raw"]
