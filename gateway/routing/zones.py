"""The time zones this machine knows.

Asked while routing.yaml is read, so that a misspelt zone is told at its line instead of stopping a rollout on
a Friday.
"""

from __future__ import annotations

NO_DATA = "this machine has no time-zone data; install the package tzdata, or write UTC"


def why_no_zone(name: str) -> str | None:
    """Return None where a zone of that name is known, else a sentence that says why not."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # here: `gateway rollback` comes by this module

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, no zone at all, or a folder of zones
        return _advice(name)
    return None


def _advice(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    known = sorted(available_timezones())
    if not known:
        return NO_DATA
    near = get_close_matches(name, known, 1) or [zone for zone in known if zone.endswith(f"/{name}")]
    hint = (
        f"did you mean `{near[0]}`?" if near else "write one such as `Europe/Oslo`, or leave it out for UTC"
    )
    return f"there is no such zone; {hint}"
