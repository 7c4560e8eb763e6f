"""The shape of the status: documented whole, and open to a later version that tells more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import pytest
from pydantic import ValidationError

from gateway.control.status.models import CertificateState, ServiceHealth, Status
from gateway.control.status.snapshot import snapshot
from gateway.monitoring.health_report import BREAKERS, STATES, report_path, write

if TYPE_CHECKING:
    from tests.control.conftest import Site

NOW = 1000.0


def test_a_status_with_everything_in_it_has_the_documented_shape(site: Site) -> None:
    """Nothing is told that is not described, down to the last replica and certificate."""
    tally = site.tally()
    tally.beat(NOW, 1, 0)
    tally.hit(0)
    document = {
        "services": {
            "canary": {"replicas": {f"10.0.0.{n}:80": s for n, s in enumerate(STATES)}, "breaker": "open"}
        },
        "certificates": [{"file": "a.pem", "problem": "no such file"}],
    }
    write(report_path(site.places.run, 0), document)
    found = snapshot(site.places, NOW)
    told = Status.model_validate_json(json.dumps(found), extra="forbid")
    assert told.health["canary"].replicas["10.0.0.3:80"]["ejected"] == 1
    assert told.certificates[0].not_after is None
    assert told.limits["head"].hits == 1


def test_the_words_of_the_shape_are_those_of_the_reports() -> None:
    """A state that workers may tell is one that the API describes."""
    states, breakers = (ServiceHealth.model_fields[name].annotation for name in ("replicas", "breakers"))
    assert get_args(get_args(get_args(states)[1])[0]) == STATES
    assert get_args(get_args(breakers)[0]) == BREAKERS


def test_a_later_version_may_tell_more() -> None:
    """Readers pass over what they do not know, and miss what must be there."""
    whole: dict[str, object] = {
        "file": "a.pem",
        "names": [],
        "not_after": None,
        "problem": "",
        "issuer": "somebody",
    }
    assert CertificateState.model_validate(whole).file == "a.pem"
    with pytest.raises(ValidationError, match="problem"):
        CertificateState.model_validate({"file": "a.pem", "names": [], "not_after": None})
