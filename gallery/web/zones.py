"""The time zone of who reads: their own, else what their browser said, else the installation's."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

#: zone.js writes it: the name of the browser's zone. Nobody's secret, and the same for every installation.
COOKIE = "time-zone"


@cache
def names() -> frozenset[str]:
    """All zones there are: read from the disk when the first one is asked for, and not by who starts a command."""
    return frozenset(available_timezones())


def zone_of(user: AbstractBaseUser | AnonymousUser, said: str) -> ZoneInfo:
    """The zone for `user`, whose browser has `said` a name, or anything."""
    for name in (getattr(user, "time_zone", ""), said):
        if name and name in names():
            return ZoneInfo(name)
    return ZoneInfo(settings.TIME_ZONE)
