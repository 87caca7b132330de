"""Nobody pays more than was on the button: whatever form spends carries its price, and is held to it."""

import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery import catalog
from gallery.models import Attempt, CatalogModel, Generation, State, User
from gallery.models.attempt import Outcome
from gallery.quotes import ALTERED, objection
from tests.gallery.making import MODEL, a_generation, a_picture
from tests.gallery.spending import Form, catalogue_says, cost, forms, priced, spending
from venice.emulator import Emulator
from venice.pricing import dollars

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


@pytest.fixture
def maker(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def rows(alice: User) -> dict[str, int]:
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
kinds = pytest.mark.parametrize("kind", KINDS)


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


class TestEveryForm:
    """Whatever spends says what it costs, twice the same, and it is what the server would take."""

    def pages(self, rows: dict[str, int]) -> list[str]:
        uses = [f"/create/?image={rows['picture']}&use={use}" for use in ("prompt,seed,size", "all", "remix")]
        fields = [
            "model=gpt-image-2&quality=low&variants=3&enhance_prompt=on",
            "model=nano-banana-2&resolution=4K",
        ]
        return [
            *("/", "/queue/", "/prompts/", "/prompts/1/", "/create/", *uses),
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
        assert marks == {"/create/", "rerun-same-seed", "rerun-new-seed", "run-again"}

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

    def test_the_price_alone_is_told_as_one_piece(self, maker: Client) -> None:
        asked = {"model": "gpt-image-2", "quality": "low", "variants": "4"}
        html = maker.post("/create/price/", asked, headers=HTMX).content.decode().strip()

        assert html.startswith('<span id="create-price">')
        assert html.endswith("</span>")
        assert html.count("<span") == 1
        assert 'name="price" value="0.08"' in html
        assert "Generate · $0.08" in html


class TestRisen:
    """Between showing and posting the catalogue has changed, or the choice has."""

    @kinds
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_nothing_is_queued_until_the_new_price_was_shown(
        self, maker: Client, rows: dict[str, int], kind: str, headers: dict[str, str]
    ) -> None:
        form = opened(maker, rows, kind)
        catalogue_says(TWICE)

        new = is_refused(maker.post(form.address, form.fields, headers=headers), Decimal("0.02"))
        is_refused(maker.post(form.address, form.fields, headers=headers), Decimal("0.02"))
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

    @kinds
    def test_a_script_that_sends_no_price_takes_ours(
        self, maker: Client, rows: dict[str, int], kind: str
    ) -> None:
        form = opened(maker, rows, kind)
        del form.fields["price"]
        catalogue_says(TWICE)

        assert maker.post(form.address, form.fields).status_code == 303
        assert Generation.objects.queued().get().price_estimate == Decimal("0.02")

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

    def test_htmx_is_told_where_to_put_it(self, maker: Client, rows: dict[str, int]) -> None:
        for kind, target in (("create", "#create-form"), ("rerun-new-seed", "#actions")):
            form = opened(maker, rows, kind)
            answer = maker.post(form.address, form.fields | {"price": "0"}, headers=HTMX)
            assert (answer["HX-Retarget"], answer["HX-Reswap"]) == (target, "outerHTML")
            assert "<html" not in answer.content.decode()
        card = opened(maker, rows, "run-again")
        answer = maker.post(card.address, card.fields | {"price": "0"}, headers=HTMX)
        assert f'<article class="card r100" id="generation-{rows["failed"]}"' in answer.content.decode()


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
            ({"quality": "high", "resolution": "4K"}, "0.69"),
        ],
    )
    def test_another_choice_in_the_form(self, maker: Client, choice: dict[str, str], price: str) -> None:
        form = spending(maker.get("/create/?model=gpt-image-2&prompt=A+bridge"))[0]
        asked = {name: value for name, value in choice.items() if name in ("quality", "resolution")}
        expected = cost("gpt-image-2", **asked, variants=int(choice.get("variants", 1)))
        assert expected is not None
        expected += Decimal("0.04") if "enhance_prompt" in choice else 0

        new = is_refused(maker.post("/create/", form.fields | choice), expected)

        assert {**new.fields, **choice} == new.fields
        assert maker.post("/create/", new.fields).status_code == 303

    def test_change_model_shows_the_price_that_counts(self, maker: Client) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0]
        redrawn = maker.post("/create/", form.fields | {"model": "gpt-image-2", "change-model": ""})

        new = spending(redrawn)[0]

        assert (redrawn.status_code, new.printed, new.fields["price"]) == (200, ["0.26"], "0.26")
        assert 'data-error-for="price"' not in redrawn.content.decode()
        assert maker.post("/create/", new.fields).status_code == 303

    def test_what_else_is_wrong_is_said_at_the_same_time(self, maker: Client) -> None:
        composer = spending(maker.get("/"), "/create/")[0]

        answer = maker.post("/create/", composer.fields | {"model": "gpt-image-2", "prompt": " "})

        is_refused(answer, Decimal("0.26"))
        assert 'data-error-for="prompt"' in answer.content.decode()

    def test_a_narrow_screen_stays_folded_for_a_price_alone(self, maker: Client) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0].fields | {"price": "0"}
        folded = r'id="create-options"[^>]* popover'

        assert re.search(folded, maker.post("/create/", form).content.decode())
        assert not re.search(folded, maker.post("/create/", form | {"seed": "x"}).content.decode())


class TestGarbled:
    """What no button has said is a form error, whoever sent it."""

    @pytest.mark.parametrize("price", GARBLED, ids=lambda price: ascii(price[:20]))
    def test_it_is_422_with_a_message(self, maker: Client, price: str) -> None:
        form = spending(maker.get("/create/?prompt=A+bridge"))[0]

        answer = maker.post(form.address, form.fields | {"price": price})

        new = is_refused(answer, Decimal("0.01"))
        assert ALTERED in answer.content.decode()
        assert maker.post(new.address, new.fields).status_code == 303

    @kinds
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
    def test_whatever_form_it_is(
        self, maker: Client, rows: dict[str, int], kind: str, headers: dict[str, str]
    ) -> None:
        form = opened(maker, rows, kind)

        answer = maker.post(form.address, form.fields | {"price": "NaN"}, headers=headers)

        is_refused(answer, Decimal("0.01"))
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

    def test_a_model_that_is_not_offered_any_more_costs_what_was_last_told(
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
                with django_assert_max_num_queries(16) as asked:
                    maker.get(address)
                counts.append(len(asked))
            for number in range(5):
                failed = a_generation(
                    alice, f"more {number}", request={"model": "chroma"}, state=State.FAILED
                )
                Generation.objects.filter(pk=failed.pk).update(origin=rows["picture"])
        assert counts[:3] == counts[3:]


class TestConfirming:
    """The admin's *run again* over many: the confirmation binds the sum."""

    LIST = "/admin/gallery/generation/"

    @pytest.fixture
    def staff(self, client: Client, sally: User) -> Client:
        client.force_login(sally)
        return client

    def asked(self, staff: Client, rows: list[Generation]) -> Form:
        chosen = {"action": "run_again", "_selected_action": [row.pk for row in rows], "index": "0"}
        page = staff.post(self.LIST, chosen)
        assert page.status_code == 200
        (form,) = spending(page)
        form.fields["_selected_action"] = [row.pk for row in rows]  # type: ignore[assignment]
        return form

    def test_the_sum_is_of_the_prices_of_now(self, staff: Client, alice: User) -> None:
        rows = [a_generation(alice, state=State.FAILED, request={"variants": n}) for n in (1, 4, 2)]
        catalogue_says(TWICE)

        form = self.asked(staff, rows)

        assert (form.fields["price"], form.printed) == ("0.14", ["0.14"])
        assert staff.post(self.LIST, form.fields).status_code == 302
        prices = Generation.objects.queued().values_list("price_estimate", flat=True)
        assert sum(price or 0 for price in prices) == Decimal("0.14")

    def test_one_that_rose_asks_again_for_all(self, staff: Client, alice: User) -> None:
        rows = [
            a_generation(alice, state=State.FAILED, request={"model": name}) for name in (MODEL, "chroma")
        ]
        form = self.asked(staff, rows)
        raised = {model.id: model for model in priced(TWICE)}["chroma"]
        CatalogModel.objects.filter(model_id="chroma").update(raw=raised.raw)

        refused = staff.post(self.LIST, form.fields)

        assert (form.fields["price"], refused.status_code) == ("0.02", 422)
        assert "The button said $0.02, but this costs $0.03." in refused.content.decode()
        assert not Generation.objects.queued().exists()
        assert not Generation.objects.exclude(dismissed_at=None).exists()
        (new,) = spending(refused)
        assert (new.fields["price"], new.printed) == ("0.03", ["0.03"])
        new.fields["_selected_action"] = form.fields["_selected_action"]
        assert staff.post(self.LIST, new.fields).status_code == 302
        assert Generation.objects.queued().count() == 2

    @pytest.mark.parametrize("price", ["abc", "NaN", "1e999", "-1", "1" * 100_000])
    def test_a_garbled_sum_is_asked_again(self, staff: Client, alice: User, price: str) -> None:
        form = self.asked(staff, [a_generation(alice, state=State.FAILED)])

        for altered in ({"price": price}, {"unpriced": price}):
            refused = staff.post(self.LIST, form.fields | altered)
            assert refused.status_code == 422
            assert ALTERED in refused.content.decode()
        assert not Generation.objects.queued().exists()

    def test_what_has_no_price_is_counted_and_may_not_grow(self, staff: Client, alice: User) -> None:
        rows = [
            a_generation(alice, state=State.FAILED, request={"model": name}) for name in (MODEL, "chroma")
        ]
        CatalogModel.objects.filter(model_id="chroma").delete()
        form = self.asked(staff, rows)
        assert (form.fields["price"], form.fields["unpriced"], form.printed) == ("0.01", "1", ["0.01"])
        kept = CatalogModel.objects.get(model_id=MODEL)
        CatalogModel.objects.all().delete()

        refused = staff.post(self.LIST, form.fields)

        assert refused.status_code == 422
        assert not Generation.objects.queued().exists()
        (new,) = spending(refused)
        assert (new.fields["price"], new.fields["unpriced"], new.printed) == ("", "2", [])
        kept.save(force_insert=True)
        assert staff.post(self.LIST, form.fields).status_code == 302
        assert Generation.objects.queued().count() == 2

    def test_a_repeat_of_what_was_confirmed_is_not_asked_again(self, staff: Client, alice: User) -> None:
        form = self.asked(staff, [a_generation(alice, state=State.FAILED)])
        staff.post(self.LIST, form.fields)
        catalogue_says(TWICE)

        assert staff.post(self.LIST, form.fields).status_code == 302
        assert Generation.objects.queued().count() == 1

    def test_what_cannot_be_sent_is_left_out(self, staff: Client, alice: User) -> None:
        good, bad = (a_generation(alice, state=State.FAILED) for _ in range(2))
        Generation.objects.filter(pk=bad.pk).update(request={"model": MODEL})
        form = self.asked(staff, [good, bad])

        assert form.fields["price"] == "0.01"
        assert staff.post(self.LIST, form.fields).status_code == 302
        assert [new.run_again_of_id for new in Generation.objects.queued()] == [good.pk]


def test_prices_are_printed_alike_everywhere(staff_and_row: tuple[Client, Generation]) -> None:
    """As many decimals as it has, in the gallery, the admin and the command line."""
    from gallery.templatetags.formats import amount, usd
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
