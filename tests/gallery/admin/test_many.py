"""What staff do to many generations at once takes a few statements, however many there are."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import Attempt, Batch, Generation, Hold, Outcome, Prompt, State, User
from tests.gallery.generations import a_generation
from tests.gallery.page import Page
from tests.gallery.views.test_batch import a_click


@pytest.fixture
def staff(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


def a_stranded(owner: User) -> Generation:
    """Received an hour ago by a host of which nothing is heard."""
    hour_ago = timezone.now() - timedelta(hours=1)
    number = Generation.objects.count()
    row = a_generation(owner, f"lost {number}", state=State.RECEIVED, received_at=hour_ago)
    price = Decimal(number + 1) / 100
    columns = {"token": uuid4(), "worker": "w", "host": "attic", "model": row.model, "price": price}
    row.attempts.create(sent_at=hour_ago, **columns)
    return row


def paused_click(owner: User) -> Batch:
    click = a_click(owner)
    assert click.pause()
    return click


#: Each action: its list, a row for it, what is said of three of them, and what they are afterwards.
ACTIONS: dict[str, tuple[str, Callable[[User], Any], str, dict[str, Any]]] = {
    "cancel": ("generation", a_generation, "Cancelled: 3.", {"state": State.CANCELLED}),
    "dismiss": (
        "generation",
        lambda owner: a_generation(owner, state=State.FAILED),
        "Dismissed: 3.",
        {"dismissed_at__isnull": False},
    ),
    "declare_interrupted": ("generation", a_stranded, "Interrupted: 3.", {"state": State.INTERRUPTED}),
    "pause": ("batch", a_click, "Paused: 3.", {"hold": Hold.BATCH, "batch__paused_at__isnull": False}),
    "resume": ("batch", paused_click, "Resumed: 3.", {"batch__paused_at": None}),
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
        form = {"action": action.removesuffix("-clicks"), "_selected_action": chosen, "confirmed": "yes"}
        with CaptureQueriesContext(connection) as queries:
            assert staff.post(place, form | {"index": "0"}).status_code == 302
        return len(queries)

    press(1)
    few, said = press(3), Page(staff.get(place).content).one("ul", class_="messagelist").words
    assert words in said
    assert press(15) == few
    assert Generation.objects.filter(**changed).count() == (19 if name == "generation" else 19 * 4)
    assert Batch.objects.count() == 19
    if action == "declare_interrupted":
        # Each prompt has its own call's price: 1 to 19 cents.
        assert sum(Prompt.objects.values_list("spent_micros", flat=True)) == 190 * 10_000
        assert set(Attempt.objects.values_list("outcome", flat=True)) == {Outcome.UNKNOWN}
