"""What the lead runs again is counted against the pace in the very transaction that queues it, as everybody's posts."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from gallery import access
from gallery.models import Generation, State, User
from tests.gallery.generations import a_generation
from tests.gallery.page import Page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("address", "action"),
    [("/admin/gallery/generation/", "run_again"), ("/admin/gallery/batch/", "run_failed_again")],
)
def test_what_is_run_again_is_counted_where_it_is_queued(
    django_db_serialized_rollback: None,
    sally: User,
    alice: User,
    models_known: None,
    address: str,
    action: str,
) -> None:
    """Without a transaction around the test, in which everything would be in one."""
    failed = a_generation(alice, state=State.FAILED)
    chosen = failed.pk if action == "run_again" else failed.batch_id
    browser = Client()
    browser.force_login(sally)
    asked: dict[str, Any] = {"action": action, "_selected_action": [chosen], "index": "0"}
    question = Page(browser.post(address, asked).content)
    form = {each["name"]: each["value"] for each in question.all("input", type="hidden")}

    answer = browser.post(address, form)

    assert answer.status_code == 302
    new = Generation.objects.exclude(pk=failed.pk).get()
    assert (new.state, new.owner, new.requested_by) == (State.QUEUED, alice, sally)


def test_it_counts_for_who_asked_and_not_for_whose_it_is(
    sally: User, alice: User, settings: LazySettings
) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 2
    for _ in range(2):
        a_generation(alice, requested_by=sally)
    with pytest.raises(access.TooManySubmissions):
        access.check_pace(sally)
    access.check_pace(alice)
