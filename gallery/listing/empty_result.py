"""What is said of a search that finds nothing: which part empties it, and what nearly the same would find."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq

from gallery import search
from gallery.formats import counted_to
from gallery.listing.filters import CAP, Link, counts, refused
from gallery.listing.listing import Listing
from gallery.models import Image, User
from gallery.models.vocabulary import Vocabulary

# So many parts of a search are looked at.
MOST_PARTS = 10
# What a word, or all of them, may name: the captions of pictures tell these, and so they are typed.
_NAMING = ("model", "style", "by", "tag", "in", "on", "size", "ratio", "price")
# A word is cut by so many letters at most, to no fewer than these, to find those that begin alike.
MOST_CUT, FEWEST_LETTERS = 3, 3


@dataclass(frozen=True, slots=True)
class Advice:
    """Searches that find something.

    `without` leaves out the part that each is called by. Where that helps nowhere, `alone` has each part by itself,
    with an empty count for those that find nothing. `instead` has another part in the place of one that is nowhere.
    """

    without: Sequence[Link] = ()
    alone: Sequence[Link] = ()
    instead: Sequence[Link] = ()


def advice(listing: Listing, member: User) -> Advice:
    """What to look for instead of `listing`, which finds nothing: a question for each part, and two more."""
    unsearched = refused(listing)
    parts = [part for part in search.terms(listing.query.text) if part.normal not in unsearched][:MOST_PARTS]
    without = _without(listing, member)
    finds = dict(zip(parts, counts("", [part.text for part in parts], member), strict=True))
    alone = [_link(listing, part.text, part.text, count) for part, count in finds.items()]
    lost = [part for part, count in finds.items() if not count and not part.negated]
    return Advice(without, alone if len(parts) > 1 and not without else (), _instead(listing, lost, member))


def _without(listing: Listing, member: User) -> list[Link]:
    parts = search.terms(listing.query.text)
    if len(parts) < 2:
        return []
    vocabulary, links = Vocabulary(member.pk), []
    for number, part in enumerate(parts[:MOST_PARTS]):
        rest = " ".join(other.text for at, other in enumerate(parts) if at != number)
        if Image.objects.shown_for(search.parse(rest, vocabulary)).listed_for(member).exists():
            links.append(Link(part.text, listing.searched_for(rest)))
    return links


def _instead(listing: Listing, lost: Sequence[search.Term], member: User) -> list[Link]:
    """For all words, and each that is in no prompt, the first of what may have been meant that finds something."""
    vocabulary, typed = Vocabulary(member.pk), listing.query.text
    terms = search.terms(typed)
    meant: list[tuple[search.Term | None, str, str]] = []
    if len(terms) > 1 and not any(term.name or term.negated for term in terms):
        meant += [(None, text, text) for text in _named(typed.strip('"'), vocabulary)]
    for part in lost:
        for text in () if part.name else _meanings(part.text, vocabulary):
            meant.append((part, text, search.exchange(typed, partial(eq, part), text)))
    links: dict[search.Term | None, Link] = {}
    counted = counts("", [whole for _, _, whole in meant], member)
    for (of, text, whole), count in zip(meant, counted, strict=True):
        if count:
            links.setdefault(of, _link(listing, text, whole, count))
    return list(links.values())


def _named(text: str, vocabulary: Vocabulary) -> list[str]:
    """The operators that `text` is a value of."""
    written = [search.operator(name, text) for name in _NAMING]
    return [each for each in written if not search.parse(each, vocabulary).problems]


def _meanings(word: str, vocabulary: Vocabulary) -> list[str]:
    """A number may be a seed; a word may name something, be there in another form, or be misspelt towards its end."""
    if word.isascii() and word.isdigit():
        return [search.operator("seed", word)]
    named = _named(word, vocabulary)
    if not word.isalpha():
        return named
    ends = range(len(word) - 1, max(FEWEST_LETTERS, len(word) - MOST_CUT) - 1, -1)
    return [*named, *(f"{word[:end]}*" for end in ends)]


def _link(listing: Listing, label: str, text: str, count: int) -> Link:
    return Link(label, listing.searched_for(text), count=counted_to(CAP, count) if count else "")
