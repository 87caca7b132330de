"""Operators whose value names something that there is: a model, a member, a tag, a picture by its number."""

from collections.abc import Callable, Mapping

from django.db.models import Q

from gallery.formats import read_id
from gallery.search.descendants import Descendants
from gallery.search.filters import Filter, Link, Reader, Vocabulary, linked, tagged
from gallery.search.problems import Missing, Unreadable
from gallery.text import fold, label_key


def named(kind: str, column: str) -> Reader:
    """By its whole name, or else by how names begin, or else by a part of them: all that have it are meant."""

    def read(value: str, vocabulary: Vocabulary) -> Filter:
        names = vocabulary.names(kind)
        folded, wanted = {fold(name): kept for name, kept in names.items()}, fold(value)
        matches = [kept for name, kept in folded.items() if name == wanted]
        matches = matches or [kept for name, kept in folded.items() if name.startswith(wanted)]
        matches = matches or [kept for name, kept in folded.items() if wanted in name]
        if not matches or not wanted:
            raise Missing(f"There is no {kind} “{value}”.", wanted, folded)
        return tagged(kind, column, sorted(set(matches)))

    return read


def person(value: str, vocabulary: Vocabulary) -> Filter:
    wanted = fold(value)
    if wanted == "me" and vocabulary.member_id:
        return tagged("owner", "owner", [vocabulary.member_id])
    people = {fold(name): pk for name, pk in vocabulary.people().items()}
    if wanted not in people:
        raise Missing(f"There is nobody called “{value}”.", wanted, people)
    return tagged("owner", "owner", [people[wanted]])


def tag(value: str, vocabulary: Vocabulary) -> Filter:
    pk = _labelled("tag", value, vocabulary.tags())
    return linked(Link("tag_links", (("tag", pk),)), vocabulary)


def collection(value: str, vocabulary: Vocabulary) -> Filter:
    """By its name, or by its number where none is called so."""
    names = vocabulary.collections()
    pk = read_id(value.removeprefix("#"))
    if pk is None or pk not in names.values() or labelled(names)(value) is not None:
        pk = _labelled("collection", value, names)
    return linked(Link("entries", (("collection", pk),)), vocabulary)


def file_format(value: str, vocabulary: Vocabulary) -> Filter:
    names = {"webp": "webp", "png": "png", "jpeg": "jpeg", "jpg": "jpeg"}
    if fold(value) not in names:
        raise Missing(f"There is no format “{value}”.", fold(value), names)
    return tagged("format", "format", [names[fold(value)]])


def by_id(kind: str, column: str) -> Reader:
    def read(value: str, vocabulary: Vocabulary) -> Filter:
        return Filter(Q(**{column: _id_of(kind, value, vocabulary)}), is_sought=True)

    return read


def _id_of(kind: str, value: str, vocabulary: Vocabulary) -> int:
    pk = read_id(value.removeprefix("#"))
    if pk is None:
        raise Unreadable("It takes the number of one, as in its address.")
    if not vocabulary.exists(kind, pk):
        raise Unreadable(f"There is no {kind} {pk}.")
    return pk


def descendants(value: str, vocabulary: Vocabulary) -> Filter:
    return Filter(Q(pk__in=Descendants(_id_of("picture", value, vocabulary))))


def labelled(names: Mapping[str, int]) -> Callable[[str], int | None]:
    """Which of these tags or collections a value means, by their names: None for what is called by none.

    In any case; accents need not be typed where only one is meant.
    """
    exact = {label_key(name): pk for name, pk in names.items()}
    folded = {fold(name): pk for name, pk in names.items()}
    return lambda value: exact.get(label_key(value), folded.get(fold(value)))


def _labelled(kind: str, value: str, names: dict[str, int]) -> int:
    pk = labelled(names)(value)
    if pk is None:
        raise Missing(f"There is no {kind} “{value}”.", fold(value), map(fold, names))
    return pk
