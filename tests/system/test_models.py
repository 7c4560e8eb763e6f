"""The repository's own routing.yaml and its three real models, from the first flight to a killed replica."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.routing.places import Places
from gateway.serving.example import example_request
from gateway.supervision.supervisor import is_listening
from tests.system.gateway_under_test import Gateway, exists, models_answer
from tests.system.load import CLIENTS, Load
from tests.waiting import BOUND, SOON, until

ROOT = Path(__file__).parents[2]
INFER = "/v2/models/late/infer"
LOADED_KB = 100_000
"""Memory of a process that has loaded the libraries of the models."""
CANARY = ("canary", "model_versions/v3", 0)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """The gateway as `make up` starts it, on free ports."""
    (tmp_path / "routing.yaml").write_text((ROOT / "routing.yaml").read_text())
    (tmp_path / "model_versions").symlink_to(ROOT / "model_versions")
    with Gateway(tmp_path) as running:
        yield running
    shutil.rmtree(tmp_path / ".gateway")


def warm_spare(gateway: Gateway) -> int:
    """Return the id of the spare process, 0 before it has loaded the libraries."""
    children = Path(f"/proc/{gateway.popen.pid}/task/{gateway.popen.pid}/children").read_text().split()
    for pid in children:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            told = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        except OSError:
            continue  # it has just ended
        if b"spare" in command and told and int(told[1]) > LOADED_KB:
            return int(pid)
    return 0


def test_real_models_answer_and_a_killed_replica_is_stood_in_for(gateway: Gateway) -> None:
    """The pasted curl works; with canary killed stable answers, and the spare process takes its place."""
    flight = example_request(ROOT / "model_versions" / "v1")
    until(lambda: models_answer(gateway, INFER), "for the models to be loaded")
    curl = subprocess.run(
        [
            "curl",
            "-sS",
            "http://{}:{}{}".format(*gateway.listen, INFER),
            "-H",
            "x-canary: always",
            "-d",
            flight,
        ],
        capture_output=True,
        check=True,
        timeout=BOUND,
    )
    answer = json.loads(curl.stdout)
    assert answer.get("model_version") == "v3", answer
    spare = until(lambda: warm_spare(gateway), "for the spare")
    replica = gateway.pid("replica", 0, "canary")
    with Load(gateway.listen, INFER, flight) as load:
        os.kill(spare, signal.SIGSTOP)  # so that what is seen meanwhile is not a matter of how fast it is
        try:
            killed = time.monotonic()
            os.kill(replica, signal.SIGKILL)
            until(lambda: not exists(replica), "for its end")
            died = time.monotonic()
            until(lambda: gateway.pid("replica", 0, "canary") == spare, "for the spare to be in its place")
            load.some()
            back = time.monotonic()
        finally:
            with suppress(ProcessLookupError):
                os.kill(spare, signal.SIGCONT)
        until(lambda: is_listening(Places(gateway.folder / ".gateway"), CANARY))
        until(lambda: all(gateway.request(INFER, x_canary="always")[1] == "canary" for _ in range(20)))
        settled = time.monotonic()
        load.some()
    failed = load.failed()
    assert all(each.failure.startswith("502") and '"service": "canary"' in each.failure for each in failed)
    # what a worker sent before it saw that the dead process' sockets were closed, and nothing after
    assert all(killed < each.ended and each.began < died + SOON for each in failed)
    assert len(failed) <= 2 * CLIENTS
    meanwhile = [each for each in load.asked(died) if each.ended < back and not each.failure]
    assert {each.version for each in meanwhile} == {"blue"}
    before = {each.user: each.version for each in load.asked() if each.ended < killed and each.version}
    after = {each.user: each.version for each in load.asked(settled)}
    assert before.keys() & after.keys()
    assert all(before[user] == after[user] for user in before.keys() & after.keys())
