"""A user's own key, and what the log has in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.control.problems import Refusal
from gateway.control.queries.pseudonyms import pseudonym
from gateway.requestlog.policy import LogSettings
from gateway.requestlog.secrets import Secrets
from gateway.routing.places import Places


def test_it_is_the_recorders(tmp_path: Path) -> None:
    """The same for every text; without a log there is none, and none is begun."""
    places = Places(tmp_path)
    with pytest.raises(Refusal, match="holds no user's requests yet"):
        pseudonym(places, "user-17")
    assert not places.log.pseudonym_key.exists()
    secrets = Secrets.load(places.log, LogSettings(), tmp_path)
    for key in ("user-17", "Zoë", "p_0", " "):
        assert pseudonym(places, key) == secrets.pseudonym(key.encode())
