"""Pages are sent compressed; pictures, answers that came, and what holds links that sign people in are not."""

import gzip

import pytest
from django.test import Client

from gallery.models import User
from tests.gallery.generations import pictures
from tests.gallery.page import Page

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
PAGES = ["/", "/?q=cat", "/create/", "/prompts/", "/queue/"]


def names(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")}


@pytest.fixture
def member(client: Client, alice: User, models_known: None) -> Client:
    for number in range(30):
        pictures(alice, f"cat number {number}")
    client.force_login(alice)
    return client


@pytest.mark.one_in(3)
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("more", [{}, {"HX-Request": "true"}], ids=["page", "fragment"])
def test_a_page_is_compressed_and_its_headers_fit(member: Client, page: str, more: dict[str, str]) -> None:
    answer = member.get(page, headers=GZIP | more)
    assert answer.status_code == 200
    assert answer["Content-Encoding"] == "gzip"
    assert int(answer["Content-Length"]) == len(answer.content)
    assert {"accept-encoding", "hx-request", "cookie"} <= names(answer["Vary"])
    plain = gzip.decompress(answer.content).decode()
    assert "</" in plain
    assert len(answer.content) < len(plain)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("wish", [None, "identity", "br", "gzip;q=0", "deflate, gzip; q=0.0, br"])
def test_who_does_not_want_it_gets_it_plain(member: Client, wish: str | None) -> None:
    answer = member.get("/", headers={"Accept-Encoding": wish} if wish else {})
    assert not answer.has_header("Content-Encoding")
    assert "accept-encoding" in names(answer["Vary"])
    assert answer.content.decode().startswith("<!doctype html>")


def test_an_error_page_is_compressed_too(member: Client) -> None:
    answer = member.get("/nowhere/", headers=GZIP)
    assert (answer.status_code, answer["Content-Encoding"]) == (404, "gzip")


def test_nothing_else_is(member: Client, alice: User) -> None:
    picture = pictures(alice, content=b"RIFF" + b"a" * 9_000)[0]
    asked = [
        f"/images/{picture.pk}/original",
        f"/media/{picture.name}",
        "/create/recent-prompts/",
        "/healthz",
    ]
    for address in asked:
        answer = member.get(address, headers=GZIP, follow=True)
        if answer.streaming:
            # Read to the end its file is closed.
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert not answer.has_header("Content-Encoding"), address


def test_what_holds_links_that_sign_in_is_not(client: Client, sally: User) -> None:
    for address in ("/accounts/login/", "/signin/spent/"):
        assert not client.get(address, headers=GZIP).has_header("Content-Encoding"), address
    client.force_login(sally)
    for address in ("/admin/", "/admin/gallery/user/"):
        answer = client.get(address, headers=GZIP)
        assert answer.status_code == 200
        assert not answer.has_header("Content-Encoding"), address


def test_no_secret_of_a_page_stays_the_same_and_lengths_differ(member: Client) -> None:
    """What somebody who sees lengths would have to guess letter by letter."""
    answers = [member.get("/create/", headers=GZIP) for _ in range(12)]
    pages = [gzip.decompress(answer.content).decode() for answer in answers]
    for name in ("csrfmiddlewaretoken", "submission"):
        values = [each["value"] for page in pages for each in Page(page).all("input", name=name)]
        assert len(values) >= 12
        # One page uses its token in all of its forms.
        assert len(set(values)) >= 12, name
    assert all(
        cookie.value not in page
        for cookie in member.cookies.values()
        if len(cookie.value) > 8
        for page in pages
    )
    assert len({len(answer.content) for answer in answers}) > 3
