"""The ledger: one line for each POST to Venice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from gallery.models import columns, sets
from gallery.models.generation import Generation
from gallery.models.prompt import Prompt
from gallery.models.states import CHARGED_OUTCOMES, FINAL_STATES, Outcome
from gallery.models.worker import Worker
from venice import Reply, VeniceError

# So long a person may look at an answer that could not be used.
KEEP = timedelta(days=90)
REASON_LIMIT = 500


class AttemptQuerySet(models.QuerySet["Attempt"]):
    """Verbs of the ledger, and of answers that could not be used as a whole and are kept; each is one update."""

    def begin(self, generation: Generation, worker: Worker) -> "Attempt":
        """The line of a call that `generation` has begun just now, in the same transaction."""
        return self.create(
            generation=generation,
            token=generation.token,  # type: ignore[misc]  # who has begun has a lease
            worker=worker.name,
            host=worker.host,
            model=generation.model,
            images_asked=generation.variants,
            emulated=generation.emulated,
            price=generation.price_estimate,
            sent_at=generation.sent_at,
        )

    def pending(self) -> Self:
        """Begun, and what came of it is not written down yet: its call runs, or its worker died in it."""
        return self.filter(outcome=Outcome.PENDING)

    def left(self) -> Self:
        """All but those of which not a byte was sent: a pending one counts, since its request may have left."""
        return self.exclude(outcome=Outcome.UNSENT)

    def doubtful(self) -> Self:
        """Those of which it is unknown what Venice made of them: each may have been charged."""
        return self.filter(outcome__in=_DOUBTFUL)

    def cost(self) -> tuple[Decimal, Decimal]:
        """What they have cost, or may have, in USD: of money, and at the emulator."""
        charged = self.order_by().filter(outcome__in=CHARGED_OUTCOMES)
        sums = dict(charged.values_list("emulated").annotate(Sum("price")))
        return sums.get(False) or Decimal(0), sums.get(True) or Decimal(0)

    def give_up(self, error: VeniceError) -> int:
        """What became of those that are pending will not be known; how many."""
        words = columns.fitted(self.model, error_kind=type(error).__name__, error_message=error.message)
        generations = set(self.pending().values_list("generation", flat=True))
        return self.pending()._conclude(generations, Outcome.UNKNOWN, **words)

    def _conclude(self, generations: Iterable[int], outcome: Outcome, **changes: Any) -> int:
        """They, calls of those generations, come to `outcome`; what their prompts have cost follows. How many."""
        with transaction.atomic():
            # Who holds them alone may change what their calls came to; the prompts, which others share, come last.
            locked = (
                Generation.objects.filter(pk__in=sets.Ids(generations)).order_by("pk").select_for_update()
            )
            prompts = dict(locked.values_list("pk", "prompt"))
            rows = self.filter(generation__in=sets.Ids(prompts))
            before = list(rows.values_list("generation", "outcome", "emulated", "price"))
            count = rows.update(outcome=outcome, **changes)
            charges: dict[bool, defaultdict[int, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
            for generation, was, emulated, price in before:
                change = (outcome in CHARGED_OUTCOMES) - (was in CHARGED_OUTCOMES)
                if price and change and (prompt := prompts[generation]):
                    charges[emulated][prompt] += price * change
            for emulated, amounts in charges.items():
                Prompt.objects.charge(amounts, emulated=emulated)
        return count

    def note_headers(self, at: datetime) -> int:
        """Their answers have begun to arrive at `at`; a moment that is there already stays. How many were news."""
        return self.filter(headers_at=None).update(headers_at=at)

    def kept(self) -> Self:
        """Those whose answer lies on the disk of their host, for a person to look at."""
        return self.filter(kept_bytes__isnull=False, kept_until__gt=Now())

    def asked(self) -> Self:
        """Those whose answer somebody wants to be read again."""
        return self.filter(kept_bytes__isnull=False, reading_asked_at__isnull=False)

    def keep(self, size: int, reason: str, *, was_read_again: bool = False) -> bool:
        """Write down, before the file is put aside, that `size` bytes stay and why; ends a reading."""
        return bool(self.update(**_kept(size, reason), **_read(was_read_again)))

    def let_go(self, *, was_read_again: bool = False) -> bool:
        """Write down that nothing is kept any more: it was stored, or its file is gone."""
        return bool(self.update(**_NOT_KEPT, **_read(was_read_again)))

    def ask_reading(self) -> int:
        """Have the worker of its host read each once more; how many: not those that are asked already, or not kept."""
        ended = Exists(Generation.objects.filter(pk=OuterRef("generation"), state__in=FINAL_STATES))
        rows = self.kept().filter(ended, kept_bytes__gt=0, reading_asked_at=None)
        return rows.update(reading_asked_at=Now(), read_again_at=None)

    def discard(self) -> int:
        """Keep them no longer: the worker of its host removes each file. How many: not what is being read."""
        return self.kept().filter(reading_asked_at=None).update(kept_until=Now())


_DOUBTFUL = (Outcome.PENDING, Outcome.UNKNOWN)
_NOT_KEPT: dict[str, Any] = {"kept_bytes": None, "reading_asked_at": None}


def _kept(size: int, reason: str) -> dict[str, Any]:
    until = Coalesce("kept_until", Now() + KEEP)
    words = reason[:REASON_LIMIT]
    return {"kept_bytes": size, "kept_reason": words, "kept_until": until, "reading_asked_at": None}


def _read(was_read_again: bool) -> dict[str, Any]:
    return {"read_again_at": Now()} if was_read_again else {}


class Attempt(models.Model):
    """One POST, committed before its first byte leaves. What is not known stays NULL or `unknown`."""

    generation = models.ForeignKey(Generation, models.PROTECT, related_name="attempts")
    token = models.UUIDField(unique=True)
    worker = models.CharField(max_length=200)
    host = models.CharField(max_length=200)
    model = models.CharField(max_length=200)
    images_asked = models.PositiveSmallIntegerField(default=1)
    emulated = models.BooleanField(default=False)

    sent_at = models.DateTimeField()
    headers_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.PENDING)
    status = models.PositiveIntegerField(null=True, blank=True)
    cf_ray = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=200, blank=True)
    balance_before = models.DecimalField(
        max_digits=14, decimal_places=6, null=True, blank=True, help_text="USD"
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="USD, by the catalogue"
    )
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    error_kind = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)

    kept_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Of an answer that could not be used and lies on the host's disk."
    )
    kept_reason = models.TextField(blank=True, help_text="Why it could not be used.")
    kept_until = models.DateTimeField(null=True, blank=True)
    reading_asked_at = models.DateTimeField(null=True, blank=True, help_text="To be read once more.")
    read_again_at = models.DateTimeField(null=True, blank=True)
    purged_indexes = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="Places in the answer of pictures that were thrown away for good; empty for none.",
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["model", "sent_at"], name="attempt_rate"),
            models.Index(fields=["sent_at", "model"], name="attempt_recent"),
            # Few of very many; without a bound parameter, so that SQLite can use it too.
            models.Index(fields=["kept_until"], condition=Q(kept_bytes__isnull=False), name="attempt_kept"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_kept(self) -> bool:
        """Whether something came that a person may look at, or have read again."""
        return bool(self.kept_bytes and self.kept_until and self.kept_until > timezone.now())

    @property
    def may_be_charged(self) -> bool:
        """Whether it is unknown what Venice made of it, and took for it."""
        return self.outcome in _DOUBTFUL

    def note(self, reply: Reply) -> None:
        """Write down status, times, size in bytes and what the headers tell; the outcome stays as it is."""
        self.finished_at, self.status = reply.finished_at, reply.status
        facts = columns.fitted(
            Attempt,
            headers_at=reply.headers_at,
            finished_at=reply.finished_at,
            status=reply.status,
            bytes=reply.bytes,
            cf_ray=reply.cf_ray,
            request_id=reply.request_id,
            balance_before=reply.balance_usd,
        )
        Attempt.objects.filter(pk=self.pk).update(**facts)

    def withdraw(self) -> bool:
        """Nothing was sent after all: the lease was lost before the first byte."""
        return bool(self._rows().pending().update(outcome=Outcome.UNSENT, finished_at=Now()))

    def close(self, outcome: Outcome, error: VeniceError, at: datetime) -> bool:
        """It brought no pictures; False when somebody has stored them meanwhile, which is not unsaid."""
        facts = columns.fitted(
            Attempt,
            error_kind=type(error).__name__,
            error_message=error.message,
            status=error.status or self.status,
        )
        rows = self._rows().exclude(outcome=Outcome.OK)
        facts["finished_at"] = self.finished_at or at
        return bool(rows._conclude([self.generation_id], outcome, **facts))

    def succeed(self, size: int, unread: str, *, was_read_again: bool = False) -> bool:
        """Its pictures are stored. Of an answer of `size` bytes what could not be read is kept, and why."""
        kept = _kept(size, unread) if unread else _NOT_KEPT
        facts = kept | _read(was_read_again)
        return bool(self._rows()._conclude([self.generation_id], Outcome.OK, **facts))

    def _rows(self) -> AttemptQuerySet:
        return Attempt.objects.filter(pk=self.pk)


class KeptAnswer(Attempt):
    """A line of the ledger, seen as the answer that is kept of it."""

    class Meta:
        proxy = True
        verbose_name = "kept answer"
