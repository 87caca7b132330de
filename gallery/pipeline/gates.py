"""Closing and opening gates: what a failure holds back, what the disk says, and the free probe of a key."""

import logging
import shutil
import tempfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now

from gallery.formats import whole_size
from gallery.media.storage import media_storage
from gallery.models import Attempt, Gate, Generation, State, Worker, clock
from gallery.models.gate import (
    BREAKER_FAILURES,
    BREAKER_HOLD,
    BREAKER_WINDOW,
    DISK_RESERVE,
    LONGEST_CALL,
    MEMBER_FAILURES,
    MEMBER_WINDOW,
    PROBE_HOLD,
)
from venice import AuthenticationFailed, Busy, Client, Forbidden, InsufficientBalance, Refused, VeniceError
from venice.errors import Reach
from venice.retry import Decision

log = logging.getLogger(__name__)

PROBE_EVERY = timedelta(seconds=30)
# Whose requests failed within so long is not the first to try whether Venice takes anything again.
SUSPICION = timedelta(minutes=2)
# So long it counts that others were answered where one member was refused.
MEMBERS_OWN = timedelta(minutes=5)


# What closes them, as rows name it. Who was refused for another reason of these kinds has failed and waits no more.
REFUSALS: dict[str, tuple[str, ...]] = {
    Gate.Kind.KEY: (AuthenticationFailed.__name__, Forbidden.__name__),
    Gate.Kind.BALANCE: (InsufficientBalance.__name__,),
}


_RESTORED = (
    "The database is a copy from before: what waits in it may have been sent since, and paid. "
    "Cancel what is not to be sent again, then resume."
)

# What a person or a probe opens.
_GATES = {Reach.KEY: Gate.Kind.KEY, Reach.BALANCE: Gate.Kind.BALANCE}


def after_failure(attempt: Attempt, error: VeniceError, decision: Decision) -> None:
    """Hold what `decision` says; and everything, when failures come so thick that Venice would block the key."""
    if decision.hold in _GATES:
        Gate.objects.close(_GATES[decision.hold], error.message or error.advice)
    elif decision.hold == Reach.MODEL:
        # Others of the model may go once Venice lets them; who met the limit comes a little later, behind them.
        until = min(filter(None, (error.retry_at, decision.not_before)), default=None)
        Gate.objects.close(Gate.Kind.BUSY, error.message, model=attempt.model, until=until)
    elif decision.hold == Reach.EVERYTHING:
        Gate.objects.close(Gate.Kind.BREAKER, error.message, until=decision.not_before)
    if error.status and error.status >= 400:
        _trip_the_breaker(attempt, error)


def _trip_the_breaker(attempt: Attempt, error: VeniceError) -> None:
    """Requests are counted, not failures: one that is sent again and again is not everyone's trouble."""
    now = clock.database_now()
    failures = Attempt.objects.filter(finished_at__gt=now - BREAKER_WINDOW, status__gte=400)
    failed = failures.values("generation").distinct().count()
    reason, hold = "", BREAKER_HOLD
    if failed >= BREAKER_FAILURES:
        reason = f"{failed} requests failed within {BREAKER_WINDOW.seconds} s."
    elif (breaker := half_open_breaker()) and breaker.until and attempt.sent_at > breaker.until:
        reason = f"The one that went to try failed as well. {error.message}"
        hold = PROBE_HOLD if _is_about_the_request(error) else BREAKER_HOLD
    if reason:
        Gate.objects.close(Gate.Kind.BREAKER, reason[:500], until=now + hold)


def _is_about_the_request(error: VeniceError) -> bool:
    """Whether Venice has answered, and refuses what was asked rather than who asks or how often."""
    return isinstance(error, Refused) and error.gate is None and not isinstance(error, Busy)


def refused_members(failures: int = MEMBER_FAILURES, window: timedelta = MEMBER_WINDOW) -> QuerySet[Any, Any]:
    """Ids of members so many of whose requests failed lately: they wait, so that they do not trip the breaker for all.

    Requests are counted, not failures; what is repeated by itself has a bound of its own.
    """
    # By the moment of sending too, which has an index; no call takes longer.
    lately = Attempt.objects.filter(sent_at__gt=Now() - window - LONGEST_CALL, finished_at__gt=Now() - window)
    counted = lately.filter(status__gte=400).order_by().values("generation__owner")
    often = counted.annotate(requests=Count("generation", distinct=True)).filter(requests__gte=failures)
    return often.values("generation__owner")


def after_success(attempt: Attempt) -> None:
    """An answer to what was sent after the hold shows that Venice takes requests: the breaker's probe came through."""
    Gate.objects.filter(kind=Gate.Kind.BREAKER, until__lte=attempt.sent_at).delete()


def after_restore() -> None:
    """Pause everything when something waits in a database that is a copy from before: it may have been sent since."""
    if Generation.objects.filter(state=State.QUEUED).exists():
        Gate.objects.close(Gate.Kind.PAUSE, _RESTORED)
        log.warning(_RESTORED)


def half_open_breaker() -> Gate | None:
    """The breaker whose time has come, if any: one generation may go, to try whether Venice takes anything again."""
    return Gate.objects.filter(kind=Gate.Kind.BREAKER, until__lte=Now()).first()


def closed_to(host: str) -> Gate | None:
    """The gate that is closed to the workers of `host` for every generation, if there is one.

    A half-open breaker lets one probe through, and is closed to the rest until that is answered; the next one goes
    when it is not answered soon, so that a slow picture does not keep everyone.
    """
    if gate := Gate.objects.closed().for_all().at(host).first():
        return gate
    breaker = half_open_breaker()
    if breaker is None:
        return None
    # The leased first: one that is begun between the two questions is not overlooked.
    leased = Generation.objects.leased()
    begun = Attempt.objects.pending().filter(sent_at__gt=breaker.until)
    begun = begun.filter(sent_at__gt=Now() - BREAKER_HOLD, generation__worker__isnull=False)
    return breaker if leased.exists() or begun.exists() else None


def busy_models() -> list[str]:
    return list(Gate.objects.closed().exclude(model="").values_list("model", flat=True))


def look_at_disk(host: str, *folders: Path) -> bool:
    """Close the disk's gate of `host` when answers or pictures could not be written there or to the bucket, open it
    when they can; whether they can. Gates of hosts that are gone say nothing any more."""
    if trouble := next(filter(None, map(_trouble, folders)), "") or media_storage().trouble():
        Gate.objects.close(Gate.Kind.DISK, trouble, host=host)
    else:
        Gate.objects.open(Gate.Kind.DISK, host=host)
    others = Gate.objects.filter(kind=Gate.Kind.DISK).exclude(host=host)
    others.exclude(host__in=Worker.objects.alive().values("host")).delete()
    return not trouble


def _trouble(folder: Path) -> str:
    """Why nothing more should be written to `folder`: it cannot be written at all, or less than 1 GiB is free."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"The server cannot write to its folder “{folder.name}”: {error.strerror}."
    if free >= DISK_RESERVE:
        return ""
    return f"Only {whole_size(free)} are free on the server; {whole_size(DISK_RESERVE)} are kept in reserve."


def probe(client: Client) -> None:
    """Ask Venice, for free, whether the key works again and has credits; of all workers one asks, twice a minute."""
    for gate in Gate.objects.filter(kind__in=REFUSALS):
        due = Q(probed_at=None) | Q(probed_at__lt=Now() - PROBE_EVERY)
        if not Gate.objects.filter(due, pk=gate.pk).update(probed_at=Now()):
            continue
        # Before the question: its answer says nothing of who is refused after it.
        waiting = Generation.objects.queued().filter(error_kind__in=REFUSALS[gate.kind])
        refused = list(waiting.values_list("pk", flat=True))
        try:
            limits = client.rate_limits()
        except VeniceError as error:
            log.info("probe: %s", type(error).__name__)
            continue
        is_rich_enough = gate.kind == Gate.Kind.KEY or _has_credits(limits)
        if limits.get("accessPermitted") is not False and is_rich_enough:
            log.info("probe: Venice answers; the %s gate opens", gate.kind)
            with transaction.atomic():
                Generation.objects.filter(pk__in=refused).go_behind(is_doubted=True)
                Gate.objects.open(gate.kind)


def open_by_hand(gates: QuerySet[Gate]) -> None:
    """Let what waits at them go on: who was refused does not go first, to be refused again."""
    with transaction.atomic():
        Generation.objects.filter(behind_until__isnull=False).go_behind()
        gates.delete()


def _has_credits(limits: dict[str, Any]) -> bool:
    """Whether one balance covers the cheapest generation that waits; untold prices count as a cent."""
    prices = Generation.objects.queued().aggregate(least=Min("price_estimate"))
    least = prices["least"] or Decimal("0.01")
    balances = limits.get("balances")
    amounts = balances.values() if isinstance(balances, dict) else []
    # Not a number is not at least anything, and must not be made a Decimal: that raises.
    return any(isinstance(amount, int | float) and amount >= float(least) for amount in amounts)
