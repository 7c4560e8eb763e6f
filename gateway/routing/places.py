"""Where a running gateway keeps its files, all found from the state directory.

What must survive a reboot (the journal) lies in the state directory itself. What lives only as long as the
processes do (the plan slot, tallies, sockets) lies in `run`, which `run_directory.py` makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from gateway.requestlog.places import LogPlaces


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one gateway; `state` is its state directory."""

    state: Path

    @property
    def journal(self) -> Path:
        """The revisions, an SQLite database."""
        return self.state / "journal.db"

    @property
    def change_lock(self) -> Path:
        """Held while a revision is journalled and published."""
        return self.state / "change.lock"

    @property
    def file_lock(self) -> Path:
        """Held while routing.yaml is compared with the journal and written back."""
        return self.state / "file.lock"

    @property
    def up_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.state / "up.lock"

    @property
    def log(self) -> LogPlaces:
        """The request log."""
        return LogPlaces(self.state / "log")

    @property
    def watch(self) -> Path:
        """Summaries and alerts, an SQLite database."""
        return self.state / "watch.db"

    @property
    def access(self) -> Path:
        """Tokens and sessions of the admin side, an SQLite database."""
        return self.state / "access.db"

    @property
    def audit(self) -> Path:
        """The audit trail, a folder."""
        return self.state / "audit"

    @property
    def run(self) -> Path:
        """The directory in memory."""
        return self.state / "run"

    @property
    def plan(self) -> Path:
        """The published plan."""
        return self.run / "plan.json"

    @property
    def slot(self) -> Path:
        """One word in shared memory: the revision of the published plan."""
        return self.run / "slot"

    @property
    def processes(self) -> Path:
        """What the supervisor runs."""
        return self.run / "processes.json"

    @property
    def complaint(self) -> Path:
        """Why routing.yaml is not what is live; absent while it is."""
        return self.run / "complaint.json"

    @property
    def audit_missed(self) -> Path:
        """How much could not be written to the audit trail; absent while all was."""
        return self.run / "audit-missed.json"

    @property
    def audit_unsigned(self) -> Path:
        """Why the audit trail is not signed; absent while it is."""
        return self.run / "audit-unsigned"

    def tally(self, worker: int) -> Path:
        """The counters of one worker."""
        return self.run / f"worker-{worker}.tally"

    def tallies(self) -> list[Path]:
        """The counters of every worker there has been since the gateway was started."""
        return sorted(self.run.glob("worker-*.tally"))

    def counts(self, worker: int, pid: int) -> Path:
        """What one worker holds at this moment: connections, and requests in flight."""
        return self.run / f"worker-{worker}-{pid}.counts"

    def all_counts(self) -> list[Path]:
        """What every worker holds, those that were killed a moment ago included."""
        return sorted(self.run.glob("worker-*.counts"))

    def ledger(self, rollout: int, worker: int) -> Path:
        """What one worker saw of one rollout."""
        return self.run / f"ledger-{rollout}-{worker}"

    def ledgers(self, rollout: int | None = None) -> list[Path]:
        """What every worker saw of a rollout; None: of all there have been."""
        return sorted(self.run.glob(f"ledger-{'*' if rollout is None else rollout}-*"))

    def ring(self, worker: int) -> Path:
        """The records that one worker has for the recorder."""
        return self.run / f"ring-{worker}"

    def rings(self) -> list[Path]:
        """The records of every worker there has been since the gateway was started."""
        return sorted(self.run.glob("ring-*"))

    @property
    def admin_in_force(self) -> Path:
        """How the admin side that runs is protected, which routing.yaml may say otherwise by now."""
        return self.run / "admin.json"

    @property
    def admin_socket(self) -> Path:
        """The Unix socket of the admin side, for this user alone."""
        return self.run.resolve() / "admin.sock"

    @property
    def recorder(self) -> Path:
        """What the recorder says of itself, once a second."""
        return self.run / "recorder.json"

    @property
    def keeper(self) -> Path:
        """What the keeper of the log says of itself, once a second."""
        return self.run / "keeper.json"

    @property
    def exemplars(self) -> Path:
        """A trace for each bucket of latency, for /metrics."""
        return self.run / "exemplars.json"

    @property
    def rates(self) -> Path:
        """How far each key has used up its rate limit, over all workers."""
        return self.run / "rates"

    @property
    def hash_key(self) -> Path:
        """The secret that all workers hash addresses and keys with."""
        return self.run / "hash.key"

    def socket(self, service: str, model: str, replica: int) -> Path:
        """The Unix socket on which a supervised replica answers.

        Another model under the same service has other sockets, so that both can stand side by side until
        the new one is ready.
        """
        which = blake2b(f"{service}\0{model}".encode(), digest_size=5).hexdigest()
        # Resolved and cut, because the link or the name may be longer than the 107 bytes that a socket's
        # path may have.
        return self.run.resolve() / f"{service[:20]}-{which}-{replica}.sock"
