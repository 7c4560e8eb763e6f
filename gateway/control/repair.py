"""Finishes what a process that was killed, or a disk that was full, left undone.

A change is journalled, published, written to routing.yaml, in this order; whoever makes it may die after any
of these. Each function here takes one of the later steps and is harmless where it was taken already.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from gateway.errors import GatewayError
from gateway.routing import change, file_sync, journal
from gateway.routing.file import read_text, signature
from gateway.routing.places import Places
from gateway.routing.slot import publish, published_document, published_revision
from gateway.routing.writing_back import write_back_holding_lock


def traces(places: Places) -> tuple[object, ...]:
    """Return what differs after any change, cheap to get: while it stays the same nothing needs repair."""
    log = places.journal.with_name(places.journal.name + "-wal")
    return (signature(places.journal), signature(log), published_revision(places))


def publish_latest(places: Places) -> int | None:
    """Publish the latest revision where another one is in the slot; return its number if so."""
    if not _is_behind(places):
        return None
    # Under the lock, since whoever holds it may just be between journal and slot.
    with change.locked(places.change_lock), journal.opened(places.journal) as connection:
        head = journal.head(connection)
        if head is None or not _is_behind(places):
            return None
        publish(places, head.plan)
        return head.revision


def _is_behind(places: Places) -> bool:
    with journal.opened(places.journal) as connection:
        standing = journal.standing(connection)
    if standing is None:
        return False
    document = published_document(places)
    shown = None if document is None else document["revision"]
    return not shown == published_revision(places) == standing.revision


def write_unwritten(places: Places, config: Path) -> bool:
    """Write routing.yaml where the latest revision still waits for it; return whether it did wait."""
    with journal.opened(places.journal) as connection:
        standing = journal.standing(connection)
    if standing is None or standing.file != "pending":
        return False
    file_sync.write_back(places, config)
    return True


def retry_writing(places: Places, config: Path) -> bool:
    """Write routing.yaml where that failed before, unless somebody has edited it since.

    What could not be written may be writable by now; what a person wrote meanwhile is an edit, and whoever
    follows the file takes it.
    """
    if not (os.access(config, os.W_OK) and os.access(config.resolve().parent, os.W_OK)):
        return False
    with change.locked(places.file_lock), journal.opened(places.journal) as connection:
        standing = journal.standing(connection)
        if standing is None or standing.file != "unwritable" or not _is_untouched(connection, config):
            return False
        journal.set_file(connection, standing.revision, None, "pending")
        write_back_holding_lock(places, config)
    return True


def _is_untouched(connection: sqlite3.Connection, config: Path) -> bool:
    try:
        return read_text(config) == journal.last_written(connection)
    except GatewayError:
        return False
