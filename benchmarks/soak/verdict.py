"""What the soak found: the promises that are broken, in words, and the figures."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import percentile
from benchmarks.soak.kills import Kills
from benchmarks.soak.members import INNOCENT, Member, venice_seconds
from benchmarks.soak.turns import Asked, Downtime, lateness
from benchmarks.soak.watch import ANSWER_WITHIN, Judged, Watch, figures

# Seconds of an innocent member's picture after its turn.
LATE_AT_MOST = 60.0
MOST_LOOKS = 10
Entry = dict[str, Any]


def _is_cut(entry: Entry) -> bool:
    """Whether Venice got half a request, of a worker that was killed while it sent: nothing was made of that."""
    return entry["prompt"] is None and not entry["inputs"] and not entry["charged_usd"]


def broken_promises(ledger: list[Entry], members: list[Member], late: dict[int, float]) -> Iterator[str]:
    """What rows, files, Venice's ledger and the members say; `late` is `innocent_lateness`."""
    from gallery.models import Generation, State
    from gallery.pipeline import integrity
    from tests.gallery.pipeline.checker import violations

    for member in members:
        yield from member.complaints
    yield from _as_far_as_readable(violations([entry for entry in ledger if not _is_cut(entry)]))
    yield from _as_far_as_readable(finding.words for finding in integrity.findings())
    accepted = sum(member.accepted for member in members)
    if (made := Generation.objects.count()) != accepted:
        yield f"of {accepted} requests that were accepted there are {made}"
    yield from _begun_while_stopped(members)
    if unpaced := sum(entry["status"] == 429 and not entry["faults"] for entry in ledger):
        yield f"the pace was not kept: Venice refused {unpaced} requests by its own limit"
    for failed in Generation.objects.filter(owner__username__in=INNOCENT, state=State.FAILED):
        yield f"generation {failed.pk} of an innocent member failed: {failed.error_message}"
    for pk, seconds in late.items():
        if seconds > LATE_AT_MOST:
            yield f"generation {pk} of an innocent member came {seconds:.1f} s after its turn"


def _begun_while_stopped(members: list[Member]) -> Iterator[str]:
    """What was sent of a click between the answer to its pause and the press that ended it, or after its cancel."""
    from gallery.models import Attempt

    for address, begin, end in (stop for member in members for stop in member.stopped):
        batch = int(address.strip("/").split("/")[-1])
        for sent in Attempt.objects.filter(generation__batch=batch).values_list("sent_at", flat=True):
            if begin < sent.timestamp() < end:
                yield f"click {batch} was stopped, and something of it was sent {sent.timestamp() - begin:.3f} s later"


def _as_far_as_readable(problems: Iterator[str]) -> Iterator[str]:
    """What cannot even be read back is a broken promise too, and no reason to say nothing of the rest."""
    try:
        yield from problems
    except Exception as error:
        yield f"rows or files cannot be read: {error!r}"


def innocent_lateness(pace: int, down: Downtime, now: float) -> dict[int, float]:
    """Seconds by generation; one that is not finished counts as finished `now`."""
    from django.conf import settings

    from gallery.models import Generation

    asked = [
        Asked(
            pk=generation.pk,
            created=generation.created_at.timestamp(),
            finished=generation.finished_at.timestamp() if generation.finished_at else now,
            venice_s=venice_seconds(generation.request.get("prompt", "")),
            images=generation.variants,
        )
        for generation in Generation.objects.filter(owner__username__in=INNOCENT)
    ]
    return lateness(asked, settings.WORKER_CONCURRENCY, pace, down)


def slow_answers(name: str, looks: list[Judged]) -> Iterator[str]:
    """The judged looks that were not answered, or too late; and when there are none to judge."""
    if not looks:
        yield f"{name}: no look outside of the restarts"
    if bad := [look for look in looks if not look.is_good]:
        told = ", ".join(f"{look.status} after {look.seconds:.1f} s" for look in bad[:MOST_LOOKS])
        yield f"{name}: {len(bad)} of {len(looks)} looks not answered well within {ANSWER_WITHIN:g} s: {told}"


def judge(
    ledger: list[Entry],
    members: list[Member],
    watches: dict[str, Watch],
    kills: Kills,
    *,
    log: Path,
    pace: int,
    now: float,
) -> tuple[list[str], dict[str, Any]]:
    """The broken promises, and the figures of the report."""
    from django.db.models import Count

    from gallery.models import Generation

    worker_away = kills.worker_away(log)
    web_away = kills.web_away(sorted(moment for watch in watches.values() for moment in watch.answered()))
    late = innocent_lateness(pace, worker_away, now)
    broken = list(broken_promises(ledger, members, late))
    told: dict[str, Any] = {
        "kills": dict(kills.count),
        "states": dict(Generation.objects.order_by().values_list("state").annotate(Count("pk"))),
        "posts": len(ledger),
        "clicks_stopped": sum(len(member.stopped) for member in members),
        "paid_usd": round(sum(entry["charged_usd"] for entry in ledger), 2),
        "innocent": len(late),
        "late_p95_s": percentile(list(late.values()) or [0.0], 0.95),
        "late_max_s": round(max(late.values(), default=0.0), 3),
    }
    shaken = kills.worker_shaken(worker_away)
    told |= {"web_away_max_s": round(web_away.longest, 1), "worker_away_max_s": round(worker_away.longest, 1)}
    for name, watch in watches.items():
        looks = watch.judged(web_away, shaken)
        broken += slow_answers(name, looks)
        told |= figures(name, looks)
    told |= {"tracebacks": log.read_text(errors="replace").count("Traceback"), "load": os.getloadavg()[0]}
    return broken, told
