"""Nobody pays more than was on the button, whatever happened between showing and posting."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery import catalog
from gallery.forms.price import ALTERED, objection
from gallery.models import CatalogModel, Generation, State, User
from tests.gallery.generations import MODEL
from tests.gallery.page import Page
from tests.gallery.paid_form import (
    KINDS,
    catalogue_says,
    cost,
    is_refused,
    opened,
    priced,
    rows_of,
    spending,
)
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
TWICE, HALF = Decimal(2), Decimal("0.5")
GARBLED = [
    "abc",
    "NaN",
    "Infinity",
    "1e999",
    "-0.01",
    "0,01",
    "٠.٠١",
    "0x1",
    "$",
    "0.01 USD",
    "1" * 500_000,
    "\0",
]
GARBLED += ["<script>alert(1)</script>", "1_0", "0.", ".5", "0.0100000000"]
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def maker(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def rows(alice: User) -> dict[str, int]:
    return rows_of(alice)


class TestRisen:
    """Between showing and posting the catalogue has changed, or the choice has."""

    @pytest.mark.one_in(3)
    @kinds
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_nothing_is_queued_until_the_new_price_was_shown(
        self, maker: Client, rows: dict[str, int], kind: str, headers: dict[str, str]
    ) -> None:
        form = opened(maker, rows, kind)
        catalogue_says(TWICE)

        new = is_refused(maker.post(form.address, form.fields, headers=headers), Decimal("0.02"), form)
        is_refused(maker.post(form.address, form.fields, headers=headers), Decimal("0.02"), form)
        assert not Generation.objects.filter(state=State.FAILED, dismissed_at__isnull=False).exists()

        taken = maker.post(new.address, new.fields, headers=headers)
        assert taken.status_code == (200 if headers else 303)
        assert Generation.objects.queued().get().price_estimate == Decimal("0.02")

    @kinds
    def test_a_lower_price_is_taken_without_a_word(
        self, maker: Client, rows: dict[str, int], kind: str
    ) -> None:
        form = opened(maker, rows, kind)
        catalogue_says(HALF)

        assert maker.post(form.address, form.fields).status_code == 303
        assert Generation.objects.queued().get().price_estimate == Decimal("0.005")

    @pytest.mark.one_in(3)
    @kinds
    @pytest.mark.parametrize(("before", "after"), [(None, 1), (1, None)], ids=["becomes-known", "gets-lost"])
    def test_an_unknown_price_and_a_known_one_are_news_to_each_other(
        self, maker: Client, rows: dict[str, int], kind: str, before: int | None, after: int | None
    ) -> None:
        catalogue_says(before and Decimal(before))
        form = opened(maker, rows, kind)
        assert form.fields["price"] == ("" if before is None else "0.01")
        catalogue_says(after and Decimal(after))

        new = is_refused(maker.post(form.address, form.fields), cost(MODEL))

        assert maker.post(new.address, new.fields).status_code == 303
        assert Generation.objects.queued().get().price_estimate == cost(MODEL)

    @kinds
    def test_unknown_then_and_now_goes_on(self, maker: Client, rows: dict[str, int], kind: str) -> None:
        catalogue_says(None)
        form = opened(maker, rows, kind)

        assert maker.post(form.address, form.fields).status_code == 303
        assert Generation.objects.queued().get().price_estimate is None

    @pytest.mark.one_in(3)
    @kinds
    def test_a_script_that_sends_no_price_takes_ours(
        self, maker: Client, rows: dict[str, int], kind: str
    ) -> None:
        form = opened(maker, rows, kind)
        del form.fields["price"]
        catalogue_says(TWICE)

        assert maker.post(form.address, form.fields).status_code == 303
        assert Generation.objects.queued().get().price_estimate == Decimal("0.02")

    @pytest.mark.one_in(3)
    @kinds
    def test_a_refused_form_is_not_used_up_and_a_taken_one_leads_to_the_first(
        self, maker: Client, rows: dict[str, int], kind: str
    ) -> None:
        form = opened(maker, rows, kind)
        catalogue_says(TWICE)
        is_refused(maker.post(form.address, form.fields), Decimal("0.02"))

        first = maker.post(form.address, form.fields | {"price": "0.02"})
        catalogue_says(Decimal(3))
        again = maker.post(form.address, form.fields | {"price": "0.02"})

        assert (first.status_code, again.status_code) == (303, 303)
        assert first["Location"] == again["Location"]
        assert Generation.objects.queued().count() == 1

    @pytest.mark.one_in(3)
    @kinds
    def test_a_catalogue_changed_by_hand_counts_too(
        self, maker: Client, rows: dict[str, int], kind: str
    ) -> None:
        """Without a sync's stamp, by which processes know that what they keep is old."""
        form = opened(maker, rows, kind)
        for model in priced(TWICE):
            CatalogModel.objects.filter(model_id=model.id).update(raw=model.raw)

        is_refused(maker.post(form.address, form.fields), Decimal("0.02"))

    def test_a_real_sync_raises_it(self, maker: Client, rows: dict[str, int], emulator: Emulator) -> None:
        form = opened(maker, rows, "create")
        emulator.state.models |= {model.id: model for model in priced(TWICE)}
        catalog.sync()

        is_refused(maker.post(form.address, form.fields), Decimal("0.02"))

    def test_the_message_says_both_prices(self, maker: Client, rows: dict[str, int]) -> None:
        form = opened(maker, rows, "run-again")
        catalogue_says(TWICE)

        page = maker.post(form.address, form.fields).content.decode()

        assert "The button said $0.01, but this costs $0.02." in page

    def test_the_pace_is_not_used_up_by_refusals(
        self, maker: Client, rows: dict[str, int], settings: Any
    ) -> None:
        settings.SUBMISSIONS_PER_MINUTE = Generation.objects.count() + 1
        form = opened(maker, rows, "create")
        catalogue_says(TWICE)
        for _ in range(3):
            new = is_refused(maker.post(form.address, form.fields), Decimal("0.02"))

        assert maker.post(new.address, new.fields).status_code == 303

    def test_htmx_learns_where_to_put_it(self, maker: Client, rows: dict[str, int]) -> None:
        for kind, target in (("create", "#create-form"), ("rerun-new-seed", "#actions")):
            form = opened(maker, rows, kind)
            answer = maker.post(form.address, form.fields | {"price": "0"}, headers=HTMX)
            assert (answer["HX-Retarget"], answer["HX-Reswap"]) == (target, "outerHTML")
            assert not Page(answer.content).all("html")
        card = opened(maker, rows, "run-again")
        answer = maker.post(card.address, card.fields | {"price": "0"}, headers=HTMX)
        assert Page(answer.content).one("article", id=f"generation-{rows['failed']}", class_="card r100")


class TestGarbled:
    """What no button has said is a form error, whoever sent it."""

    @pytest.mark.one_in(3)
    @pytest.mark.parametrize("price", GARBLED, ids=lambda price: ascii(price[:20]))
    def test_it_is_422_with_a_message(self, maker: Client, price: str) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0]

        answer = maker.post(form.address, form.fields | {"price": price})

        new = is_refused(answer, Decimal("0.01"))
        assert ALTERED in answer.content.decode()
        assert maker.post(new.address, new.fields).status_code == 303

    @pytest.mark.one_in(3)
    @kinds
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_whatever_form_it_is(
        self, maker: Client, rows: dict[str, int], kind: str, headers: dict[str, str]
    ) -> None:
        form = opened(maker, rows, kind)

        answer = maker.post(form.address, form.fields | {"price": "NaN"}, headers=headers)

        is_refused(answer, Decimal("0.01"), form)
        assert ALTERED in answer.content.decode()

    def test_a_form_as_large_as_a_megabyte_never_reaches_it(
        self, maker: Client, rows: dict[str, int]
    ) -> None:
        form = opened(maker, rows, "create")
        assert maker.post(form.address, form.fields | {"price": "1" * 1_000_000}).status_code == 413

    @pytest.mark.parametrize("price", ["0.01", "$0.01", " 0.01 ", "0.010", "1", "999999999"])
    def test_a_price_that_covers_it_is_taken(self, maker: Client, price: str) -> None:
        asked = {"model": MODEL, "prompt": "A bridge", "price": price}
        assert maker.post("/create/", asked).status_code == 303
        assert Generation.objects.get().price_estimate == Decimal("0.01")

    @pytest.mark.parametrize(
        ("shown", "price", "objects"),
        [
            ("0.01", Decimal("0.010000"), False),
            ("0.0125", Decimal("0.012500"), False),
            ("0.01", Decimal("0.012500"), True),
            ("0.012499", Decimal("0.012500"), True),
            ("0", Decimal(0), False),
            ("", None, False),
            ("", Decimal(0), True),
            ("0", None, True),
        ],
    )
    def test_a_hair_more_is_more(self, shown: str, price: Decimal | None, objects: bool) -> None:
        assert bool(objection({"price": shown}, price)) is objects
