"""The admin's *run again* over many: the confirmation binds the sum."""

from decimal import Decimal

import pytest
from django.http import HttpResponse
from django.test import Client

from gallery.forms.price import ALTERED
from gallery.models import CatalogModel, Generation, State, User
from tests.gallery.generations import MODEL, a_generation
from tests.gallery.paid_form import (
    Form,
    catalogue_says,
    priced,
    spending,
)

pytestmark = pytest.mark.usefixtures("models_known")

TWICE = Decimal(2)


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

    def test_a_sum_that_is_less_since_one_has_no_price_any_more_is_asked_again(
        self, staff: Client, alice: User
    ) -> None:
        rows = [
            a_generation(alice, state=State.FAILED, request={"model": name}) for name in (MODEL, "chroma")
        ]
        form = self.asked(staff, rows)
        CatalogModel.objects.filter(model_id="chroma").delete()

        refused = staff.post(self.LIST, form.fields)

        assert (form.fields["price"], form.fields["unpriced"], refused.status_code) == ("0.02", "0", 422)
        assert "Of 1 no price is known now. Nothing was sent" in refused.content.decode()
        assert not Generation.objects.queued().exists()

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


@pytest.mark.parametrize("first", ["page", "generation", "batch"])
@pytest.mark.parametrize("second", ["generation", "batch"])
def test_a_second_press_has_the_same_answer_wherever_it_is(
    client: Client, sally: User, alice: User, first: str, second: str
) -> None:
    client.force_login(sally)
    failed = a_generation(alice, state=State.FAILED)
    actions = {"generation": ("run_again", failed.pk), "batch": ("run_failed_again", failed.batch_id)}

    def press(name: str, **more: str) -> HttpResponse:
        action, chosen = actions[name]
        form = {"action": action, "_selected_action": chosen, "index": "0", **more}
        return client.post(f"/admin/gallery/{name}/", form, follow=True)  # type: ignore[return-value]

    if first == "page":
        client.post(f"/generations/{failed.pk}/run-again/", {"price": "0.01"})
    else:
        press(first, confirmed="yes", price="0.01", unpriced="0")
    new = Generation.objects.exclude(pk=failed.pk).get()

    for more in ({}, {"confirmed": "yes", "price": "0.01"}):
        assert b"None of these is in a state for that; nothing was done." in press(second, **more).content
    assert client.post(f"/generations/{failed.pk}/run-again/", {"price": "0.01"}).status_code in (302, 303)
    assert Generation.objects.exclude(pk=failed.pk).get() == new
