"""The models as people choose among them: each with a picture of the team's own, its price, its time, what it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from gallery import formats
from gallery.display.generation_card import typical
from gallery.forms.catalog import Catalog
from gallery.listing import examples
from gallery.models import CatalogModel, Generation, Image, Pin, User
from gallery.models.verification import scores
from gallery.text import fold
from venice import Model
from venice.operations import PARAMETERS, TIERS
from venice.pricing import generate_price

# So many of a member's newest generations tell which models they have used lately, and so many models are that.
_LOOKED_THROUGH = 200
RECENT = 6
# Words of an id that tell what a model does, and not which family it is of.
_PLAIN = {"image", "edit", "text", "to"}


@dataclass(frozen=True, slots=True)
class Fact:
    """What a model takes, in few words; `sign` names the drawing beside them: a parameter's name, or what it is."""

    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model of the picker. `price` is of one picture at its defaults, in USD; `took` its usual time, in words.

    `score` says how pictures came out that were made again from their seeds; empty where none was.
    """

    spec: Model
    price: Decimal | None
    took: str
    facts: tuple[Fact, ...]
    score: str
    example: Image | None
    is_pinned: bool
    is_chosen: bool

    @property
    def cost(self) -> str:
        """The price, in words where the catalogue tells none."""
        return formats.price(self.price)

    @property
    def words(self) -> str:
        """What it is found by, folded."""
        said = (self.spec.name, self.spec.id, self.spec.privacy, *self.spec.traits)
        return fold(" ".join((*said, *(fact.words for fact in self.facts))))


@dataclass(frozen=True, slots=True)
class Group:
    """Cards under one heading."""

    title: str
    cards: tuple[ModelCard, ...]


def groups(catalog: Catalog, member: User, chosen: Iterable[str], words: str = "") -> list[Group]:
    """All models that are offered: those that the member pinned, those used lately, and the rest in Venice's order.

    With `words` only those that have all of them. Six queries, whatever the number of models.
    """
    pinned, recent = Pin.objects.models_of(member), recent_models(member)
    cards = _cards(catalog, frozenset(pinned), frozenset(chosen))
    wanted = fold(words).split()
    cards = {name: card for name, card in cards.items() if all(word in card.words for word in wanted)}
    parts = [("Pinned", pinned), ("Used lately", recent), ("All others", list(cards))]
    shown = []
    for title, names in parts:
        taken = tuple(cards.pop(name) for name in names if name in cards)
        if taken:
            shown.append(Group(title, taken))
    if len(shown) == 1 and shown[0].title == "All others":
        return [Group("All models", shown[0].cards)]
    return shown


def recent_models(member: User) -> list[str]:
    """What the member's newest generations were made with, newest first."""
    newest = Generation.objects.owned_by(member).order_by("-id")
    return list(dict.fromkeys(newest.values_list("model", flat=True)[:_LOOKED_THROUGH]))[:RECENT]


def _cards(catalog: Catalog, pinned: frozenset[str], chosen: frozenset[str]) -> dict[str, ModelCard]:
    names = [spec.id for spec in catalog.models]
    again = scores(emulated=settings.VENICE_EMULATED)
    times, pictures, editors = typical(names), examples.of_models(names), _editors()
    return {
        spec.id: ModelCard(
            spec=spec,
            price=generate_price(spec),
            took=_usual(times[spec.id].took),
            facts=tuple(facts(spec, has_editor=_family(spec.id) in editors)),
            score=again[spec.id].words if spec.id in again else "",
            example=pictures.get(spec.id),
            is_pinned=spec.id in pinned,
            is_chosen=spec.id in chosen,
        )
        for spec in catalog.models
    }


def _usual(took: timedelta | None) -> str:
    """`about 12 s`; empty while too few answers have come."""
    return "" if took is None else formats.about(took)


def facts(spec: Model, *, has_editor: bool = False) -> list[Fact]:
    """What it takes, most telling first: its shapes and tiers, other values, what else it does, and its flags."""
    pairs = [(each, Fact(each.name, words)) for each in PARAMETERS if (words := each.words_about(spec))]
    shapes = [fact for each, fact in pairs if each.is_shape or each in TIERS]
    flags = [fact for each, fact in pairs if each.kind == "flag"]
    others = [fact for _, fact in pairs if fact not in shapes + flags]
    if spec.max_style_references:
        others.append(Fact("style", f"{spec.max_style_references} style references"))
    if has_editor:
        others.append(Fact("edit", "edits pictures too"))
    seeds = Fact("seed", "follows seeds") if spec.uses_seed else Fact("no-seed", "ignores seeds")
    return [*shapes, *others, seeds, *flags]


def _editors() -> set[frozenset[str]]:
    """The families of the listed models that change pictures: Venice lists them beside those that make some."""
    names = CatalogModel.objects.listed().filter(type="inpaint").values_list("model_id", flat=True)
    return {_family(name) for name in names}


def _family(model_id: str) -> frozenset[str]:
    """`qwen-image-2` and `qwen-image-2-edit` are of one."""
    return frozenset(model_id.casefold().split("-")) - _PLAIN
