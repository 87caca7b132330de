"""A prompt's pictures by model and seed: what is there, and what is not yet, with the form that would make it."""

from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef
from django.urls import reverse

from gallery.formats import read_id
from gallery.models import CatalogModel, Image, Prompt

SEEDS = 20


@dataclass(frozen=True, slots=True)
class Cell:
    """The newest picture of a model and a seed, and how many older ones there are; or the form that makes the first.

    Neither where the model is not offered any more, or follows no seed.
    """

    seed: int
    picture: Image | None = None
    older: int = 0
    create: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Seeds, the latest used first; for each model a cell under each seed; the addresses of the columns beside."""

    seeds: list[int]
    rows: list[tuple[str, list[Cell]]]
    older: str
    is_newest: bool
    has_others: bool


def table(prompt: Prompt, cursor: str) -> Table | None:
    """The columns from the picture `cursor` on, or the newest; None when no picture has a seed of its own."""
    pictures = Image.objects.kept().filter(prompt=prompt)
    seeded = pictures.filter(seed__isnull=False)
    start = read_id(cursor)
    newer = seeded.filter(seed=OuterRef("seed"), pk__gt=OuterRef("pk"))
    columns = seeded.filter(~Exists(newer)).newest_first()
    if start is not None:
        columns = columns.filter(pk__lte=start)
    rows = list(columns.values_list("pk", "seed")[: SEEDS + 1])
    if not rows:
        return None
    return Table(
        seeds := [seed for _, seed in rows[:SEEDS] if seed is not None],
        _rows(prompt, seeds),
        f"{reverse('prompt', args=[prompt.pk])}?seeds={rows[SEEDS][0]}#seeds" if len(rows) > SEEDS else "",
        start is None,
        pictures.filter(seed=None).exists(),
    )


_SHOWN = ("sha256", "recipe", "width", "height", "color", "seed", "style_preset", "is_sensitive")


def _rows(prompt: Prompt, seeds: list[int]) -> list[tuple[str, list[Cell]]]:
    groups = (
        Image.objects.kept().filter(prompt=prompt, seed__in=seeds).order_by().values_list("model", "seed")
    )
    counts = {(model, seed): (pk, n) for model, seed, pk, n in groups.annotate(Max("pk"), Count("pk"))}
    images = Image.objects.only(*_SHOWN).in_bulk([pk for pk, _ in counts.values()])
    models = sorted({model for model, _ in counts})
    offered = CatalogModel.objects.for_images().filter(model_id__in=models)
    following = {entry.model_id for entry in offered if entry.spec.uses_seed}
    # What is not there is asked for as its latest neighbour under the same seed was.
    likes = {seed: images[max(pk for (_, of), (pk, _) in counts.items() if of == seed)] for seed in seeds}

    def cell(model: str, seed: int) -> Cell:
        if (model, seed) in counts:
            pk, count = counts[model, seed]
            return Cell(seed, images[pk], count - 1)
        return Cell(seed, create=_create(likes[seed], model) if model in following else "")

    return [(model, [cell(model, seed) for seed in seeds]) for model in models]


def _create(like: Image, model: str) -> str:
    """The form, filled as `like` was made but for the model."""
    query = {"image": like.pk, "use": "prompt,seed,size", "model": model, "seed": like.seed}
    if like.style_preset:
        query["style_preset"] = like.style_preset
    return reverse("create", query=query)
