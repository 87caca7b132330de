"""A page of the prompt history: rows with their newest pictures, who used them, and spend; always as many queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Left
from django.http import HttpRequest

from gallery import search
from gallery.listing import tiles
from gallery.models import Attempt, Generation, Image, Outcome, Prompt
from gallery.models.prompt import PromptQuerySet

PAGE = 30
PICTURES = 4
# Two lines of it are shown.
EXCERPT = 400

_CHARGED = Q(outcome__in=(Outcome.OK, Outcome.UNKNOWN))


@dataclass(frozen=True, slots=True)
class Line:
    """One prompt. `spent` is money, what may have been charged included; `pretended` was the emulator's."""

    prompt: Prompt
    text: str
    pictures: list[Image]
    people: list[str]
    spent: Decimal
    pretended: Decimal


@dataclass(frozen=True, slots=True)
class Page:
    """Prompts by newest use, and the addresses of the pages beside."""

    lines: list[Line]
    older: str
    newer: str


def page(request: HttpRequest, query: search.Query) -> Page:
    """Prompts from the request's cursor on, which is the id of a newest use."""
    start = tiles.cursor(request)
    known = Prompt.objects.matching(query).filter(generation_count__gt=0)
    found = known if start is None else known.filter(last_generation_id__lte=start)
    rows = list(
        _with_pictures(found.newest_first().annotate(excerpt=Left("text", EXCERPT)).defer("text"))[: PAGE + 1]
    )
    older = tiles.address(request, query, rows[PAGE].last_generation_id) if len(rows) > PAGE else ""
    newer = "" if start is None else _newer(request, known, query, start)
    return Page(_lines(rows[:PAGE]), older, newer)


def line(prompt: Prompt) -> Line:
    """One prompt as its own page heads it, the text in full."""
    (pictured,) = _with_pictures(Prompt.objects.filter(pk=prompt.pk))
    return _lines([pictured])[0]


def _newer(request: HttpRequest, known: PromptQuerySet, query: search.Query, start: int) -> str:
    following = known.filter(last_generation_id__gt=start).order_by("last_generation_id")
    places = following.values_list("last_generation_id", flat=True)[: PAGE + 1]
    return tiles.newer_address(request, query, list(places), PAGE)


def _with_pictures(prompts: PromptQuerySet) -> PromptQuerySet:
    """Annotate the ids of the newest pictures: a few index seeks for each row, however many pictures it has."""
    newest = Image.objects.filter(prompt=OuterRef("pk")).newest_first().values("pk")
    return prompts.annotate(**{f"picture_{n}": Subquery(newest[n : n + 1]) for n in range(PICTURES)})


def _lines(prompts: Sequence[Prompt]) -> list[Line]:
    ids = [prompt.pk for prompt in prompts]
    chosen = {p.pk: [getattr(p, f"picture_{n}", None) for n in range(PICTURES)] for p in prompts}
    images = Image.objects.in_bulk([pk for row in chosen.values() for pk in row if pk])
    people = defaultdict(list)
    used = Generation.objects.filter(prompt__in=ids).values_list("prompt", "owner__username").distinct()
    for prompt_id, name in used.order_by("owner__username"):
        people[prompt_id].append(name)
    spend = {row[0]: row[1:] for row in _spend(ids)}
    return [
        Line(
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
