"""What the header of every page says of the queue."""

from dataclasses import dataclass
from hashlib import blake2s

from django.db.models import Count

from gallery.formats import counted
from gallery.models import ClosedGates, Generation, State


@dataclass(frozen=True, slots=True)
class InQueue:
    """How many wait or run, and how many have ended badly and want a decision."""

    active: int
    decisions: int

    @classmethod
    def now(cls) -> "InQueue":
        """As the database has it: one question, and each half of it has an index of its own."""
        rows = Generation.objects
        active, decisions = (
            half.order_by().values_list("state").annotate(Count("pk"))
            for half in (rows.active(), rows.needing_attention())
        )
        counts: dict[str, int] = dict(active.union(decisions, all=True))
        ended = counts.get(State.FAILED, 0) + counts.get(State.INTERRUPTED, 0)
        return cls(sum(counts.values()) - ended, ended)

    @property
    def count(self) -> int:
        """All that stands in the queue."""
        return self.active + self.decisions

    @property
    def words(self) -> str:
        """What is counted."""
        need = "needs" if self.decisions == 1 else "need"
        return f"{counted(self.active, 'generation')} waiting or running, {self.decisions} {need} a decision"

    def seen(self, gates: ClosedGates) -> str:
        """All that header and banner show, in a word: the poll compares it."""
        shown = [f"{self.active}-{self.decisions}"]
        shown += [f"{gate.pk}:{gate.until}:{gate.reason}" for gate in gates.of_everything]
        return blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()
