"""What a member has made, beside the create form: a row for each click, day by day, without an end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef, Sum
from django.utils import timezone

from gallery.display import batch_card, generation_card
from gallery.display.batch_card import BatchCard
from gallery.display.generation_card import GenerationCard
from gallery.formats import counted
from gallery.listing.days import heading
from gallery.listing.listing import Listing
from gallery.listing.order import NEWEST, by_name
from gallery.models import Attempt, Batch, ClosedGates, Generation, State, User
from gallery.models.batch import BatchQuerySet
from gallery.models.states import CHARGED_OUTCOMES

ROWS = 24
#: Its clicks, the newest first; addresses name the last one shown.
ORDERS = by_name([NEWEST])
#: Of a click of more the rest stands on its own page.
CARDS = 12
_BADLY = frozenset({State.FAILED, State.INTERRUPTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One click: its cards, the models of all its requests, each once, how many requests it has, and the day that
    begins with it (empty: as the row before).

    `live` is the click as its own page shows it, where several of its requests want something: time or a decision.
    `spent` is what its calls have cost or may have, in USD, where some of it was cancelled.
    """

    batch: Batch
    cards: Sequence[GenerationCard]
    models: Sequence[str]
    size: int
    day: str = ""
    live: BatchCard | None = None
    spent: Decimal | None = None

    @property
    def first(self) -> Generation:
        """What its words are taken from."""
        return self.cards[0].generation

    @property
    def title(self) -> str:
        """The words that it was made with, as they were written; or what was done."""
        return self.batch.written or self.first.title

    @property
    def made_of(self) -> str:
        """What made it several, or how many it is."""
        return self.batch.title or counted(self.size, "request")

    @property
    def price(self) -> Decimal | None:
        """What was agreed for all of it, in USD; None where the catalogue told none."""
        return self.batch.price if self.batch.price is not None else self.first.price_estimate

    @property
    def state(self) -> str:
        """`active` while any of it is on its way, `cancelled` where some of it was, else `done`."""
        if any(card.generation.is_active for card in self.cards):
            return "active"
        return "cancelled" if any(card.generation.state == State.CANCELLED for card in self.cards) else "done"


@dataclass(frozen=True, slots=True)
class Sitting:
    """A page of rows, newest first, and the place where the older ones begin; None when there are none."""

    rows: Sequence[Row]
    older: int | None = None
    is_today: bool = True


def page(listing: Listing, member: User, gates: ClosedGates) -> Sitting:
    """Today's clicks of `member`, in the reader's zone; from a cursor on those of any day."""
    kept = Generation.objects.filter(batch=OuterRef("pk"), dismissed_at=None)
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    is_today = listing.cursor is None
    clicks: BatchQuerySet = Batch.objects.filter(owner=member).order_by("-pk")
    shown = clicks.filter(Exists(kept.filter(created_at__gte=midnight) if is_today else kept))
    batches = list(listing.beyond(shown)[: ROWS + 1])
    rows = list(_rows(batches[:ROWS], gates, heading(timezone.now()) if is_today else "", member))
    last = batches[min(len(batches), ROWS) - 1].pk if batches else None
    if is_today:
        before = clicks.filter(Exists(kept))
        more = before.filter(pk__lt=last).exists() if last else before.exists()
        cursor = last or (clicks.values_list("pk", flat=True).first() or 0) + 1
        return Sitting(rows, cursor if more else None)
    return Sitting(rows, last if len(batches) > ROWS else None, is_today=False)


def _rows(batches: Sequence[Batch], gates: ClosedGates, before: str, member: User) -> Iterator[Row]:
    drawn = generation_card.drawn(
        Generation.objects.filter(batch__in=batches, position__lt=CARDS, dismissed_at=None), member
    )
    cards: dict[int, list[GenerationCard]] = {}
    for card in generation_card.of_each(drawn.order_by("position")):
        cards.setdefault(card.generation.batch_id, []).append(card)
    models = _requests_by_model(batches)
    spent = _spent_of_cut(batches)
    for batch in batches:
        own = cards.get(batch.pk)
        if own is None:
            continue
        day = heading(batch.created_at)
        is_active = any(card.generation.is_active for card in own)
        size = sum(models[batch.pk].values())
        wants = is_active or batch.pk in spent or any(card.generation.state in _BADLY for card in own)
        live = None
        if wants and size > 1:
            live = batch_card.of(batch, gates, most=batch_card.PAGE if is_active else CARDS)
        yield Row(
            batch=batch,
            cards=own,
            models=list(models[batch.pk]),
            size=size,
            day=day if day != before else "",
            live=live,
            spent=spent.get(batch.pk),
        )
        before = day


def _requests_by_model(batches: Sequence[Batch]) -> dict[int, dict[str, int]]:
    """How many requests of each click go to each of its models, those in the order of the click; by its id."""
    rows = Generation.objects.filter(batch__in=batches, dismissed_at=None).order_by()
    counts = rows.values_list("batch", "model").annotate(Count("pk"), first=Min("position"))
    models: dict[int, dict[str, int]] = {}
    for pk, model, count, _ in counts.order_by("first"):
        models.setdefault(pk, {})[model] = count
    return models


def _spent_of_cut(batches: Sequence[Batch]) -> dict[int, Decimal]:
    """Of those of which anything was cancelled, what they have cost all the same, in USD; at most two queries."""
    cut = set(
        Generation.objects.filter(batch__in=batches, state=State.CANCELLED, dismissed_at=None)
        .order_by()
        .values_list("batch", flat=True)
    )
    if not cut:
        return {}
    charged = Attempt.objects.filter(generation__batch__in=cut, outcome__in=CHARGED_OUTCOMES).order_by()
    sums = dict(charged.values_list("generation__batch").annotate(Sum("price")))
    return {pk: sums.get(pk) or Decimal(0) for pk in cut}


def made(batch: Batch, generations: Sequence[Generation], gates: ClosedGates) -> Row:
    """The row of a click that has just been made, before all others."""
    models = list(dict.fromkeys(each.model for each in generations))
    if len(generations) > 1:
        live = batch_card.of(batch, gates)
        return Row(batch=batch, cards=live.cards, models=models, size=live.size, live=live)
    cards = [generation_card.of(generations[0], gates)]
    return Row(batch=batch, cards=cards, models=models, size=1)
