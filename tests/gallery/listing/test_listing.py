"""A list as one value: what an address, or a form in its place, says of it."""

from typing import cast

import pytest
from django.http import QueryDict
from django.test import RequestFactory

from gallery.http import MemberRequest
from gallery.listing.listing import Listing
from gallery.listing.order import NEWEST, ORDERS
from gallery.models import User


def asked(member: User, address: str) -> MemberRequest:
    request = cast(MemberRequest, RequestFactory().get(address))
    request.user = member
    return request


@pytest.mark.django_db
def test_all_that_an_address_says_is_one_value(alice: User) -> None:
    alice.row_height = 240
    listing = Listing.read(asked(alice, "/?q=fox&order=oldest&from=7"), size=60)
    assert (listing.query.text, listing.order.name, listing.cursor) == ("fox", "oldest", (7,))
    assert (listing.size, listing.density, listing.address((9,))) == (60, 240, "/?q=fox&order=oldest&from=9")


@pytest.mark.django_db
def test_a_form_says_the_same_in_its_place(alice: User) -> None:
    request = asked(alice, "/?q=fox")
    listing = Listing.read(request, size=1, sent=QueryDict("q=owl&order=oldest"))
    assert (listing.query.text, listing.order) == ("owl", ORDERS["oldest"])


@pytest.mark.django_db
def test_a_cursor_under_another_name_is_written_under_it_too(alice: User) -> None:
    listing = Listing.read(asked(alice, "/uploads/?before=7&from=9"), size=1, place="before")
    assert (listing.order, listing.cursor, listing.address((3,))) == (NEWEST, (7,), "/uploads/?before=3")
