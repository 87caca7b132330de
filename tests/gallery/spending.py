"""The forms of the pages that spend, as a browser reads them; and a catalogue whose prices change."""

import copy
import re
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from gallery import catalog
from gallery.models import Attempt, CatalogModel, Generation, Outcome, State, User
from tests.gallery.making import MODEL, a_generation, a_picture
from venice import Generate, Model, bundled_models
from venice.pricing import dollars

_PRINTED = re.compile(r"\$([0-9]+\.[0-9]{2,6})")


@dataclass
class Form:
    """A form: where it goes, what a browser would send of it, and the words on each of its buttons."""

    address: str
    mark: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def spends(self) -> bool:
        """Whether sending it twice could cost twice."""
        return "submission" in self.fields

    @property
    def printed(self) -> list[str]:
        """Every price on its buttons, as a number."""
        return [price for words in self.buttons for price in _PRINTED.findall(words)]


class _Reader(HTMLParser):
    """Nesting as browsers have it: forms do not nest, a field belongs to the form it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select = self.area = ""
        self.in_button = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(given.get("action", ""), given.get("data-action", ""))
            self.forms.append(self.form)
        if self.form is None:
            return
        name, fields = given.get("name", ""), self.form.fields
        if tag == "input" and name:
            box = given.get("type") == "checkbox"
            if not box or "checked" in given:
                fields[name] = given.get("value", "on" if box else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and (self.select not in fields or "selected" in given) and self.select:
            fields[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.area = name
            fields[name] = ""
        elif tag == "button":
            self.in_button = True
            self.form.buttons.append("")

    def handle_data(self, data: str) -> None:
        if self.form is None:
            return
        if self.area:
            self.form.fields[self.area] += data
        elif self.in_button:
            self.form.buttons[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.form and self.area:
            # The first line feed in it is markup.
            self.form.fields[self.area] = self.form.fields[self.area].removeprefix("\n")
            self.area = ""
        elif tag == "form":
            self.form = None
        elif tag == "select":
            self.select = ""
        elif tag == "button":
            self.in_button = False


def forms(page: Any) -> list[Form]:
    """All forms of an answer."""
    reader = _Reader()
    reader.feed(page.content.decode())
    return reader.forms


def spending(page: Any, mark: str = "") -> list[Form]:
    """Those that spend; with `mark` those that carry it as data-action or as the end of their address."""
    found = [form for form in forms(page) if form.spends]
    return [form for form in found if mark in (form.mark, form.address)] if mark else found


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


#: Every kind of form that spends: the page it is on, and its mark.


def opened(client: Client, rows: dict[str, int], kind: str) -> Form:
    """The form as it is found on its page, filled where it must be."""
    address, mark = KINDS[kind]
    page = client.get(address.format(**rows))
    assert page.status_code == 200
    form = spending(page, mark)[0]
    if "prompt" in form.fields:
        form.fields["prompt"] = "A bridge"
    return form


def is_refused(answer: Any, price: Decimal | None) -> Form:
    """422 with a message, and the form again with `price`; nothing more is queued."""
    assert answer.status_code == 422
    assert answer.content.decode().count('data-error-for="price"') == 1
    assert not Generation.objects.queued().exists()
    shown = dollars(price).removeprefix("$") if price is not None else ""
    for form in spending(answer):
        assert (form.fields["price"], form.printed) == (shown, [shown] * len(form.printed))
        assert bool(form.printed) == bool(shown)
    return spending(answer)[0]
