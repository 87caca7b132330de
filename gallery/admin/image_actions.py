"""What staff may do to many pictures at once: the verbs of a selection, confirmed."""

from collections.abc import Callable
from typing import cast

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest

from gallery.admin.actions import Action, Plan, action, typed_word
from gallery.formats import read_id
from gallery.models import Collection, Image, Mark, Tag, User
from gallery.models.mark import HIGHEST_RATING

# What `by` does to the chosen pictures with the word that was typed, if one was asked for; how many it was done to.
Verb = Callable[[User, list[int], str], int]


def _untag(by: User, chosen: list[int], word: str) -> int:
    tag = Tag.objects.named(word)
    if tag is None:
        raise ValidationError("There is no such tag.")
    return tag.remove(chosen)


def _uncollect(by: User, chosen: list[int], word: str) -> int:
    collection = Collection.objects.named(word)
    if collection is None:
        raise ValidationError("There is no such collection.")
    return collection.remove(chosen)


def _rate(by: User, chosen: list[int], word: str) -> int:
    rating = read_id(word.strip())
    if rating is None or rating > HIGHEST_RATING:
        raise ValidationError("A rating is 1 to 5, or 0 for none.")
    return len(Mark.objects.rate(by, chosen, rating))


def _action(
    name: str, label: str, question: str, done: str, verb: Verb, fitting: Q | None = None, word: str = ""
) -> Action:
    """In the list under its `label`. All of these ask first, and can be undone; `word` is what they ask for."""

    def act(request: HttpRequest, chosen: list[int]) -> int:
        return verb(cast(User, request.user), chosen, typed_word(request) if word else "")

    plan = Plan(
        name=name,
        question=question,
        done=f"{done}: {{count}}.",
        act=act,
        fitting=fitting or Q(),
        noun="picture",
        label=word,
        is_final=False,
    )
    return action(label, plan)


_KEPT = Q(trashed_at=None)
_SENSITIVE = Q(is_sensitive=True)
_RATING = f"Rating, 1 to {HIGHEST_RATING}, or 0 for none"
ACTIONS = (
    _action(
        "favourite",
        "Favourite",
        "Make {what} your favourites?",
        "Added to your favourites",
        lambda by, chosen, _: len(Mark.objects.set_favourite(by, chosen, True)),
    ),
    _action(
        "unfavourite",
        "No favourites",
        "Take {what} off your favourites?",
        "Taken off your favourites",
        lambda by, chosen, _: len(Mark.objects.set_favourite(by, chosen, False)),
    ),
    _action("rate", "Rate", "Give {what} a rating of yours?", "Rated", _rate, word=_RATING),
    _action(
        "tag",
        "Tag",
        "Put a tag on {what}?",
        "Tagged",
        lambda by, chosen, word: len(Tag.objects.meant(word, by).add(chosen, by)),
        word="Tag",
    ),
    _action("untag", "Untag", "Take a tag off {what}?", "Without the tag now", _untag, word="Tag"),
    _action(
        "collect",
        "Put into a collection",
        "Put {what} into a collection?",
        "Collected",
        lambda by, chosen, word: len(Collection.objects.meant(word, by).add(chosen, by)),
        _KEPT,
        "Collection",
    ),
    _action(
        "uncollect",
        "Take out of a collection",
        "Take {what} out of a collection?",
        "Taken out",
        _uncollect,
        word="Collection",
    ),
    _action(
        "trash",
        "Put into the trash",
        "Put {what} into the trash?",
        "In the trash",
        lambda by, chosen, _: len(Image.objects.trash(chosen, by)),
        _KEPT,
    ),
    _action(
        "restore",
        "Take out of the trash",
        "Take {what} out of the trash?",
        "Restored",
        lambda by, chosen, _: len(Image.objects.restore(chosen)),
        ~_KEPT,
    ),
    _action(
        "mark_sensitive",
        "Mark as sensitive",
        "Mark {what} as sensitive?",
        "Marked as sensitive",
        lambda by, chosen, _: len(Image.objects.set_sensitive(chosen, by, True)),
        ~_SENSITIVE,
    ),
    _action(
        "unmark_sensitive",
        "Mark as not sensitive",
        "Take the mark “sensitive” from {what}?",
        "Not sensitive any more",
        lambda by, chosen, _: len(Image.objects.set_sensitive(chosen, by, False)),
        _SENSITIVE,
    ),
)
