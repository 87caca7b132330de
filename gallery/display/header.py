"""What the header of every page says of the queue."""

from dataclasses import dataclass
from hashlib import blake2s
from typing import Self

from gallery.formats import counted
from gallery.models import ClosedGates, SiteStatus


@dataclass(frozen=True, slots=True)
class InQueue:
    """How many wait or run, and how many have ended badly and want a decision."""

    active: int
    decisions: int

    @classmethod
    def of(cls, site_status: SiteStatus) -> Self:
        return cls(site_status.active, site_status.decisions)

    @property
    def count(self) -> int:
        """What the header's number counts: both, since both are to be seen on the queue's page."""
        return self.active + self.decisions

    @property
    def words(self) -> str:
        """`3 generations waiting or running, 1 needs a decision`."""
        need = "needs" if self.decisions == 1 else "need"
        return f"{counted(self.active, 'generation')} waiting or running, {self.decisions} {need} a decision"

    def seen(self, gates: ClosedGates, draft: int = 0) -> str:
        """All that header and banner show, and the revision of the member's draft, in a word: the poll compares it."""
        shown = [f"{self.active}-{self.decisions}-{draft}"]
        shown += [f"{gate.pk}:{gate.until}:{gate.reason}" for gate in gates.of_everything]
        return blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()
