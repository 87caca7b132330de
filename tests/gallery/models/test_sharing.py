"""Two people who work on the same pictures at once lose nothing of each other, and nobody waits in a circle."""

import random
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from gallery.models import Collection, CollectionImage, Image, Mark, Prompt, Tag, User
from tests.gallery.generations import a_member, pictures


def _at_once(*works: Callable[[], None]) -> None:
    """Each in a thread of its own; whatever one of them raises is raised here."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _shared(count: int, rounds: int) -> None:
    ana, ben = a_member("ana"), a_member("ben")
    ids = [image.pk for number in range(count // 4) for image in pictures(ana, f"{number % 9}", count=4)]
    collection, others = Collection.objects.called("Shared", ana), Collection.objects.called("Others", ben)
    collection.add(ids[: count // 2], ana)
    kept, thrown = ids[: count // 2], ids[count // 2 :]

    def of(person: User, seed: int) -> Callable[[], None]:
        chance = random.Random(seed)

        def work() -> None:
            for number in range(rounds):
                some = chance.sample(ids, min(60, count // 2))
                collection.add(some, person)
                others.add([pk for pk in some if pk in kept], person)
                Mark.objects.rate(person, some, 1 + number % 5)
                Tag.objects.called(f"tag {number % 3}", person).add(some, person)
                collection.place(chance.sample(kept, 5), chance.choice(kept))
                collection.move(chance.choice(kept), "first" if number % 2 else "later")
                Image.objects.trash(chance.sample(thrown, min(30, len(thrown))), person)
                Image.objects.restore(chance.sample(thrown, min(20, len(thrown))))

        return work

    _at_once(of(ana, 1), of(ben, 2))

    entries = CollectionImage.objects.filter(collection=collection)
    assert set(entries.values_list("image", flat=True)) >= set(kept), "nothing is lost"
    positions = list(entries.values_list("position", flat=True))
    assert len(set(positions)) == len(positions)
    assert not Prompt.objects.miscounted().exists()
    assert not Image.objects.missummed().exists()
    for generation in {image.generation_id for image in Image.objects.kept()}:
        assert Image.objects.covers().filter(generation=generation).count() == 1
    assert not Image.objects.trashed().filter(is_cover=True).exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_on_the_same_pictures() -> None:
    _shared(count=48, rounds=4)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_people_on_five_hundred_pictures() -> None:
    _shared(count=500, rounds=25)


def _judged_by_two(count: int) -> None:
    """Both mark and tag all of `count` pictures in portions, each in an order of their own."""
    ana, ben = a_member("ana"), a_member("ben")
    ids = [image.pk for number in range(count // 4) for image in pictures(ana, f"{number % 9}", count=4)]

    def of(person: User, seed: int, rating: int) -> Callable[[], None]:
        order = random.Random(seed).sample(ids, len(ids))

        def work() -> None:
            for start in range(0, len(order), 20):
                some = order[start : start + 20]
                Mark.objects.set_favourite(person, some, True)
                Mark.objects.rate(person, some, rating)
                Tag.objects.called("both", person).add(some, person)
                Tag.objects.called(person.username, person).add(some, person)

        return work

    _at_once(of(ana, 1, 5), of(ben, 2, 2))

    sums = Image.objects.values_list("favourite_count", "rating_count", "rating_sum")
    assert list(sums) == [(2, 2, 7)] * len(ids)
    assert not Image.objects.missummed().exists()
    assert {tag.name: tag.links.count() for tag in Tag.objects.all()} == dict.fromkeys(
        ("both", "ana", "ben"), len(ids)
    )


@pytest.mark.django_db(transaction=True)
def test_two_people_judge_the_same_pictures() -> None:
    _judged_by_two(40)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_two_people_judge_the_same_five_hundred_pictures() -> None:
    _judged_by_two(500)
