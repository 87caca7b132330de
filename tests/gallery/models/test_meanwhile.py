"""What is named, renamed, merged and deleted in the very moment that somebody else uses it is told, never an error."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import connection, transaction
from django.test import Client

from gallery.models import Collection, Generation, Hold, Image, ImageTag, SavedSearch, State, Tag, User
from gallery.models.queue import GenerationQuerySet
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def staff(sally: User) -> Client:
    client = Client()
    client.force_login(sally)
    return client


@contextmanager
def meanwhile(sql: str, work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Once this thread has asked what begins with `sql`, `work` is done by another, as far as it gets on.

    Gives a list with what it returned, complete at the end; what it raised is raised here.
    """
    threads: list[threading.Thread] = []
    done: list[Any] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def watch(execute: Any, asked: str, *more: Any) -> Any:
        result = execute(asked, *more)
        if not threads and asked.startswith(sql):
            threads.append(threading.Thread(target=run))
            threads[0].start()
            _ended_or_waiting(threads[0])
        return result

    with connection.execute_wrapper(watch):
        yield done
    assert threads, f"nothing began with {sql}"
    threads[0].join()
    if failures:
        raise failures[0]


def _ended_or_waiting(other: threading.Thread) -> None:
    """Until it has ended, or waits for what this thread has locked."""
    while other.is_alive():
        if connection.vendor == "postgresql":
            with connection.connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
                if cursor.fetchone()[0]:
                    return
        time.sleep(0.01)


def only_postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")


def told(answer: Any) -> str:
    return Page(answer.content).one("main").words


# What the other one does with a tag, or with a collection.
GOES: dict[str, Callable[[Client, Any], Any]] = {
    "deleted": lambda staff, row: staff.post(
        f"/admin/gallery/{row._meta.model_name}/{row.pk}/delete/", {"post": "yes"}
    ),
    "deleted-as-one-of-several": lambda staff, row: staff.post(
        f"/admin/gallery/{row._meta.model_name}/",
        {"action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk], "post": "yes"},
    ),
    "merged": lambda staff, row: staff.post(
        "/admin/gallery/tag/",
        {"action": "merge", ACTION_CHECKBOX_NAME: [row.pk], "confirmed": "yes", "value": "other"},
    ),
}


@pytest.mark.parametrize("way", GOES)
def test_who_tags_with_what_goes_is_told(member: Client, staff: Client, alice: User, way: str) -> None:
    picture, tag = a_picture(alice), Tag.objects.called("canal", alice)
    with meanwhile('SELECT "gallery_tag"', lambda: GOES[way](staff, tag)) as done:
        answer = member.post(f"/images/{picture.pk}/tag/", {"tag": "Canal"})
    assert done[0].status_code == 302
    assert answer.status_code == 422
    assert "“canal” was deleted, or has become another one, just now. Choose again." in told(answer)
    assert not ImageTag.objects.exists()
    assert not Tag.objects.filter(name="canal").exists()


def test_who_tags_many_is_told_how_many_were(member: Client, staff: Client, alice: User) -> None:
    ids = [a_picture(alice, text).pk for text in ("one", "two")]
    tag = Tag.objects.called("canal", alice)
    with meanwhile('SELECT "gallery_tag"', lambda: GOES["deleted"](staff, tag)):
        answer = member.post("/selection/tag/", {"tag": "canal", "image": ids})
    assert (answer.status_code, ImageTag.objects.count()) == (422, 0)
    assert "“canal” was deleted" in told(answer)


def test_who_deletes_waits_for_who_tags(member: Client, staff: Client, alice: User) -> None:
    only_postgresql()
    picture, tag = a_picture(alice), Tag.objects.called("canal", alice)
    with meanwhile("INSERT INTO", lambda: GOES["deleted"](staff, tag)) as done:
        tag.add([picture.pk], alice)
    assert done[0].status_code == 302
    assert (Tag.objects.count(), ImageTag.objects.count(), Image.objects.count()) == (0, 0, 1)


@pytest.mark.parametrize(
    ("address", "form", "status"),
    [
        ("/images/{image}/collect/", {"collection": "{collection}"}, 422),
        ("/selection/collect/", {"collection": "{collection}", "image": "{image}"}, 422),
        ("/collections/destination/", {"collection": "{collection}"}, 422),
        ("/collections/{collection}/cover/", {"image": "{image}"}, 409),
        ("/collections/{collection}/order/", {"image": "{image}", "move": "last"}, 409),
        ("/collections/{collection}/order/", {"image": "{image}", "before": "{image}"}, 409),
        ("/collections/{collection}/edit/", {"name": "Other"}, 404),
    ],
    ids=["collect", "selection", "destination", "cover", "move", "place", "edit"],
)
def test_who_uses_a_collection_that_goes_is_told(
    member: Client, staff: Client, alice: User, address: str, form: dict[str, str], status: int
) -> None:
    picture, collection = a_picture(alice), Collection.objects.called("Campaign", alice)
    collection.add([picture.pk], alice)
    names = {"image": picture.pk, "collection": collection.pk}
    values = {name: value.format(**names) for name, value in form.items()}
    with meanwhile('SELECT "gallery_collection"', lambda: GOES["deleted"](staff, collection)):
        answer = member.post(address.format(**names), values)
    assert answer.status_code == status
    if status != 404:
        assert "“Campaign” was deleted, or has become another one, just now." in told(answer)
    assert not Collection.objects.exists()
    alice.refresh_from_db()
    assert alice.destination is None


@pytest.mark.parametrize("model", [Tag, Collection])
def test_of_two_who_choose_one_name_the_second_is_told(
    staff: Client, alice: User, model: type[Tag | Collection]
) -> None:
    only_postgresql()
    first, second = (model.objects.called(name, alice) for name in ("one", "two"))
    address = f"/admin/gallery/{model._meta.model_name}/"

    def rename(row: Tag | Collection) -> Any:
        return staff.post(f"{address}{row.pk}/change/", {"name": "Canals"})

    with meanwhile('SELECT %s AS "a"', lambda: rename(second)) as done:
        answer = rename(first)
    assert done[0].status_code == 302
    assert answer.status_code == 409
    assert "already" in Page(answer.content).one("ul", class_="errorlist").words
    assert list(model.objects.order_by("pk").values_list("name", flat=True)) == ["one", "Canals"]


@pytest.mark.parametrize("model", [Tag, Collection])
def test_what_was_deleted_is_not_made_anew_by_its_new_name(
    staff: Client, alice: User, model: type[Tag | Collection]
) -> None:
    only_postgresql()
    row = model.objects.called("one", alice)
    address = f"/admin/gallery/{model._meta.model_name}/{row.pk}/"
    with meanwhile('SELECT %s AS "a"', lambda: staff.post(f"{address}delete/", {"post": "yes"})):
        answer = staff.post(f"{address}change/", {"name": "Canals"}, follow=True)
    assert "Perhaps it was deleted" in Page(answer.content).words
    assert not model.objects.exists()


def test_of_two_searches_saved_under_one_name_the_second_is_told(member: Client, alice: User) -> None:
    def save() -> None:
        with transaction.atomic():
            SavedSearch.objects.create(user=alice, name="Boats", text="boat")

    with meanwhile('SELECT %s AS "a" FROM "gallery_savedsearch"', save):
        answer = member.post("/searches/", {"name": "Boats", "q": "boats", "text": "boats"})
    assert answer.status_code == 422
    assert "You have a search of that name already." in Page(answer.content).words
    assert SavedSearch.objects.get().text == "boat"


#: What changes many generations by one statement: each locks them in the order that all keep to.
VERBS: dict[str, Callable[[GenerationQuerySet], int]] = {
    "cancel": lambda rows: rows.cancel(),
    "dismiss": lambda rows: rows.dismiss(),
    "hold": lambda rows: rows.hold(Hold.MEMBER),
    "go behind": lambda rows: rows.go_behind(),
    "release": lambda rows: rows.release(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_who_holds_one_of_them_gets_the_next(alice: User, verb: str) -> None:
    """The first lies behind the second in the table: unordered, each would hold what the other waits for."""
    only_postgresql()
    state = State.FAILED if verb == "dismiss" else State.QUEUED
    first, second = (a_generation(alice, state=state) for _ in range(2))
    rows = Generation.objects.filter(pk__in=[first.pk, second.pk])
    rows.update(token=uuid4())
    rows.filter(pk=first.pk).update(tries=1)

    with meanwhile('SELECT "gallery_generation"', partial(VERBS[verb], rows)) as done, transaction.atomic():
        rows.select_for_update(no_key=True).get(pk=first.pk)
        rows.filter(pk=second.pk).update(state=State.SENDING)

    assert done == [1], "the second was not for it any more"
    assert rows.get(pk=second.pk).state == State.SENDING
