"""The life of a generation: its state, its lease, what it waits for, its times, how it failed; and each step of it.

    queued ──lease──► (leased) ──begin──► sending ──receive──► received ──finish──► done
       ▲  └─cancel──► cancelled              │ requeue, fail, interrupt
       └──────────── release ◄───────────────┘

Each verb is one compare-and-set on id, state and token, and returns whether one row changed. Nothing else writes
these columns. A verb changes the row; of the object in hand, `lease` and `begin` alone bring the columns up to date.
"""

import uuid
from datetime import datetime
from types import EllipsisType
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from gallery.models import columns
from gallery.models.batch import Batch
from gallery.models.states import RUNNABLE_STATES, Hold, State
from gallery.models.worker import Worker
from venice import VeniceError

# Who lets go of a generation: neither a worker nor a token is named any more.
_FREE: dict[str, Any] = {"token": None, "worker": None}
_IN_FLIGHT = (State.SENDING, State.RECEIVED)

Token = uuid.UUID | None


def cancelled(when: datetime) -> dict[str, Any]:
    """The columns of what waited and was taken out of the queue."""
    words = dict.fromkeys(("error_kind", "error_message", "error_advice"), "")
    return {**_FREE, **words, "state": State.CANCELLED, "finished_at": when}


class Lifecycle(models.Model):
    """The columns and the verbs of a generation's state."""

    state = models.CharField(max_length=20, choices=State.choices, default=State.QUEUED)
    worker = models.ForeignKey(
        Worker, models.SET_NULL, null=True, blank=True, help_text="Who holds the lease."
    )
    token = models.UUIDField(null=True, blank=True, help_text="Proves the lease: each step names it.")
    tries = models.PositiveSmallIntegerField(default=0, help_text="POSTs so far.")

    not_before = models.DateTimeField(null=True, blank=True)
    hold = models.CharField(max_length=20, choices=Hold.choices, blank=True, help_text="Why it waits.")
    hold_words = models.CharField(
        max_length=200, blank=True, help_text="The same in words of Venice or staff."
    )
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
    dismissed_at = models.DateTimeField(null=True, blank=True)

    error_kind = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True, help_text="Venice's own words.")
    error_advice = models.TextField(blank=True, help_text="What to do about it.")

    batch_id: int

    class Meta:
        abstract = True

    @property
    def hold_text(self) -> str:
        """Why it waits, for people: in the words that were given, or in ours."""
        return self.hold_words or self.get_hold_display()

    def lease(self, worker: Worker) -> bool:
        """Take it for `worker`, which may send it; False when somebody else has it, or it waits no more."""
        token = uuid.uuid4()
        if not self._step(State.QUEUED, token=None, changes={"token": token, "worker": worker}):
            return False
        self.token, self.worker = token, worker
        return True

    def begin(self) -> bool:
        """From here on its call may have been paid for; False when the lease is lost. Within a transaction.

        False too when its click is paused: it waits again, and whoever pauses waits for the end of this transaction.
        """
        click = Batch.objects.select_for_update(no_key=True).filter(pk=self.batch_id, paused_at=None)
        if click.first() is None:
            self._step(
                State.QUEUED, token=self.token, changes={**_FREE, "hold": Hold.BATCH, "hold_words": ""}
            )
            return False
        changes = {"state": State.SENDING, "sent_at": Now(), "headers_at": None, "tries": F("tries") + 1}
        if not self._step(State.QUEUED, token=self.token, changes={**changes, "not_before": None}):
            return False
        self.refresh_from_db(fields=["state", "sent_at", "tries"])
        return True

    def is_sending(self) -> bool:
        """Whether the call that was begun is still ours: a process may be stopped between any two lines."""
        return self._rows(State.SENDING, token=self.token).exists()

    def receive(self, token: Token, headers_at: datetime | None) -> bool:
        """The whole answer of the call of `token` is on the disk."""
        changes = {"state": State.RECEIVED, "headers_at": headers_at, "received_at": Now()}
        return self._step(State.SENDING, token=token, changes=changes)

    def requeue(
        self,
        token: Token,
        error: VeniceError,
        *,
        hold: Hold,
        not_before: datetime | None,
        behind_until: datetime | None,
    ) -> bool:
        """The call of `token` brought nothing and cost nothing: it waits again, for `hold`.

        `behind_until` is until when others go before it; None keeps what is there.
        """
        changes = {"state": State.QUEUED, "not_before": not_before, "hold": hold}
        changes |= columns.fitted(type(self), hold_words=error.message or type(error).__name__)
        if behind_until:
            changes["behind_until"] = behind_until
        return self._step(
            *_IN_FLIGHT, token=token, changes=_FREE | changes | self._failure(error, error.advice)
        )

    def fail(self, token: Token, error: VeniceError, advice: str, at: datetime) -> bool:
        """The call of `token` brought nothing that can be used: an end."""
        return self._end(State.FAILED, token, error, advice, at)

    def interrupt(self, token: Token, error: VeniceError, at: datetime) -> bool:
        """Nobody knows whether the call of `token` was charged: an end, until somebody decides or its answer comes."""
        return self._end(State.INTERRUPTED, token, error, error.advice, at)

    def _end(self, state: State, token: Token, error: VeniceError, advice: str, at: datetime) -> bool:
        return self._step(*_IN_FLIGHT, token=token, changes=self.ended(state, error, advice, at))

    @classmethod
    def ended(cls, state: State, error: VeniceError, advice: str, at: datetime) -> dict[str, Any]:
        """The columns of what has ended without pictures: nobody holds it, and why."""
        return {**_FREE, "state": state, "finished_at": at, **cls._failure(error, advice)}

    def finish(self, facts: dict[str, Any], missing: str = "", *, is_reading_again: bool = False) -> bool:
        """Its pictures are stored, whoever stored them: a late answer ends what was interrupted as well.

        `facts` are columns of what Venice says beside the pictures; `missing` tells what is wrong with the answer.
        One that is read again ends what has failed too, and tells of what is done what is missing now.
        """
        kind = "missing" if missing else ""
        words = columns.fitted(type(self), error_kind=kind, error_message=missing, error_advice="")
        states = (*_IN_FLIGHT, State.INTERRUPTED, *((State.FAILED,) if is_reading_again else ()))
        changes = {"state": State.DONE, "finished_at": Now()} | columns.fitted(type(self), **facts)
        if self._step(*states, changes=_FREE | changes | words):
            return True
        if is_reading_again:
            self._step(State.DONE, changes=words)
        return False

    def explain(self, message: str) -> bool:
        """It has ended badly, and by now it is known better why."""
        return self._step(State.FAILED, State.INTERRUPTED, changes={"error_message": message})

    def cancel(self) -> bool:
        """Cancel if nothing was sent yet; False when a worker was quicker."""
        return self._step(State.QUEUED, changes=cancelled(timezone.now()))

    def dismiss(self) -> bool:
        """Stamp an ended generation as seen; only the first stamp counts."""
        return bool(
            self._rows(*RUNNABLE_STATES).filter(dismissed_at=None).update(dismissed_at=timezone.now())
        )

    @classmethod
    def _failure(cls, error: VeniceError, advice: str) -> dict[str, Any]:
        kind = type(error).__name__
        return columns.fitted(cls, error_kind=kind, error_message=error.message, error_advice=advice)

    def _step(self, *states: State, token: Token | EllipsisType = ..., changes: dict[str, Any]) -> bool:
        """The compare-and-set: `changes`, if it is in one of `states` under `token` (any, when none is named)."""
        return bool(self._rows(*states, token=token).update(**changes))

    def _rows(self, *states: State, token: Token | EllipsisType = ...) -> models.QuerySet[Any]:
        row = type(self)._base_manager.filter(pk=self.pk, state__in=states)
        return row if token is ... else row.filter(token=token)
