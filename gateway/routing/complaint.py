"""Why routing.yaml is not what is live: kept in memory for `status` for as long as it holds."""

from __future__ import annotations

import json

from gateway.files import replace_file
from gateway.routing.places import Places


def complain(places: Places, kind: str, message: str) -> None:
    """Remember why routing.yaml is not what is live, for `status`; the last complaint stands."""
    if places.run.is_dir():
        replace_file(places.complaint, json.dumps({"kind": kind, "message": message}).encode())


def settle(places: Places) -> None:
    """Forget the complaint: routing.yaml says what is live."""
    places.complaint.unlink(missing_ok=True)


def complaint(places: Places) -> dict[str, str] | None:
    """Return `{"kind", "message"}` while routing.yaml is not what is live, else None."""
    try:
        found: dict[str, str] = json.loads(places.complaint.read_bytes())
    except FileNotFoundError:
        return None
    return found
