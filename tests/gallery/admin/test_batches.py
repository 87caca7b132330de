"""Clicks in the admin: paused, resumed, cancelled and run again where they failed, many at once."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from gallery.models import Batch, Generation, State, User
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from tests.gallery.views.test_batch import a_click, fail

pytestmark = pytest.mark.usefixtures("models_known")
LIST = "/admin/gallery/batch/"


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


def act(staff: Client, action: str, batches: list[Batch], **more: Any) -> Any:
    chosen = {"action": action, "_selected_action": [batch.pk for batch in batches], "index": "0"}
    return staff.post(LIST, chosen | more)


def test_many_are_paused_resumed_and_cancelled(staff: Client, alice: User, bob: User) -> None:
    batches = [a_click(alice), a_click(bob)]

    assert act(staff, "pause", batches).status_code == 302
    assert not Batch.objects.filter(paused_at=None).exists()
    assert not Generation.objects.claimable().exists()
    assert act(staff, "resume", batches).status_code == 302
    assert Generation.objects.claimable().count() == 8
    asked = act(staff, "cancel", batches[:1])
    assert "Cancel what waits of 1 click?" in Page(asked.content).words
    assert act(staff, "cancel", batches[:1], confirmed="yes").status_code == 302
    assert batches[0].members.filter(state=State.CANCELLED).count() == 4
    assert batches[1].members.queued().count() == 4


def test_what_failed_of_several_is_run_again_as_one_click_each(staff: Client, alice: User, bob: User) -> None:
    batches = [a_click(alice), a_click(bob)]
    fail(batches[0], 0, 1)
    fail(batches[1], 3)
    page = act(staff, "run_failed_again", batches)
    (form,) = spending(page)
    assert (form.fields["price"], form.printed) == ("0.03", ["0.03"])
    form.fields["_selected_action"] = [batch.pk for batch in batches]

    assert staff.post(LIST, form.fields | {"price": "0.02"}).status_code == 422
    assert Generation.objects.count() == 8
    assert staff.post(LIST, form.fields).status_code == 302
    assert staff.post(LIST, form.fields).status_code == 302

    new = Batch.objects.order_by("pk")[2:]
    assert [(each.owner, each.members.count(), each.price) for each in new] == [
        (alice, 2, Decimal("0.02")),
        (bob, 1, Decimal("0.01")),
    ]


def test_the_list_and_a_page_show_what_is_paused(staff: Client, alice: User) -> None:
    batch = a_click(alice, title="4 seeds")
    batch.pause()

    assert "4 seeds" in Page(staff.get(f"{LIST}?paused_at__isempty=0").content).words
    assert staff.get(f"{LIST}{batch.pk}/change/").status_code == 200


def test_a_member_is_given_a_limit(staff: Client, sally: User, alice: User) -> None:
    sally.is_superuser = True
    sally.save()
    staff.force_login(sally)
    address = f"/admin/gallery/user/{alice.pk}/change/"
    fields = {"username": "alice", "is_active": "on", "click_limit": "7"}

    assert staff.post(address, fields).status_code == 302
    alice.refresh_from_db()
    assert alice.click_limit == 7
    for wrong in ("0", "-1", "x", "99999999"):
        assert staff.post(address, fields | {"click_limit": wrong}).status_code == 200
    alice.refresh_from_db()
    assert alice.click_limit == 7
