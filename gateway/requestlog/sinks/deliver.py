"""Sending a batch so that one record which the target refuses does not keep back the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.requestlog.sinks.target import Item, SendFailed


def deliver(
    items: Sequence[Item],
    send: Callable[[Sequence[Item]], None],
    done: Callable[[Sequence[Item]], None],
    refuse: Callable[[Item, SendFailed], None],
) -> None:
    """Send the items in their order, in halves of halves where the target refuses some.

    `done` hears of what was taken and `refuse` of each that was not, in order. Raises SendFailed once the
    target takes nothing more; what `done` and `refuse` have heard of need not be sent again.
    """
    waiting = [items] if items else []
    while waiting:
        part = waiting.pop()
        try:
            send(part)
        except SendFailed as failure:
            if failure.done:
                done(part[: failure.done])
            if not failure.refused:
                raise
            rest = part[failure.done :]
            if len(rest) == 1:
                refuse(rest[0], failure)
            else:
                half = len(rest) // 2
                waiting += [rest[half:], rest[:half]]
        else:
            done(part)
