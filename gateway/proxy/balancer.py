"""Which replica of a service is next: the one with the fewest requests outstanding, of those fit for it."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.proxy.endpoint import Endpoint

MOST_CREDIT = 2.0
"""Requests that a replica which is warming up may have saved up: one, and what is left over from the last."""


class Balancer:
    """Chooses among candidates; those with equally few requests take turns."""

    __slots__ = ("_candidates", "_warming")

    def __init__(self) -> None:
        self._candidates: list[Endpoint] = []
        self._warming = False

    def use(self, candidates: list[Endpoint]) -> None:
        """Choose among these from now on."""
        self._candidates = candidates
        self.level()

    def level(self) -> None:
        """Work out what part of a full share each candidate gets, measured by the warmest of them."""
        warmest = max((endpoint.weight for endpoint in self._candidates), default=1.0)
        self._warming = False
        for endpoint in self._candidates:
            endpoint.share = endpoint.weight / warmest
            self._warming = self._warming or endpoint.share < 1

    def pick(self, tried: Iterable[Endpoint]) -> Endpoint | None:
        """Return the candidate with the fewest requests outstanding that is not tried, or None."""
        candidates = self._candidates
        best = self._place_while_warming(tried) if self._warming else self._place(tried)
        if best < 0:
            return None
        endpoint = candidates[best]
        if len(candidates) > 1 and not tried:
            # A second choice is nobody's turn: else whoever fails would be first again for the next request.
            # The next request finds another replica first where several have equally few.
            candidates.append(candidates.pop(best))
        return endpoint

    def _place(self, tried: Iterable[Endpoint]) -> int:
        best, fewest = -1, 0
        for place, endpoint in enumerate(self._candidates):
            if (best < 0 or endpoint.outstanding < fewest) and endpoint not in tried:
                best, fewest = place, endpoint.outstanding
        return best

    def _place_while_warming(self, tried: Iterable[Endpoint]) -> int:
        """Have those that are warming up take part as often as their share says.

        Weighing outstanding requests instead would give them none while there is one request at a time.
        """
        candidates = self._candidates
        best, fewest = -1, 0
        for place, endpoint in enumerate(candidates):
            if endpoint.share < 1:
                endpoint.credit = min(endpoint.credit + endpoint.share / len(candidates), MOST_CREDIT)
                if endpoint.credit < 1:
                    continue
            if (best < 0 or endpoint.outstanding < fewest) and endpoint not in tried:
                best, fewest = place, endpoint.outstanding
        if best >= 0 and candidates[best].share < 1:
            candidates[best].credit -= 1
        return best
