"""Brings routing.yaml to say what is live: the weights that differ, every other byte as it was."""

from __future__ import annotations

from pathlib import Path

from gateway.errors import GatewayError
from gateway.routing import journal
from gateway.routing.complaint import complain, settle
from gateway.routing.file import SavedMeanwhile, read_text, signature, write_text
from gateway.routing.journal import Revision
from gateway.routing.places import Places

TRIES = 25
"""How often a change that others get ahead of is tried."""


def write_back_holding_lock(places: Places, config: Path) -> None:
    """`write_back` for a caller that holds the file lock."""
    with journal.opened(places.journal) as connection:
        standing = journal.standing(connection)
        head = journal.head(connection) if standing and standing.file == "pending" else None
        if head is None:
            return
        try:
            current = _write_over(config, head)
            # An edit that nobody has read yet is not what this revision says: it must still be noticed.
            known = journal.last_written(connection) or current
            journal.set_file(connection, head.revision, text_for(head, known), "written")
            settle(places)
        except (GatewayError, OSError) as error:
            # A file that is broken will be mended: then the weights that are live go into it, not out of it.
            if isinstance(error, OSError):
                journal.set_file(connection, head.revision, None, "unwritable")
            live = f"what is live is revision {head.revision}, and {config.name} does not say so"
            complain(places, "unwritable", f"{live}: {error}")


def _write_over(config: Path, head: Revision) -> str:
    """Write what a revision says into the file as it is; return what the file said before."""
    for _ in range(TRIES):
        before = signature(config)
        current = read_text(config)
        try:
            write_text(config, text_for(head, current), unless_changed_since=before)
        except SavedMeanwhile:
            continue
        return current
    raise SavedMeanwhile(f"{config} is saved again and again; it is written once that ends")


def text_for(revision: Revision, text: str) -> str:
    """Return the file that stands for a revision, made from `text` where the revision has none of its own."""
    if revision.text is not None:
        return revision.text
    from gateway.routing.rewrite import rewrite_weights  # here, so that no YAML is loaded before publishing

    routes = revision.plan.routes
    return rewrite_weights(
        text, {route.name: dict(route.weights) for route in routes}, {r.name: r.stable for r in routes}
    )
