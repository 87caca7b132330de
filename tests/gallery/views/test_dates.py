"""Jumping to a date: from any day to its pictures, and the months that have some."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from gallery.models import Image, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


@pytest.fixture
def made(client: Client, alice: User) -> dict[str, int]:
    """A picture for each of some days, the latest made last; who reads lives far in the east."""
    User.objects.filter(pk=alice.pk).update(time_zone="Pacific/Auckland")
    client.force_login(alice)
    days = {}
    for day in ("2025-12-30", "2025-12-31", "2026-02-10", "2026-02-11", "2026-04-01"):
        picture = a_picture(alice, f"a cat of {day}")
        at = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=UTC)
        Image.objects.filter(pk=picture.pk).update(created_at=at)
        days[day] = picture.pk
    return days


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-04-02", "2026-04-01"),
        ("2026-04-01", "2026-02-11"),
        ("2026-03", "2026-02-11"),
        ("2026-02", "2026-02-11"),
        ("2026-02-11", "2026-02-10"),
        ("2026-01", "2025-12-31"),
        ("2025-12", "2025-12-30"),
        ("2025", "2025-12-30"),
        ("today", "2026-04-01"),
    ],
)
def test_a_date_leads_to_the_first_picture_of_it_or_before(
    client: Client, made: dict[str, int], at: str, day: str
) -> None:
    """Eight in the evening in Greenwich is the next day's morning in Auckland."""
    assert client.get("/", {"at": at})["Location"] == f"/?from={made[day]}"
    assert client.get("/", {"at": at, "q": "cat"})["Location"] == f"/?q=cat&from={made[day]}"


def test_before_all_pictures_is_the_end_of_the_list(client: Client, made: dict[str, int]) -> None:
    page = Page(client.get("/", {"at": "2020"}, follow=True).content)
    assert page.all(data_image=None) == []
    assert page.all("a", rel="prev")


@pytest.mark.parametrize("at", ["", "soon", "2026-13", "\0", "9" * 400, "0000-00", "9999-12-31"])
def test_what_is_no_date_is_said(client: Client, made: dict[str, int], at: str) -> None:
    answer = client.get("/", {"at": at}, follow=True)
    assert answer.status_code == 200
    assert "is no date" in Page(answer.content).words


def test_the_rail_has_the_months_that_have_pictures(client: Client, made: dict[str, int]) -> None:
    rail = Page(client.get("/", {"q": "a cat", "months": "1"}, headers=HTMX).content)
    months = [(link["aria-label"], link["href"]) for link in rail.all("a", data_month=None)]
    assert months == [
        ("April 2026", "/?q=a+cat&at=2026-04"),
        ("February 2026", "/?q=a+cat&at=2026-02"),
        ("January 2026", "/?q=a+cat&at=2026-01"),
        ("December 2025", "/?q=a+cat&at=2025-12"),
    ]


def test_the_rail_asks_as_often_however_long_it_is(
    client: Client, alice: User, made: dict[str, int], django_assert_max_num_queries: Any
) -> None:
    client.get("/")
    with django_assert_max_num_queries(4):
        client.get("/", {"months": "1"}, headers=HTMX)
    Image.objects.filter(pk=made["2025-12-30"]).update(created_at=datetime(1970, 1, 1, tzinfo=UTC))
    with django_assert_max_num_queries(4):
        rail = Page(client.get("/", {"months": "1"}, headers=HTMX).content)
    # What a wrong clock has dated long ago is left out.
    assert len(rail.all("a")) == 3


def test_an_empty_gallery_has_no_months(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert Page(client.get("/", {"months": "1"}, headers=HTMX).content).all("a") == []
