"""The filter bar above the grid: what a list may be narrowed to by a click, written as the search language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateformat import format as date_format

from gallery import search
from gallery.formats import counted_to
from gallery.listing.count import Capped
from gallery.listing.listing import Listing
from gallery.listing.order import ORDERS
from gallery.models import CatalogModel, CatalogStyle, Image, ImageDocument, SavedSearch, Tag, User, kept_sql
from gallery.models.vocabulary import Vocabulary

#: Nobody asks how many more: `1 000+`.
CAP = 1000
# Names of people and tags beyond these are typed.
MOST = 100
_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "5:4", "4:5", "21:9")

Choices = Callable[[User], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Link:
    """A list that one click leads to, and how many pictures it has, where that was asked for."""

    label: str
    address: str
    is_current: bool = False
    count: str = ""
    # What it is called where its label is a sign.
    said: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu of the bar.

    `value` is what the search has of it, `without` the address of the list without that, and `opened` that of the
    page with this menu open. It has its `choices` only there; of too many the first, and then others are `typed`.
    """

    name: str
    label: str
    value: str
    without: str
    opened: str
    choices: list[Link] | None = None
    typed: str = ""


@dataclass(frozen=True, slots=True)
class FilterBar:
    """All of the bar that depends on the search and on who looks."""

    scopes: Sequence[Link]
    # The address that tells how many each of them finds.
    counted: str
    # Name and text of each search that the member has kept.
    saved: list[tuple[str, str]]
    menus: Sequence[Menu]
    orders: Sequence[Link]


@dataclass(frozen=True, slots=True)
class _Facet:
    """One side of a picture: its menu's name, the operators that a choice takes the place of, and its choices."""

    name: str
    label: str
    operators: frozenset[str]
    choices: Choices

    def holds(self, term: search.Term) -> bool:
        """Whether a term of a search is about this side. What is taken away stays taken away."""
        return not term.negated and (term.name in self.operators or (self.name == "person" and _is_own(term)))


def _models(member: User) -> list[tuple[str, str]]:
    rows = CatalogModel.objects.order_by("name").values_list("name", "model_id")
    return [(name, search.operator("model", model)) for name, model in rows]


def _styles(member: User) -> list[tuple[str, str]]:
    names = CatalogStyle.objects.order_by("name").values_list("name", flat=True)
    return [(name, search.operator("style", name)) for name in names]


def _tags(member: User) -> list[tuple[str, str]]:
    names = Tag.objects.values_list("name", flat=True)[: MOST + 1]
    return [(name, search.operator("tag", name)) for name in names]


def _ratios(member: User) -> list[tuple[str, str]]:
    return [(ratio, search.operator("ratio", ratio)) for ratio in _RATIOS]


def _people(member: User) -> list[tuple[str, str]]:
    names = User.objects.order_by("username").values_list("username", flat=True)[: MOST + 1]
    return [("Me", "is:mine")] + [
        (name, search.operator("by", name)) for name in names if name != member.username
    ]


def _dates(member: User) -> list[tuple[str, str]]:
    return _days()


def _days() -> list[tuple[str, str]]:
    today = timezone.localdate()
    last = today.replace(day=1) - timedelta(days=1)
    return [
        ("Today", "on:today"),
        ("Yesterday", "on:yesterday"),
        ("Last 7 days", "after:6d"),
        ("Last 30 days", "after:29d"),
        (date_format(today, "F Y"), f"on:{today:%Y-%m}"),
        (date_format(last, "F Y"), f"on:{last:%Y-%m}"),
        (f"{today.year}", f"on:{today.year}"),
        (f"{today.year - 1}", f"on:{today.year - 1}"),
    ]


_DATES = frozenset({"on", "after", "before"})
_BOUNDS = {"after": "from", "before": "before"}
_FACETS = (
    _Facet("model", "Model", frozenset({"model"}), _models),
    _Facet("style", "Style", frozenset({"style"}), _styles),
    _Facet("tag", "Tag", frozenset({"tag"}), _tags),
    _Facet("ratio", "Ratio", frozenset({"ratio"}), _ratios),
    _Facet("person", "Person", frozenset({"by"}), _people),
    _Facet("date", "Date", _DATES, _dates),
)
MENUS = frozenset(facet.name for facet in _FACETS)
# Sides that the team grows by itself, and how a choice is typed that is not in their menu.
_TYPED = {"tag": "tag:", "person": "by:"}


def _is_own(term: search.Term) -> bool:
    return (term.name, term.value.casefold(), term.negated) in (("is", "mine", False), ("by", "me", False))


def _is_today(term: search.Term) -> bool:
    return (term.name, term.value.casefold(), term.negated) == ("on", "today", False)


def _is_favourite(term: search.Term) -> bool:
    return (term.name, term.value.casefold(), term.negated) == ("is", "favourite", False)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which pictures at all: `written` as a search, in the place of the terms that it `replaces`."""

    label: str
    written: str
    is_asked: Callable[[search.Term], bool]
    replaces: Callable[[search.Term], bool]
    said: str = ""


def _facet(name: str) -> _Facet:
    return next(facet for facet in _FACETS if facet.name == name)


_SCOPES = (
    _Scope("Mine", "is:mine", _is_own, _facet("person").holds),
    _Scope("★", "is:favourite", _is_favourite, _is_favourite, "Favourites"),
    _Scope("Today", "on:today", _is_today, _facet("date").holds),
)
#: What an address calls them beside the menus.
SCOPES = "scopes"


def filter_bar(listing: Listing, member: User, opened: str = "") -> FilterBar:
    """The bar above `listing`; the menu that is `opened` has its choices, each with its count, as the scopes have."""
    links, menus, orders = _closed(
        listing.path, listing.query.text, listing.order.name, refused(listing), timezone.localdate()
    )
    if opened in MENUS:
        links = tuple(scopes(listing, member))
        menus = tuple(
            menu(listing, member, opened) if facet.name == opened else closed
            for facet, closed in zip(_FACETS, menus, strict=True)
        )
    return FilterBar(links, _opened(listing, SCOPES), _saved(member), menus, orders)


@lru_cache(maxsize=500)
def _closed(
    path: str, text: str, order: str, unsearched: frozenset[str], today: date
) -> tuple[tuple[Link, ...], tuple[Menu, ...], tuple[Link, ...]]:
    """Scopes, menus and orders of the gallery's list, kept since the same few searches come again and again.

    Nothing but these values decides about them; dates are written as they are named `today`.
    """
    query = search.Query(text, problems=tuple(search.Problem(part, "") for part in unsearched))
    listing = Listing(path=path, query=query, orders=ORDERS, order=ORDERS[order], cursor=None, size=0)
    terms = search.terms(text)
    menus = tuple(_menu(listing, facet, terms) for facet in _FACETS)
    return tuple(_scopes(listing, terms)), menus, tuple(orders(listing))


def _saved(member: User) -> list[tuple[str, str]]:
    def write(owner: int) -> QuerySet[SavedSearch, Any]:
        return SavedSearch.objects.filter(user=owner).values_list("name", "text")

    return kept_sql.ask("saved searches", write, member.pk)


def orders(listing: Listing) -> list[Link]:
    """The same list in each of its orders."""
    return [
        Link(each.label, listing.sorted_by(each), each is listing.order) for each in listing.orders.values()
    ]


def menu(listing: Listing, member: User, name: str) -> Menu:
    """The menu of that `name` (one of MENUS), open: with its choices, and how many pictures each would find."""
    (facet,) = (each for each in _FACETS if each.name == name)
    closed = _menu(listing, facet, search.terms(listing.query.text))
    offered, typed = facet.choices(member), ""
    if name in _TYPED and len(offered) > MOST:
        offered, typed = offered[:MOST], _TYPED[name]
    return replace(closed, choices=_choices(listing, facet, offered, member), typed=typed)


def between(listing: Listing, after: str, before: str) -> str:
    """The address of `listing` from the day `after` on and up to the day before `before`, as far as they are given."""
    values = {"after": after, "before": before}
    written = " ".join(search.operator(name, value) for name, value in values.items() if value.strip())
    return _address(listing, lambda term: term.name in _DATES and not term.negated, written)


def refused(listing: Listing) -> frozenset[str]:
    """The parts of the search that are not searched."""
    return frozenset(problem.part for problem in listing.query.problems)


def scopes(listing: Listing, member: User) -> list[Link]:
    """The scopes, with how many pictures each of them finds."""
    terms = search.terms(listing.query.text)
    counted = counts("", [_every(listing), *(_asked(listing, scope) for scope in _SCOPES)], member)
    return [
        replace(link, count=counted_to(CAP, count))
        for link, count in zip(_scopes(listing, terms), counted, strict=True)
    ]


def _scopes(listing: Listing, terms: list[search.Term]) -> list[Link]:
    asked = {scope: any(map(scope.is_asked, terms)) for scope in _SCOPES}
    links = [Link("All", listing.searched_for(_every(listing)), not any(asked.values()))]
    for scope, is_asked in asked.items():
        address = _address(listing, scope.replaces, "" if is_asked else scope.written)
        links.append(Link(scope.label, address, is_asked, said=scope.said))
    return links


def _every(listing: Listing) -> str:
    return search.exchange(listing.query.text, lambda term: any(scope.is_asked(term) for scope in _SCOPES))


def _asked(listing: Listing, scope: _Scope) -> str:
    return search.exchange(listing.query.text, scope.replaces, scope.written)


def _chosen(listing: Listing, facet: _Facet) -> list[search.Term]:
    """What the list is narrowed to: a value that does not exist is not that."""
    unsearched = refused(listing)
    terms = search.terms(listing.query.text)
    return [term for term in terms if facet.holds(term) and term.normal not in unsearched]


def _menu(listing: Listing, facet: _Facet, terms: list[search.Term]) -> Menu:
    chosen = _chosen(listing, facet)
    without = _address(listing, facet.holds)
    # Names of models and styles are not asked for: their ids tell as much.
    named = {text: label for label, text in _days()} if chosen and facet.name == "date" else {}
    return Menu(
        facet.name,
        facet.label,
        " ".join(_value(term, named) for term in chosen),
        without if any(map(facet.holds, terms)) else "",
        _opened(listing, facet.name),
    )


def _opened(listing: Listing, menu: str) -> str:
    own = listing.searched_for(listing.query.text)
    return f"{own}{'&' if '?' in own else '?'}menu={menu}"


def _value(term: search.Term, named: dict[str, str]) -> str:
    """What was chosen, in the words of the menu where it stands there."""
    if term.name in ("after", "before"):
        return named.get(term.text.casefold(), f"{_BOUNDS[term.name]} {term.value}")
    return "me" if _is_own(term) else named.get(term.text.casefold(), term.value)


def _choices(listing: Listing, facet: _Facet, offered: list[tuple[str, str]], member: User) -> list[Link]:
    """What may be chosen: all that would find something, in two queries beside those that read the names."""
    texts = [term.text.casefold() for term in _chosen(listing, facet)]
    rest = search.exchange(listing.query.text, facet.holds)
    counted = counts(rest, [written for _, written in offered], member)
    return [
        Link(
            label,
            _address(listing, facet.holds, written),
            written.casefold() in texts,
            counted_to(CAP, count),
        )
        for (label, written), count in zip(offered, counted, strict=True)
        if count or written.casefold() in texts
    ]


def counts(rest: str, written: list[str], member: User) -> list[int]:
    """How many covers each of `written` finds within the search `rest`, counted no further than just above the cap."""
    vocabulary = Vocabulary(member.pk)
    each = {
        f"count_{number}": Capped(_cut(search.parse(f"{term} {rest}", vocabulary), member))
        for number, term in enumerate(written)
    }
    one = User.objects.filter(pk=member.pk).values_list()
    return list(one.annotate(**each).values_list(*each).get()) if each else []


def _cut(query: search.Query, member: User) -> QuerySet[Any]:
    rows: QuerySet[Any] = ImageDocument.objects.of_covers(query)
    if member.hides_sensitive:
        # Documents tell nothing of what is hidden.
        rows = Image.objects.shown_for(query).listed_for(member)
    return rows.order_by().values_list("pk", flat=True)[: CAP + 1]


def _address(listing: Listing, old: Callable[[search.Term], bool], new: str = "") -> str:
    return listing.searched_for(search.exchange(listing.query.text, old, new))
