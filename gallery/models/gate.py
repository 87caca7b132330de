"""What is held, why, and until when. A gate that is not in the table is open."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from gallery.models import clock, columns
from gallery.models.states import Hold
from gallery.models.worker import Worker


class GateQuerySet(models.QuerySet["Gate"]):
    def closed(self) -> Self:
        """Gates that hold now: until a person or a probe opens them, or until their time has come."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))

    def for_all(self) -> Self:
        """Gates that hold generations of every model; one of a single host holds those of its workers."""
        return self.filter(model="")

    def at(self, host: str) -> Self:
        """Gates that hold the workers of `host`: its own and those of all hosts."""
        return self.filter(host__in=("", host))

    def close(
        self, kind: str, reason: str, *, model: str = "", host: str = "", until: datetime | None = None
    ) -> "Gate":
        """Hold `kind` (for one model, for one host, or for all); a later end replaces an earlier one."""
        values = columns.fitted(self.model, reason=reason, until=until)
        gate, new = self.get_or_create(kind=kind, model=model, host=host, defaults=values)
        if not new and (until is None or gate.until is None or until > gate.until):
            if gate.until and gate.until <= clock.database_now():
                # Its time had come: it was open meanwhile.
                gate.closed_at = clock.database_now()
            gate.reason, gate.until = values["reason"], until
            gate.save(update_fields=["reason", "until", "closed_at"])
        return gate

    def open(self, kind: str, *, host: str = "") -> bool:
        """Let `kind` go on (at one host, or everywhere); False when it was open already."""
        return bool(self.filter(kind=kind, host=host).delete()[0])


class Gate(models.Model):
    """One reason to hold. A hold never fails a generation: it waits, and says for what."""

    class Kind(models.TextChoices):
        """What has closed it. What opens it again stands in `_OPENS`."""

        KEY = "key", "Venice refuses the API key"
        BALANCE = "balance", "No credits at Venice"
        DISK = "disk", "The server cannot keep pictures"
        PAUSE = "pause", "Paused by staff"
        BREAKER = "breaker", "Too many failures"
        BUSY = "busy", "The model is busy"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    model = models.CharField(max_length=200, blank=True, help_text="Empty: every model.")
    host = models.CharField(max_length=200, blank=True, help_text="Empty: every host.")
    reason = models.CharField(max_length=500, help_text="In words that people see.")
    until = models.DateTimeField(
        null=True, blank=True, help_text="Empty: until a probe or a person opens it."
    )
    closed_at = models.DateTimeField(db_default=Now())
    probed_at = models.DateTimeField(null=True, blank=True)

    objects = GateQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "model", "host"], name="gate_once")]

    def __str__(self) -> str:
        of = self.model or self.host
        return f"{self.get_kind_display()}{f' ({of})' if of else ''}"

    @property
    def hold(self) -> Hold:
        """What a generation that it keeps waits for: each kind of gate is a `Hold` of the same code."""
        return Hold(self.kind)

    @property
    def opens(self) -> str:
        """What opens it when it has no end of its own, in words."""
        return _OPENS[self.Kind(self.kind)]


class ClosedGates:
    """The gates that are closed: one query when it is first asked, and the same answer from then on.

    None is asked where it is known that there are none: not `is_any`.
    """

    def __init__(self, *, is_any: bool = True) -> None:
        self.is_any = is_any

    @cached_property
    def all(self) -> list[Gate]:
        """Those of every model first, then by model; of each, the one that was closed first."""
        if not self.is_any:
            return []
        closed = list(Gate.objects.closed().order_by("model", "closed_at"))
        hosts = [gate.host for gate in closed if gate.host]
        # What closes some hosts keeps nobody waiting while another one works.
        if hosts and Worker.objects.alive().exclude(host__in=hosts).exists():
            return [gate for gate in closed if not gate.host]
        return closed

    @property
    def of_everything(self) -> list[Gate]:
        """Those that keep every generation waiting."""
        return [gate for gate in self.all if not gate.model]

    @property
    def of_models(self) -> list[Gate]:
        """Those that close one model each."""
        return [gate for gate in self.all if gate.model]

    def before(self, model: str) -> Gate | None:
        """What a generation of `model` waits at: a gate of everything before its own; None when it may go."""
        return next((gate for gate in self.all if gate.model in ("", model)), None)


_OPENS = {
    Gate.Kind.KEY: "until Venice takes the key again, which is asked every 30 s, or staff open it",
    Gate.Kind.BALANCE: "until there are credits, which is checked every 30 s, or staff open it",
    Gate.Kind.DISK: "until it can, which is checked every few seconds",
    Gate.Kind.PAUSE: "until staff resume",
    Gate.Kind.BREAKER: "until staff open it",
    Gate.Kind.BUSY: "until staff open it",
}

# Below so much room nothing is sent: an answer that cannot be written down is paid and lost.
DISK_RESERVE = 1 << 30
# Venice blocks a key after 20 failures within 30 s; we stop when so many requests failed, each however often.
BREAKER_FAILURES = 10
BREAKER_WINDOW = timedelta(seconds=30)
BREAKER_HOLD = timedelta(seconds=35)
# A probe that is refused for what it asks shows that Venice answers: the next one need not wait as long.
PROBE_HOLD = timedelta(seconds=5)
# One member's requests are held sooner, so that those of two with what is in flight stay below what holds everybody.
MEMBER_FAILURES = 3
MEMBER_WINDOW = timedelta(seconds=60)
LONGEST_CALL = timedelta(minutes=6)
