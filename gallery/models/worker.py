"""Heartbeats of the worker processes."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

HEARTBEAT = timedelta(seconds=5)
DEAD_AFTER = timedelta(seconds=30)
# A dead worker's host may come back with the answers on its disk; after so long people are told that they wait for it.
SILENT_AFTER = timedelta(minutes=15)
# Who has lived so long is not one of those that only start and die.
STEADY_AFTER = timedelta(minutes=1)
MOST_DEATHS = 3


class WorkerQuerySet(models.QuerySet["Worker"]):
    """Verbs of liveness, all in the database's own time."""

    def alive(self) -> Self:
        """Workers that were heard of within DEAD_AFTER."""
        return self.filter(seen_at__gte=Now() - DEAD_AFTER)

    def steady(self) -> Self:
        """Workers that have lived for a while, or that do not follow on several that did not."""
        return self.filter(Q(deaths__lt=MOST_DEATHS) | Q(started_at__lte=Now() - STEADY_AFTER))

    def dead(self) -> Self:
        """Workers of which nothing was heard for longer than DEAD_AFTER."""
        return self.filter(seen_at__lt=Now() - DEAD_AFTER)


class Worker(models.Model):
    """One `manage.py work` process, from its start until it stops or falls silent."""

    name = models.CharField(max_length=200, unique=True)
    host = models.CharField(max_length=200)
    process = models.PositiveIntegerField(help_text="Process id on its host.")
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)
    deaths = models.PositiveIntegerField(
        default=0,
        help_text="Workers of its host that died before it, one after the other, each within a minute.",
    )

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
