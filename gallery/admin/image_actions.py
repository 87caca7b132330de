"""What staff may do to many pictures at once: the verbs of a selection, confirmed."""

import uuid
from collections.abc import Callable
from typing import cast

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from gallery.admin.actions import MANY, Action, Plan, action, typed_word
from gallery.formats import read_id
from gallery.models import Collection, Image, Mark, Tag, User
from gallery.models.mark import HIGHEST_RATING

Act = Callable[[HttpRequest, list[int], uuid.UUID], int]


def _by(request: HttpRequest) -> User:
    return cast(User, request.user)


def _tag_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Tag.objects.meant(typed_word(request), _by(request)).add(chosen, _by(request)))


def _untag_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    tag = Tag.objects.named(typed_word(request))
    if tag is None:
        raise ValidationError("There is no such tag.")
    return tag.remove(chosen)


def _collect_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Collection.objects.meant(typed_word(request), _by(request)).add(chosen, _by(request)))


def _uncollect_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    collection = Collection.objects.named(typed_word(request))
    if collection is None:
        raise ValidationError("There is no such collection.")
    return collection.remove(chosen)


def _favour_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Mark.objects.set_favourite(_by(request), chosen, True))


def _unfavour_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Mark.objects.set_favourite(_by(request), chosen, False))


def _rate_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    rating = read_id(typed_word(request).strip())
    if rating is None or rating > HIGHEST_RATING:
        raise ValidationError("A rating is 1 to 5, or 0 for none.")
    return len(Mark.objects.rate(_by(request), chosen, rating))


def _trash_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.trash(chosen, _by(request)))


def _restore_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.restore(chosen))


def _mark_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.set_sensitive(chosen, _by(request), True))


def _unmark_all(request: HttpRequest, chosen: list[int], form_id: uuid.UUID) -> int:
    return len(Image.objects.set_sensitive(chosen, _by(request), False))


def _action(
    name: str, label: str, question: str, done: str, act: Act, fitting: Q | None = None, field: str = ""
) -> Action:
    """In the list under its `label`. All of these ask first, and can be undone."""
    plan = Plan(
        name=name,
        question=question,
        done=f"{done}: {{count}}.",
        fitting=fitting or Q(),
        most=MANY,
        ask_above=0,
        act=act,
        noun="picture",
        field=field,
        is_final=False,
    )
    return action(label, plan)


_KEPT = Q(trashed_at=None)
_SENSITIVE = Q(is_sensitive=True)
_RATING = f"Rating, 1 to {HIGHEST_RATING}, or 0 for none"
ACTIONS = (
    _action(
        "favourite", "Favourite", "Make {what} your favourites?", "Added to your favourites", _favour_all
    ),
    _action(
        "unfavourite",
        "No favourites",
        "Take {what} off your favourites?",
        "Taken off your favourites",
        _unfavour_all,
    ),
    _action("rate", "Rate", "Give {what} a rating of yours?", "Rated", _rate_all, field=_RATING),
    _action("tag", "Tag", "Put a tag on {what}?", "Tagged", _tag_all, field="Tag"),
    _action("untag", "Untag", "Take a tag off {what}?", "Without the tag now", _untag_all, field="Tag"),
    _action(
        "collect",
        "Put into a collection",
        "Put {what} into a collection?",
        "Collected",
        _collect_all,
        _KEPT,
        "Collection",
    ),
    _action(
        "uncollect",
        "Take out of a collection",
        "Take {what} out of a collection?",
        "Taken out",
        _uncollect_all,
        field="Collection",
    ),
    _action("trash", "Put into the trash", "Put {what} into the trash?", "In the trash", _trash_all, _KEPT),
    _action(
        "restore", "Take out of the trash", "Take {what} out of the trash?", "Restored", _restore_all, ~_KEPT
    ),
    _action(
        "mark_sensitive",
        "Mark as sensitive",
        "Mark {what} as sensitive?",
        "Marked as sensitive",
        _mark_all,
        ~_SENSITIVE,
    ),
    _action(
        "unmark_sensitive",
        "Mark as not sensitive",
        "Take the mark “sensitive” from {what}?",
        "Not sensitive any more",
        _unmark_all,
        _SENSITIVE,
    ),
)
