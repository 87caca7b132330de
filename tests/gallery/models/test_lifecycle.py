"""Each step is taken by one: whoever comes second, or too late, changes nothing."""

import pytest

from gallery.models import Generation, State, User, Worker
from tests.gallery.generations import a_generation

pytestmark = pytest.mark.django_db


def a_worker(name: str) -> Worker:
    return Worker.objects.create(name=name, host="h", process=1)


def test_of_two_workers_one_has_the_lease(alice: User) -> None:
    first = a_generation(alice)
    second = Generation.objects.get(pk=first.pk)
    assert first.lease(a_worker("one"))
    assert not second.lease(a_worker("other"))
    second.refresh_from_db()
    assert (second.token, second.worker) == (first.token, first.worker)


def test_what_is_cancelled_is_in_no_worker_s_hand(alice: User) -> None:
    generation = a_generation(alice)
    assert generation.lease(a_worker("one"))
    assert generation.cancel()
    assert not generation.begin()
    generation.refresh_from_db()
    assert (generation.state, generation.token, generation.worker) == (State.CANCELLED, None, None)
