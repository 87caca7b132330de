"""Throwing away and bringing back: who may, what every list leaves out, and what the trash itself tells."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Generation, Image, Mark, Prompt, User
from gallery.models.image import EMPTIED
from tests.gallery.generations import a_generation, a_picture, pictures
from tests.gallery.page import Page, shown

pytestmark = pytest.mark.usefixtures("models_known")

Get = Callable[..., Page]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def page(client: Client, alice: User) -> Get:
    client.force_login(alice)

    def get(address: str = "/trash/", **more: Any) -> Page:
        response = client.get(address, **more)
        assert response.status_code == 200
        return Page(response.content)

    return get


def thrown(owner: User, *images: Image) -> None:
    Image.objects.trash([each.pk for each in images], owner)


def of(address: str) -> Callable[[Image], str]:
    return lambda image: address.format(
        image=image.pk, generation=image.generation_id, prompt=image.prompt_id, seed=image.seed
    )


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?q=heron",
        "/?q=seed:7",
        "/?q=by:me",
        "/?order=price",
        "/prompts/",
        "/prompts/?q=heron",
        "/prompts/?q=size:1024x768",
        "/prompts/{prompt}/",
        "/prompts/{prompt}/?q=heron",
        "/generations/{generation}/",
        "/create/",
    ],
)
def test_no_list_shows_what_is_in_the_trash(page: Get, alice: User, address: str) -> None:
    first, second = pictures(alice, "a heron at dawn", count=2)
    where = of(address)(first)
    assert first.pk in shown(page(where))

    thrown(alice, first, second)

    assert {first.pk, second.pk}.isdisjoint(shown(page(where)))
    table = page(f"/prompts/{first.prompt_id}/")
    assert not table.all("td", data_cell=None)
    Image.objects.restore([first.pk])
    assert first.pk in shown(page(where))


def test_no_picture_stands_beside_one_that_was_thrown_away(page: Get, alice: User) -> None:
    before, gone, after = (a_picture(alice, text) for text in ("one", "two", "three"))
    mate, other = pictures(alice, "four", count=2)
    thrown(alice, gone, other)

    own = page(f"/images/{after.pk}/")
    assert own.one("a", rel="next")["href"] == f"/images/{before.pk}/"
    strip = [each["data-strip"] for each in own.all("a", data_strip=None)]
    assert strip == [str(each.pk) for each in (mate, after, before)]
    assert not page(f"/images/{mate.pk}/").all("a", data_related=None)


def test_the_page_of_one_in_the_trash_says_so_and_brings_it_back(
    page: Get, client: Client, alice: User
) -> None:
    image = a_picture(alice)
    own = page(f"/images/{image.pk}/")
    assert own.one("form", data_action="trash")["action"] == f"/images/{image.pk}/trash/"

    answer = client.post(f"/images/{image.pk}/trash/", {"back": f"/images/{image.pk}/"})
    assert (answer.status_code, answer["Location"]) == (303, f"/images/{image.pk}/")
    own = page(f"/images/{image.pk}/")
    assert "thrown away by alice" in own.one(data_in_trash=None).words
    assert "30 days left" in own.one(data_in_trash=None).words
    assert not own.all("form", data_action="trash")
    assert {"rerun-same-seed", "rerun-new-seed"} <= set(own.values("data-action"))

    assert client.post(own.one("form", data_action="restore")["action"]).status_code == 303
    assert not page(f"/images/{image.pk}/").all(data_in_trash=None)


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\0", ""]
)
def test_it_leads_back_to_this_site_alone(client: Client, alice: User, back: str) -> None:
    image = a_picture(alice)
    client.force_login(alice)
    answer = client.post(f"/images/{image.pk}/trash/", {"back": back})
    assert (answer.status_code, answer["Location"]) == (303, f"/images/{image.pk}/")


def test_another_members_is_not_mine_to_throw_away(
    client: Client, alice: User, bob: User, sally: User
) -> None:
    image = a_picture(alice)
    client.force_login(bob)
    for verb in ("trash", "restore"):
        assert client.post(f"/images/{image.pk}/{verb}/").status_code == 403
        assert client.post(f"/images/{image.pk + 9}/{verb}/").status_code == 404
        assert client.post(f"/images/{10**30}/{verb}/").status_code == 404
    assert not Page(client.get(f"/images/{image.pk}/").content).all("form", data_action="trash")
    client.force_login(sally)
    assert client.post(f"/images/{image.pk}/trash/").status_code == 303
    client.force_login(bob)
    trash = Page(client.get("/trash/").content)
    assert shown(trash) == [image.pk], "members see everything"
    assert not trash.all("form", data_action="restore")
    assert not trash.all("form", data_action="empty-trash")


def test_htmx_gets_the_way_back_and_the_next_of_the_stack(client: Client, alice: User) -> None:
    first, second, third = pictures(alice, "a heron", count=3)
    client.force_login(alice)
    answer = client.post(f"/images/{first.pk}/trash/?q=heron", {"instead": "1"}, headers=HTMX)
    assert answer["HX-Trigger-After-Swap"] == f'{{"picture:trashed": {{"id": {first.pk}}}}}'
    line = Page(answer.content)
    assert line.one("form", data_action="restore")["action"] == f"/images/{first.pk}/restore/"
    tile = line.one(class_="tile")
    assert (tile["data-image"], tile.one("a")["href"]) == (str(second.pk), f"/images/{second.pk}/?q=heron")
    assert "Stack of 2" in tile.words
    thrown(alice, second)
    line = Page(client.post(f"/images/{third.pk}/trash/", {"instead": "1"}, headers=HTMX).content)
    assert not line.all(class_="tile")
    answer = client.post(f"/images/{first.pk}/restore/", headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Trigger"] == f'{{"picture:restored": {{"id": {first.pk}}}}}'


def test_what_is_emptied_is_told_to_be_gone(client: Client, alice: User) -> None:
    image = a_picture(alice)
    thrown(alice, image)
    client.force_login(alice)
    client.post("/trash/empty/")
    answer = client.post(f"/images/{image.pk}/restore/")
    assert answer.status_code == 409
    assert "removed for good" in Page(answer.content).words
    image.refresh_from_db()
    assert image.is_emptied
    # When the worker has removed it, a page that still offers it says that, and not that its address is wrong.
    Image.objects.all().delete()
    answer = client.post(f"/images/{image.pk}/restore/", headers=HTMX)
    assert answer.status_code == 404
    reason = Page(answer.content).one(data_reason=None).words
    assert reason == "What that was about is not there, or not any more. Nothing was done."
    assert Page(client.get(f"/images/{image.pk}/").content).one(data_reason=None).words != reason


@pytest.mark.parametrize(("query", "sensitive"), [("is:favourite", False), ("heron", True), ("zebra", False)])
def test_nothing_comes_instead_that_is_not_in_the_list(
    client: Client, alice: User, query: str, sensitive: bool
) -> None:
    first, second = pictures(alice, "a heron", count=2)
    Mark.objects.set_favourite(alice, [first.pk], is_favourite=True)
    Image.objects.set_sensitive([second.pk], alice, is_sensitive=sensitive)
    alice.sensitive = "hide"
    alice.save()
    client.force_login(alice)
    address = f"/images/{first.pk}/trash/?q={query}"
    line = Page(client.post(address, {"instead": "1"}, headers=HTMX).content)
    assert line.all("form", data_action="restore")
    assert not line.all(class_="tile")


def test_the_trash_tells_who_when_and_how_long(
    page: Get, alice: User, sally: User, settings: LazySettings
) -> None:
    older, newer = a_picture(alice, "a canal"), a_picture(alice, "a heron")
    assert "The trash is empty" in page().words
    thrown(sally, older)
    thrown(alice, newer)
    Image.objects.filter(pk=older.pk).update(trashed_at=Now() - timedelta(days=9, hours=1))
    trash = page()
    assert shown(trash) == [newer.pk, older.pk]
    cards = [each.words for each in trash.all("article")]
    assert "alice" in cards[0]
    assert "30 days left" in cards[0]
    assert "sally" in cards[1]
    assert "21 days left" in cards[1]
    assert trash.all("article")[0].all("a")[0]["href"] == f"/images/{newer.pk}/?in=trash"
    settings.TRASH_DAYS = 0
    assert "days left" not in page().words


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("heron", True),
        ("her", True),
        ('"heron at"', True),
        ("dawn heron", True),
        ("-heron", False),
        ("swan", False),
        ("model:venice", True),
        ("by:alice seed:7", True),
        ("size:1024x768", True),
        ("price:<1", True),
        ("is:mine", True),
        ("-is:mine", False),
        ("on:today", True),
        ("!!", True),
        ("by:bob", False),
    ],
)
def test_the_trash_is_searched_without_the_index(
    page: Get, alice: User, bob: User, query: str, finds: bool
) -> None:
    image = a_picture(alice, "A heron at dawn!!")
    a_picture(alice, "A heron at dawn!!")
    thrown(alice, image)
    trash = page("/trash/", data={"q": query})
    assert shown(trash) == ([image.pk] if finds else [])
    assert trash.one(data_found=None).words == ("1" if finds else "0")


def test_it_pages_and_sorts_and_steps_within_itself(
    page: Get, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gallery.listing.trash_rows.PAGE", 2)
    images = [a_picture(alice, str(number)) for number in range(5)]
    thrown(alice, *images)
    a_picture(alice, "kept")
    ids = [each.pk for each in images]
    first = page()
    assert shown(first) == [ids[4], ids[3]]
    second = page(first.one("a", rel="next")["href"])
    assert shown(second) == [ids[2], ids[1]]
    assert second.one("a", rel="prev")["href"] == "/trash/"
    assert shown(page("/trash/?order=oldest")) == ids[:2]
    own = page(f"/images/{ids[2]}/?in=trash")
    assert own.one("a", rel="next")["href"] == f"/images/{ids[1]}/?in=trash"
    assert own.one("a", rel="prev")["href"] == f"/images/{ids[3]}/?in=trash"
    assert own.one(data_position=None).words == "3 of 5"
    assert own.one("a", data_close=None)["href"].startswith("/trash/?from=")


def test_the_number_of_queries_does_not_grow(page: Get, alice: User) -> None:
    thrown(alice, a_picture(alice, "one"))
    page()
    with CaptureQueriesContext(
        connection,
    ) as few:
        page()
    thrown(alice, *(a_picture(alice, str(number)) for number in range(7)))
    with CaptureQueriesContext(connection) as many:
        page()
    assert len(many) == len(few)


def test_emptying_takes_two_steps_and_ends_the_time_of_ones_own(
    page: Get, client: Client, alice: User, bob: User, sally: User
) -> None:
    mine, also, theirs = a_picture(alice, "one"), a_picture(alice, "two"), a_picture(bob, "three")
    thrown(sally, mine, also, theirs)
    form = page().one("form", data_action="empty-trash")
    assert "2 pictures of your own will be removed for good" in form.words
    later = a_picture(alice, "thrown away after the page was drawn")
    thrown(alice, later)

    answer = client.post(form["action"], {"until": form.one("input", name="until")["value"]})

    assert (answer.status_code, answer["Location"]) == (303, "/trash/")
    trash = page()
    assert "2 pictures will be removed for good." in trash.words
    assert shown(trash) == [later.pk, theirs.pk]
    assert set(Image.objects.due()) == {mine, also}
    assert set(Image.objects.filter(trashed_at=EMPTIED)) == {mine, also}
    assert "Thrown away for good" in page(f"/images/{mine.pk}/").one(data_in_trash=None).words
    client.force_login(sally)
    assert (
        "2 pictures will be"
        in Page(client.get("/trash/").content).one("form", data_action="empty-trash").words
    )
    client.post("/trash/empty/")
    assert Image.objects.due().count() == 4


@pytest.mark.parametrize(
    "until", ["yesterday", "2026-11-26", "9" * 10_000, "\0", "<b>", "2026-11-26T08:00:00"]
)
def test_emptying_until_no_moment_is_refused(client: Client, alice: User, until: str) -> None:
    thrown(alice, a_picture(alice))
    client.force_login(alice)
    assert client.post("/trash/empty/", {"until": until}).status_code == 400
    assert not Image.objects.due().exists()


def test_cards_say_what_is_in_the_trash(page: Get, alice: User) -> None:
    first, *others = pictures(alice, "a heron", count=4)
    thrown(alice, first)
    own = page(f"/generations/{first.generation_id}/")
    assert f"1 of 4 is in the trash: picture {first.pk}" in own.one(data_thrown=None).words
    assert shown(own) == [each.pk for each in others]
    thrown(alice, *others)
    assert (
        "All 4 are in the trash" in page(f"/generations/{first.generation_id}/").one(data_thrown=None).words
    )
    Image.objects.filter(generation=first.generation_id).delete()
    Generation.objects.update(purged_count=4)
    own = page(f"/generations/{first.generation_id}/")
    assert "All 4 were thrown away" in own.one(data_thrown=None).words
    assert "a heron" in own.words
    assert "4 pictures" in own.words, "its history stays"


def test_prompts_say_that_all_their_pictures_are_gone(page: Get, alice: User) -> None:
    image, unmade = a_picture(alice, "a heron"), a_generation(alice, "a swan")
    assert Prompt.objects.get(pk=image.prompt_id).picture_count == 1
    thrown(alice, image)
    assert Prompt.objects.get(pk=image.prompt_id).picture_count == 0
    assert not Prompt.objects.miscounted().exists()
    history = page("/prompts/")
    cards = {each["data-prompt"]: each for each in history.all("li", data_prompt=None)}
    assert "Its pictures were thrown away" in cards[str(image.prompt_id)].words
    assert "No pictures yet" in cards[str(unmade.prompt_id)].words
    assert page(f"/prompts/{image.prompt_id}/").all(data_thrown_away=None)
    assert not page(f"/prompts/{unmade.prompt_id}/").all(data_thrown_away=None)
    Image.objects.restore([image.pk])
    assert Prompt.objects.get(pk=image.prompt_id).picture_count == 1
