"""Favourites, ratings and tags: each member's own and the team's, on a picture's page, its tile and in lists."""

import json

import pytest
from django.test import Client

from gallery.models import Image, Mark, Tag, User
from tests.gallery.generations import a_member, a_picture, pictures
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


def page(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response.content)


def state(client: Client, image: Image, address: str) -> tuple[str, str]:
    """What the picture's element on that page says of the reader's marks."""
    element = page(client, address).one(data_image=str(image.pk), data_rating=None)
    return element["data-favourite"], element["data-rating"]


def test_a_favourite_is_each_members_own(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    Mark.objects.set_favourite(alice, [image.pk], True)
    places = (f"/images/{image.pk}/", "/")
    assert {state(member, image, place) for place in places} == {("false", "0")}
    form = page(member, places[0]).one("form", data_action="favourite")
    assert form["action"] == f"/images/{image.pk}/favourite/"
    for expected in ("true", "false"):
        answer = member.post(form["action"], {"back": f"/images/{image.pk}/?q=cat"})
        assert (answer.status_code, answer["Location"]) == (303, f"/images/{image.pk}/?q=cat")
        assert {state(member, image, place) for place in places} == {(expected, "0")}
    image.refresh_from_db()
    assert image.favourite_count == 1


def test_a_form_that_is_sent_twice_does_not_undo_itself(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    for _ in range(2):
        member.post(f"/images/{image.pk}/favourite/", {"favourite": "true"})
        assert Mark.objects.get().is_favourite


def test_the_mean_is_the_same_wherever_it_is_told(client: Client, sally: User, alice: User) -> None:
    image, other = a_picture(alice), a_picture(alice)
    for number, stars in enumerate((2, 2, 2, 3)):
        Mark.objects.rate(a_member(f"m{number}"), [image.pk], stars)
    client.force_login(sally)
    assert page(client, f"/images/{image.pk}/").one(data_mean=None)["data-mean"] == "2.3"
    assert "rated 2.3" in page(client, f"/images/{image.pk}/lineage/").words
    assert "2.3 of 4" in page(client, f"/compare/?images={image.pk},{other.pk}").words
    assert "2.3 of 4" in page(client, "/admin/gallery/image/").words
    assert "2.3 ★" in page(client, "/prompts/").words


def test_ratings_are_told_with_the_mean_of_the_team(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    Mark.objects.rate(alice, [image.pk], 2)
    member.post(f"/images/{image.pk}/rate/", {"rating": "5"})
    shown = page(member, f"/images/{image.pk}/")
    mean = shown.one(data_mean=None)
    assert (mean["data-mean"], mean["data-ratings"]) == ("3.5", "2")
    pressed = [each["value"] for each in shown.all("button", name="rating", aria_pressed="true")]
    assert pressed == ["5"]
    assert state(member, image, "/") == ("false", "5")
    member.post(f"/images/{image.pk}/rate/", {"rating": "0"})
    assert state(member, image, "/") == ("false", "0")
    image.refresh_from_db()
    assert (image.rating_count, image.rating_sum) == (1, 2)


@pytest.mark.parametrize("rating", ["", "6", "-1", "4.5", "٤", "five", "9" * 10_000, "1\0", None])
def test_what_is_no_rating_is_refused(member: Client, alice: User, rating: str | None) -> None:
    image = a_picture(alice)
    answer = member.post(f"/images/{image.pk}/rate/", {} if rating is None else {"rating": rating})
    assert answer.status_code in (400, 422)
    assert not Mark.objects.exists()


def test_to_htmx_a_judgement_comes_with_its_way_back(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    Mark.objects.rate(bob, [image.pk], 2)
    answer = member.post(f"/images/{image.pk}/rate/", {"rating": "4"}, headers=HTMX)
    assert json.loads(answer["HX-Trigger"]) == {
        "picture:judged": {"image": str(image.pk), "favourite": False, "rating": 4}
    }
    back = Page(answer.content).one("input", name="rating", type="hidden")
    assert back["value"] == "2"
    undone = member.post(f"/images/{image.pk}/rate/", {"rating": back["value"], "undo": "1"}, headers=HTMX)
    assert Mark.objects.get().rating == 2
    assert not Page(undone.content).all(class_="undo-line")
    assert Page(undone.content).one(id="said").words == f"Picture {image.pk}: 2 of 5."


def test_tags_are_put_on_offered_and_taken_off(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    address = f"/images/{image.pk}/"
    assert member.post(f"{address}tag/", {"tag": "  Wide   shot "}).status_code == 303
    assert member.post(f"{address}tag/", {"tag": "WIDE SHOT"}).status_code == 303
    (tag,) = Tag.objects.all()
    shown = page(member, address)
    link = shown.one("a", data_tag=str(tag.pk))
    assert link.words == "Wide shot"
    found = page(member, link["href"])
    assert [each["data-image"] for each in found.all(class_="tile")] == [str(image.pk)]
    offered = Page(member.get("/tags/", {"q": "wIDE"}).content).all("option")
    assert [each["value"] for each in offered] == ["Wide shot"]
    assert not Page(member.get("/tags/", {"tag": "x"}).content).all("option")
    form = shown.one("form", data_action="untag")
    assert member.post(form["action"], {"tag": "wide shot"}).status_code == 303
    assert not page(member, address).all(data_tag=None)


@pytest.mark.parametrize("how", [{}, HTMX])
def test_a_tag_that_went_into_another_one_meanwhile_is_told(
    member: Client, alice: User, how: dict[str, str]
) -> None:
    image = a_picture(alice)
    Tag.objects.called("dusk", alice).add([image.pk], alice)
    form = page(member, f"/images/{image.pk}/").one("form", data_action="untag")
    Tag.objects.filter(name="dusk").merge("evening", alice)

    answer = member.post(form["action"], {"tag": form.one("input", name="tag")["value"]}, headers=how)

    assert answer.status_code == 422
    assert "There is no such tag any more." in Page(answer.content).words
    if how:
        assert [each.words for each in Page(answer.content).all("a", data_tag=None)] == ["evening"]


@pytest.mark.parametrize("tag", ["", "   ", "\u200b", "x" * 61, "x" * 10_000, "ß" * 31 + "x" * 29])
def test_what_cannot_be_a_tag_is_said_beside_the_field(member: Client, alice: User, tag: str) -> None:
    image = a_picture(alice)
    assert member.post(f"/images/{image.pk}/tag/", {"tag": tag}).status_code == 422
    answer = member.post(f"/images/{image.pk}/tag/", {"tag": tag}, headers=HTMX)
    assert answer.status_code == 422
    assert "A tag" in Page(answer.content).one(data_error_for="tag").words
    assert not Tag.objects.exists()


@pytest.mark.parametrize("tag", ['<script>alert("x")</script>', "a\u202eb", '"', "'); --", "%", "标签"])
def test_any_sign_may_be_in_a_tag_and_is_only_quoted(member: Client, alice: User, tag: str) -> None:
    image = a_picture(alice)
    assert member.post(f"/images/{image.pk}/tag/", {"tag": tag}).status_code == 303
    shown = member.get(f"/images/{image.pk}/").content.decode()
    assert "<script>alert" not in shown
    assert member.get("/tags/", {"q": tag}).status_code == 200


@pytest.mark.parametrize("verb", ["favourite", "rate", "tag", "untag"])
def test_a_picture_that_is_not_there_is_not_judged(member: Client, verb: str) -> None:
    for pk in (1, 2**63, 10**30):
        assert member.post(f"/images/{pk}/{verb}/", {"rating": "1", "tag": "x"}).status_code == 404


def test_a_variant_that_was_chosen_stands_for_itself(member: Client, alice: User, bob: User) -> None:
    _, variant = pictures(alice, count=2)
    Mark.objects.set_favourite(bob, [variant.pk], True)
    found = page(member, "/?q=is:favourite")
    assert [each["data-image"] for each in found.all(class_="tile")] == [str(variant.pk)]
    assert found.one(data_found=None).words == "1"
    assert found.one("a", class_="chip", aria_current="true").words == "★Favourites"
    shown = page(member, f"/images/{variant.pk}/?q=is:favourite")
    assert shown.one(data_position=None).words == "1 of 1"


def test_what_is_in_the_trash_is_no_favourite_to_be_seen(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    Mark.objects.set_favourite(bob, [image.pk], True)
    Image.objects.trash([image.pk], alice)
    assert not page(member, "/?q=is:favourite").all(class_="tile")


def test_best_rated_first_is_what_many_rated_well(member: Client, alice: User, bob: User) -> None:
    once, twice, unrated, poor = (a_picture(alice, text) for text in ("one", "two", "three", "four"))
    Mark.objects.rate(alice, [once.pk], 5)
    for user in (alice, bob):
        Mark.objects.rate(user, [twice.pk], 5)
        Mark.objects.rate(user, [poor.pk], 1)
    shown = page(member, "/?order=rated").all(class_="tile")
    assert [int(each["data-image"]) for each in shown] == [twice.pk, once.pk, poor.pk, unrated.pk]


@pytest.mark.parametrize("address", ["/generations/{}/", "/generations/{}/card/", "/create/"])
def test_a_card_tells_what_one_thinks_of_its_pictures(
    member: Client, alice: User, bob: User, models_known: None, address: str
) -> None:
    """Each picture of it, as who looks has marked it, and nobody else."""
    liked, rated, plain = pictures(alice, count=3)
    Mark.objects.set_favourite(alice, [liked.pk], True)
    Mark.objects.rate(alice, [rated.pk], 4)
    Mark.objects.rate(bob, [plain.pk], 5)
    member.force_login(alice)
    shown = Page(
        member.get(address.format(liked.generation_id), headers=HTMX if "history" in address else {}).content
    )
    tiles = {int(tile["data-image"]): tile for tile in shown.all(class_="tile")}
    said = {pk: (tile["data-favourite"], tile["data-rating"]) for pk, tile in tiles.items()}
    assert said == {liked.pk: ("true", "0"), rated.pk: ("false", "4"), plain.pk: ("false", "0")}


def test_the_pictures_of_a_generation_are_judged_on_its_page(
    member: Client, alice: User, bob: User, models_known: None
) -> None:
    first, second = pictures(alice, count=2)
    address = f"/generations/{first.generation_id}/"
    forms = page(member, address).all("form", data_action="favourite")
    assert [form["action"] for form in forms] == [f"/images/{each.pk}/favourite/" for each in (first, second)]
    answer = member.post(
        forms[1]["action"], {"favourite": "true"}, headers={"Referer": f"http://testserver{address}"}
    )
    assert (answer.status_code, answer["Location"]) == (303, address)
    assert Mark.objects.get() == Mark.objects.get(image=second, is_favourite=True)
    # In place the buttons of that very picture are drawn anew.
    htmx = HTMX | {"HX-Current-URL": f"http://testserver{address}"}
    answer = member.post(f"/images/{second.pk}/rate/", {"rating": "3"}, headers=htmx)
    assert Page(answer.content).one("div", id=f"marks-{second.pk}")["hx-swap-oob"] == "true"
    assert page(member, address).one("button", id=f"rate-{second.pk}-3")["aria-pressed"] == "true"
