"""What is not for every eye, marked by any member and seen as each chooses; and what Venice made unusable."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.test import Client

from gallery.models import Collection, Generation, Image, User
from gallery.models.user import Sensitive
from tests.gallery.generations import a_picture, pictures
from tests.gallery.page import Page

HTMX = {"HX-Request": "true"}


def page(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response.content)


def shown(client: Client, address: str) -> list[int]:
    return [int(each["data-image"]) for each in page(client, address).all(class_="tile")]


def chooses(member: User, sensitive: Sensitive) -> None:
    User.objects.filter(pk=member.pk).update(sensitive=sensitive)


def marked(owner: User, words: str = "a cat on a wall", **more: Any) -> Image:
    image = a_picture(owner, words, **more)
    Image.objects.set_sensitive([image.pk], owner, True)
    image.refresh_from_db()
    return image


def test_any_member_marks_a_picture_and_takes_the_mark_away(member: Client, alice: User, bob: User) -> None:
    image = a_picture(alice)
    address = f"/images/{image.pk}/sensitive/"
    for wanted in (True, False):
        form = page(member, f"/images/{image.pk}/").one("form", data_action="sensitive")
        assert form["action"] == address
        answer = member.post(address, {"back": f"/images/{image.pk}/?q=cat"})
        assert (answer.status_code, answer["Location"]) == (303, f"/images/{image.pk}/?q=cat")
        image.refresh_from_db()
        assert (image.is_sensitive, image.sensitive_set_by) == (wanted, bob)
        after = page(member, f"/images/{image.pk}/")
        assert after.one(class_="notice").words.startswith(f"Picture {image.pk} is ")
        assert bool(after.all("figure", class_="sensitive")) is wanted


def test_a_form_that_is_sent_twice_does_not_undo_itself(member: Client, alice: User) -> None:
    image = a_picture(alice)
    for _ in range(2):
        member.post(f"/images/{image.pk}/sensitive/", {"sensitive": "true"})
        assert Image.objects.get().is_sensitive


def test_htmx_gets_the_form_as_it_is_now_and_what_is_said(member: Client, alice: User) -> None:
    image = a_picture(alice)
    answer = member.post(f"/images/{image.pk}/sensitive/", {"sensitive": "true"}, headers=HTMX)
    fragment = Page(answer.content)
    assert fragment.one("input", name="sensitive")["value"] == "false"
    assert fragment.one(id="said").words == f"Picture {image.pk} is marked as sensitive."
    assert json.loads(answer["HX-Trigger"]) == {
        "sensitive:changed": {"image": str(image.pk), "sensitive": True}
    }


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "\0"])
def test_the_way_back_is_within_the_site(member: Client, alice: User, back: str) -> None:
    image = a_picture(alice)
    answer = member.post(f"/images/{image.pk}/sensitive/", {"back": back}, headers={"Referer": back[:2]})
    assert answer["Location"] == f"/images/{image.pk}/"


def test_it_leads_back_to_where_the_browser_says_one_was(member: Client, alice: User) -> None:
    answer = member.post(
        "/account/sensitive/",
        {"sensitive": "hide", "back": "/"},
        headers={"Referer": "http://testserver/?q=cat&from=7"},
    )
    assert (answer.status_code, answer["Location"]) == (303, "/?q=cat&from=7")


@pytest.mark.parametrize("wrong", ["", "SHOW", "no", "\0", "x" * 10_000])
def test_a_setting_that_is_none_changes_nothing(member: Client, bob: User, wrong: str) -> None:
    assert member.post("/account/sensitive/", {"sensitive": wrong}).status_code == 400
    bob.refresh_from_db()
    assert bob.sensitive == Sensitive.BLUR


def test_the_setting_is_in_the_menu_and_on_the_page_of_the_account(member: Client, bob: User) -> None:
    for chosen in Sensitive:
        assert member.post("/account/", {"sensitive": chosen}).status_code == 303
        account = page(member, "/account/")
        assert account.one("option", selected=None, value=str(chosen))
        pressed = account.one("form", class_="switch").one("button", aria_pressed="true")
        assert pressed["value"] == chosen
        assert account.one("body").has("class", "blurs") is (chosen != Sensitive.SHOW)
    # A form without the field leaves it.
    member.post("/account/", {"time_zone": ""})
    bob.refresh_from_db()
    assert bob.sensitive == Sensitive.HIDE


@pytest.mark.parametrize(
    "address",
    [
        *("/", "/?q=cat", "/prompts/", "/prompts/{prompt}/", "/images/{other}/", "/images/{image}/"),
        *("/collections/", "/collections/{set}/", "/collections/{set}/?arrange=1", "/trash/"),
        "/compare/?images={image},{other}",
    ],
)
def test_what_is_blurred_has_a_class_wherever_it_stands(member: Client, alice: User, address: str) -> None:
    image, other = marked(alice), a_picture(alice)
    spring = Collection.objects.called("Spring", alice)
    spring.add([image.pk, other.pk], alice)
    if address == "/trash/":
        Image.objects.trash([image.pk, other.pk], alice)
    names = {"prompt": image.prompt_id, "image": image.pk, "other": other.pk, "set": spring.pk}
    found = page(member, address.format(**names))
    assert found.one("body").has("class", "blurs")
    # The link within a tile is as its tile.
    within = {id(link) for tile in found.all("div", class_="tile") for link in tile.all("a")}
    for picture, is_sensitive in ((image, True), (other, False)):
        sources = {picture.thumbnail_256, picture.thumbnail_512}
        around = [
            each
            for each in found.elements
            if (each.name in ("a", "figure") or each.has("class", "tile"))
            and id(each) not in within
            and sources & set(each.values("src"))
        ]
        assert around, picture
        assert {each.has("class", "sensitive") for each in around} == {is_sensitive}


def test_its_badge_says_so(member: Client, alice: User) -> None:
    image = marked(alice)
    assert page(member, "/").one("b", class_="mark").words == "sensitive"
    badge = page(member, f"/images/{image.pk}/").one("b", data_sensitive_badge=None)
    assert "hidden" not in badge
    assert "marked sensitive by alice" in page(member, f"/images/{image.pk}/").words


@pytest.fixture
def hidden(member: Client, alice: User, bob: User) -> dict[str, Image]:
    """Bob hides the middle one of three."""
    made = {"old": a_picture(alice), "middle": marked(alice), "new": a_picture(alice)}
    chooses(bob, Sensitive.HIDE)
    return made


@pytest.mark.parametrize("address", ["/", "/?q=cat", "/?q=model:venice-sd35", "/prompts/{prompt}/"])
def test_a_list_leaves_out_what_is_hidden(member: Client, hidden: dict[str, Image], address: str) -> None:
    address = address.format(prompt=hidden["old"].prompt_id)
    assert shown(member, address) == [hidden["new"].pk, hidden["old"].pk]


def test_the_cards_of_collections_leave_it_out_too(
    member: Client, hidden: dict[str, Image], alice: User
) -> None:
    spring = Collection.objects.called("Spring", alice)
    spring.add([hidden[name].pk for name in ("middle", "old", "new")], alice)
    Collection.objects.filter(pk=spring.pk).update(cover=hidden["middle"])
    card = page(member, "/collections/").one("li", data_collection=str(spring.pk))
    assert card.values("data-image") == [str(hidden["old"].pk), str(hidden["new"].pk)]
    assert "2 pictures" in card.words


def test_the_counts_agree(member: Client, hidden: dict[str, Image]) -> None:
    for more in ({}, {"from": str(hidden["new"].pk)}):
        text = member.get("/", {"q": "cat", **more}).content
        assert Page(text).one(data_found=None).words == "2"
    menu = Page(member.get("/", {"q": "cat", "menu": "person"}, headers=HTMX).content)
    assert {each.words for each in menu.all("small")} == {"2"}
    since = member.get("/", {"since": hidden["old"].pk}, headers=HTMX)
    assert Page(since.content).one("a").words == "1 new"


def test_the_viewer_steps_over_what_is_hidden(member: Client, hidden: dict[str, Image]) -> None:
    viewer = page(member, f"/images/{hidden['new'].pk}/")
    assert viewer.one("a", rel="next")["href"] == f"/images/{hidden['old'].pk}/"
    assert [each["data-strip"] for each in viewer.all("a", data_strip=None)] == [
        str(hidden["new"].pk),
        str(hidden["old"].pk),
    ]
    assert viewer.one(data_position=None).words == "1 of 2"
    # Its own address shows it all the same, blurred.
    own = page(member, f"/images/{hidden['middle'].pk}/")
    assert own.one("figure").has("class", "picture sensitive")
    assert own.one("body").has("class", "blurs")


def test_mates_that_are_hidden_are_left_out(member: Client, alice: User, bob: User) -> None:
    first, second, third = pictures(alice, count=3)
    Image.objects.set_sensitive([second.pk], alice, True)
    chooses(bob, Sensitive.HIDE)

    def mates(image: Image) -> list[int]:
        strip = page(member, f"/images/{image.pk}/").one("nav", class_="mates")
        return [int(each["data-related"]) for each in strip.all("a")]

    assert mates(first) == [first.pk, third.pk]
    assert mates(second) == [first.pk, second.pk, third.pk]


def test_the_prompt_history_shows_others_of_it(member: Client, hidden: dict[str, Image]) -> None:
    card = page(member, "/prompts/").one("li", data_prompt=None)
    assert card.values("data-image") == [str(hidden["new"].pk), str(hidden["old"].pk)]


def test_a_table_tells_that_a_picture_is_there_though_hidden(member: Client, alice: User, bob: User) -> None:
    """Where nothing is, the table offers to make it: that would be paid for a second time."""
    image = marked(alice)
    chooses(bob, Sensitive.HIDE)
    (cell,) = page(member, f"/prompts/{image.prompt_id}/").all("td")
    assert cell.words == "hidden"
    assert cell.all("a") == []


@pytest.mark.parametrize("address", ["/", "/?q=cat", "/?q=is:sensitive", "/prompts/{prompt}/"])
def test_an_empty_page_tells_of_the_setting(member: Client, alice: User, bob: User, address: str) -> None:
    image = marked(alice)
    chooses(bob, Sensitive.HIDE)
    found = page(member, address.format(prompt=image.prompt_id))
    assert found.one("p", data_hidden_by_setting=None).one("a")["href"] == "/account/#id_sensitive"
    assert page(member, "/?q=nothing").all("p", data_hidden_by_setting=None) == []


@pytest.mark.parametrize(
    ("chosen", "name"), [("show", "a-cat-on-a-wall-7.webp"), ("blur", "7.webp"), ("hide", "7.webp")]
)
def test_names_of_files_tell_no_words_of_what_is_blurred_or_hidden(
    member: Client, alice: User, bob: User, chosen: str, name: str
) -> None:
    secret, other = marked(alice, content=b"secret"), a_picture(alice, "a dog", content=b"other")
    User.objects.filter(pk=bob.pk).update(sensitive=chosen, download_name="{prompt}-{seed}")
    archive = member.post("/selection/download/", {"image": [secret.pk, other.pk]})
    with ZipFile(BytesIO(b"".join(archive.streaming_content))) as found:
        assert found.namelist()[:2] == [name, "a-dog-7.webp"]
    for carry in ("parameters", "as-sent"):
        User.objects.filter(pk=bob.pk).update(copies_carry=carry)
        answer = member.get(f"/images/{secret.pk}/download")
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.getvalue()
    User.objects.filter(pk=alice.pk).update(sensitive=chosen, download_name="{prompt}-{seed}")
    Image.objects.set_sensitive([other.pk], alice, True)
    member.force_login(alice)
    assert page(member, "/account/").one(data_example=None).words == name.replace("cat-on-a-wall", "dog")


def moderated(owner: User, words: str = "a cat") -> Image:
    """As the worker stores what Venice drew black."""
    image = a_picture(owner, words)
    Generation.objects.filter(pk=image.generation_id).update(is_content_violation=True)
    Image.objects.filter(pk=image.pk).update(is_moderated=True)
    return image


def test_what_venice_made_unusable_crowds_no_gallery(member: Client, alice: User) -> None:
    older = moderated(alice)
    first = a_picture(alice, "a cat")
    assert page(member, "/").all(data_moderated=None) == []
    between = moderated(alice)
    last = a_picture(alice, "a cat")
    gallery = page(member, "/")
    assert shown(member, "/") == [last.pk, first.pk]
    line = gallery.one("p", data_moderated=None)
    assert line.words == "1 moderated by Venice is left out here: look at it"
    assert shown(member, line.one("a")["href"]) == [between.pk, older.pk]
    assert shown(member, "/?q=cat") == [last.pk, between.pk, first.pk, older.pk]
    assert shown(member, "/?order=oldest") == [first.pk, last.pk]
    new = member.get("/", {"since": first.pk}, headers=HTMX)
    assert Page(new.content).one("a").words == "1 new"
    viewer = page(member, f"/images/{last.pk}/")
    assert viewer.one("a", rel="next")["href"] == f"/images/{first.pk}/"


def test_a_gallery_of_nothing_else_says_so(member: Client, alice: User) -> None:
    for _ in range(2):
        moderated(alice)
    line = page(member, "/").one("p", data_moderated=None)
    assert line.words == "2 moderated by Venice are left out here: look at them"
