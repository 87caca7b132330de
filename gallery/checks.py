"""System checks of our own settings."""

from typing import Any

from django.conf import settings
from django.core.checks import Info, Warning, register

from gallery.exposure import exposed, unshared


@register()
def plain_http(**kwargs: Any) -> list[Info]:
    """Say that cookies travel in the clear when PUBLIC_URL is http and not this machine itself."""
    if settings.HTTPS or set(settings.ALLOWED_HOSTS) <= set(settings.LOOPBACK_NAMES):
        return []
    hint = "Put a proxy that speaks https in front and set PUBLIC_URL to its address."
    return [Info("PUBLIC_URL is http: cookies are not Secure.", hint=hint, id="gallery.I001")]


@register()
def secrets_for_all(**kwargs: Any) -> list[Warning]:
    """Say which secrets other accounts of this machine can read."""
    return [Warning(message, id="gallery.W001") for message in exposed()]


@register()
def key_of_one_host(**kwargs: Any) -> list[Warning]:
    """Say that who signs in at one host is signed in at no other."""
    return [Warning(message, id="gallery.W002") for message in unshared()]
