"""What the tests of a change share: a state directory and a routing.yaml, started once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.routing import journal
from gateway.routing.change import Request, commit, restore
from gateway.routing.file_sync import begin, write_back
from gateway.routing.journal import Revision
from gateway.routing.places import Places
from gateway.routing.plan import RoutingPlan
from gateway.routing.revise import shares_of
from gateway.routing.run_directory import prepare
from gateway.routing.shares import set_shares
from gateway.routing.slot import PlanSlot, published

ROUTING = """\
# Three versions of one model.
services:
  blue:   {url: http://127.0.0.1:9001}  # the old one
  green:  {url: http://127.0.0.1:9002}
  canary: {url: http://127.0.0.1:9003}

routes:
  - name: late
    path: /v2/models/late
    stable: blue
    weights: {blue: 90, green: 0, canary: 10}   # keep this remark
"""
ME = Request("set-weight", "me")
FILE = Request("file", "file")


@dataclass(frozen=True)
class Site:
    """The files of a gateway that was started once."""

    places: Places
    config: Path

    @classmethod
    def made(cls, folder: Path, text: str = ROUTING) -> Site:
        """Return one that is at revision 1."""
        config = folder / "routing.yaml"
        config.write_text(text)
        site = cls(prepare(folder / ".gateway"), config)
        begin(site.places, FILE, config)
        return site

    def live(self) -> RoutingPlan:
        """Return the plan that workers use, the same in the file and in the word of the slot."""
        plan = published(self.places)
        assert plan is not None
        with PlanSlot(self.places) as slot:
            assert slot.word[0] == plan.revision
        return plan

    def shares(self) -> dict[str, float]:
        """Return the live weights of the first route in percent."""
        return shares_of(self.live().routes[0])

    def head(self) -> Revision:
        """Return the latest revision, which must be the live one."""
        with journal.opened(self.places.journal) as connection:
            head = journal.head(connection)
        assert head is not None
        assert head.plan == self.live()
        return head

    def set(self, percent: float) -> RoutingPlan:
        """Give canary a share and write routing.yaml."""
        plan, _ = commit(self.places, ME, lambda head: set_shares(head, {"canary": percent}))
        write_back(self.places, self.config)
        return plan

    def restore(self, revision: int) -> RoutingPlan:
        """Bring an earlier revision back and write routing.yaml."""
        plan, _ = restore(self.places, Request("restore", "me"), revision)
        write_back(self.places, self.config)
        return plan

    def text(self) -> str:
        """Return what routing.yaml says."""
        return self.config.read_text()
