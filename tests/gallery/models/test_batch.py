"""One click, one batch: generations in order, one price, and a form that counts once whoever of two posts is first."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from gallery.media.pictures import LostFile
from gallery.models import Batch, Generation, Hold, Input, Prompt, State, User, Worker
from gallery.models.queue import Order
from tests.gallery.generations import a_generation
from tests.gallery.pipeline.test_kinds import EDIT, media_files
from venice import Generate

pytestmark = pytest.mark.django_db

BRIDGE = Generate(model="chroma", prompt="A bridge", seed=1)


def orders(*prices: str | None) -> list[Order]:
    return [
        Order(operation=replace(BRIDGE, seed=number), price=Decimal(price) if price else None)
        for number, price in enumerate(prices, 1)
    ]


def test_a_click_may_ask_for_several(alice: User) -> None:
    submission = uuid.uuid4()
    axes = {"seed": [1, 2, 3]}

    made, is_new = Generation.objects.enqueue_batch(
        alice,
        orders("0.01", "0.01", "0.02"),
        submission=submission,
        kind=Batch.Kind.COUNT,
        axes=axes,
        title="Three",
    )

    batch = Batch.objects.get()
    assert is_new
    assert list(batch.generations.order_by("position")) == made
    assert [(each.position, each.seed, each.price_estimate) for each in made] == [
        (0, 1, Decimal("0.01")),
        (1, 2, Decimal("0.01")),
        (2, 3, Decimal("0.02")),
    ]
    assert (batch.owner, batch.submission, batch.price) == (alice, submission, Decimal("0.04"))
    assert (batch.kind, batch.axes, batch.title) == ("count", axes, "Three")
    assert Prompt.objects.get().generation_count == 3
    again, is_new = Generation.objects.enqueue_batch(alice, orders("0.01"), submission=submission)
    assert (again, is_new) == (made, False)


def test_the_database_itself_takes_a_submission_once(alice: User, bob: User) -> None:
    """Posts of one member wait for each other; this is what holds if that is ever lost."""
    submission = uuid.uuid4()
    Batch.objects.create(owner=alice, submission=submission)
    Batch.objects.create(owner=bob, submission=submission)
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.create(owner=alice, submission=submission)


@pytest.mark.parametrize("prices", [("0.01", None), (None,), (str(10**9),)])
def test_an_unknown_total_is_none(alice: User, prices: tuple[str | None, ...]) -> None:
    Generation.objects.enqueue_batch(alice, orders(*prices))
    assert Batch.objects.get().price is None


def test_one_is_a_batch_of_one(alice: User, bob: User) -> None:
    submission = uuid.uuid4()
    first, _ = Generation.objects.enqueue(alice, BRIDGE, price=Decimal("0.01"), submission=submission)
    other, is_new = Generation.objects.enqueue(bob, BRIDGE, submission=submission)

    assert is_new
    assert (first.batch.price, first.position, first.batch.kind) == (Decimal("0.01"), 0, "one")
    assert other.batch.owner == bob
    assert Generation.objects.submitted(alice, submission) == [first]
    assert Generation.objects.submitted(alice, None) == []
    without = [a_generation(alice) for _ in range(2)]
    assert without[0].batch != without[1].batch, "without a form's id each is new"


def test_a_click_that_fails_leaves_nothing(alice: User) -> None:
    made, _ = Generation.objects.enqueue(alice, EDIT)
    default_storage.delete(made.inputs.get().name)
    lost = replace(EDIT, image=made.inputs.get().reference)

    with pytest.raises(LostFile):
        Generation.objects.enqueue_batch(alice, [Order(operation=BRIDGE), Order(operation=lost)])

    assert (Batch.objects.count(), Generation.objects.count(), Input.objects.count()) == (1, 1, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [1, 3])
def test_twenty_posts_at_once_are_one_batch(alice: User, settings: LazySettings, count: int) -> None:
    """Each with a picture of its own bytes, which is stored once too."""
    submission = uuid.uuid4()
    asked = [Order(operation=replace(EDIT, prompt=f"evening {number}")) for number in range(count)]

    def post(_: int) -> tuple[tuple[int, ...], bool]:
        try:
            made, is_new = Generation.objects.enqueue_batch(alice, asked, submission=submission)
            return tuple(each.pk for each in made), is_new
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(20)))

    kept = tuple(Generation.objects.order_by("position").values_list("pk", flat=True))
    assert {made for made, _ in answers} == {kept}
    assert sum(is_new for _, is_new in answers) == 1
    assert Batch.objects.count() == 1
    assert Prompt.objects.count() == Input.objects.count() == count
    assert sum(prompt.generation_count for prompt in Prompt.objects.all()) == count
    assert len(media_files(settings)) == 3


def test_what_was_dismissed_meanwhile_is_not_run_again(alice: User) -> None:
    (first, second), _ = Generation.objects.enqueue_batch(alice, orders("0.01", "0.01"))
    Generation.objects.update(state=State.FAILED)
    assert second.dismiss()
    again = first.batch.run_again(alice, {first.pk: None, second.pk: None})
    assert [each.run_again_of for each in again] == [first]


def test_a_pause_ends_the_lease_of_what_was_not_begun(alice: User) -> None:
    (first, *_), _ = Generation.objects.enqueue_batch(alice, orders("0.01", "0.01"))
    worker = Worker.objects.create(name="w", host="h", process=1)
    assert first.lease(worker)
    assert first.batch.pause()
    rows = Generation.objects.order_by("position").values_list("token", "worker", "hold")
    assert list(rows) == [(None, None, Hold.BATCH)] * 2
    assert not first.begin()


def test_what_was_run_again_is_not_run_again_once_more(alice: User) -> None:
    failed = a_generation(alice, state=State.FAILED)
    again, is_new = failed.run_again(alice, price=None)
    assert is_new
    assert failed.run_again(alice, price=None) == (again, False)
