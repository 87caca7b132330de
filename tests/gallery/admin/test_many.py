"""What staff do to many generations at once takes a few statements, however many there are."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Batch, Generation, State, User
from tests.gallery.generations import a_generation
from tests.gallery.page import Page
from tests.gallery.views.test_batch import a_click


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


#: Each action: its list, a row for it, what is said of three of them, and what they are afterwards.
ACTIONS: dict[str, tuple[str, Callable[[User], Any], str, dict[str, Any]]] = {
    "cancel": ("generation", a_generation, "Cancelled: 3.", {"state": State.CANCELLED}),
    "dismiss": (
        "generation",
        lambda owner: a_generation(owner, state=State.FAILED),
        "Dismissed: 3.",
        {"dismissed_at__isnull": False},
    ),
    "cancel-clicks": ("batch", a_click, "Cancelled: 12 generations.", {"state": State.CANCELLED}),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_queries_do_not_grow_with_the_rows(
    staff: Client, alice: User, models_known: None, action: str
) -> None:
    name, make, words, changed = ACTIONS[action]
    place = f"/admin/gallery/{name}/"

    def press(rows: int) -> int:
        chosen = [make(alice).pk for _ in range(rows)]
        form = {"action": action.partition("-")[0], "_selected_action": chosen, "confirmed": "yes"}
        with CaptureQueriesContext(connection) as queries:
            assert staff.post(place, form | {"index": "0"}).status_code == 302
        return len(queries)

    press(1)
    few, said = press(3), Page(staff.get(place).content).one("ul", class_="messagelist").words
    assert words in said
    assert press(15) == few
    assert Generation.objects.filter(**changed).count() == (19 if name == "generation" else 19 * 4)
    assert Batch.objects.count() == 19
