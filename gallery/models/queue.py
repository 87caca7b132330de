"""The queue: whose turn it is, what waits for what, and how a click becomes rows."""

import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils import timezone

from gallery.failpoints import failpoint
from gallery.models import columns, kept_sql, service_order, sets
from gallery.models.batch import Batch, varied
from gallery.models.lifecycle import cancelled
from gallery.models.prompt import Prompt
from gallery.models.states import ACTIVE_STATES, RUNNABLE_STATES, Hold, State
from gallery.models.worker import SILENT_AFTER, Worker
from venice import Unanswered
from venice.operations import PARAMETER, Operation
from venice.pricing import total

if TYPE_CHECKING:
    from gallery.models.collection import Collection
    from gallery.models.generation import Generation
    from gallery.models.image import Image
    from gallery.models.input import Input
    from gallery.models.user import User

# No position is counted over more entries than that.
LONGEST_QUEUE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One generation of a click: what is asked, its price by the catalogue (USD), and what it comes from."""

    operation: Operation
    price: Decimal | None = None
    origin: "Image | None" = None
    run_again_of: "Generation | None" = None


class GenerationQuerySet(models.QuerySet["Generation"]):
    def active(self) -> Self:
        """Waiting, being sent, or being stored."""
        return self.filter(state__in=ACTIVE_STATES)

    def queued(self) -> Self:
        """Waiting for a worker; one that holds a lease is in a worker's hand already."""
        return self.filter(state=State.QUEUED)

    def claimable(self) -> Self:
        """Waiting, and nothing of its own keeps it: its time has come, nobody has leased it, its member is active.

        And nobody has paused its click.
        """
        due = Q(not_before=None) | Q(not_before__lte=Now())
        return self.queued().filter(due, token=None, owner__is_active=True, batch__paused_at=None)

    def leased(self) -> Self:
        """In the hand of a worker that has not begun to send it: provably unpaid."""
        return self.queued().filter(token__isnull=False)

    def release(self) -> int:
        """End the leases of those that were not begun, so that any worker may take them; how many."""
        with transaction.atomic():
            return self.leased()._locked().update(token=None, worker=None)

    def hold(self, hold: Hold, words: str = "") -> int:
        """Say what those that wait do wait for; one write for each change of it."""
        reason = columns.fitted(self.model, hold=hold, hold_words=words)
        with transaction.atomic():
            return self.queued().exclude(**reason)._locked().update(**reason)

    def go_behind(self, *, is_doubted: bool = False) -> int:
        """Whoever waits now goes before those of them that wait, for a while."""
        doubt = {"is_doubted": True} if is_doubted else {}
        with transaction.atomic():
            rows = self.queued()._locked()
            return rows.update(behind_until=Now() + service_order.REFUSED_GO_BEHIND, **doubt)

    def in_service_order(self) -> list[service_order.Entry]:
        """What decides about them, in the order of service (see service_order.py)."""
        return service_order.in_order(map(service_order.Entry._make, self._deciding()))

    def _deciding(self) -> models.QuerySet[Any, Any]:
        """The columns that decide about them; a narrow query, since queues grow long."""
        return self.order_by("id").values_list(*service_order.COLUMNS)[:LONGEST_QUEUE]

    def whole_queue(self) -> list[service_order.Entry]:
        """All that runs or waits, whatever this set is of, in the order of service: pages ask for it all the time."""
        everything = self.model.objects.all()
        rows = kept_sql.ask("queue", lambda: everything.active()._deciding())
        return service_order.in_order(map(service_order.Entry._make, rows))

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
        """Of those that wait for a silent host, its name by their ids."""
        waiting: models.QuerySet[Any] = self.waiting_for_hosts()
        return dict(waiting.values_list("pk", "host"))

    def needing_attention(self) -> Self:
        """Failed or interrupted, and nobody has said what to do yet."""
        return self.filter(state__in=(State.FAILED, State.INTERRUPTED), dismissed_at=None)

    def with_requests(self) -> Self:
        """With all that their frozen requests are read from, in a query for each kind of thing."""
        return self.select_related("prompt").prefetch_related("inputs")

    def cancel(self) -> int:
        """Cancel those of which nothing was sent yet; how many. What a worker has begun meanwhile goes on."""
        with transaction.atomic():
            return self.queued()._locked().update(**cancelled(timezone.now()))

    def declare_interrupted(self) -> int:
        """Give up answers that lie on silent hosts; how many: not what somebody stored, nor whose host was heard of.

        Nothing is lost by it: the host stores an answer when it comes back, and the generation is done then.
        """
        from gallery.models.attempt import Attempt

        with transaction.atomic():
            locked = self.waiting_for_hosts().order_by("pk").select_for_update(no_key=True, of=("self",))
            rows = self.model._default_manager.filter(pk__in=sets.Ids(locked.values_list("pk", flat=True)))
            waiting: defaultdict[str, list[int]] = defaultdict(list)
            # Asked again: whoever held one of them may have stored it, and a host may have been heard of.
            for pk, host in rows.silent_hosts().items():
                waiting[host].append(pk)
            for host, ids in waiting.items():
                error = Unanswered(f"Venice's answer lies on {host}, of which nothing is heard any more.")
                lost = rows.filter(pk__in=sets.Ids(ids))
                lost.update(**self.model.ended(State.INTERRUPTED, error, error.advice, timezone.now()))
                Attempt.objects.filter(generation__in=sets.Ids(ids)).give_up(error)
        return sum(map(len, waiting.values()))

    def run_again(
        self,
        requested_by: "User",
        prices: Mapping[int, Decimal | None],
        *,
        submission: uuid.UUID | None = None,
    ) -> tuple[list["Generation"], bool]:
        """One click more, of those that ended short and that nobody has run again; the old ones are dismissed.

        They are one member's, and it is theirs again. `prices` tells what each costs, in USD (None: unknown), by its
        id: what is not in it stays. Returns the new ones and whether they are new; none where nothing can be run
        again: of two at once the second one. Raises what `enqueue_batch` raises; then nothing has changed.
        """
        with transaction.atomic():
            # Of two at once the second one waits here, and finds the repeats of the first.
            locked = self.filter(pk__in=sets.Ids(prices), state__in=RUNNABLE_STATES).order_by("pk")
            locked = locked.select_for_update(no_key=True, of=("self",))
            rows = self.model._default_manager.filter(pk__in=sets.Ids(locked.values_list("pk", flat=True)))
            old = rows.filter(repeats=None).with_requests().select_related("owner", "batch", "origin")
            orders = [
                Order(operation=operation, price=prices[row.pk], origin=row.origin, run_again_of=row)
                for row in old.order_by("batch", "position")
                if (operation := row.runnable)
            ]
            again = [order.run_again_of for order in orders if order.run_again_of]
            if not again:
                return [], False
            made, is_new = self.enqueue_batch(
                again[0].owner,
                orders,
                submission=submission,
                requested_by=requested_by,
                **varied([order.operation for order in orders]),
            )
            if is_new:
                rows.filter(pk__in=[row.pk for row in again]).dismiss()
            failpoint("running-again")
        return made, is_new

    def dismiss(self) -> int:
        """Stamp those that ended short as seen; how many: only the first stamp counts."""
        with transaction.atomic():
            rows = self.filter(state__in=RUNNABLE_STATES, dismissed_at=None)._locked()
            return rows.update(dismissed_at=timezone.now())

    def _locked(self) -> Self:
        """Within a transaction, these as far as they are so by now, held until its end; in order: no deadlock."""
        rows = self.order_by("pk").select_for_update(no_key=True, of=("self",))
        return self.filter(pk__in=sets.Ids(rows.values_list("pk", flat=True)))

    def owned_by(self, user: "User") -> Self:
        return self.filter(owner=user)

    def requested_lately(self, user: "User", window: timedelta) -> Self:
        """Asked for by this member within the last `window`, for whomever."""
        return self.filter(requested_by=user, created_at__gt=timezone.now() - window)

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
        requested_by: "User | None" = None,
    ) -> tuple["Generation", bool]:
        """Commit a batch of one generation; returns it and whether it is new, as `enqueue_batch`."""
        order = Order(operation=operation, price=price, origin=origin, run_again_of=run_again_of)
        (generation, *_), is_new = self.enqueue_batch(
            owner, [order], submission=submission, requested_by=requested_by
        )
        return generation, is_new

    def enqueue_batch(
        self,
        owner: "User",
        orders: Sequence[Order],
        *,
        submission: uuid.UUID | None = None,
        requested_by: "User | None" = None,
        **batch: Any,
    ) -> tuple[list["Generation"], bool]:
        """Commit one click: its generations with their frozen requests and inputs, each prompt's use counted.

        Returns the rows and whether they are new: the same `submission` of the same owner gives the first ones
        again, whoever of two posts came first. `requested_by` is who pressed, when it was not the owner; `batch` has
        further columns of the batch: kind (of several requests never ONE), axes, title. Pictures that come as bytes
        are files before any row is there; as `Input.objects.drafts`, it raises UnusablePicture and LostFile, and then
        nothing is queued.
        """
        from gallery.models.input import Input

        if first := self.submitted(owner, submission):
            return first, False
        if len(orders) > 1 and batch.get("kind", Batch.Kind.ONE) == Batch.Kind.ONE:
            batch["kind"] = Batch.Kind.COUNT
        inputs = Input.objects.drafts_of((order.operation, order.origin) for order in orders)
        try:
            with transaction.atomic():
                goes_to = _destination(orders, requested_by or owner)
                existing = _hold_sources(orders, inputs)
                agreed = columns.fitted(Batch, price=total(order.price for order in orders))
                click = Batch.objects.create(
                    owner=owner, submission=submission, destination=goes_to, **agreed, **batch
                )
                return self._add(click, orders, inputs, requested_by or owner, existing), True
        except IntegrityError:
            if not (first := self.submitted(owner, submission)):
                raise
            return first, False

    def _add(
        self,
        batch: Batch,
        orders: Sequence[Order],
        inputs: "Sequence[Sequence[Input]]",
        requested_by: "User",
        existing: Container[int],
    ) -> list["Generation"]:
        """The rows of a click, written together: its prompts once, its counters once, whatever their number."""
        from gallery.models.input import Input

        texts = [getattr(order.operation, "prompt", None) or "" for order in orders]
        prompts = Prompt.objects.remember_all(text for text in texts if text)
        rows = self.bulk_create(
            self._drafted(batch, position, order, prompts.get(text), requested_by, existing)
            for position, (order, text) in enumerate(zip(orders, texts, strict=True))
        )
        starting = [
            (row, drafts, order.operation)
            for row, drafts, order in zip(rows, inputs, orders, strict=True)
            if order.operation.inputs
        ]
        if starting:
            Input.objects.add_to(starting)
        Prompt.objects.count_uses(rows)
        return rows

    def _drafted(
        self,
        batch: Batch,
        position: int,
        order: Order,
        prompt: Prompt | None,
        requested_by: "User",
        existing: Container[int],
    ) -> "Generation":
        operation = order.operation
        return self.model(
            batch=batch,
            position=position,
            owner=batch.owner,
            requested_by=requested_by,
            kind=operation.kind,
            prompt=prompt,
            request=operation.payload(images=False),
            # Gone is what was thrown away for good while somebody looked at it.
            origin=order.origin if order.origin and order.origin.pk in existing else None,
            origin_purged=bool(order.origin and order.origin.pk not in existing),
            run_again_of=order.run_again_of,
            emulated=settings.VENICE_EMULATED,
            **columns.fitted(
                self.model, price_estimate=order.price, **_copied(operation, self.model.copied_fields())
            ),
        )


def _destination(orders: Sequence[Order], person: "User") -> "Collection | None":
    """Where the pictures of a click go: where who asked has all of theirs go, or as before when it is run again.

    It stays until the transaction ends.
    """
    from gallery.models.collection import Collection

    again = orders[0].run_again_of
    pk = again.batch.destination_id if again else person.destination_id
    return Collection.objects.active().select_for_update(no_key=True).filter(pk=pk).first() if pk else None


def _hold_sources(orders: Sequence[Order], inputs: "Sequence[Sequence[Input]]") -> set[int]:
    """The pictures that all of these come from, of those that are there: each stays until the transaction ends.

    All of them at once and in order, so that two clicks wait for each other, and not in a circle.
    """
    from gallery.models.image import Image

    drafts = [row for rows in inputs for row in rows]
    origins = {order.origin.pk for order in orders if order.origin}
    images = {row.image_id for row in drafts if row.image_id}
    if not (origins or drafts):
        return set()
    return Image.objects.hold(origins | images, {row.sha256 for row in drafts})


def _copied(operation: Operation, names: Iterable[str]) -> dict[str, Any]:
    """The request's parameters as columns; an absent text is an empty one, what a kind has not is unknown."""
    values = {name: getattr(operation, name, None) for name in names}
    values["format"] = values["format"] or getattr(operation, "output_format", None)
    values.update({name: values[name] or "" for name in values if PARAMETER[name].is_text})
    values["variants"] = operation.image_count
    return values
