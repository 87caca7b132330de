"""What an address of the create page fills the draft with, and what that is called."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from gallery import access
from gallery.formats import read_id
from gallery.forms import style_references
from gallery.forms.catalog import Catalog
from gallery.forms.draft import CAME_ALONG, NAMES, first_model, fitted, with_seed_along
from gallery.forms.model_change import nearest_sides
from gallery.forms.model_fields import MAX_COUNT, fields_of
from gallery.forms.prefill import EVERYTHING, USES, picture_named, values_asked
from gallery.models import Batch, Draft, Generation, Image, Kind, User
from gallery.models.draft import Values
from gallery.text import is_encodable
from gallery.variations import words
from venice import Model
from venice.operations import PIXELS
from venice.pricing import generate_price

#: So far one goes back from a picture to the words that it comes from.
MOST_STEPS = 50
#: As many texts as a click may ever ask for.
MOST_TEXTS = 5_000


@dataclass(frozen=True, slots=True)
class Filling:
    """Values by name, the names that go though nothing comes for them, and in words where all of it is from.

    `is_lost`: what was named is not there any more.
    """

    values: dict[str, Any] = field(default_factory=dict)
    replaces: frozenset[str] = frozenset()
    source: str = ""
    image: Image | None = None
    is_lost: bool = False

    def __bool__(self) -> bool:
        return bool(self.values or self.replaces)


def asked(query: QueryDict, user: User, catalog: Catalog) -> Filling:
    """What `query` names: a picture, a request, a click, a preset, a draft of before; and single fields, which win."""
    filling = _named(query, user, catalog)
    image = filling.image
    single = values_asked(_single(query), None)
    values = {name: value for name, value in {**filling.values, **single}.items() if _fits(name, value)}
    values |= {
        name: filling.values[name] for name in filling.values.keys() & {"image", style_references.FIELD}
    }
    if image is not None:
        values["image"] = str(image.pk)
    if "draft" in query:
        # As it stood, whoever had chosen its seed.
        values |= {name: filling.values[name] for name in filling.values.keys() & {CAME_ALONG}}
    else:
        values = with_seed_along(values)
    followed = style_references.read(query, user).entries
    source = filling.source or (_source(query) if values or followed else "")
    if followed:
        names = [entry.name for entry in followed]
        values |= {entry.strength_field: entry.strength for entry in followed if entry.strength}
        if style_references.FIELD in query:
            model, there = _follows_styles(user, catalog, str(values.get("model") or ""))
            most = max(model.max_style_references, 1) if model else 1
            if model and "model" not in values:
                values["model"], source = model.id, f"a picture as style reference: {model.name} takes them"
            # Beside those that are chosen; the newest, where there is no room for all.
            names = list(dict.fromkeys([*there, *names]))[-most:]
        values |= {style_references.FIELD: names}
    return Filling(values, filling.replaces, source, image, filling.is_lost)


def _follows_styles(user: User, catalog: Catalog, asked: str) -> tuple[Model | None, list[str]]:
    """The model that is to follow style references, and those that the draft has.

    The one that is asked for, or that the draft has, when it takes some; else the cheapest that does; None: none does.
    """
    chosen, values = _chosen(user, catalog, asked)
    there = values.get(style_references.FIELD) or []
    there = [str(name) for name in there] if isinstance(there, list) else [str(there)]
    if chosen and chosen.supports_style_references:
        return chosen, there
    able = [model for model in catalog.models if model.supports_style_references and not model.offline]
    return min(able, key=lambda model: generate_price(model) or Decimal("Infinity"), default=None), there


def _chosen(user: User, catalog: Catalog, asked: str) -> tuple[Model | None, Values]:
    """The model that the form is drawn for when that one is asked for, or none, and the draft."""
    draft = Draft.objects.current_of(user)
    values = draft.values if draft else {}
    return catalog.find(asked or first_model(values)) or catalog.default, values


def _source(query: QueryDict) -> str:
    """What single fields are from, in words."""
    prompt = read_id(query.get("use_prompt") or "")
    return "the address" if prompt is None else f"prompt {prompt}"


def _single(query: QueryDict) -> QueryDict:
    plain = query.copy()
    plain.pop("image", None)
    return plain


def _fits(name: str, value: Any) -> bool:
    return name in NAMES and "\0" not in str(value) and is_encodable(str(value))


def _named(query: QueryDict, user: User, catalog: Catalog) -> Filling:
    if "image" in query:
        return _of_picture(query, user, catalog)
    if "generation" in query:
        return _of_generation(query, catalog)
    if "batch" in query:
        return _of_click(query, catalog)
    if "preset" in query:
        pk = read_id(query.get("preset") or "")
        preset = access.presets_to_see(user).filter(pk=pk).first() if pk is not None else None
        if preset is None:
            return Filling(is_lost=True)
        return Filling(preset.values, NAMES | {"image"}, f"the preset “{preset.name}”")
    if "draft" in query:
        pk = read_id(query.get("draft") or "")
        draft = Draft.objects.before(user).filter(pk=pk).first() if pk is not None else None
        if draft is None:
            return Filling(is_lost=True)
        image = picture_named(QueryDict(f"image={draft.values.get('image', '')}"))
        return Filling(draft.values, NAMES | {"image"}, "a draft of before", image)
    return Filling()


def _of_picture(query: QueryDict, user: User, catalog: Catalog) -> Filling:
    named_one = picture_named(query)
    if named_one is None:
        return Filling(is_lost=True)
    image = _made_by_words(named_one)
    if image is None:
        # Nothing was ever asked for in words: the draft stays as it is.
        return Filling()
    named = QueryDict(mutable=True)
    named["use"] = query.get("use", "")
    values = {name: value for name, value in values_asked(named, image).items() if name in EVERYTHING}
    uses = {use.strip() for use in (query.get("use") or "all").split(",")}
    whole = [USES[use] for use in ("all", "remix") if use in uses]
    replaces = frozenset[str]().union(*whole) & _taken(catalog, image.generation.model)
    if whole:
        replaces |= {style_references.FIELD, CAME_ALONG}
    if "size" in uses and not whole:
        model, _ = _chosen(user, catalog, query.get("model", ""))
        values = _sized(values, model) if model else values
    source = f"picture {image.pk}"
    if image != named_one:
        source += f", of which picture {named_one.pk} was made"
    return Filling(values, replaces - values.keys(), source, image)


def _sized(values: dict[str, Any], model: Model) -> dict[str, Any]:
    """`values` with their size as `model` takes it, or the nearest to it; as it is where there is nothing like it."""
    shown = fitted(values, model)
    if model.sizing == "pixels" and shown.keys() >= set(PIXELS):
        width, height = (int(shown[side]) for side in PIXELS)
        size: dict[str, Any] = dict(zip(PIXELS, nearest_sides(width, height, model), strict=True))
    elif model.sizing != "pixels" and shown.get("aspect_ratio") in model.aspect_ratios:
        size = {"aspect_ratio": shown["aspect_ratio"]}
    else:
        return values
    return {name: value for name, value in values.items() if name not in {*PIXELS, "aspect_ratio"}} | size


def _made_by_words(image: Image) -> Image | None:
    """The picture, or the nearest that it was made from, that the create form could make; None when there is none.

    An edit's words say what to change, and an upscaled picture has none: neither is a prompt.
    """
    candidate: Image | None = image
    for _ in range(MOST_STEPS):
        if candidate is None or candidate.generation.kind in (Kind.GENERATE, Kind.OPENAI_GENERATE):
            return candidate
        origin = candidate.generation.origin_id
        candidate = Image.objects.select_related("generation").filter(pk=origin).first() if origin else None
    return None


def _of_click(query: QueryDict, catalog: Catalog) -> Filling:
    """The form as it was clicked: its first request with all that was varied; a seed is drawn anew."""
    pk = read_id(query.get("batch") or "")
    generations = Generation.objects.select_related("origin__generation", "batch")
    first = generations.filter(batch=pk).order_by("position").first() if pk is not None else None
    if first is None:
        return Filling(is_lost=True)
    if first.batch.kind in (Batch.Kind.ONE, Batch.Kind.MATRIX):
        return _as_asked(first, catalog)
    one, axes = _as_asked(first, catalog), first.batch.axes
    values = {name: value for name, value in one.values.items() if name != "seed"}
    seeds = len(axes.get("seed") or [first.seed])
    if first.batch.written:
        values |= {"prompt": first.batch.written, "alternatives": "on"}
        seeds //= _most_frequent(first.batch.written)
    values |= {"model": [str(each) for each in axes.get("model") or [first.model]]}
    values |= {"count": str(min(max(seeds, 1), MAX_COUNT))}
    return Filling(values, one.replaces | {"seed"}, f"click {first.batch_id}", first.origin)


def _most_frequent(prompt: str) -> int:
    """How often the most frequent text stands among those of a prompt with words in braces; 1 when it has none."""
    try:
        read = words.read(prompt)
    except words.WrongWords:
        return 1
    return max(Counter(read.texts()).values()) if read.count <= MOST_TEXTS else 1


def _of_generation(query: QueryDict, catalog: Catalog) -> Filling:
    pk = read_id(query.get("generation") or "")
    generations = Generation.objects.select_related("origin__generation")
    generation = generations.filter(pk=pk).first() if pk is not None else None
    return _as_asked(generation, catalog) if generation else Filling(is_lost=True)


def _as_asked(generation: Generation, catalog: Catalog) -> Filling:
    sent = generation.request
    values = {name: sent[name] for name in EVERYTHING if sent.get(name) is not None}
    replaces = (EVERYTHING & _taken(catalog, generation.model)) | {"image"}
    return Filling(values, replaces - values.keys(), f"generation {generation.pk}", generation.origin)


def _taken(catalog: Catalog, model: str) -> frozenset[str]:
    """What a form of that model has fields for: the rest of a draft waits for other models."""
    return frozenset(fields_of(catalog.find(model), catalog.styles))
