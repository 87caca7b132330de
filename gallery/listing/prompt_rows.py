"""A page of the prompt history: rows with their newest pictures, who used them, and spend; always as many queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Left

from gallery.listing.listing import Listing, Page
from gallery.models import Attempt, Generation, Image, Outcome, Prompt
from gallery.models.prompt import PromptQuerySet

PAGE = 30
PICTURES = 4
# Two lines of it are shown.
EXCERPT = 400

_CHARGED = Q(outcome__in=(Outcome.OK, Outcome.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Row:
    """One prompt. `spent` is money, what may have been charged included; `pretended` was the emulator's."""

    prompt: Prompt
    text: str
    pictures: list[Image]
    people: list[str]
    spent: Decimal
    pretended: Decimal


def page(listing: Listing) -> Page[Row]:
    """The prompts of `listing`, by newest use."""
    used = Prompt.objects.matching(listing.query).filter(generation_count__gt=0)
    prompts = list(listing.rows(_with_pictures(used.annotate(excerpt=Left("text", EXCERPT)).defer("text"))))
    return listing.page(
        used, _rows(prompts[: listing.size]), [listing.order.cursor(prompt) for prompt in prompts]
    )


def row(prompt: Prompt) -> Row:
    """One prompt as its own page heads it, the text in full."""
    (pictured,) = _with_pictures(Prompt.objects.filter(pk=prompt.pk))
    return _rows([pictured])[0]


def _with_pictures(prompts: PromptQuerySet) -> PromptQuerySet:
    """Annotate the ids of the newest pictures: a few index seeks for each row, however many pictures it has."""
    newest = Image.objects.filter(prompt=OuterRef("pk")).newest_first().values("pk")
    return prompts.annotate(**{f"picture_{n}": Subquery(newest[n : n + 1]) for n in range(PICTURES)})


def _rows(prompts: Sequence[Prompt]) -> list[Row]:
    ids = [prompt.pk for prompt in prompts]
    chosen = {p.pk: [getattr(p, f"picture_{n}", None) for n in range(PICTURES)] for p in prompts}
    images = Image.objects.in_bulk([pk for pks in chosen.values() for pk in pks if pk])
    people = defaultdict(list)
    used = Generation.objects.filter(prompt__in=ids).values_list("prompt", "owner__username").distinct()
    for prompt_id, name in used.order_by("owner__username"):
        people[prompt_id].append(name)
    spend = {pk: sums for pk, *sums in _spend(ids)}
    return [
        Row(
            prompt,
            prompt.excerpt if hasattr(prompt, "excerpt") else prompt.text,
            [images[pk] for pk in chosen[prompt.pk] if pk in images],
            people[prompt.pk],
            *(amount or Decimal(0) for amount in spend.get(prompt.pk, (None, None))),
        )
        for prompt in prompts
    ]


def _spend(ids: list[int]) -> list[tuple[int, Decimal | None, Decimal | None]]:
    sums = Attempt.objects.filter(_CHARGED, generation__prompt__in=ids).values_list("generation__prompt")
    spent, pretended = (Sum("price", filter=Q(emulated=emulated)) for emulated in (False, True))
    return list(sums.annotate(spent=spent, pretended=pretended))
