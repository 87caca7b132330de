"""Whatever form spends says what it costs, and that is what it posts, what the row says and what is printed."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery.models import Attempt, CatalogModel, Generation, Prompt, State, User
from tests.gallery.generations import MODEL, a_generation
from tests.gallery.page import Page
from tests.gallery.paid_form import (
    KINDS,
    catalogue_says,
    forms,
    is_refused,
    opened,
    rows_of,
    spending,
)
from venice.formats import dollars

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
TWICE = Decimal(2)
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def maker(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def rows(alice: User) -> dict[str, int]:
    return rows_of(alice)


class TestEveryForm:
    """Whatever spends says what it costs, twice the same, and it is what the server would take."""

    def pages(self, rows: dict[str, int]) -> list[str]:
        uses = [f"/create/?image={rows['picture']}&use={use}" for use in ("prompt,seed,size", "all", "remix")]
        fields = [
            "model=gpt-image-2&quality=low&variants=3&enhance_prompt=on",
            "model=nano-banana-2&resolution=4K",
        ]
        return [
            *(
                "/",
                "/queue/",
                "/prompts/",
                f"/prompts/{Prompt.objects.earliest('pk').pk}/",
                "/create/",
                *uses,
            ),
            *(f"/create/?{query}" for query in fields),
            *(f"/generations/{pk}/" for name, pk in rows.items() if name != "picture"),
            *(f"/generations/{pk}/card/" for name, pk in rows.items() if name != "picture"),
            f"/images/{rows['picture']}/",
        ]

    @pytest.mark.parametrize("change", [Decimal(1), Decimal("1.37"), None])
    def test_it_carries_the_price_that_it_prints(
        self, maker: Client, rows: dict[str, int], change: Decimal | None
    ) -> None:
        catalogue_says(change)
        marks = set()
        for page in self.pages(rows):
            answer = maker.get(page)
            assert answer.status_code == 200, page
            for form in spending(answer):
                marks.add(form.mark or form.address)
                words = [words for words in form.buttons if "$" in words]
                assert len(words) == (change is not None), (page, form)
                assert form.printed == [form.fields["price"]] * len(words), (page, form)
        assert marks == {"/create/", "rerun-same-seed", "rerun-new-seed", "run-again", "verify"}

    def test_a_form_without_a_price_spends_nothing(self, maker: Client, rows: dict[str, int]) -> None:
        for page in self.pages(rows):
            for form in forms(maker.get(page)):
                assert form.spends == ("price" in form.fields), (page, form)
                assert form.spends or not form.printed, (page, form)

    @kinds
    def test_what_it_said_is_what_the_row_says(self, maker: Client, rows: dict[str, int], kind: str) -> None:
        catalogue_says(Decimal("1.37"))
        form = opened(maker, rows, kind)

        assert maker.post(form.address, form.fields).status_code == 303

        assert Generation.objects.queued().get().price_estimate == Decimal(form.fields["price"])

    def test_run_again_costs_what_it_costs_now_and_not_what_it_cost_then(
        self, maker: Client, rows: dict[str, int]
    ) -> None:
        catalogue_says(TWICE)
        for address in (
            "/queue/",
            f"/generations/{rows['failed']}/",
            f"/images/{rows['picture']}/",
            "/create/",
        ):
            for form in spending(maker.get(address), "run-again"):
                assert form.fields["price"] == "0.02"

    def test_the_price_in_one_line_comes_with_nothing_but_its_plan(self, maker: Client) -> None:
        asked = {"model": "gpt-image-2", "quality": "low", "variants": "4", "composer": "1"}
        page = Page(maker.post("/create/price/", asked, headers=HTMX).content)

        piece, plan = page.one("span"), page.one("p", id="composer-plan")
        assert page.elements == [piece, *piece.inner, plan]
        assert (piece["id"], piece.words) == ("create-price", page.words)
        assert piece.one("input", name="price")["value"] == "0.08"
        assert "Generate · $0.08" in piece.words


class TestOpenChoices:
    """A choice that the button does not know of yet: another model, more variants, without JavaScript."""

    def test_another_model_in_the_composer(self, maker: Client) -> None:
        composer = spending(maker.get("/"), "/create/")[0]
        assert composer.printed == ["0.01"]
        chosen = composer.fields | {"model": "gpt-image-2", "prompt": "A quiet <canal>"}

        refused = maker.post("/create/", chosen)

        form = is_refused(refused, Decimal("0.26"))
        assert (form.fields["model"], form.fields["prompt"]) == ("gpt-image-2", "A quiet <canal>")
        assert form.fields.keys() >= {"quality", "resolution", "aspect_ratio", "variants", "seed"}
        assert maker.post("/create/", form.fields).status_code == 303
        assert Generation.objects.get().price_estimate == Decimal("0.26")

    @pytest.mark.parametrize(
        ("choice", "price"),
        [
            ({"variants": "4"}, "1.04"),
            ({"enhance_prompt": "on"}, "0.3"),
            ({"quality": "high", "resolution": "4K"}, "0.83"),
        ],
    )
    def test_another_choice_in_the_form(self, maker: Client, choice: dict[str, str], price: str) -> None:
        form = spending(maker.get("/create/?model=gpt-image-2&prompt=A+bridge"))[0]

        new = is_refused(maker.post("/create/", form.fields | choice), Decimal(price))

        assert {**new.fields, **choice} == new.fields
        assert maker.post("/create/", new.fields).status_code == 303

    def test_change_model_shows_the_price_that_counts(self, maker: Client) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0]
        redrawn = maker.post("/create/", form.fields | {"model": "gpt-image-2", "change-model": ""})

        new = spending(redrawn)[0]

        assert (redrawn.status_code, new.printed, new.fields["price"]) == (200, ["0.26"], "0.26")
        assert "price" not in Page(redrawn.content).values("data-error-for")
        assert maker.post("/create/", new.fields).status_code == 303

    def test_what_else_is_wrong_is_said_at_the_same_time(self, maker: Client) -> None:
        composer = spending(maker.get("/"), "/create/")[0]

        answer = maker.post("/create/", composer.fields | {"model": "gpt-image-2", "prompt": " "})

        is_refused(answer, Decimal("0.26"))
        assert "prompt" in Page(answer.content).values("data-error-for")

    def test_a_narrow_screen_stays_folded_for_a_price_alone(self, maker: Client) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0].fields | {"price": "0"}

        folded, open_ = (
            Page(maker.post("/create/", posted).content).one(id="create-options")
            for posted in (form, form | {"seed": "x"})
        )

        assert "popover" in folded
        assert "popover" not in open_


class TestAnotherRun:
    """What can be run again, and what it asks for."""

    def test_a_request_that_can_never_be_sent_is_not_offered(
        self, maker: Client, rows: dict[str, int]
    ) -> None:
        Generation.objects.filter(pk=rows["failed"]).update(
            request={"model": MODEL, "prompt": "", "seed": "x"}
        )

        assert spending(maker.get(f"/generations/{rows['failed']}/"), "run-again") == []
        assert maker.get("/queue/").status_code == 200
        assert maker.post(f"/generations/{rows['failed']}/run-again/").status_code == 409

    def test_a_model_that_is_not_offered_any_more_has_its_last_price(
        self, maker: Client, alice: User, rows: dict[str, int]
    ) -> None:
        CatalogModel.objects.filter(model_id=MODEL).update(listed=False)
        for kind in ("run-again", "rerun-new-seed"):
            assert opened(maker, rows, kind).fields["price"] == "0.01"

    def test_prices_of_a_list_are_one_query(
        self, maker: Client, alice: User, rows: dict[str, int], django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        # The day's one write to the session, and this process' first look at the catalogue.
        maker.get("/create/")
        for _ in range(2):
            for address in ("/queue/", "/create/", f"/images/{rows['picture']}/"):
                with django_assert_max_num_queries(20) as asked:
                    maker.get(address)
                counts.append(len(asked))
            for number in range(5):
                failed = a_generation(
                    alice, f"more {number}", request={"model": "chroma"}, state=State.FAILED
                )
                Generation.objects.filter(pk=failed.pk).update(origin=rows["picture"])
        assert counts[:3] == counts[3:]


@pytest.fixture
def staff_and_row(client: Client, sally: User) -> tuple[Client, Generation]:
    client.force_login(sally)
    row = a_generation(sally, price_estimate=Decimal("0.0125"))
    Attempt.objects.create(
        generation=row,
        token=uuid.uuid4(),
        sent_at=row.created_at,
        price=Decimal("0.0125"),
        balance_before=Decimal("3.5"),
    )
    return client, row


def test_prices_are_printed_alike_everywhere(staff_and_row: tuple[Client, Generation]) -> None:
    """As many decimals as it has, in the gallery, the admin and the command line."""
    from gallery.formats import amount, usd
    from venice.cli import output

    for price, printed in (
        ("0.01", "$0.01"),
        ("0.012500", "$0.0125"),
        ("1.2", "$1.20"),
        ("0.071501", "$0.071501"),
    ):
        value = Decimal(price)
        assert (usd(value), dollars(value), output.dollars(value)) == (printed, printed, printed)
        assert Decimal(amount(value)) == value
    staff, row = staff_and_row
    for address in ("/admin/gallery/generation/", f"/admin/gallery/generation/{row.pk}/change/"):
        page = staff.get(address).content.decode()
        assert "$0.0125" in page
        assert "0.012500" not in page
    ledger = staff.get("/admin/gallery/attempt/").content.decode()
    assert "$0.0125" in ledger
    assert "$3.50" in ledger
    assert "0.012500" not in ledger
