"""The trail of who came in and who changed what: one line in the log for each, with the same facts as JSON.

It never holds a token, a password or a prompt; a name is written only when it is a member's, since people type their
password there too.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest

from gallery.web.callers import attempted_name, client_address

if TYPE_CHECKING:
    from gallery.models import User

log = logging.getLogger(__name__)

_RIGHTS = ("is_active", "is_staff", "is_superuser")
_actor: ContextVar[str] = ContextVar("actor", default="the server")


def record(event: str, **facts: Any) -> None:
    """Write `event key=value …`; what is None is left out."""
    present = {name: value for name, value in facts.items() if value is not None}
    words = " ".join(f"{name}={_word(value)}" for name, value in present.items())
    log.info("%s %s", event, words, extra={"facts": {"event": event, **present}})


def _word(value: Any) -> str:
    text = str(value)
    return text if text and not set(text) & set(" =\"'\\") else json.dumps(text, ensure_ascii=False)


@contextmanager
def acting(name: str) -> Iterator[None]:
    """While `name` does something: changes of rights are theirs."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)


def link_made(user: "User") -> None:
    """Whoever is `acting` has made a link that signs `user` in."""
    record("link-made", user=user.get_username(), by=_actor.get())


def signin_refused(request: HttpRequest | None, reason: str, user: str | None = None) -> None:
    """Nobody was signed in, and why; `user` is told only where what was typed is a member's name."""
    record("signin-refused", user=user, reason=reason, address=_address(request))


def _address(request: HttpRequest | None) -> str | None:
    return client_address(request) if request is not None else None


@receiver(user_logged_in, dispatch_uid="gallery.events.signed_in")
def _signed_in(request: HttpRequest, user: "User", **kwargs: Any) -> None:
    by = "link" if request.path.startswith("/signin/") else "password"
    record("signin", user=user.get_username(), by=by, address=_address(request))


@receiver(user_logged_out, dispatch_uid="gallery.events.signed_out")
def _signed_out(request: HttpRequest, user: "User | None", **kwargs: Any) -> None:
    if user is not None:
        record("signout", user=user.get_username(), address=_address(request))


@receiver(user_login_failed, dispatch_uid="gallery.events.refused")
def _refused(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    from gallery.models import User

    name = attempted_name(request, credentials)
    is_user = User.objects.filter(username__iexact=name).exists() if "\0" not in name else False
    reason = "locked" if getattr(request, "axes_locked_out", False) else "wrong"
    signin_refused(request, reason, name if is_user else None)


def _rights(user: "User") -> dict[str, bool]:
    return {name: bool(getattr(user, name)) for name in _RIGHTS}


@receiver(pre_save, sender="gallery.User", dispatch_uid="gallery.events.before")
def _before(instance: "User", update_fields: frozenset[str] | None = None, **kwargs: Any) -> None:
    """Remember what is about to change; a sign-in, which saves one moment, asks for nothing."""
    instance._before = None  # type: ignore[attr-defined]
    if update_fields is None or set(update_fields) & {*_RIGHTS, "password"}:
        instance._before = type(instance).objects.filter(pk=instance.pk).first()  # type: ignore[attr-defined]


@receiver(post_save, sender="gallery.User", dispatch_uid="gallery.events.after")
def _after(instance: "User", created: bool, **kwargs: Any) -> None:
    before: User | None = getattr(instance, "_before", None)
    name, by = instance.get_username(), _actor.get()
    if created:
        record("member-added", user=name, **_rights(instance), by=by)
    if before is None:
        return
    old, new = _rights(before), _rights(instance)
    if old != new:
        changed = {right: value for right, value in new.items() if value != old[right]}
        record("rights-changed", user=name, **changed, by=by)
    if before.password != instance.password:
        record("password-changed", user=name, by=by)


@receiver(post_delete, sender="gallery.User", dispatch_uid="gallery.events.removed")
def _removed(instance: "User", **kwargs: Any) -> None:
    record("member-removed", user=instance.get_username(), by=_actor.get())
