"""Whose turn it is: one generation is leased for a worker, and those that must wait are told why."""

from django.db import connection, transaction
from django.db.models.functions import Now

from gallery.failpoints import failpoint
from gallery.models import Generation, Hold, User, Worker
from gallery.models.queue import GenerationQuerySet
from gallery.pipeline import gates, pace


def claim(worker: Worker) -> Generation | None:
    """Lease the generation whose turn it is (see models/service_order.py); None when none may be sent now."""
    if not Generation.objects.claimable().exists():
        return None
    with transaction.atomic():
        _one_at_a_time()
        if gate := gates.closed_to(worker.host):
            Generation.objects.claimable().hold(gate.hold, gate.reason)
            return None
        free = _without_refused_members().exclude(model__in=gates.busy_models())
        without_room = pace.without_room()
        free.filter(without_room, tries=0).hold(Hold.RATE_LIMIT)
        generation = _next(free.exclude(without_room))
        if generation is None or not generation.lease(worker):
            return None
        User.objects.filter(pk=generation.owner_id).update(served_at=Now())
        failpoint("claiming")
    failpoint("leased")
    return generation


def _without_refused_members() -> GenerationQuerySet:
    """What waits, but for members who would trip the breaker while somebody else makes pictures."""
    refused = gates.refused_members()
    waiting = Generation.objects.claimable()
    if not Generation.objects.active().exclude(owner__in=refused).exists():
        return waiting
    waiting.filter(owner__in=refused).hold(Hold.MEMBER)
    return waiting.exclude(owner__in=refused)


def _next(free: GenerationQuerySet) -> Generation | None:
    """Whose turn it is; to try whether a breaker may open goes one whose member was not refused lately, if any."""
    if gates.half_open_breaker() is None:
        return free.next_in_turn()
    unsuspected = free.exclude(owner__in=gates.refused_members(1, gates.SUSPICION))
    return unsuspected.next_in_turn(is_probe=True) or free.next_in_turn(is_probe=True)


def _one_at_a_time() -> None:
    """Only one worker counts and claims at a time: SQLite's write lock sees to it, PostgreSQL must be told."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('gallery.claim'))")
