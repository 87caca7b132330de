"""The time zone of who reads: their own, else what their browser said, else the installation's."""

from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

#: zone.js writes it: the name of the browser's zone. Nobody's secret, and the same for every installation.
COOKIE = "time-zone"
_NAMES = frozenset(available_timezones())


def zone_of(user: AbstractBaseUser | AnonymousUser, said: str) -> ZoneInfo:
    """The zone for `user`, whose browser has `said` a name, or anything."""
    for name in (getattr(user, "time_zone", ""), said):
        if name in _NAMES:
            return ZoneInfo(name)
    return ZoneInfo(settings.TIME_ZONE)
