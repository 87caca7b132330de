"""A page of the prompt history: cards with their best pictures, models and people; always as many queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Left

from gallery.listing.listing import Listing, Page
from gallery.models import Generation, Image, Prompt, User
from gallery.models.prompt import PromptQuerySet

PAGE = 30
PICTURES = 4
# Two lines of it are shown.
EXCERPT = 400
# What a card shows of a picture.
_SHOWN = ("sha256", "recipe", "width", "height", "is_sensitive")


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt, with the names of the models that were asked and of the people who did.

    `is_thrown_away`: it had pictures, and all of them are in the trash or gone.
    """

    prompt: Prompt
    text: str
    pictures: list[Image]
    models: list[str]
    people: list[str]
    is_thrown_away: bool = False


def page(listing: Listing, member: User) -> Page[Row]:
    """The prompts of `listing`, with pictures that `member` has in lists."""
    matches = Prompt.objects.walked(listing.query).exclude(generation_count=0)
    # Not `> 0`, for which SQLite would leave the cursor of an order by this very column. And first which prompts, then
    # what is shown of them: it looks up all that a row shows before it sorts.
    positions = list(listing.rows(matches).values_list("pk", *listing.order.columns))
    shown = [pk for pk, *_ in positions[: listing.size]]
    rows = Prompt.objects.annotate(excerpt=Left("text", EXCERPT)).defer("text", "folded", "words")
    prompts = _with_pictures(rows, member).in_bulk(shown)
    cursors = [tuple(cursor) for _, *cursor in positions]
    return listing.page(matches, _rows([prompts[pk] for pk in shown]), cursors)


def used(listing: Listing) -> PromptQuerySet:
    """Every prompt of `listing` that somebody has used, whatever became of it."""
    return Prompt.objects.matching(listing.query).exclude(generation_count=0)


def row(prompt: Prompt) -> Row:
    """One prompt as its own page heads it, the text in full."""
    (whole,) = _rows([prompt], with_pictures=False)
    return whole


def _with_pictures(prompts: PromptQuerySet, member: User) -> PromptQuerySet:
    """Annotate the ids of the best rated and of the newest pictures: a few index seeks each, however many it has."""
    listed = Image.objects.kept().listed_for(member).filter(prompt=OuterRef("pk"))
    rated = listed.filter(rating_count__gt=0).order_by("-score", "-id").values("pk")
    newest = listed.newest_first().values("pk")
    return prompts.annotate(
        **{f"best_{n}": Subquery(rated[n : n + 1]) for n in range(PICTURES)},
        **{f"newest_{n}": Subquery(newest[n : n + 1]) for n in range(PICTURES)},
    )


def _chosen(prompt: Prompt) -> list[int]:
    """Of these the first few: what is rated first, and then what is new."""
    candidates = [getattr(prompt, f"{kind}_{n}") for kind in ("best", "newest") for n in range(PICTURES)]
    return list(dict.fromkeys(pk for pk in candidates if pk is not None))[:PICTURES]


def _rows(prompts: Sequence[Prompt], *, with_pictures: bool = True) -> list[Row]:
    chosen = {prompt.pk: _chosen(prompt) if with_pictures else [] for prompt in prompts}
    wanted = [pk for pks in chosen.values() for pk in pks]
    images = Image.objects.only(*_SHOWN).in_bulk(wanted) if wanted else {}
    models: dict[int, set[str]] = defaultdict(set)
    people: dict[int, set[str]] = defaultdict(set)
    uses = Generation.objects.filter(prompt__in=chosen).values_list("prompt", "model", "owner__username")
    for prompt_id, model, name in uses.order_by().distinct():
        models[prompt_id].add(model)
        people[prompt_id].add(name)
    thrown_away = _thrown_away([prompt.pk for prompt in prompts if not prompt.picture_count])
    return [
        Row(
            prompt,
            getattr(prompt, "excerpt", None) or prompt.text,
            [images[pk] for pk in chosen[prompt.pk] if pk in images],
            sorted(models[prompt.pk]),
            sorted(people[prompt.pk]),
            prompt.pk in thrown_away,
        )
        for prompt in prompts
    ]


def _thrown_away(ids: list[int]) -> set[int]:
    """Those of these prompts, which have no picture, that had some; a query when there are any."""
    in_trash = Exists(Image.objects.trashed().filter(generation=OuterRef("pk")))
    uses = Generation.objects.filter(in_trash | Q(purged_count__gt=0), prompt__in=ids).order_by()
    return {pk for pk in uses.values_list("prompt", flat=True).distinct() if pk is not None} if ids else set()
