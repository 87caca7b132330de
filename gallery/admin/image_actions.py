"""What staff may do to many pictures at once: the verbs of a selection, confirmed."""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from gallery.admin.actions import MANY, Plan, carry_out, typed_word
from gallery.models import Collection, Image, Tag, User

Act = Callable[[HttpRequest, list[int], uuid.UUID], int]


def _plan(name: str, question: str, done: str, act: Act, fitting: Q | None = None, field: str = "") -> Plan:
    """All of these ask first, and can be undone."""
    return Plan(
        name=name,
        question=question,
        done=done,
        fitting=fitting or Q(),
        most=MANY,
        ask_above=0,
        act=act,
        noun="picture",
        field=field,
        is_final=False,
    )


def _by(request: HttpRequest) -> User:
    return cast(User, request.user)


def _tag_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Tag.objects.meant(typed_word(request), _by(request)).add(chosen, _by(request)))


def _collect_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Collection.objects.meant(typed_word(request), _by(request)).add(chosen, _by(request)))


def _trash_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.trash(chosen, _by(request)))


def _restore_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.restore(chosen))


def _mark_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.set_sensitive(chosen, _by(request), True))


def _unmark_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.set_sensitive(chosen, _by(request), False))


_KEPT = Q(trashed_at=None)
_TAG = _plan("tag", "Put a tag on {what}?", "Tagged: {count}.", _tag_all, field="Tag")
_COLLECT = _plan(
    "collect", "Put {what} into a collection?", "Collected: {count}.", _collect_all, _KEPT, "Collection"
)
_TRASH = _plan("trash", "Put {what} into the trash?", "In the trash: {count}.", _trash_all, _KEPT)
_RESTORE = _plan("restore", "Take {what} out of the trash?", "Restored: {count}.", _restore_all, ~_KEPT)
_MARK = _plan(
    "mark_sensitive",
    "Mark {what} as sensitive?",
    "Marked as sensitive: {count}.",
    _mark_all,
    Q(is_sensitive=False),
)
_UNMARK = _plan(
    "unmark_sensitive",
    "Take the mark “sensitive” from {what}?",
    "Not sensitive any more: {count}.",
    _unmark_all,
    Q(is_sensitive=True),
)


@admin.action(description="Tag", permissions=["view"])
def tag(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Put a word on them, which the confirmation asks for."""
    return carry_out(model_admin, request, queryset, _TAG)


@admin.action(description="Put into a collection", permissions=["view"])
def collect(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """At the end of the one that the confirmation asks for; made when it is new."""
    return carry_out(model_admin, request, queryset, _COLLECT)


@admin.action(description="Put into the trash", permissions=["view"])
def trash(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Until they are restored."""
    return carry_out(model_admin, request, queryset, _TRASH)


@admin.action(description="Take out of the trash", permissions=["view"])
def restore(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """With all that was on them."""
    return carry_out(model_admin, request, queryset, _RESTORE)


@admin.action(description="Mark as sensitive", permissions=["view"])
def mark_sensitive(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """Each member sees them as they have chosen."""
    return carry_out(model_admin, request, queryset, _MARK)


@admin.action(description="Mark as not sensitive", permissions=["view"])
def unmark_sensitive(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """For every eye again."""
    return carry_out(model_admin, request, queryset, _UNMARK)
