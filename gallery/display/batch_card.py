"""What is shown of a click of several requests: how far it is, what it costs and has cost, and its cards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2s

from django.db.models import Q, Sum

from gallery.display import generation_card
from gallery.display.generation_card import Again, GenerationCard
from gallery.formats import counted
from gallery.models import Attempt, Batch, CatalogModel, ClosedGates, Generation, State, User
from gallery.models.generation import runnable
from gallery.models.states import ACTIVE_STATES, CHARGED_OUTCOMES
from venice.pricing import total

#: So many cards stand on one page of it.
PAGE = 100
_SAID = (
    (State.DONE, "done"),
    (State.SENDING, "running"),
    (State.RECEIVED, "being stored"),
    (State.QUEUED, "waiting"),
    (State.FAILED, "failed"),
    (State.INTERRUPTED, "interrupted"),
    (State.CANCELLED, "cancelled"),
)


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done about what waits: its `name` stands in the address, its `words` on the button."""

    name: str
    words: str


RESUME, PAUSE, CANCEL = Verb("resume", "Resume"), Verb("pause", "Pause"), Verb("cancel", "Cancel what waits")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCard:
    """What `batch/_batch.html` is drawn from: the click, its cards from a place on, and how many are in which state.

    `spent` is what its calls have cost or may have, in USD. `again` is what it costs to run again what has failed, and
    `anew` what was cancelled. What was cancelled has no card among the others: with `of_cancelled` its are the cards.
    `older` is the place of the next page's first card. As a line of the queue it has no cards, but the `words` of its
    first request, its position (0: none of it waits in line) and when all of it may be ready.
    """

    batch: Batch
    cards: Sequence[GenerationCard]
    counts: Mapping[str, int]
    spent: Decimal
    again: Again | None = None
    anew: Again | None = None
    given_up: int = 0
    of_cancelled: bool = False
    may_be_charged: bool = False
    older: int | None = None
    first: int = 0
    words: str = ""
    position: int = 0
    ready_at: datetime | None = None

    @property
    def size(self) -> int:
        return sum(self.counts.values())

    @property
    def active(self) -> int:
        """How many of them wait or are on their way."""
        return sum(self.counts.get(state, 0) for state in ACTIVE_STATES)

    @property
    def waiting(self) -> int:
        """How many of them can still be stopped."""
        return self.counts.get(State.QUEUED, 0)

    @property
    def verbs(self) -> list[Verb]:
        """What can be done about those that wait; nothing while none does."""
        if not self.waiting:
            return []
        return [RESUME if self.batch.paused_at else PAUSE, CANCEL]

    @property
    def cancelled(self) -> int:
        return self.counts.get(State.CANCELLED, 0)

    @property
    def anew_words(self) -> str:
        """What its button says that runs again what was cancelled."""
        return f"Run the {self.given_up} again" if self.given_up > 1 else "Run it again"

    @property
    def ended(self) -> int:
        """How many of them have ended, in whatever way."""
        return self.size - self.active

    @property
    def state(self) -> str:
        """In a word: `active`, `paused` while any of it waits for that, `cancelled` when some was, or `done`."""
        if self.batch.paused_at and self.waiting:
            return "paused"
        if self.active:
            return "active"
        return "cancelled" if self.cancelled else "done"

    @property
    def text(self) -> str:
        """How far it is: `3 of 8 done, 1 failed, 4 waiting`."""
        said = [f"{number} {words}" for state, words in _SAID if (number := self.counts.get(state, 0))]
        if done := self.counts.get(State.DONE):
            said[0] = f"{done} of {self.size} done" if done < self.size else f"all {self.size} done"
        return ", ".join(said)

    @property
    def made_of(self) -> str:
        """What made it several: `3 words × 2 models`; else how many requests it has."""
        return self.batch.title or counted(self.size, "request")

    @property
    def title(self) -> str:
        """The words that it was made with, or what was done: as they were written, or of its first request here."""
        if written := self.batch.written:
            return written
        return self.cards[0].generation.title if self.cards else self.words or self.made_of

    @property
    def place(self) -> str:
        """What the address of its page says further of the cards that are shown; empty for the first ones."""
        return f"{'&cancelled' if self.of_cancelled else ''}{f'&from={self.first}' if self.first else ''}"

    @property
    def seen(self) -> str:
        """All that is shown of it, in a word: the poll compares it."""
        shown = [f"{card.generation.pk}:{card.generation.state}:{card.seen}" for card in self.cards]
        shown += [
            self.state,
            str(self.position),
            *(f"{state}:{number}" for state, number in self.counts.items()),
        ]
        return blake2s(" ".join(shown).encode(), digest_size=8).hexdigest()


def of(
    batch: Batch,
    gates: ClosedGates,
    *,
    first: int = 0,
    again: Again | None = None,
    anew: Again | None = None,
    of_cancelled: bool = False,
    most: int = PAGE,
    member: User | None = None,
) -> BatchCard:
    """The click with at most `most` of its cards from place `first` on; some twelve queries however many it has."""
    counts = Counter(batch.members.order_by().values_list("state", flat=True))
    which = Q(state=State.CANCELLED) if of_cancelled else ~Q(state=State.CANCELLED)
    page = generation_card.drawn(batch.members.filter(which, position__gte=first), member)[: most + 1]
    rows: list[Generation] = list(page)
    has_failed = counts[State.FAILED] or counts[State.INTERRUPTED]
    again_rows = list(batch.to_run_again.with_requests()) if has_failed else []
    given_up = list(batch.given_up.with_requests()) if counts[State.CANCELLED] else []
    charged = Attempt.objects.filter(generation__batch=batch, outcome__in=CHARGED_OUTCOMES)
    return BatchCard(
        batch=batch,
        cards=generation_card.of_click(rows[:most], gates),
        counts=counts,
        spent=charged.aggregate(sum=Sum("price"))["sum"] or Decimal(0),
        again=again or _again(again_rows),
        anew=anew or _again(given_up),
        given_up=len(given_up),
        of_cancelled=of_cancelled,
        may_be_charged=any(row.state == State.INTERRUPTED for row in again_rows),
        older=rows[most].position if len(rows) > most else None,
        first=first,
    )


def _again(rows: Sequence[Generation]) -> Again | None:
    """What it costs to run all of them again; None when none of them can be."""
    wanted = runnable(rows)
    return Again(total(CatalogModel.objects.prices(wanted).values())) if wanted else None
