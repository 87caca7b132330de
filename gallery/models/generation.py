"""A generation: one operation of Venice as a frozen request, one POST. The row is the queue entry."""

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from gallery.models.batch import Batch
from gallery.models.lifecycle import Lifecycle
from gallery.models.prompt import Prompt
from gallery.models.queue import GenerationQuerySet
from gallery.models.states import ACTIVE_STATES, CHARGED_OUTCOMES, RUNNABLE_STATES, State
from venice import Generate
from venice.operations import PARAMETER, Operation, operation_from
from venice.operations.parameters import DEFAULT_SCALE
from venice.pricing import total
from venice.sources import ImageSource

if TYPE_CHECKING:
    from gallery.models.attempt import Attempt
    from gallery.models.input import Input
    from gallery.models.user import User


#: Errors of `venice.errors` that the same request meets again: what it asks for must be changed.
HOPELESS = frozenset({"InvalidRequest", "BadRequest", "Moderated", "ModelGone"})


class NotRunnable(Exception):
    """It is on its way or done, or its request was never one that can be sent: there is nothing to run again."""


class Kind(models.TextChoices):
    """What is asked of Venice: the operations of `venice`, in people's words."""

    GENERATE = "generate", "Generate"
    OPENAI_GENERATE = "openai-generate", "Generate, OpenAI’s way"
    EDIT = "edit", "Edit"
    MULTI_EDIT = "multi-edit", "Multi-edit"
    UPSCALE = "upscale", "Upscale"
    REMOVE_BACKGROUND = "remove-background", "Remove background"


class Generation(Lifecycle):
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
    origin_purged = models.BooleanField(
        default=False, help_text="A picture that it was made from was thrown away for good."
    )
    run_again_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="repeats")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        db_index=False,
        help_text="Who pressed the button: staff may run again what is another member's.",
    )
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
    purged_count = models.PositiveSmallIntegerField(
        default=0, help_text="Pictures of it that were thrown away for good."
    )
    format = models.CharField(max_length=10, blank=True)

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
            models.Index(fields=["prompt", "model", "owner"], name="generation_prompt_users"),
            models.Index(fields=["owner", "prompt"], name="generation_owner_prompts"),
            models.Index(fields=["model", "prompt"], name="generation_model_prompts"),
            models.Index(fields=["requested_by", "created_at"], name="generation_pace"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @classmethod
    def copied_fields(cls) -> frozenset[str]:
        """The parameters of a request that are columns too, because people filter, sort or read by them."""
        names = {field.name for field in cls._meta.concrete_fields if not field.is_relation}
        return frozenset(names & PARAMETER.keys())

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
        operation = operation_from(self.kind, self.request, images)
        if operation.extra:
            # No form has them, so nobody has read a price for them.
            raise TypeError(f"{', '.join(operation.extra)} is no field that is known")
        return operation

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
        if self.state not in RUNNABLE_STATES:
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
    def is_paused(self) -> bool:
        """Waiting, and its click is paused; asks no database for one that does not wait."""
        return self.state == State.QUEUED and self.batch.paused_at is not None

    @property
    def can_be_cancelled(self) -> bool:
        """Only before anything was sent: afterwards it is paid for."""
        return self.state == State.QUEUED

    @property
    def needs_attention(self) -> bool:
        """Ended badly, and nobody has run it again or dismissed it."""
        return self.state in (State.FAILED, State.INTERRUPTED) and self.dismissed_at is None

    @property
    def wants_another_request(self) -> bool:
        """Whether Venice said no to the request itself: the same one gets the same answer."""
        return self.state == State.FAILED and self.error_kind in HOPELESS

    @property
    def stored_after(self) -> timedelta | None:
        """Our own share: from the last byte of the answer until its pictures were stored; None while it is not."""
        return self.finished_at - self.received_at if self.finished_at and self.received_at else None

    @property
    def repeat(self) -> "Generation | None":
        """The newest run of it again; None while nobody has run it again."""
        return self.repeats.order_by("-id").first()

    def run_again(
        self, requested_by: "User", *, price: Decimal | None, submission: uuid.UUID | None = None
    ) -> tuple["Generation", bool]:
        """A new generation of the same frozen request, with its owner and origin; the old one is dismissed.

        Returns it and whether it is new: whoever comes second gets what the first one made. `price` is in USD, None
        when it is not known. Raises NotRunnable, and what `enqueue` raises; then nothing has changed.
        """
        made, is_new = Generation.objects.filter(pk=self.pk).run_again(
            requested_by, {self.pk: price}, submission=submission
        )
        if made:
            return made[0], is_new
        if repeat := self.repeat:
            return repeat, False
        raise NotRunnable

    def declare_interrupted(self) -> bool:
        """Give up an answer that lies on a silent host; False when somebody stored it or the host was heard of.

        Nothing is lost by it: the host stores the answer when it comes back, and the generation is done then.
        """
        return bool(Generation.objects.filter(pk=self.pk).declare_interrupted())

    @property
    def awaits_verdict(self) -> bool:
        """Whether its picture is still to be compared with the one that it makes again."""
        verification = getattr(self, "verification", None)
        return verification is not None and verification.is_pending

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
        """What the doubtful calls cost if they were charged, in USD; None when the catalogue had no price."""
        return total(attempt.price for attempt in self.doubtful)

    @property
    def cost(self) -> Decimal | None:
        """What it is to cost while it is on its way, then what its calls may have cost, in USD; None: not known."""
        if self.is_active:
            return self.price_estimate
        return total(attempt.price for attempt in self.attempts.all() if attempt.outcome in CHARGED_OUTCOMES)

    def again(self, *, new_seed: bool) -> Operation:
        """The same request, with its own seed or a freshly drawn one."""
        return with_seed(self.operation, draw_seed()) if new_seed else self.operation


def runnable(rows: Iterable[Generation]) -> dict[int, Operation]:
    """What another run of each would ask for, by its id; those that cannot be run again are left out."""
    return {row.pk: operation for row in rows if (operation := row.runnable)}


def label_of(kind: str) -> str:
    """A kind in people's words; of one that a later release knows, its name."""
    return str(Kind(kind).label) if kind in Kind.values else kind


def with_seed(operation: Operation, seed: int) -> Operation:
    """The same request with this seed; as it is when its kind takes none."""
    return replace(operation, seed=seed) if isinstance(operation, Generate) else operation


def draw_seed() -> int:
    """A random seed, 1 to 999 999 999: Venice tells none, so a picture made without one could never be made again."""
    return 1 + secrets.randbelow(999_999_999)
