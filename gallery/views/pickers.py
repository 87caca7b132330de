"""Choosing by pictures: the models as cards, the styles as thumbnails, and what a request starts from.

Over the create form they are fragments, fetched when somebody opens them. Without JavaScript each is a page that the
form posts itself to: it carries all that was typed, and leads back to the form with what was chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from gallery import search
from gallery.display import model_cards
from gallery.formats import counted
from gallery.forms import Catalog, draft, operations, sources, style_references
from gallery.http import MemberRequest, back_to, error_page, site_status
from gallery.listing import picture_cards
from gallery.listing.listing import Listing
from gallery.listing.style_cards import style_cards
from gallery.models import Pin
from gallery.models.stored import StoredPicture
from gallery.views import uploads
from venice import Model

# What a picker's own controls send, what is made anew with each form, and buttons of the create form: none is carried.
_OWN = frozenset({"csrfmiddlewaretoken", "submission", "price", "refused", "composer"}) | {
    *(
        "q",
        "several",
        "pin",
        "unpin",
        "change-model",
        "random-seed",
        "last-seed",
        "shape",
        "signed-out",
        "pick",
        "near",
        "own",
        "bring",
        "add",
        "preview",
        "add-pictures",
        "earlier",
        "later",
        "remove",
        uploads.FIELD,
    ),
}
# What pictures are chosen for, as the button says that opens them: the style of the create form or of a matrix, and
# what is edited together.
STYLE, MATRIX_STYLE, TOGETHER = "style_reference", "matrix", "input"


@require_http_methods(["GET", "HEAD", "POST"])
def models(request: MemberRequest) -> HttpResponse:
    """The models; `q` leaves those that have all of its words, `several=1` has a box on each instead of a button."""
    return _models(request, request.POST if request.method == "POST" else request.GET)


def _models(request: MemberRequest, asked: QueryDict) -> HttpResponse:
    catalog = Catalog.load(site_status(request))
    words = "" if request.htmx else asked.get("q", "")[:200]
    chosen = [name for name in dict.fromkeys(asked.getlist("model")) if catalog.find(name)]
    several = asked["several"] == "1" if "several" in asked else len(chosen) > 1
    groups = model_cards.groups(catalog, request.user, chosen, words)
    seen = {card.spec.id for group in groups for card in group.cards}
    context = {
        "groups": groups,
        "several": several,
        "label": "Search models",
        "takes_several": True,
        "unseen": [name for name in chosen if several and name not in seen],
        "words": words,
        "carried": list(_carried(request.POST, "model")),
    }
    return _picker(request, "models", context)


@require_http_methods(["GET", "HEAD", "POST"])
def styles(request: MemberRequest) -> HttpResponse:
    """The styles, and none; `q` leaves those that have all of its words."""
    asked = request.POST if request.method == "POST" else request.GET
    words = "" if request.htmx else asked.get("q", "")[:200]
    context = {
        "styles": style_cards(Catalog.load(site_status(request)), words),
        "label": "Search styles",
        "chosen": asked.get("style_preset", ""),
        "words": words,
        "carried": list(_carried(request.POST, "style_preset")),
    }
    return _picker(request, "styles", context)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What pictures are chosen for: the `field` that names them, and the form that it leads back to.

    `redraw` is that form's button which spends nothing; `own` is there whatever is chosen, `most` what the model takes.
    """

    pick: str
    field: str
    address: str
    redraw: str
    model: Model | None
    most: int
    own: StoredPicture | None = None

    @property
    def takes(self) -> str:
        """How many pictures the model takes, in words; empty without a model."""
        what = "picture" if self.own else "style reference"
        if self.model is None:
            return ""
        most = f"up to {counted(self.most, what)}" if self.most else f"no {what}s"
        return f"{self.model.name} takes {most}."


@require_http_methods(["GET", "HEAD", "POST"])
def pictures(request: MemberRequest) -> HttpResponse:
    """Pictures to start from: those at hand, or what `q` finds; `pick` says what for. A post may bring some more.

    What is ticked comes back as the field of that form, in the order in which it was chosen.
    """
    sent = request.POST if request.method == "POST" else request.GET
    purpose = _purpose(request, sent)
    chosen = sources.named(sent, request.user, purpose.field, *(["add"] if purpose.own else []))
    problems = [chosen.problem] if chosen.problem else []
    ticked = list(chosen.pictures)
    if purpose.own and purpose.own not in ticked:
        ticked.insert(0, purpose.own)
    if request.method == "POST" and "bring" in sent:
        try:
            brought, refused = uploads.bring(request)
        except uploads.TooMany:
            return uploads.too_many(request)
        ticked += [upload for upload in brought if upload not in ticked]
        problems += refused
    listing = _searched(request, sent)
    near = sources.named(sent, request.user, "near").pictures
    context = {
        "purpose": purpose,
        "groups": picture_cards.groups(request.user, ticked, near, listing, fixed=purpose.own),
        "query": listing.query,
        "problems": problems,
        "own": sources.name_of(purpose.own) if purpose.own else "",
        "carried": list(_carried(request.POST, purpose.field)),
    }
    return _picker(request, "pictures", context)


def _searched(request: MemberRequest, sent: QueryDict) -> Listing:
    """What is looked for among all pictures: nothing where some are brought."""
    listing = Listing.read(request, size=picture_cards.MOST_MATCHES, sent=sent)
    return replace(listing, query=search.Query("")) if "bring" in sent else listing


def _purpose(request: MemberRequest, sent: QueryDict) -> Purpose:
    """Http404 for a picture that is not there, or not this member's."""
    pick = sent.get("pick", "")
    if pick == TOGETHER:
        chosen = sources.named(sent, request.user, "own").pictures
        if len(chosen) != 1:
            raise Http404
        form = operations.FORMS["multi-edit"](chosen[0], chosen, operations.models(), initial=sent.dict())
        most = form.spec.max_input_images if form.spec else 1
        address = operations.address_of(chosen[0], "multi-edit")
        return Purpose(pick, "input", address, "add-pictures", form.spec, most, chosen[0])
    catalog = Catalog.load(site_status(request))
    spec = catalog.find(draft.first_model(sent)) or catalog.default
    most = spec.max_style_references if spec else 0
    is_matrix = pick == MATRIX_STYLE
    address, redraw = (reverse("matrix"), "preview") if is_matrix else (reverse("create"), "change-model")
    return Purpose(MATRIX_STYLE if is_matrix else STYLE, style_references.FIELD, address, redraw, spec, most)


@require_POST
def pin(request: MemberRequest) -> HttpResponse:
    """Keep a model at the front (`pin`) or no longer (`unpin`), for this member. To htmx its button alone."""
    wanted = "pin" in request.POST
    name = request.POST.get("pin" if wanted else "unpin", "")
    if not name or (wanted and Catalog.load(site_status(request)).find(name) is None):
        return error_page(
            request, 422, "That model is not offered. Choose one from the list.", "No such model"
        )
    if "\0" not in name:
        Pin.objects.set_pinned(request.user, name, wanted)
    if request.htmx:
        context = {"model": name, "is_pinned": wanted}
        return render(request, "pickers/_pin.jinja", context, using="jinja2")
    if any(_carried(request.POST, "model")):
        # Who came from a form that is half filled goes on with it.
        return _models(request, request.POST)
    return back_to(request, reverse("create-models"))


def _carried(sent: QueryDict, field: str) -> Iterator[tuple[str, str]]:
    """What goes back to the create form as it came, but for the `field` that is chosen here."""
    for name, values in sent.lists():
        if name != field and name not in _OWN:
            yield from ((name, value) for value in values)


def _picker(request: MemberRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    template = f"pickers/_{name}.html" if request.htmx else f"pickers/{name}.html"
    return render(request, template, context)
