"""What can be chosen above the prompt history: whose, of which model, in which order; each is an address."""

from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef

from gallery import search
from gallery.listing.listing import Listing
from gallery.models import CatalogModel, Generation
from gallery.search import Term
from gallery.text import fold

OWN = "is:mine"


@dataclass(frozen=True, slots=True)
class Choice:
    """A link, and whether the list is as it says already."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Whose, in which order, of which model; `model` names the one that is searched for, or is empty."""

    people: list[Choice]
    orders: list[Choice]
    models: list[Choice]
    model: str


def choices(listing: Listing) -> Choices:
    """The links above `listing`; they write the search language, and leave the rest of what was typed."""
    text = listing.query.text
    terms = [term for term in search.terms(text) if not term.negated]
    is_own = any(map(_says_own, terms))
    model = next((term.value for term in terms if term.name == "model"), "")
    used = Generation.objects.filter(model=OuterRef("model_id"))
    models = CatalogModel.objects.listed().filter(Exists(used)).values_list("model_id", flat=True)
    return Choices(
        [
            Choice("Team", _searching(listing, search.exchange(text, _says_own)), not is_own),
            Choice("Mine", _searching(listing, search.exchange(text, _says_own, OWN)), is_own),
        ],
        [
            Choice(order.label, listing.sorted_by(order), order is listing.order)
            for order in listing.orders.values()
        ],
        [
            Choice("Any model", _searching(listing, search.exchange(text, _says_model)), not model),
            *(
                Choice(
                    name,
                    _searching(listing, search.exchange(text, _says_model, search.operator("model", name))),
                    fold(name) == fold(model),
                )
                for name in models
            ),
        ],
        model,
    )


def _says_own(term: Term) -> bool:
    return term.name == "is" and fold(term.value) == "mine"


def _says_model(term: Term) -> bool:
    return term.name == "model"


def _searching(listing: Listing, text: str) -> str:
    return replace(listing, query=replace(listing.query, text=text), cursor=None).address()
