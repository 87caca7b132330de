"""What was made already: pictures that are kept, of requests that asked for exactly the same."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from gallery.models import Generation, Image, Input, Prompt
from gallery.variations.canonical import Form, form_of
from venice import Generate, Model
from venice.operations import PARAMETERS, Operation

#: So many operations are looked up at once, and of so many pictures alike, the newest.
MOST = 500
CANDIDATES = 4_000
_SHOWN = {
    *(
        "id",
        "sha256",
        "recipe",
        "width",
        "height",
        "color",
        "seed",
        "is_sensitive",
        "is_moderated",
        "created_at",
    ),
    *("owner_id", "generation_id", "prompt_id", "model"),
}
_DRAWN_ANEW = tuple(parameter.name for parameter in PARAMETERS if parameter.is_drawn_anew)
# In the order of the table, as a row is made of them.
_FIELDS = tuple(field.attname for field in Image._meta.concrete_fields if field.attname in _SHOWN)


class _Candidate(NamedTuple):
    generation: int
    model: str
    request: dict[str, Any]
    # Of the picture, as _FIELDS names them.
    columns: Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What of a click was made exactly so before, or comes of what is on its way: so many (`count`) of its requests.

    `image` is the first that is there; where there is none, `generation` the id of the first on its way. `missing` are
    the other requests, and `price` is what they cost together (USD; None: unknown).
    """

    image: Image | None
    generation: int | None
    count: int
    missing: Sequence[Generate]
    price: Decimal | None


def comes_again(operation: Operation, model: Model | None) -> bool:
    """Whether asking for it twice makes the same picture: a seed is followed, and nothing else is drawn anew.

    Venice writes an enhanced prompt anew each time, and the web is another one tomorrow. Of several pictures in one
    call only the first follows the seed.
    """
    return (
        isinstance(operation, Generate)
        and model is not None
        and model.uses_seed
        and operation.seed is not None
        and operation.image_count == 1
        and not operation.extra
        and not any(getattr(operation, name) for name in _DRAWN_ANEW)
    )


def identity(operation: Operation, model: Model | None) -> str:
    """The operation in one form: two with the same one ask for the same."""
    return _identity(operation, form_of(operation.kind, model))


def identities(operations: Iterable[Operation], models: Mapping[str, Model]) -> list[str]:
    """As `identity`, of many; the form of each of `models`, by their ids, is made once."""
    forms = {name: form_of(Generate.kind, model) for name, model in models.items()}
    return [
        _identity(each, forms[each.model])
        if each.kind == Generate.kind and each.model in forms
        else identity(each, models.get(each.model))
        for each in operations
    ]


def _identity(operation: Operation, form: Form) -> str:
    digests = [_digest(entry.image.data, entry.image.sha256) for entry in operation.inputs]
    return form(operation.payload(images=False), digests)


def existing(
    operations: Sequence[Operation], models: Mapping[str, Model], keys: Sequence[str] | None = None
) -> dict[int, Image]:
    """The newest kept picture of each of `operations` (at most 500) that was made already, by its index.

    `models` are those that they name, by id; `keys` are their `identities` where somebody knows them. Three queries at
    most: prompts, pictures, and what these started from. The pictures have what a tile shows of them, and no more. What
    was pretended is no picture of Venice's.
    """
    wanted = _wanted(operations, models, keys)
    firsts = (operations[indices[0]] for indices in wanted.values())
    asked = [operation for operation in firsts if isinstance(operation, Generate)]
    images: dict[int, Image] = {}
    for key, columns in _made(asked, models):
        if indices := wanted.pop(key, None):
            image = Image.from_db(DEFAULT_DB_ALIAS, _SHOWN, columns)
            images |= dict.fromkeys(indices, image)
    return images


def under_way(
    operations: Sequence[Operation], models: Mapping[str, Model], keys: Sequence[str] | None = None
) -> dict[int, int]:
    """The ids of generations that wait or run and will bring the same pictures, by index; two queries at most."""
    wanted = _wanted(operations, models, keys)
    seeds = {getattr(operation, "seed", None) for operation in operations} - {None}
    active = Generation.objects.active().filter(kind=Generate.kind, emulated=settings.VENICE_EMULATED)
    alike = active.filter(seed__in=seeds, model__in=models).order_by("-id") if wanted else active.none()
    rows = list(alike.values_list("pk", "model", "request")[:CANDIDATES])
    digests = _inputs(pk for pk, _, request in rows if request.get("style_references"))
    forms = {model: form_of(Generate.kind, models[model]) for model in {model for _, model, _ in rows}}
    ids: dict[int, int] = {}
    for pk, model, request in rows:
        key = forms[model]({**request, "variants": 1}, digests.get(pk, []))
        ids |= dict.fromkeys(wanted.pop(key, ()), pk)
    return ids


def _wanted(
    operations: Sequence[Operation], models: Mapping[str, Model], keys: Sequence[str] | None
) -> dict[str, list[int]]:
    """The indices of those that come again, by identity."""
    wanted: dict[str, list[int]] = defaultdict(list)
    operations = operations[:MOST]
    for index, (operation, key) in enumerate(
        zip(operations, keys or identities(operations, models), strict=False)
    ):
        if comes_again(operation, models.get(operation.model)):
            wanted[key].append(index)
    return wanted


def _made(asked: Sequence[Generate], models: Mapping[str, Model]) -> Iterable[tuple[str, Sequence[Any]]]:
    """What may be the same, newest first: the identity of each, and its columns."""
    candidates = _candidates(asked)
    digests = _inputs(each.generation for each in candidates if each.request.get("style_references"))
    forms = {model: form_of(Generate.kind, models[model]) for model in {each.model for each in candidates}}
    for each in candidates:
        one = {**each.request, "variants": 1}
        yield forms[each.model](one, digests.get(each.generation, [])), each.columns


def _candidates(asked: Sequence[Generate]) -> list[_Candidate]:
    """First pictures of the same words, seed and model; what is newest of very many."""
    combinations = {(operation.prompt, operation.seed, operation.model) for operation in asked}
    texts = {hashlib.sha256(operation.prompt.encode()).hexdigest(): operation.prompt for operation in asked}
    stored = Prompt.objects.filter(sha256__in=texts).values_list("pk", "sha256") if texts else ()
    prompts = {pk: texts[digest] for pk, digest in stored}
    if not prompts:
        return []
    seeds: dict[str, set[int | None]] = defaultdict(set)
    for operation in asked:
        seeds[operation.prompt].add(operation.seed)
    # Alike are mostly all prompts or all seeds: one condition for each set of seeds is few of them.
    alike: dict[frozenset[int | None], list[int]] = defaultdict(list)
    for pk, text in prompts.items():
        alike[frozenset(seeds[text])].append(pk)
    same = Q()
    for numbers, ids in alike.items():
        same |= Q(prompt__in=ids, seed__in=sorted(number for number in numbers if number is not None))
    rows = (
        Image.objects.kept()
        .filter(same, index=0, emulated=settings.VENICE_EMULATED)
        .filter(model__in={operation.model for operation in asked}, generation__kind=Generate.kind)
        .newest_first()
    )
    named = ("generation", "seed", "model", "generation__request")
    return [
        _Candidate(generation, model, request, columns)
        for *columns, generation, seed, model, request in rows.values_list(*_FIELDS, *named)[:CANDIDATES]
        if (request.get("prompt"), seed, model) in combinations
    ]


def _inputs(generations: Iterable[int]) -> dict[int, list[str]]:
    """The digests of what each of them started from, in order."""
    ids = list(generations)
    digests: dict[int, list[str]] = defaultdict(list)
    if ids:
        rows = Input.objects.filter(generation__in=ids).order_by("generation", "position")
        for generation, digest in rows.values_list("generation_id", "sha256"):
            digests[generation].append(digest)
    return digests


def _digest(data: bytes, sha256: str) -> str:
    return hashlib.sha256(data).hexdigest() if data else sha256
