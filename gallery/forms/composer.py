"""The composer: the create form in one line, as every page shows a draft."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gallery.formats import sides
from gallery.forms import style_references
from gallery.forms.catalog import Catalog
from gallery.forms.draft import CAME_ALONG, NAMES, drawn, first_model, following, gone
from gallery.forms.model_fields import MAX_COUNT
from gallery.forms.style_references import References
from gallery.models import User
from gallery.models.draft import Values
from gallery.variations import words
from venice import Model
from venice.operations import PARAMETER, SHAPE
from venice.pricing import generate_price

_BARE = frozenset({"model", "prompt", "image"})
_SHOWN = _BARE | {"count"}


@dataclass(frozen=True, slots=True)
class Composer:
    """Prompt and model as fields, and all else of the draft, which goes with them.

    `chips` says in a few words what of it this model takes, `price` (USD, None: unknown) what Generate costs,
    `plan_beside_count` what it makes where that is more than model and count say. `seed` is the one that each click
    uses; empty: another each time. `followed` are the pictures whose style it follows, as fields: those that are there
    still; `left_out` says which are not. `gone` is what is not offered any more.
    """

    catalog: Catalog
    spec: Model | None
    values: Values
    price: Decimal | None
    plan_beside_count: str = ""
    chips: tuple[str, ...] = ()
    seed: str = ""
    followed: tuple[tuple[str, str], ...] = ()
    left_out: str = ""
    gone: tuple[tuple[str, str], ...] = ()
    submission: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def kept(self) -> dict[str, str]:
        """What goes along unseen, by name, for whichever model is chosen."""
        return {name: str(value) for name, value in self.values.items() if name in NAMES - _SHOWN}

    @property
    def unread_choices(self) -> bool:
        """Whether its prompt has words to choose between that are sent with their braces."""
        return (
            self.values.get("alternatives") != "on" and words.count(str(self.values.get("prompt") or "")) > 1
        )

    @property
    def came_along(self) -> str:
        """The seed that came with what filled the draft, and that nobody has chosen; empty when there is none."""
        return str(self.values.get(CAME_ALONG, ""))

    @property
    def counts(self) -> range:
        """The numbers of pictures to choose from."""
        return range(1, MAX_COUNT + 1)

    @property
    def other_models(self) -> list[str]:
        """The ids of those that are asked for beside the one in the list."""
        named = self.values.get("model")
        return named[1:] if isinstance(named, list) else []


def of_draft(catalog: Catalog, values: Mapping[str, Any], user: User | None) -> Composer:
    """The composer with a draft of `user`.

    Without more than words it needs no form, since every page draws it and must be fast.
    """
    kept = dict(values)
    spec = catalog.find(first_model(kept)) or catalog.default
    is_there = kept.get("model") in (None, spec and spec.id)
    if spec is None or (not kept.keys() - _BARE and is_there):
        return Composer(catalog, spec, kept, generate_price(spec) if spec else None)
    form = drawn(catalog, kept)
    said = {name: form.initial[name] for name in form.fields if name in kept and name in form.initial}
    shape = [sides(form["width"].value(), form["height"].value(), "×")] if "width" in form.initial else []
    shape += [str(form.initial[name]) for name in ("aspect_ratio", "resolution") if form.initial.get(name)]
    others = [_chip(name, value) for name, value in said.items() if name not in _SHOWN | SHAPE | {"seed"}]
    followed = References()
    if user and style_references.FIELD in kept:
        followed = style_references.read(following(kept), user)
    return Composer(
        catalog,
        spec,
        kept,
        form.quote,
        form.plan_beside_count,
        (*shape, *others),
        form.fixed_seed,
        followed=tuple(field for each in followed.entries for field in each.fields),
        left_out=followed.problem,
        gone=tuple(gone(form, kept)),
    )


def _chip(name: str, value: Any) -> str:
    label = PARAMETER[name].label if name in PARAMETER else name.capitalize()
    if name in ("style_preset", "quality"):
        return str(value)
    if name == "negative_prompt":
        return "negative prompt"
    if str(value) in ("on", "off"):
        return label if value == "on" else f"{label} off"
    return f"{label.lower()} {value}"
