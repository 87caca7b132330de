"""SQL that is kept gives the rows that Django's own way gives, whatever the values it is asked with."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from gallery.listing import count, tiles
from gallery.listing.listing import Kept, Listing
from gallery.listing.order import ORDERS
from gallery.listing.scope import Scope
from gallery.models import Generation, Image, User, kept_sql
from gallery.models.document import covers_asked
from tests.gallery.generations import a_generation, a_picture, pictures

KINDS = (
    "pk",
    "state",
    "created_at",
    "is_blurred",
    "not_before",
    "price_estimate",
    "token",
    "owner__username",
)


def generations(owner: int, above: int) -> QuerySet[Generation, Any]:
    return Generation.objects.filter(owner=owner, pk__gt=above).order_by("-pk").values_list(*KINDS)


def test_it_gives_what_django_gives(alice: User, bob: User) -> None:
    made = [a_generation(owner, is_blurred=owner == bob) for owner in (alice, bob, alice, bob)]
    for owner in (alice, bob):
        for above in (0, made[1].pk, made[3].pk):
            rows = kept_sql.ask("generations", generations, owner.pk, above)
            assert rows == list(generations(owner.pk, above))
            assert [type(value) for row in rows for value in row] == [
                type(value) for row in generations(owner.pk, above) for value in row
            ]


def test_django_writes_it_once(alice: User) -> None:
    written = []

    def write(owner: int) -> QuerySet[Generation, Any]:
        written.append(owner)
        return Generation.objects.filter(owner=owner).values_list("pk")

    for _ in range(3):
        with CaptureQueriesContext(connection) as asked:
            assert kept_sql.ask.__wrapped__("written once", write, alice.pk) == []  # type: ignore[attr-defined]
        assert len(asked) == 1
    assert len(written) == 1


def test_a_value_that_is_not_asked_for_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="1 of 1 values"):
        kept_sql.ask("forgotten", lambda owner: Generation.objects.values_list("pk"), 1)


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_of_the_grid_is_the_same_by_either_way(alice: User, order: str) -> None:
    for number in range(6):
        pictures(alice, f"cat {number}", count=1 + number % 3)
    request = RequestFactory().get("/", {"order": order})
    request.user = alice
    whole = Listing.read(request, size=2)
    covers = Image.objects.covers()
    cursors: list[Any] = [None, *covers.order_by("id").values_list(*whole.order.columns)]
    for cursor in cursors:
        listing = replace(whole, cursor=cursor)
        kept = tiles.page(listing, Kept("all covers", Image.objects.covers), member=alice)
        assert kept == tiles.page(listing, covers, member=alice)
        assert kept.rows


def test_a_search_does_not_take_the_rows_of_another_list(client: Any, alice: User) -> None:
    client.force_login(alice)
    cat, dog = a_picture(alice, "cat"), a_picture(alice, "dog")
    for _ in range(2):
        for address, expected in (
            ("/", {cat.pk, dog.pk}),
            ("/?q=cat", {cat.pk}),
            ("/?q=is:moderated", set()),
        ):
            page = client.get(address).content.decode()
            assert {each.pk for each in (cat, dog) if f'data-image="{each.pk}"' in page} == expected


def test_who_hides_what_is_sensitive_gets_a_list_of_their_own(client: Any, alice: User, bob: User) -> None:
    plain, sensitive = a_picture(alice, "plain"), a_picture(alice, "sensitive")
    Image.objects.filter(pk=sensitive.pk).update(is_sensitive=True)
    User.objects.filter(pk=bob.pk).update(sensitive="hide")
    for _ in range(2):
        for member, expected in ((alice, {plain.pk, sensitive.pk}), (bob, {plain.pk})):
            client.force_login(member)
            page = client.get("/").content.decode()
            assert {each.pk for each in (plain, sensitive) if f'data-image="{each.pk}"' in page} == expected


def test_a_name_that_leaves_something_out_is_found_out(alice: User, bob: User) -> None:
    for number, owner in enumerate((alice, bob)):
        try:
            kept_sql.ask("of whoever looks", lambda owner=owner: owner.generations.values_list("pk"))
        except AssertionError:
            assert number == 1
            return
    pytest.fail("the second member was shown what is the first one's")


def test_words_are_values_as_numbers_are(alice: User) -> None:
    for text in ("cat", "dog", "it's 100 % \ue0000"):
        a_picture(alice, text)

    def write(owner: int, text: str) -> QuerySet[Image, Any]:
        return Image.objects.filter(owner=owner, prompt__text=text).values_list("prompt__text")

    for text in ("cat", "dog", "it's 100 % \ue0000", "'; --"):
        expected = list(Image.objects.filter(prompt__text=text).values_list("prompt__text"))
        assert kept_sql.ask("words", write, alice.pk, text) == expected


@pytest.mark.parametrize("hides", [False, True])
def test_a_search_that_documents_decide_finds_the_same_with_kept_sql(
    models_known: None, alice: User, hides: bool
) -> None:
    """Each in turn, so that what is kept for the first serves all others."""
    texts = ["a cat on a wall", "a dog and a cat", "birds ++", "a castle", "bob's cat"]
    made = [a_picture(alice, text, count=2) for text in texts * 2]
    Image.objects.set_sensitive([made[0].pk], alice, True)
    alice.sensitive = "hide" if hides else "show"
    scope = Scope()
    asked = ["cat", "cat dog", "-cat", "model:venice-sd35 cat", "ca", '"a cat"', "c'a", "owl", "is:stacked"]
    for text in [*asked, "cat seed:7", "++"]:
        for start in ("", str(made[5].pk)):
            listing = Listing.read(_request(alice, text, start), size=3)
            kept = scope.kept(listing, alice)
            rows = scope.listed(listing.query, alice)
            anew = tiles.page(listing, rows, member=alice)
            if text in ("cat seed:7", "++"):
                assert kept is None, text
            if kept:
                assert tiles.page(listing, kept, member=alice) == anew, text
                if not hides:
                    documents = covers_asked(listing.query)
                    assert documents
                    assert count.of_documents(documents, alice) == count.of_rows(rows), text


def _request(member: User, text: str, start: str) -> Any:
    request = RequestFactory().get("/", {"q": text} | ({"from": start} if start else {}))
    request.user = member
    return request
