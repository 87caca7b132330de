"""Pictures beside each other: which address shows which, what it says of bad ones, and what is told to differ."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image as Pillow

from gallery.display import comparison
from gallery.media.thumbnails import decode
from gallery.models import Collection, Generation, Image, Input, Mark, User
from gallery.models.stored import StoredPicture
from tests.gallery.generations import a_member, a_picture, pictures
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of
from venice.operations import PARAMETERS

LABELS = {parameter.name: parameter.label for parameter in PARAMETERS}


def get(client: Client, images: str, status: int = 200) -> Page:
    response = client.get("/compare/", {"images": images})
    assert response.status_code == status
    return Page(response.content)


def sides(page: Page) -> list[int]:
    return [int(each["data-image"]) for each in page.all("li", class_="side")]


def test_pictures_stand_in_the_order_of_the_address(member: Client, alice: User) -> None:
    first, second, third = (a_picture(alice) for _ in range(3))
    page = get(member, f"{third.pk},{first.pk},{second.pk}")
    assert sides(page) == [third.pk, first.pk, second.pk]
    middle = page.all("li", class_="side")[1]
    links = {each["data-action"]: each["href"] for each in middle.all("a", data_action=None)}
    assert links == {
        "open": f"/images/{first.pk}/",
        "download": f"/images/{first.pk}/download",
        "remix": f"/create/?image={first.pk}&use=remix",
        "swap": f"/compare/?images={first.pk},{third.pk},{second.pk}",
        "remove": f"/compare/?images={third.pk},{second.pk}",
    }
    assert [each.words for each in page.all(data_told=None)] == ["venice-sd35 · seed 7"] * 3
    assert page.all(data_mode=None) == []
    two = get(member, f"{first.pk},{second.pk}")
    assert len(two.all("button", data_mode=None)) == 3
    # The key 0 is no zoom where there are ratings: it takes one away.
    assert two.one("button", data_zoom="turn")["title"] == "100 % or all of it (click, Z)"


def test_another_is_added_by_its_number_or_the_address_of_its_page(member: Client) -> None:
    for typed in ("7", " #7 ", "http://testserver/images/7/?q=cat", "/images/7/original"):
        answer = member.get("/compare/", {"images": "3,4", "add": typed})
        assert (answer.status_code, answer["Location"]) == (302, "/compare/?images=3,4,7")
    assert member.get("/compare/?image=5&image=6")["Location"] == "/compare/?images=5,6"


def test_what_is_selected_is_compared(member: Client, alice: User) -> None:
    bar = a_picture(alice) and Page(member.get("/").content).one("form", id="selection")
    assert bar.one("button", data_verb="compare")["formaction"] == "/compare/"
    # With scripts all numbers come in one field, without them one by one.
    for sent in ("6,5", ["6", "5"]):
        answer = member.post("/compare/", {"image": sent, "q": "cat", "rating": "5"})
        assert (answer.status_code, answer["Location"]) == (303, "/compare/?images=6,5")
    assert member.post("/compare/", {"all": "1", "q": "cat"}).status_code == 422
    assert member.get(member.post("/compare/", {"image": "6"})["Location"]).status_code == 404
    none = member.post("/compare/", {"q": "cat"})
    assert Page(member.get(none["Location"]).content).one("input", name="add")


def test_nothing_is_asked_yet(member: Client) -> None:
    page = get(member, "")
    assert page.one("input", name="add")
    assert page.all(data_error_for=None) == []


@pytest.mark.parametrize(
    ("images", "status", "message"),
    [
        ("{one}", 422, "One picture alone cannot be compared: it takes 2 to 9."),
        ("{one},{two},{one}", 422, "Picture {one} is named twice."),
        ("{one},{two},cat", 422, "“cat” is not the number of a picture."),
        ("{one},{two},-3", 422, "“-3” is not the number of a picture."),
        ("{one},{two},١", 422, "“١” is not the number of a picture."),
        ("{one},{two},\0", 422, "“\0” is not the number of a picture."),
        ("{one},{two},http://testserver/uploads/3/", 422, "“upload:3” is not the number of a picture."),
        ("{one},{two},<b>", 422, "“<b>” is not the number of a picture."),
        ("{one},{two},1,2,3,4,5,6,7,8,9,10,11,12", 422, "At most 9 pictures stand beside each other."),
        ("{one},{two},999", 404, "There is no picture 999."),
        ("{one},99999999999999999999999", 422, "“99999999999999999999999” is not the number of a picture."),
        ("{one},9999999999999999999", 404, "There is no picture 9223372036854775807."),
        ("{one},{trashed}", 404, "Picture {trashed} is in the trash."),
        ("0", 404, "There is no picture 0."),
    ],
)
def test_a_list_that_cannot_be_compared_is_told_why(
    member: Client, alice: User, images: str, status: int, message: str
) -> None:
    one, two, trashed = (a_picture(alice).pk for _ in range(3))
    Image.objects.trash([trashed], alice)
    names = {"one": one, "two": two, "trashed": trashed}
    page = get(member, images.format(**names), status)
    said = page.one(data_error_for="images")
    assert said.words.replace("\ufffd", "\0") == message.format(**names)
    assert page.all("li", class_="side") == []
    if "{one},{two}" in images:
        assert page.one("a", href=f"/compare/?images={one},{two}")


def test_addresses_with_nothing_but_commas_between_them_are_all_read(member: Client) -> None:
    pasted = "5,http://testserver/images/6/?q=cat,/images/7/original,8"
    answer = member.get("/compare/", {"images": "4", "add": pasted})
    assert answer["Location"] == "/compare/?images=4,5,6,7,8"


@pytest.mark.parametrize("asked", ["x" * 10_000, "1," * 5_000, "\ud800", "\u202e12", "''\"><script>", "%00"])
@pytest.mark.parametrize("name", ["images", "image", "add"])
def test_nonsense_is_no_error_of_the_server(member: Client, asked: str, name: str) -> None:
    answer = member.get("/compare/", {name: asked.encode("utf-8", "surrogatepass")}, follow=True)
    assert answer.status_code == 422
    assert Page(answer.content).one("main").all("script") == []


def row(page: Page, label: str) -> list[str]:
    return [cell.words for cell in page.one("tr", data_row=label).all("td")]


def test_only_what_differs_is_told(member: Client, alice: User, bob: User) -> None:
    first, second = a_picture(alice, "a red cat on a wall"), a_picture(bob, "a blue cat on a wall")
    Generation.objects.filter(pk=second.generation_id).update(
        request=second.generation.request | {"cfg_scale": 9, "seed": 8}
    )
    Image.objects.filter(pk=second.pk).update(seed=8)
    second.attempt.price = Decimal("0.02")
    second.attempt.save()
    Mark.objects.rate(alice, [first.pk], 4)
    Mark.objects.rate(bob, [first.pk], 5)
    page = get(member, f"{first.pk},{second.pk}")
    assert row(page, "Seed") == ["7", "8"]
    assert row(page, "Price") == ["$0.01", "$0.02"]
    assert row(page, "Made by") == ["alice", "bob"]
    assert row(page, "Rating") == ["4.5 of 2", "-"]
    assert row(page, "Prompt") == ["a red cat on a wall", "a red blue cat on a wall"]
    other = page.one("tr", data_row="Prompt").all("td")[1]
    assert ([each.text for each in other.all("del")], [each.text for each in other.all("ins")]) == (
        ["red"],
        ["blue"],
    )
    labels = [each["data-row"] for each in page.all("tr", data_row=None)]
    assert row(page, LABELS["cfg_scale"]) == ["-", "9"]
    assert not {"Model", "Size", "Favourites", "Negative prompt"} & set(labels)
    assert page.one("tr", data_row="When").all("time")


def test_the_same_request_twice_differs_in_nothing(member: Client, alice: User) -> None:
    first, second = pictures(alice, count=2)
    Image.objects.update(seed=7, created_at=first.created_at)
    page = get(member, f"{first.pk},{second.pk}")
    assert page.all("tr", data_row=None) == []
    assert "Nothing: the same request" in page.words


def test_words_are_text(member: Client, alice: User) -> None:
    first, second = a_picture(alice, "<b>one</b> <script>x</script>"), a_picture(alice, "<i>two</i>")
    page = get(member, f"{first.pk},{second.pk}")
    assert page.one("tr", data_row="Prompt").all("script") == []
    assert row(page, "Prompt")[0] == "<b>one</b> <script>x</script>"


@pytest.mark.parametrize("count", [2, 9])
def test_it_asks_as_often_for_nine_as_for_two(
    member: Client, django_assert_max_num_queries: Any, count: int
) -> None:
    made = [a_picture(a_member(f"m{number}"), f"cat {number}") for number in range(count)]
    member.get("/compare/")
    with django_assert_max_num_queries(9):
        assert len(sides(get(member, ",".join(str(image.pk) for image in made)))) == count


def test_each_is_told_by_its_model_and_its_own_words(member: Client, alice: User) -> None:
    made = [
        a_picture(alice, f"A lighthouse at {word}, by the <b>sea</b>")
        for word in ("dawn", "noon", "blue dusk")
    ]
    page = get(member, ",".join(str(image.pk) for image in made))
    told = [each.words for each in page.all(data_told=None)]
    assert told == ["venice-sd35 · dawn", "venice-sd35 · noon", "venice-sd35 · blue dusk"]


def test_each_is_judged_where_it_stands(member: Client, alice: User, bob: User) -> None:
    first, second = a_picture(alice), a_picture(alice)
    Mark.objects.set_favourite(bob, [second.pk], True)
    Mark.objects.rate(bob, [second.pk], 4)
    Mark.objects.rate(alice, [first.pk], 2)
    address = f"/compare/?images={first.pk},{second.pk}"
    page = Page(member.get(address).content)
    figures = [(each["data-favourite"], each["data-rating"]) for each in page.all("figure", data_image=None)]
    assert figures == [("false", "0"), ("true", "4")]
    marks = page.one(id=f"marks-{second.pk}")
    assert marks["aria-label"] == f"Your marks of picture {second.pk}"
    assert {each["value"] for each in marks.all("input", name="back")} == {address}
    # Without a script it is a plain post that leads back.
    answer = member.post(f"/images/{first.pk}/rate/", {"rating": "5", "back": address})
    assert (answer.status_code, answer["Location"]) == (303, address)
    # To htmx the marks come back in their place, and lead to the same page.
    said = member.post(
        f"/images/{first.pk}/favourite/",
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL=f"http://testserver{address}",
    )
    drawn = Page(said.content).one(id=f"marks-{first.pk}")
    assert drawn.has("hx-swap-oob", "true")
    assert [each["value"] for each in drawn.all("input", name="back")] == [address] * 2
    assert drawn.one(id=f"favourite-{first.pk}")["aria-pressed"] == "true"


def test_a_number_that_is_typed_names_a_collection(member: Client, alice: User) -> None:
    spring, images = Collection.objects.called("Spring", alice), [a_picture(alice).pk for _ in range(2)]
    form = get(member, f"{images[0]},{images[1]}").all("form", data_action="collect")[0]
    member.post(form["action"], sent_of(form) | {"collection": str(spring.pk)})
    assert not spring.entries.exists()
    assert Collection.objects.get(name=str(spring.pk)).entries.get().image_id == images[0]


def test_only_one_is_kept(member: Client, bob: User) -> None:
    first, second, third = (a_picture(bob) for _ in range(3))
    page = get(member, f"{first.pk},{second.pk},{third.pk}")
    form = page.all("form", data_action="keep-only")[1]
    others = [each["value"] for each in form.all("input", name="image")]
    assert others == [str(first.pk), str(third.pk)]
    member.post(form["action"], {"image": others}, headers={"Referer": "http://testserver/compare/?images=1"})
    assert list(Image.objects.kept()) == [second]


def test_what_is_thrown_away_leaves_the_others_to_be_compared(member: Client, alice: User) -> None:
    first, second, third = (a_picture(alice) for _ in range(3))
    Image.objects.trash([second.pk], alice)
    page = get(member, f"{first.pk},{second.pk},{third.pk}")
    assert sides(page) == [first.pk, third.pk]
    note = page.one(class_="beside-note")
    assert note.words == f"Picture {second.pk} is in the trash, and not shown here."
    # Only who made a picture, and staff, throws it away.
    assert page.all("form", data_action="trash") == []


def shaped(width: int, height: int) -> Image:
    return Image(width=width, height=height)


@pytest.mark.parametrize(
    ("images", "window", "columns"),
    [
        ([shaped(1024, 1024)] * 2, (1440, 760), 2),
        ([shaped(1024, 1024)] * 4, (1440, 760), 4),
        ([shaped(1600, 900)] * 4, (1440, 760), 2),
        ([shaped(768, 1344)] * 6, (1440, 760), 6),
        ([shaped(1024, 1024)] * 9, (1440, 760), 5),
        ([shaped(1600, 900)] * 2, (390, 560), 1),
        ([shaped(768, 1344)] * 2, (390, 560), 2),
        ([shaped(1024, 1024)] * 9, (390, 560), 3),
    ],
)
def test_they_lie_so_that_each_is_as_large_as_can_be(
    images: list[Image], window: tuple[int, int], columns: int
) -> None:
    assert comparison.columns(images, *window) == columns


def drawn(owner: User, width: int, height: int) -> tuple[Image, dict[str, int]]:
    """A picture of that size, and how wide each of its files is, by its address."""
    Pillow.new("RGB", (width, height)).save(file := BytesIO(), "PNG")
    made = decode(file.getvalue()).thumbnails
    image = a_picture(owner)
    Image.objects.filter(pk=image.pk).update(width=width, height=height)
    image.refresh_from_db()
    files = {image.thumbnail_512: made[512], image.thumbnail_256: made[256], image.media_url: file.getvalue()}
    return image, {address: Pillow.open(BytesIO(data)).width for address, data in files.items()}


@pytest.mark.parametrize(
    ("width", "height"), [(200, 150), (256, 256), (300, 200), (200, 301), (512, 512), (513, 100), (700, 900)]
)
def test_each_source_is_as_wide_as_its_file_and_no_two_are_the_same(
    member: Client, alice: User, models_known: None, width: int, height: int
) -> None:
    """Beside each other, in the matrix of a prompt, and before and after."""
    (before, of_before), (image, of_image) = (drawn(alice, width, height) for _ in range(2))
    real = of_before | of_image
    Generation.objects.filter(pk=image.generation_id).update(kind="remove-background", request={})
    shared = {field.name: getattr(before, field.name) for field in StoredPicture._meta.fields}
    Input.objects.create(generation=image.generation, position=0, role="source", image=before, **shared)
    prompt = f"/prompts/{image.prompt_id}/matrix/?across=seed&down=model"

    for address, name, attribute in (
        (f"/compare/?images={before.pk},{image.pk}", "ol", "data_beside"),
        (f"/images/{image.pk}/", "figure", "data_before_after"),
        (prompt, "table", "class_"),
    ):
        shown = Page(member.get(address).content).one(name, **{attribute: None}).all("img", src=None)
        assert shown, address
        for picture in shown:
            listed = picture.attributes.get("srcset", "").split(",")
            sources = [each.split() for each in listed if each.strip()]
            told = {source: int(across.removesuffix("w")) for source, across in sources}
            assert told == {source: real[source] for source in told}, address
            assert len(set(told.values())) == len(sources), address
            assert not told or picture["src"] in told
            # What is more than a thumbnail has a source that is more.
            assert address == prompt or max(told.values()) == width, address
