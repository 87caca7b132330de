"""A generation: one operation of Venice as a frozen request, one POST. The row is the queue entry."""

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from gallery.models import columns, service_order
from gallery.models.batch import Batch
from gallery.models.prompt import Prompt
from gallery.models.worker import SILENT_AFTER, Worker
from venice import Generate, Unanswered
from venice.operations import Operation, operation_from
from venice.operations.finishing import DEFAULT_SCALE
from venice.sources import ImageSource

if TYPE_CHECKING:
    from gallery.models.attempt import Attempt
    from gallery.models.image import Image
    from gallery.models.input import Input
    from gallery.models.user import User


class State(models.TextChoices):
    """Where a generation stands. Each step is a compare-and-set on id, state and token."""

    QUEUED = "queued"
    SENDING = "sending"
    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


class Kind(models.TextChoices):
    """What is asked of Venice: the operations of `venice`, in people's words."""

    GENERATE = "generate", "Generate"
    OPENAI_GENERATE = "openai-generate", "Generate, OpenAI’s way"
    EDIT = "edit", "Edit"
    MULTI_EDIT = "multi-edit", "Multi-edit"
    UPSCALE = "upscale", "Upscale"
    REMOVE_BACKGROUND = "remove-background", "Remove background"


ACTIVE_STATES = (State.QUEUED, State.SENDING, State.RECEIVED)
FINAL_STATES = (State.DONE, State.FAILED, State.INTERRUPTED, State.CANCELLED)

# Nobody's place is told by more entries than that.
LONGEST_LINE = 10_000

# The request's parameters that are columns too, because people filter, sort or read by them; a kind may lack some.
COPIED_FIELDS = (
    "model",
    "negative_prompt",
    "width",
    "height",
    "aspect_ratio",
    "steps",
    "cfg_scale",
    "seed",
    "style_preset",
    "variants",
    "format",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One generation of a click: what is asked, its price by the catalogue (USD), and what it comes from."""

    operation: Operation
    price: Decimal | None = None
    origin: "Image | None" = None
    run_again_of: "Generation | None" = None


class GenerationQuerySet(models.QuerySet["Generation"]):
    """Verbs of the queue."""

    def active(self) -> Self:
        """Waiting, being sent, or being stored."""
        return self.filter(state__in=ACTIVE_STATES)

    def queued(self) -> Self:
        """Waiting for a worker; one that holds a lease is in a worker's hand already."""
        return self.filter(state=State.QUEUED)

    def line(self, limit: int) -> list[tuple[int, int]]:
        """The first ids in the order of service, each with its standing (see service_order.py)."""
        entries = self.order_by("id").values_list(*service_order.COLUMNS)[:LONGEST_LINE]
        return service_order.line((service_order.Entry(*entry) for entry in entries), timezone.now())[:limit]

    def next_in_turn(self, *, is_probe: bool = False) -> "Generation | None":
        """The one whose turn it is, of waiting ones that may all be sent now.

        A probe is who was sent longest ago or never: who was the last one is it again only when there is no other.
        """
        return self.order_by(*(service_order.PROBE if is_probe else service_order.NEXT)).first()

    def waiting_for_hosts(self) -> Self:
        """Received, but the answer lies on a host of which nothing was heard for long."""
        from gallery.models.attempt import Attempt

        newest = Attempt.objects.filter(generation=OuterRef("pk")).order_by("-id")
        left = self.filter(state=State.RECEIVED, worker=None, received_at__lt=Now() - SILENT_AFTER)
        heard_of = Worker.objects.filter(host=OuterRef("host"), seen_at__gte=Now() - SILENT_AFTER)
        return left.annotate(host=Subquery(newest.values("host")[:1])).exclude(Exists(heard_of))

    def silent_hosts(self) -> dict[int, str]:
        """The host that each of those waits for."""
        waiting: models.QuerySet[Any] = self.waiting_for_hosts()
        return dict(waiting.values_list("pk", "host"))

    def needing_attention(self) -> Self:
        """Failed or interrupted, and nobody has said what to do yet."""
        return self.filter(state__in=(State.FAILED, State.INTERRUPTED), dismissed_at=None)

    def owned_by(self, user: "User") -> Self:
        """Made by this member."""
        return self.filter(owner=user)

    def recent_of(self, user: "User", window: timedelta) -> Self:
        """Submitted by this member within the last `window`."""
        return self.filter(owner=user, created_at__gt=timezone.now() - window)

    def submitted(self, owner: "User", submission: uuid.UUID | None) -> list["Generation"]:
        """What this very form of this member has queued already, in its order."""
        return list(self.filter(batch__in=Batch.objects.submitted(owner, submission)).order_by("position"))

    def enqueue(
        self,
        owner: "User",
        operation: Operation,
        *,
        price: Decimal | None = None,
        submission: uuid.UUID | None = None,
        origin: "Image | None" = None,
        run_again_of: "Generation | None" = None,
    ) -> tuple["Generation", bool]:
        """Commit a batch of one generation; returns it and whether it is new, as `enqueue_batch`."""
        order = Order(operation=operation, price=price, origin=origin, run_again_of=run_again_of)
        (generation, *_), is_new = self.enqueue_batch(owner, [order], submission=submission)
        return generation, is_new

    def enqueue_batch(
        self,
        owner: "User",
        orders: Sequence[Order],
        *,
        submission: uuid.UUID | None = None,
        **batch: Any,
    ) -> tuple[list["Generation"], bool]:
        """Commit one click: its generations with their frozen requests and inputs, each prompt's use counted.

        Returns the rows and whether they are new: the same `submission` of the same owner gives the first ones
        again, whoever of two posts came first. `batch` has further columns of the batch: kind, axes, title. Pictures
        that come as bytes are files before any row is there; as `Input.objects.drafts`, it raises UnusablePicture
        and LostFile, and then nothing is queued.
        """
        from gallery.models.input import Input

        if first := self.submitted(owner, submission):
            return first, False
        inputs = [Input.objects.drafts(order.operation, order.origin) for order in orders]
        try:
            with transaction.atomic():
                told = columns.held(Batch, price=_total(orders))
                click = Batch.objects.create(owner=owner, submission=submission, **told, **batch)
                return [
                    self._add(click, position, order, rows)
                    for position, (order, rows) in enumerate(zip(orders, inputs, strict=True))
                ], True
        except IntegrityError:
            if not (first := self.submitted(owner, submission)):
                raise
            return first, False

    def _add(self, batch: Batch, position: int, order: Order, inputs: "Iterable[Input]") -> "Generation":
        from gallery.models.input import Input

        operation = order.operation
        text: str | None = getattr(operation, "prompt", None)
        prompt = Prompt.objects.remember(text) if text else None
        generation = Generation(
            batch=batch,
            position=position,
            owner=batch.owner,
            kind=operation.kind,
            prompt=prompt,
            request=operation.payload(images=False),
            origin=order.origin,
            run_again_of=order.run_again_of,
            emulated=settings.VENICE_EMULATED,
            **columns.held(Generation, price_estimate=order.price, **_copied(operation)),
        )
        generation.save(force_insert=True)
        if operation.inputs:
            Input.objects.add_to(generation, inputs, operation)
        if prompt:
            prompt.count_use(generation)
        return generation


def _total(orders: Sequence[Order]) -> Decimal | None:
    """What all of them cost together; None when one price is not known."""
    prices = [order.price for order in orders]
    return sum(filter(None, prices), Decimal(0)) if None not in prices else None


def _copied(operation: Operation) -> dict[str, Any]:
    """The request's parameters as columns; an absent text is an empty one, what a kind has not is unknown."""
    values = {name: getattr(operation, name, None) for name in COPIED_FIELDS}
    values["format"] = values["format"] or getattr(operation, "output_format", None)
    texts = ("negative_prompt", "aspect_ratio", "style_preset", "format")
    values.update({name: values[name] or "" for name in texts})
    values["variants"] = operation.image_count
    return values


class Generation(models.Model):
    """One request to Venice, from the moment somebody asked until its pictures are stored or it ended otherwise."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="generations")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="generations", db_index=False)
    position = models.PositiveSmallIntegerField(default=0, help_text="Place in its batch.")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.GENERATE)
    prompt = models.ForeignKey(
        Prompt,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="generations",
        help_text="Some kinds have none.",
    )
    origin = models.ForeignKey(
        "gallery.Image",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="descendants",
        help_text="The picture that this was re-run or made from.",
    )
    run_again_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="repeats")
    dismissed_at = models.DateTimeField(null=True, blank=True)
    emulated = models.BooleanField(
        default=False, help_text="Answered by the emulator; never counts as money."
    )

    request = models.JSONField(help_text="The exact body that is sent, but for the bytes of its inputs.")
    model = models.CharField(max_length=200)
    negative_prompt = models.TextField(blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    aspect_ratio = models.CharField(max_length=20, blank=True)
    steps = models.PositiveIntegerField(null=True, blank=True)
    cfg_scale = models.FloatField(null=True, blank=True)
    seed = models.IntegerField(null=True, blank=True)
    style_preset = models.CharField(max_length=100, blank=True)
    variants = models.PositiveSmallIntegerField(default=1)
    format = models.CharField(max_length=10, blank=True)

    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, blank=True, help_text="Who holds the lease."
    )
    token = models.UUIDField(null=True, blank=True, help_text="Proves the lease: each step names it.")
    not_before = models.DateTimeField(null=True, blank=True)
    hold_reason = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="POSTs so far.")
    behind_until = models.DateTimeField(
        null=True, blank=True, help_text="It was refused: until then the others go before it."
    )
    is_doubted = models.BooleanField(
        default=False, help_text="Key or balance refused it, and were shown to be good since."
    )

    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    headers_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    venice_id = models.CharField(max_length=200, blank=True)
    queue_ms = models.PositiveIntegerField(null=True, blank=True)
    preprocessing_ms = models.PositiveIntegerField(null=True, blank=True)
    inference_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(null=True, blank=True)
    is_blurred = models.BooleanField(null=True, blank=True)
    is_content_violation = models.BooleanField(null=True, blank=True)
    enhanced_prompt = models.TextField(blank=True)
    price_estimate = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="USD"
    )
    error_kind = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True, help_text="Venice's own words.")
    error_advice = models.TextField(blank=True, help_text="What to do about it.")

    objects = GenerationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="generation_of_batch_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="generation_state_known"),
        ]
        indexes = [
            # Not partial: SQLite cannot prove from a bound parameter that a row is inside the condition.
            models.Index(fields=["state", "id"], name="generation_queue"),
            models.Index(fields=["state", "dismissed_at", "-id"], name="generation_attention"),
            models.Index(fields=["owner", "-id"], name="generation_of_owner"),
            models.Index(fields=["prompt", "-id"], name="generation_of_prompt"),
            models.Index(fields=["owner", "created_at"], name="generation_rate"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def operation(self) -> Operation:
        """The frozen request, its inputs named by their digests: to be checked, priced, run again; not to be sent.

        TypeError or ValueError for a request that is none.
        """
        return self._operation(row.reference for row in self.sources)

    @property
    def sendable(self) -> Operation:
        """The frozen request as the client sends it: its inputs are read from their files, tens of MB of them.

        Also LostFile, for an input that is not there any more or not what was stored, and OSError.
        """
        return self._operation(row.load() for row in self.sources)

    def _operation(self, images: Iterable[ImageSource]) -> Operation:
        return operation_from(self.kind, self.request, images)

    @property
    def sources(self) -> list["Input"]:
        """The pictures that it starts from, in their order."""
        return list(self.inputs.all()) if self.has_inputs else []

    @property
    def has_inputs(self) -> bool:
        """Whether it may start from pictures; asks no database."""
        return self.kind != Kind.GENERATE or "style_references" in self.request

    @property
    def label(self) -> str:
        """What is done, in a word: `Edit`, `Upscale ×2`."""
        word = label_of(self.kind)
        scale = self.request.get("scale", DEFAULT_SCALE) if isinstance(self.request, Mapping) else None
        return f"{word} ×{scale:g}" if self.kind == Kind.UPSCALE and isinstance(scale, int | float) else word

    @property
    def title(self) -> str:
        """What its card is headed by: the prompt, or what is done where there is none."""
        return self.prompt.text if self.prompt else self.label

    @property
    def runnable(self) -> Operation | None:
        """What another run would ask for; None while it is on its way, when it is done, or was never sendable."""
        if self.state not in (State.FAILED, State.INTERRUPTED, State.CANCELLED):
            return None
        try:
            return self.again(new_seed=False)
        except (TypeError, ValueError):
            return None

    @property
    def is_active(self) -> bool:
        """Still on its way: its card keeps asking."""
        return self.state in ACTIVE_STATES

    @property
    def can_be_cancelled(self) -> bool:
        """Only before anything was sent: afterwards it is paid for."""
        return self.state == State.QUEUED

    @property
    def needs_attention(self) -> bool:
        """Ended badly, and nobody has run it again or dismissed it."""
        return self.state in (State.FAILED, State.INTERRUPTED) and self.dismissed_at is None

    @property
    def stored_after(self) -> timedelta | None:
        """Our own share: from the last byte of the answer until its pictures were stored."""
        return self.finished_at - self.received_at if self.finished_at and self.received_at else None

    def cancel(self, when: datetime | None = None) -> bool:
        """Cancel if nothing was sent yet; False when a worker was quicker."""
        changed = Generation.objects.filter(pk=self.pk, state=State.QUEUED).update(
            state=State.CANCELLED,
            finished_at=when or timezone.now(),
            token=None,
            worker=None,
            error_kind="",
            error_message="",
            error_advice="",
        )
        return bool(changed)

    def dismiss(self) -> bool:
        """Stamp an ended generation as seen; only the first stamp counts."""
        return bool(
            Generation.objects.filter(
                pk=self.pk, state__in=(State.FAILED, State.INTERRUPTED, State.CANCELLED), dismissed_at=None
            ).update(dismissed_at=timezone.now())
        )

    def declare_interrupted(self) -> bool:
        """Give up an answer that lies on a silent host; False when somebody stored it or the host was heard of.

        Nothing is lost by it: the host stores the answer when it comes back, and the generation is done then.
        """
        lost = Generation.objects.waiting_for_hosts().filter(pk=self.pk)
        host = lost.silent_hosts().get(self.pk)
        error = Unanswered(f"Venice's answer lies on {host}, of which nothing is heard any more.")
        words = {"error_kind": type(error).__name__, "error_message": error.message}
        with transaction.atomic():
            changed = Generation.objects.filter(pk__in=lost.values("pk"), state=State.RECEIVED).update(
                state=State.INTERRUPTED,
                finished_at=timezone.now(),
                token=None,
                error_advice=error.advice,
                **words,
            )
            if changed:
                self.attempts.filter(outcome="pending").update(outcome="unknown", **words)
        return bool(changed)

    @property
    def kept_answers(self) -> list["Attempt"]:
        """The calls whose answers could not be used, or not all of them, and are kept."""
        # What is under way, or went well, has none: nothing is asked of the database for it.
        ended_badly = self.state in (State.FAILED, State.INTERRUPTED)
        is_short = self.state == State.DONE and self.error_kind != ""
        return [each for each in self.attempts.all() if each.is_kept] if ended_badly or is_short else []

    @property
    def doubtful(self) -> list["Attempt"]:
        """The calls whose outcome is unknown: each may have been charged."""
        return [attempt for attempt in self.attempts.all() if attempt.may_be_charged]

    @property
    def doubtful_price(self) -> Decimal | None:
        """What the doubtful calls cost if they were charged, in USD; None when the catalogue told no price."""
        prices = [attempt.price for attempt in self.doubtful]
        return sum(filter(None, prices), Decimal(0)) if all(price is not None for price in prices) else None

    def again(self, *, new_seed: bool) -> Operation:
        """The same request, with its own seed or a freshly drawn one."""
        return with_seed(self.operation, draw_seed()) if new_seed else self.operation


def label_of(kind: str) -> str:
    """A kind in people's words; of one that a later release knows, its name."""
    return str(Kind(kind).label) if kind in Kind.values else kind


def with_seed(operation: Operation, seed: int) -> Operation:
    """The same request with this seed; as it is when its kind takes none."""
    return replace(operation, seed=seed) if isinstance(operation, Generate) else operation


def draw_seed() -> int:
    """A random seed, 1 to 999 999 999: Venice tells none, so a picture made without one could never be made again."""
    return 1 + secrets.randbelow(999_999_999)
