"""Operators of the search language: `name:value`, read into a condition on pictures or into what is wrong with it."""

import re
from collections.abc import Callable

from django.db.models import Q

from gallery.search import dates, names, numbers
from gallery.search.filters import Filter, Link, Reader, Vocabulary, linked, tagged
from gallery.search.problems import Missing, Problem, Unreadable
from gallery.text import QUOTES, fold

NO_VALUE = "It needs a value right after the colon."
# What people type for the order, of which a search tells nothing.
_ORDERING = frozenset({"order", "sort", "order_by", "order-by", "sort_by", "sort-by"})
# What other programs call what we have.
_SYNONYMS = {
    **dict.fromkeys(("rated", "stars", "score"), "rating"),
    **dict.fromkeys(("collection", "album", "folder", "board"), "in"),
    **dict.fromkeys(("user", "owner", "author", "person", "maker", "creator"), "by"),
    **dict.fromkeys(("date", "day", "created", "made"), "on"),
    **{"since": "after", "until": "before", "cost": "price", "aspect": "ratio", "type": "kind"},
}
_FAVOURITE = frozenset({"favourite", "favorite", "fav", "starred", "star", "liked", "like"})


def read_filter(name: str, value: str, negated: bool, vocabulary: Vocabulary) -> Filter | Problem:
    """The condition that `name:value` stands for, or what is wrong with it and what may have been meant."""
    key, wanted = fold(name), " ".join(value.split())
    try:
        if key not in OPERATORS:
            return _no_operator(name, key, value)
        if not wanted:
            raise Unreadable(NO_VALUE)
        read = OPERATORS[key](wanted, vocabulary)
    except Unreadable as error:
        return Problem(f"{name}:{value}", str(error), (key, error.nearest) if error.nearest else None)
    return read.opposite() if negated else read


def _no_operator(name: str, key: str, value: str) -> Problem:
    part, message = f"{name}:{value}", f"There is no operator “{name}:”."
    if key in _ORDERING:
        return Problem(part, f"{message} The order is chosen in the menu above the list.")
    if key in _FAVOURITE:
        return Problem(part, f"{message} The nearest is “is:favourite”.", ("is", "favourite"))
    error = Missing(message, _SYNONYMS.get(key) or _meant_operator(key), OPERATORS)
    return Problem(part, str(error), (error.nearest, value) if error.nearest and value.strip() else None)


def _meant_operator(name: str) -> str:
    """Of a name of several parts, as Venice's own fields have them, the first that one of the parts begins."""
    parts = [part for part in re.split("[_-]", name) if len(part) > 1]
    meant = [operator for part in parts for operator in OPERATORS if operator.startswith(part)]
    return meant[0] if meant else name


def _is(value: str, vocabulary: Vocabulary) -> Filter:
    wanted = fold(value)
    me = vocabulary.member_id or 0
    states: dict[str, Callable[[], Filter]] = {
        "mine": lambda: Filter(Q(owner=me), (f":owner:{me}",)),
        "moderated": lambda: Filter(
            Q(generation__is_content_violation__isnull=False, generation__is_content_violation=True),
            (":moderated",),
        ),
        "blurred": lambda: Filter(
            Q(generation__is_blurred__isnull=False, generation__is_blurred=True), (":blurred",)
        ),
        "sensitive": lambda: Filter(Q(is_sensitive=True)),
        "stacked": lambda: Filter(Q(stack_size__gt=1), (":stacked",)),
        "edited": lambda: tagged("kind", "generation__kind", ["edit", "multi-edit"]),
        "favourite": lambda: linked(Link("marks", (("user", me), ("is_favourite", True))), vocabulary),
        "unrated": lambda: Filter(Q(rating_count=0)),
        "tagged": lambda: linked(Link("tag_links", is_many=True), vocabulary),
        "collected": lambda: linked(Link("entries", is_many=True), vocabulary),
    }
    if wanted not in states:
        raise Missing(f"There is no “is:{value}”.", wanted, states)
    return states[wanted]()


def _written(column: str, hint: str) -> Reader:
    """What stands in a text that few requests have, which the index tells."""

    def read(value: str, vocabulary: Vocabulary) -> Filter:
        value = value.translate(QUOTES)
        # SQLite compares only ASCII letters without case.
        forms = dict.fromkeys([value, value.lower(), value.upper(), value.capitalize(), value.title()])
        condition = Q(**{f"{column}__icontains": value})
        for form in forms:
            condition |= Q(**{f"{column}__contains": form})
        return Filter(condition, hint=hint)

    return read


# The words of the search language, in the order in which they are told. They are kept in links and saved searches, and
# mean what a picture has: `width` is that of its file, `prompt` the number of a text. No request is made from them.
OPERATORS: dict[str, Reader] = {
    "model": names.named("model", "model"),
    "style": names.named("style", "style_preset"),
    "by": names.person,
    "seed": numbers.seed,
    "cfg": numbers.number("cfg", "generation__cfg_scale", whole=False),
    "steps": numbers.number("steps", "generation__steps"),
    "size": numbers.size,
    "ratio": numbers.ratio,
    "width": numbers.width,
    "height": numbers.height,
    "format": names.file_format,
    "price": numbers.price,
    "rating": numbers.rating,
    "mine": numbers.own_rating,
    "tag": names.tag,
    "in": names.collection,
    "prompt": names.by_id("prompt", "prompt"),
    "batch": names.by_id("batch", "generation__batch"),
    "from": names.descendants,
    "negative": _written("generation__negative_prompt", ":negative"),
    "enhanced": _written("generation__enhanced_prompt", ":enhanced"),
    "kind": names.named("kind", "generation__kind"),
    "after": dates.after,
    "before": dates.before,
    "on": dates.on,
    "is": _is,
}
