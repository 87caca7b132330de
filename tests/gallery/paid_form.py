"""The forms of the pages that spend, as a browser reads them; and a catalogue whose prices change."""

import copy
import uuid
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.test import Client

from gallery import catalog
from gallery.models import Attempt, CatalogModel, Generation, Outcome, State, User
from tests.gallery.generations import MODEL, a_generation, a_picture
from tests.gallery.page import Element, Page
from venice import Generate, Model, bundled_models
from venice.formats import dollars


@dataclass
class Form:
    """A form: where it goes, what a browser would send of it, and the words on each of its buttons."""

    address: str
    mark: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def spends(self) -> bool:
        """Whether sending it twice could cost twice."""
        return "submission" in self.fields

    @property
    def printed(self) -> list[str]:
        """Every price on its buttons, as a number."""
        words = [word for button in self.buttons for word in button.split()]
        return [word.removeprefix("$") for word in words if word.startswith("$")]


def forms(page: Any) -> list[Form]:
    """All forms of an answer."""
    return [
        Form(
            form.attributes.get("action", ""),
            form.attributes.get("data-action", ""),
            sent_of(form),
            [button.text for button in form.all("button")],
        )
        for form in Page(page.content).all("form")
    ]


def sent_of(form: Element) -> dict[str, Any]:
    """What a browser would send of it without its buttons: text, chosen options and radio buttons, ticked boxes.

    Boxes of the name of a list add to what is chosen in it.
    """
    fields: dict[str, Any] = {}
    for control in form.all(name=None):
        name = control["name"]
        before = fields.get(name, [])
        if control.name == "input" and control.attributes.get("type") not in ("checkbox", "radio"):
            fields[name] = control.attributes.get("value", "")
        elif control.name == "input" and "checked" in control:
            value = control.attributes.get("value", "on")
            fields[name] = [*(before if isinstance(before, list) else [before]), value] if before else value
        elif control.name == "select":
            options = control.all("option")
            chosen = [option for option in options if "selected" in option] or options[:1]
            fields.update((name, option["value"]) for option in chosen)
        elif control.name == "textarea":
            # The first line feed in it is markup.
            fields[name] = control.text.removeprefix("\n")
    return fields


def spending(page: Any, mark: str = "") -> list[Form]:
    """Those that spend, but for the composer; with `mark` those that carry it as data-action or as their address."""
    return [
        form
        for form in forms(page)
        if form.spends and (mark in (form.mark, form.address) if mark else "composer" not in form.fields)
    ]


def priced(change: Decimal | None) -> list[Model]:
    """The models of the catalogue with every price times `change`; without any price for None."""
    return [with_prices(model, change) for model in bundled_models() if model.type == "image"]


def catalogue_says(change: Decimal | None) -> None:
    """As a sync leaves it when Venice has changed its prices."""
    catalog._keep_models(priced(change))


def cost(model: str, **asked: Any) -> Decimal | None:
    """What the catalogue says now."""
    return CatalogModel.objects.price(Generate(model=model, prompt="-", **asked))


def with_prices(model: Model, change: Decimal | None) -> Model:
    """The model with every price times `change`."""
    raw = copy.deepcopy(model.raw)
    if change is None:
        raw["model_spec"].pop("pricing", None)
    else:
        _multiply(raw["model_spec"].get("pricing"), change)
    return Model.from_entry(raw)


def _multiply(tree: Any, change: Decimal) -> None:
    if not isinstance(tree, dict):
        return
    for name, value in tree.items():
        if name == "usd" and isinstance(value, int | float):
            tree[name] = float(Decimal(str(value)) * change)
        else:
            _multiply(value, change)


#: Every kind of form that spends: the page it is on, and its mark.
KINDS = {
    "create": ("/create/?prompt=A+bridge", "/create/"),
    "composer": ("/", "/create/"),
    "rerun-same-seed": ("/images/{picture}/", "rerun-same-seed"),
    "rerun-new-seed": ("/images/{picture}/", "rerun-new-seed"),
    "verify": ("/images/{picture}/", "verify"),
    "run-again": ("/generations/{failed}/", "run-again"),
    "run-again-of-doubtful": ("/generations/{interrupted}/", "run-again"),
    "run-again-in-the-queue": ("/queue/", "run-again"),
    "run-again-of-cancelled": ("/generations/{cancelled}/", "run-again"),
}


def rows_of(alice: User) -> dict[str, int]:
    """A picture, and generations that may be run again; all of one price."""
    picture = a_picture(alice)
    failed = a_generation(alice, state=State.FAILED)
    interrupted = a_generation(alice, state=State.INTERRUPTED)
    Attempt.objects.create(
        generation=interrupted,
        token=uuid.uuid4(),
        worker="w",
        host="h",
        model=MODEL,
        sent_at=interrupted.created_at,
        outcome=Outcome.UNKNOWN,
        price=Decimal("0.01"),
    )
    cancelled = a_generation(alice, state=State.CANCELLED)
    remade = a_generation(alice, state=State.FAILED)
    Generation.objects.filter(pk=remade.pk).update(origin=picture)
    return {
        "picture": picture.pk,
        "failed": failed.pk,
        "interrupted": interrupted.pk,
        "cancelled": cancelled.pk,
        "remade": remade.pk,
    }


def opened(client: Client, rows: dict[str, int], kind: str) -> Form:
    """The form as it is found on its page, filled where it must be."""
    address, mark = KINDS[kind]
    page = client.get(address.format(**rows))
    assert page.status_code == 200
    form = spending(page, mark)[0]
    if "prompt" in form.fields:
        form.fields["prompt"] = "A bridge"
    return form


def opened_at(client: Client, address: str, mark: str) -> Form:
    """The first form with that mark on the page at `address`."""
    page = client.get(address)
    assert page.status_code == 200
    return spending(page, mark)[0]


def is_refused(answer: Any, price: Decimal | None, posted: Form | None = None) -> Form:
    """422 with a message, and the form again with `price`; nothing more is queued.

    Where the form stays on the page, as the composer does for htmx, `posted` with the price that came for it.
    """
    assert answer.status_code == 422
    assert Page(answer.content).values("data-error-for").count("price") == 1
    assert not Generation.objects.queued().exists()
    shown = dollars(price).removeprefix("$") if price is not None else ""
    forms_now = spending(answer) or [_with_new_price(posted, answer)]
    for form in forms_now:
        assert (form.fields["price"], form.printed) == (shown, [shown] * len(form.printed))
        assert bool(form.printed) == bool(shown)
    return forms_now[0]


def _with_new_price(posted: Form | None, answer: Any) -> Form:
    button = Page(answer.content).one("span", id="create-price", hx_swap_oob="true")
    assert posted
    return replace(posted, fields=posted.fields | sent_of(button), buttons=[button.text])
