"""Where a picture comes from and what became of it: requests as a tree, and the same in thumbnails for one page."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db.models import Prefetch

from gallery.display import generation_card
from gallery.display.changes import changes
from gallery.display.generation_card import GenerationCard
from gallery.formats import mean
from gallery.models import Attempt, Generation, Image, Input, lineage
from gallery.models.image import UNKNOWN_PRICE
from gallery.models.prompt import MILLION
from gallery.models.states import CHARGED_OUTCOMES

#: So many requests are drawn, of them so many that came before; beyond so many nobody counts.
DRAWN, BEFORE, COUNTED = 200, 60, 1000
#: Pictures of a request that are drawn, and requests beside a picture.
PICTURES, LISTED = 4, 24

_COLUMNS = (
    "id",
    "generation_id",
    "index",
    "sha256",
    "width",
    "height",
    "color",
    "recipe",
    "is_sensitive",
    "trashed_at",
    "sort_price",
    "rating_count",
    "rating_sum",
    "favourite_count",
)
# Of calls, what tells what they cost.
_PRICED = ("generation", "outcome", "price", "emulated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A request of the tree; `changes` in words from the request above it, `parents` the others that it was made from.

    `elsewhere` are requests that were made from this one too and stand below another. `made_of` are the pictures that
    it started from besides those of the request above it. `earlier` tells that it was made from what is not drawn.
    """

    generation: Generation
    images: list[Image]
    hidden: int
    in_trash: int
    changes: list[str]
    is_here: bool = False
    made_of: Sequence[Input] = ()
    parents: Sequence[int] = ()
    elsewhere: Sequence[int] = ()
    earlier: int | None = None

    @property
    def picture(self) -> Image | None:
        """The one that one goes on from: its best rated, else its first; None where none is there."""
        return max(self.images, key=lambda each: (each.mean_rating or 0, -each.index), default=None)

    @property
    def price(self) -> Decimal | None:
        """What the whole request cost, or is to cost while it is on its way, in USD; None when that is not known."""
        for each in self.images:
            return None if each.sort_price == UNKNOWN_PRICE else Decimal(each.sort_price) / MILLION
        return self.generation.cost

    @property
    def rating(self) -> str:
        """The best mean of its pictures, with one decimal; empty while nobody has rated one."""
        return mean(max((each.mean_rating for each in self.images if each.mean_rating), default=None))

    @property
    def favourites(self) -> int:
        """How many have one of its pictures among their favourites, at most."""
        return max((each.favourite_count for each in self.images), default=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A node as nested lists are written: whether a list begins before it, whether it ends, how many lists with it."""

    node: Node
    opens: bool
    ends: bool
    closes: range


@dataclass(frozen=True, slots=True)
class More:
    """Requests that are not drawn: how many, whether there may be more, and the picture whose search finds them."""

    count: int
    is_more: bool
    image: int | None


@dataclass(frozen=True, slots=True)
class Tree:
    """Requests around one, roots first; `later` were made from it, `aside` from what it was made from.

    `spent` is what the calls of all that is drawn have cost, or may have, in USD; `pretended` the emulator's.
    """

    entries: list[Entry]
    spent: Decimal
    pretended: Decimal
    earlier: More | None = None
    later: More | None = None
    aside: More | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all of the family is drawn."""
        return not (self.earlier or self.later or self.aside)


@dataclass(slots=True)
class _Graph:
    """What is drawn, and who was made from whom: parents in their order, all of them older."""

    rows: dict[int, Generation]
    parents: dict[int, list[int]] = field(default_factory=dict)
    unseen: dict[int, int] = field(default_factory=dict)
    children: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    others: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


def around(image: Image) -> Tree:
    """The family of its request: ten queries at most, however deep and however many."""
    here = image.generation_id
    before = lineage.before([here], COUNTED + 1)
    after = lineage.after([here], COUNTED + 1)
    drawn = [here, *before[:BEFORE]]
    drawn += after[: DRAWN - len(drawn)]
    # Before it stands whatever it was made from; beside it, what else was made from that.
    family = lineage.after(before, COUNTED + 1) if before else []
    relatives = {here, *before, *after}
    aside = [pk for pk in family if pk not in relatives]
    drawn += aside[: DRAWN - len(drawn)]
    graph = _graph(drawn)
    shown = set(drawn)
    root = min((pk for pk in graph.rows if pk in before), default=here)
    return Tree(
        list(_entries(graph, here)),
        _charged(graph, emulated=False),
        _charged(graph, emulated=True),
        _more(before, shown, graph, here, image),
        _more(after, shown, graph, here, image),
        _more(aside, shown, graph, root, None),
    )


def _charged(graph: _Graph, *, emulated: bool) -> Decimal:
    """What the calls of these requests have cost, or may have; one without a known price counts for nothing."""
    calls = [call for each in graph.rows.values() for call in each.attempts.all()]
    charged = [call for call in calls if call.outcome in CHARGED_OUTCOMES and call.emulated == emulated]
    return sum((call.price or Decimal(0) for call in charged), Decimal(0))


def _more(ids: list[int], drawn: set[int], graph: _Graph, root: int, image: Image | None) -> More | None:
    left = sum(pk not in drawn for pk in ids[:COUNTED])
    if not left:
        return None
    pictures = list(graph.rows[root].images.all()) if image is None and root in graph.rows else []
    return More(left, len(ids) > COUNTED, image.pk if image else next((each.pk for each in pictures), None))


def _graph(ids: list[int]) -> _Graph:
    """These with their pictures and what they start from, in five queries, and their edges."""
    pictures = Prefetch("images", Image.objects.order_by("index", "id").only(*_COLUMNS))
    inputs = Prefetch("inputs", Input.objects.select_related("image"))
    calls = Prefetch("attempts", Attempt.objects.only(*_PRICED))
    rows = (
        Generation.objects.filter(pk__in=ids)
        .select_related("owner", "prompt", "origin", "verification")
        .prefetch_related(pictures, inputs, calls)
    )
    graph = _Graph({each.pk: each for each in rows.order_by("pk")})
    for pk, generation in graph.rows.items():
        made_from = _made_from(generation)
        graph.parents[pk] = [each for each in made_from if each in graph.rows]
        unseen = next((each for each in made_from if each not in graph.rows), None)
        if unseen is not None and not graph.parents[pk]:
            graph.unseen[pk] = unseen
        for index, parent in enumerate(graph.parents[pk]):
            (graph.others if index else graph.children)[parent].append(pk)
    return graph


def _made_from(generation: Generation) -> list[int]:
    """The requests that it was made from, the main one first. What is not older cannot be: no circle is drawn."""
    if generation.run_again_of_id:
        ids = [generation.run_again_of_id]
    else:
        origins = [generation.origin, *(each.image for each in generation.sources)]
        ids = [each.generation_id for each in origins if each is not None]
    return [pk for pk in dict.fromkeys(ids) if pk < generation.pk]


def _entries(graph: _Graph, here: int) -> Iterator[Entry]:
    """Every node once, below its main parent, in the order of nested lists."""
    # Walked by hand: a chain may be deeper than Python likes to call.
    stack = [(pk, 0) for pk, parents in reversed(graph.parents.items()) if not parents]
    order: list[tuple[int, int]] = []
    while stack:
        pk, depth = stack.pop()
        order.append((pk, depth))
        stack += [(child, depth + 1) for child in reversed(graph.children[pk])]
    depths = [0, *(depth for _, depth in order), 0]
    for (pk, depth), before, following in zip(order, depths, depths[2:], strict=False):
        node = _node(graph, pk, is_here=pk == here)
        yield Entry(node, depth > before, following <= depth, range(max(0, depth - following)))


def _node(graph: _Graph, pk: int, *, is_here: bool) -> Node:
    generation = graph.rows[pk]
    main, *others = graph.parents[pk] or [0]
    return replace(
        _drawn(generation, changes(graph.rows[main], generation) if main else []),
        is_here=is_here,
        made_of=[
            each for each in generation.sources if each.image is None or each.image.generation_id != main
        ],
        parents=others,
        elsewhere=graph.others[pk],
        earlier=graph.unseen.get(pk),
    )


def _drawn(generation: Generation, changes: list[str]) -> Node:
    """By itself; its pictures are read already."""
    pictures = list(generation.images.all())
    kept = [each for each in pictures if each.trashed_at is None]
    return Node(
        generation=generation,
        images=kept[:PICTURES],
        hidden=max(0, len(kept) - PICTURES),
        in_trash=len(pictures) - len(kept),
        changes=changes,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that a request was made from: one of ours, or what was brought from outside, and what it was to it."""

    image: Image | None
    input: Input | None
    words: list[str]

    @property
    def is_sensitive(self) -> bool:
        """Whether it is not for every eye; of what was brought nobody has said so."""
        return self.image is not None and self.image.is_sensitive


def made_of(generation: Generation) -> list[Source]:
    """The pictures that it was made from, the main one with the difference in words; one query at most."""
    inputs = list(generation.inputs.select_related("image")) if generation.has_inputs else []
    origin = generation.origin
    words = changes(origin.generation, generation) if origin else []
    sources = (
        []
        if origin is None or any(each.image_id == origin.pk for each in inputs)
        else [Source(origin, None, words)]
    )
    for each in inputs:
        is_main = origin is not None and each.image_id == origin.pk
        sources.append(Source(each.image, each, words if is_main else [each.get_role_display().lower()]))
    return sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made from a picture, newest first: the first of it, each with its difference in words, and how many.

    `cards` are those that are still on their way.
    """

    cards: list[GenerationCard]
    nodes: list[Node]
    count: int
    is_more: bool


def made_from(image: Image) -> Made:
    """By re-running it, or starting from it; four queries, four more while some of it is on its way."""
    ids = lineage.made_from(image.pk, COUNTED + 1)
    pictures = Prefetch("images", Image.objects.order_by("index", "id").only(*_COLUMNS))
    rows = Generation.objects.filter(pk__in=ids[:LISTED]).select_related("owner", "prompt", "verification")
    calls = Prefetch("attempts", Attempt.objects.only(*_PRICED))
    children = list(rows.prefetch_related(pictures, calls).order_by("-id")) if ids else []
    active = [each.pk for each in children if each.is_active]
    cards = generation_card.drawn(Generation.objects.filter(pk__in=active)) if active else None
    return Made(
        cards=generation_card.of_each(cards.order_by("-id")) if cards is not None else [],
        nodes=[_drawn(each, changes(image.generation, each)) for each in children if not each.is_active],
        count=min(len(ids), COUNTED),
        is_more=len(ids) > COUNTED,
    )
