"""What a generation's card shows beside its row: its pictures, its position in the queue, how long its model takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import (
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.urls import reverse
from django.utils import timezone

from gallery.display import kept_answers
from gallery.models import (
    Attempt,
    CatalogModel,
    ClosedGates,
    Gate,
    Generation,
    Image,
    Mark,
    Outcome,
    State,
    User,
)
from gallery.models.generation import runnable
from gallery.models.service_order import Status
from gallery.models.worker import SILENT_AFTER

# The median of so many newest answers of a model; fewer tell nothing.
_SAMPLE = 7
# Nobody counts further; who stands behind sees no number.
FARTHEST = 1000
_TOOK = ExpressionWrapper(F("finished_at") - F("sent_at"), output_field=DurationField())


@dataclass(frozen=True, slots=True)
class QueueState:
    """Where an unfinished generation stands.

    Its position among the waiting (0: none), until when it is on hold itself, the gate that holds it with others, and
    the silent host that its answer lies on. One that has ended may have its answer read again, or its picture compared,
    and one that waits may be paused with its click.
    """

    state: str
    position: int = 0
    on_hold_until: datetime | None = None
    gate: Gate | None = None
    host: str = ""
    reading: bool = False
    paused: bool = False

    @property
    def seen(self) -> str:
        """What a card shows of it, in a word: the poll compares it."""
        hold = f"-{self.on_hold_until.timestamp():.0f}" if self.on_hold_until else ""
        gate = f"-{self.gate.pk}" if self.gate else ""
        marks = f"{'-away' if self.host else ''}{'-reading' if self.reading else ''}"
        marks += "-paused" if self.paused else ""
        return f"{self.state}-{self.position}{hold}{gate}{marks}"


@dataclass(frozen=True, slots=True)
class Again:
    """What another run costs now (USD, None: unknown), and why the price that a form showed was not taken."""

    price: Decimal | None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationCard:
    """What `generation/_card.jinja` is drawn from: a generation with its pictures and where it stands.

    `seen` is what the card shows of its state, in a word. `kept` is what is kept of its answers, `again` what another
    run costs where it can be run again, `typical` how long its model usually takes. `starts_at` and `ready_at` are
    expectations of the queue's page alone. `trashed` are its pictures in the trash, which `images` leaves out.
    """

    generation: Generation
    images: Sequence[Image]
    seen: str
    trashed: Sequence[Image] = ()
    position: int = 0
    on_hold_until: datetime | None = None
    gate: Gate | None = None
    host: str = ""
    kept: Sequence[kept_answers.Kept] = ()
    reading: bool = False
    paused: bool = False
    again: Again | None = None
    typical: timedelta | None = None
    elapsed: timedelta | None = None
    starts_at: datetime | None = None
    ready_at: datetime | None = None

    @property
    def address(self) -> str:
        """Where its words lead: to its page, or to the only picture that was asked for, whose page tells more."""
        if self.generation.state == State.DONE and self.generation.variants == len(self.images) == 1:
            return reverse("image", args=[self.images[0].pk])
        return reverse("generation", args=[self.generation.pk])

    @property
    def gone(self) -> str:
        """`1 of 4 was thrown away`: those for good, of all that there were; empty when none was."""
        count = self.generation.purged_count
        return _of_all(count, len(self.images) + len(self.trashed) + count, "was", "were", "thrown away")

    @property
    def in_trash(self) -> str:
        """`1 of 4 is in the trash`; empty when none is."""
        count = len(self.trashed)
        everything = len(self.images) + count + self.generation.purged_count
        return _of_all(count, everything, "is", "are", "in the trash")

    @property
    def is_empty(self) -> bool:
        """Whether it had pictures, and none of them is to be seen any more."""
        return not self.images and bool(self.trashed or self.generation.purged_count)


def _of_all(count: int, everything: int, one: str, many: str, what: str) -> str:
    if not count:
        return ""
    if count == everything:
        return f"its picture {one} {what}" if count == 1 else f"all {count} {many} {what}"
    return f"{count} of {everything} {one if count == 1 else many} {what}"


class Typical(NamedTuple):
    """What is known of a model: its median time, and the images a minute that Venice names; None is not known."""

    took: timedelta | None = None
    rate_limit: int | None = None


def queue_state(generation: Generation, gates: ClosedGates) -> QueueState:
    """Where it stands now; asks the database for its position when it waits."""
    if generation.state == State.RECEIVED:
        return QueueState(generation.state, host=silent_hosts([generation]).get(generation.pk, ""))
    if generation.state != State.QUEUED or generation.is_paused or on_hold_until(generation):
        return _alone(generation)
    return _in_queue(generation, _positions(FARTHEST), gates)


def _in_queue(generation: Generation, positions: Mapping[int, int], gates: ClosedGates) -> QueueState:
    return QueueState(generation.state, positions.get(generation.pk, 0), gate=gates.before(generation.model))


def _alone(generation: Generation) -> QueueState:
    """Where it stands whatever the others do."""
    reading = any(each.reading_asked_at for each in generation.kept_answers)
    reading = reading or (not generation.is_active and generation.awaits_verdict)
    paused = generation.is_paused
    hold_end = None if paused else on_hold_until(generation)
    return QueueState(generation.state, on_hold_until=hold_end, reading=reading, paused=paused)


def on_hold_until(generation: Generation) -> datetime | None:
    """The end of a hold of its own, while it waits; None where there is none, or its time has come."""
    end = generation.not_before if generation.state == State.QUEUED else None
    return end if end and end > timezone.now() else None


def _positions(limit: int) -> dict[int, int]:
    """The position of each waiting generation, from 1; a narrow query, since queues grow long."""
    queue = Generation.objects.queued().in_service_order()[:limit]
    return {entry.pk: position for position, entry in enumerate(queue, 1) if entry.status <= Status.DUE}


def silent_hosts(generations: Iterable[Generation]) -> dict[int, str]:
    """The hosts that received answers wait for; asks the database only when an answer waits suspiciously long."""
    early = timezone.now() - SILENT_AFTER
    left = [
        each.pk
        for each in generations
        if each.state == State.RECEIVED
        and each.worker_id is None
        and each.received_at
        and each.received_at < early
    ]
    return Generation.objects.filter(pk__in=left).silent_hosts() if left else {}


def typical(models: Iterable[str]) -> dict[str, Typical]:
    """The median times of the models' last answers, unknown while there are too few; one query."""
    answered = Attempt.objects.filter(outcome=Outcome.OK, finished_at__isnull=False)
    newest = answered.filter(model=OuterRef(OuterRef("model_id"))).order_by("-sent_at").values("pk")[:_SAMPLE]
    times = Attempt.objects.filter(pk__in=newest).annotate(took=_TOOK).order_by("took").values("took")
    median = Subquery(times[_SAMPLE // 2 : _SAMPLE // 2 + 1])
    wanted = set(models)
    entries = CatalogModel.objects.filter(model_id__in=wanted).annotate(took=median)
    facts = {
        model: Typical(took, limit)
        for model, took, limit in entries.values_list("model_id", "took", "rate_limit")
    }
    return {model: facts.get(model, Typical()) for model in wanted}


def again(generations: Iterable[Generation]) -> dict[int, Again]:
    """Those of them that can be run again; one query when there are any, and one for what they start from."""
    ended = [each for each in generations if not each.is_active]
    prefetch_related_objects([each for each in ended if each.has_inputs], "inputs")
    return {pk: Again(price) for pk, price in CatalogModel.objects.prices(runnable(ended)).items()}


def of(
    generation: Generation, gates: ClosedGates, now: QueueState | None = None, *, member: User | None = None
) -> GenerationCard:
    """The card of one generation, with all it shows; at most three queries beside its position and price.

    Its pictures tell what `member` thinks of them.
    """
    times = typical([generation.model]) if generation.state == State.SENDING else {}
    images = [] if generation.is_active else list(_in_order(member).filter(generation=generation))
    usual = times.get(generation.model, Typical())
    if not generation.is_active:
        prefetch_related_objects([generation], "attempts")
    another = again([generation]).get(generation.pk)
    return _card(generation, images, now or queue_state(generation, gates), usual, another)


def drawn(generations: QuerySet[Generation], member: User | None = None) -> QuerySet[Generation]:
    """With all that `of_each` shows of them, in a query for each kind of thing; `member` as for `of`."""
    pictures = Prefetch("images", _in_order(member))
    joined = generations.select_related("owner", "prompt", "batch", "verification")
    return joined.prefetch_related(pictures, "attempts")


def _in_order(member: User | None) -> QuerySet[Image]:
    """Pictures as cards show them, each with a list of the one mark of `member`, if there is one."""
    pictures: QuerySet[Image] = Image.objects.order_by("index")
    if member is None:
        return pictures
    return pictures.prefetch_related(Prefetch("marks", Mark.objects.filter(user=member), to_attr="own_marks"))


def of_each(generations: Iterable[Generation]) -> list[GenerationCard]:
    """Cards of generations as `drawn` reads them; one query for prices, none for a waiting one's position."""
    rows = list(generations)
    prices = again(rows)
    return [
        _card(each, list(each.images.all()), _alone(each), Typical(), prices.get(each.pk)) for each in rows
    ]


def of_click(generations: Sequence[Generation], gates: ClosedGates) -> list[GenerationCard]:
    """Cards of generations of one click, as `drawn` reads them, those that wait with their positions.

    One query for prices, one for hosts and one for times where any is on its way, one for all positions.
    """
    prices, hosts = again(generations), silent_hosts(generations)
    times = typical(each.model for each in generations if each.state == State.SENDING)
    is_waiting = any(each.state == State.QUEUED and not each.is_paused for each in generations)
    positions = _positions(FARTHEST) if is_waiting else {}
    cards = []
    for each in generations:
        now = replace(_alone(each), host=hosts.get(each.pk, ""))
        if each.state == State.QUEUED and not now.paused and not now.on_hold_until:
            now = _in_queue(each, positions, gates)
        pictures = [] if each.is_active else list(each.images.all())
        cards.append(_card(each, pictures, now, times.get(each.model, Typical()), prices.get(each.pk)))
    return cards


def card_of_active(generation: Generation, now: QueueState) -> GenerationCard:
    """The card of one that waits or runs, without its model's usual time; no query."""
    return _card(generation, [], now, Typical(), None)


def _card(
    generation: Generation, pictures: list[Image], now: QueueState, typical: Typical, another: Again | None
) -> GenerationCard:
    return GenerationCard(
        generation=generation,
        images=[each for each in pictures if each.trashed_at is None],
        trashed=[each for each in pictures if each.trashed_at is not None],
        position=now.position,
        on_hold_until=now.on_hold_until,
        gate=now.gate,
        host=now.host,
        kept=kept_answers.kept(generation),
        reading=now.reading,
        paused=now.paused,
        seen=now.seen,
        again=another,
        typical=typical.took if generation.state == State.SENDING else None,
        elapsed=timezone.now() - generation.sent_at if generation.sent_at else None,
    )
