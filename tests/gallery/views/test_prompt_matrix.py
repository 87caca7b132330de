"""What a prompt has made lies by any two values; a hole has its price and buys just that, once."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Generation, Image, Prompt, User
from tests.gallery.generations import a_follower, a_picture
from tests.gallery.page import Element, Page
from tests.gallery.paid_form import sent_of

pytestmark = pytest.mark.usefixtures("models_known")

TEXT = "a heron in fog"


def made(owner: User, **asked: Any) -> Image:
    """A picture of TEXT, asked for with these values."""
    picture = a_picture(owner, TEXT)
    generation = picture.generation
    request = {**generation.request, **asked}
    own = {name: value for name, value in asked.items() if name in Generation.copied_fields()}
    Generation.objects.filter(pk=generation.pk).update(request=request, **own)
    copied = {name: asked[name] for name in ("seed", "model", "style_preset") if name in asked}
    if copied:
        Image.objects.filter(pk=picture.pk).update(**copied)
    return picture


def address(**query: str) -> str:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/prompts/{Prompt.objects.get().pk}/matrix/?{pairs}"


def rows(page: Page) -> list[list[str]]:
    """Each row: its head, then the number of a picture, a price, or nothing."""
    table = page.one("table")
    found = []
    for row in table.all("tr")[1:]:
        cells = [cell.attributes.get("data-cell") or cell.words.split(" for ")[0] for cell in row.all("td")]
        found.append([row.one("th").words, *cells])
    return found


def holes(page: Page) -> list[Element]:
    return page.all("button", name="buy")


def test_it_lies_by_seed_and_model(maker: Client, alice: User) -> None:
    first, second = made(alice), made(alice, seed=8)
    other = made(alice, model="lustify-v7", seed=8)
    page = Page(maker.get(address()).content)

    assert [each.words for each in page.all("th", scope="col")] == ["8", "7"]
    assert rows(page) == [
        ["lustify-v7", str(other.pk), "$0.01"],
        ["venice-sd35", str(second.pk), str(first.pk)],
    ]
    (link,) = Page(maker.get(f"/prompts/{Prompt.objects.get().pk}/").content).values(
        "href", address().split("?")[0]
    )
    assert maker.get(link).status_code == 200


@pytest.mark.parametrize(
    ("name", "values", "labels"),
    [
        ("cfg_scale", [5.5, 7.0], ["7", "5.5"]),
        ("style_preset", ["Anime", ""], ["none", "Anime"]),
        ("steps", [10, 20], ["20", "10"]),
        ("size", [{"width": 512, "height": 768}, {}], ["1024×1024", "512×768"]),
    ],
)
def test_any_two_values(maker: Client, alice: User, name: str, values: list[Any], labels: list[str]) -> None:
    for seed, value in enumerate(values):
        made(alice, seed=seed + 1, **(value if name == "size" else {name: value}))
    page = Page(maker.get(address(across="seed", down=name)).content)
    assert [row[0] for row in rows(page)] == labels
    assert [row[1 + index][0] for index, row in enumerate(rows(page))] != ["$", "$"]
    assert len(holes(page)) == 2


def test_a_hole_buys_what_is_missing_once(maker: Client, alice: User) -> None:
    made(alice, cfg_scale=5.0)
    like = made(alice, cfg_scale=7.0, seed=8, width=512)
    page = Page(maker.get(address(across="seed", down="cfg_scale")).content)
    hole = next(each for each in holes(page) if each["title"] == "5, 8")
    form = sent_of(page.one("form", id="matrix-form")) | {"buy": hole["value"]}

    first = maker.post(address().split("?")[0], form)
    generation = Generation.objects.queued().get()
    assert first["Location"] == f"/generations/{generation.pk}/"
    assert (generation.seed, generation.cfg_scale, generation.width) == (8, 5.0, 512)
    assert generation.origin == like
    assert maker.post(address().split("?")[0], form)["Location"] == first["Location"]
    assert Generation.objects.queued().count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "{like}:0.001:5", "{like}::abc", "{other}:0.01:5", "999:0.01:5"])
def test_a_wrong_button_buys_nothing(maker: Client, alice: User, wrong: str) -> None:
    like, other = made(alice), a_picture(alice, "another")
    prompt = Prompt.objects.get(text=TEXT)
    buy = wrong.format(like=like.pk, other=other.pk)
    sent = {"across": "seed", "down": "cfg_scale", "buy": buy}
    answer = maker.post(f"/prompts/{prompt.pk}/matrix/", sent)
    assert answer.status_code == 422
    assert Page(answer.content).values("data-error-for") == ["price"]
    assert not Generation.objects.queued().exists()


def test_a_hole_that_starts_from_a_lost_file_is_told_and_buys_nothing(maker: Client, alice: User) -> None:
    followed = a_picture(alice, "another text", content=b"followed")
    for seed, model in ((7, "krea-v2-medium"), (8, "krea-v2-large")):
        picture = a_follower(alice, followed, TEXT, seed=seed, model=model)
        Image.objects.filter(pk=picture.pk).update(seed=seed)
    prompt = Prompt.objects.get(text=TEXT)
    place = f"/prompts/{prompt.pk}/matrix/"
    page = Page(maker.get(place).content)
    form = sent_of(page.one("form", id="matrix-form")) | {"buy": holes(page)[0]["value"]}
    default_storage.delete(followed.name)
    answer = maker.post(place, form)
    assert answer.status_code == 422
    assert f"is lost: {followed.name} is missing." in Page(answer.content).one(data_error_for="price").words
    assert not Generation.objects.queued().exists()


def test_what_the_model_cannot_vary_has_no_price(maker: Client, alice: User) -> None:
    made(alice, model="z-image-turbo", steps=10)
    made(alice, seed=8, steps=20)
    page = Page(maker.get(address(across="model", down="steps")).content)
    assert len(holes(page)) == 1
    assert "makes the same picture" in page.words


def test_a_sensitive_picture_is_hidden_from_who_hides_them(maker: Client, alice: User) -> None:
    picture = made(alice)
    Image.objects.filter(pk=picture.pk).update(is_sensitive=True)
    assert Page(maker.get(address()).content).one("td", data_cell=None).one("a").has("class", "sensitive")
    User.objects.filter(pk=alice.pk).update(sensitive="hide")
    assert rows(Page(maker.get(address()).content)) == [["venice-sd35", "hidden"]]


def test_its_queries_do_not_grow(maker: Client, alice: User) -> None:
    counts: list[int] = []
    maker.get("/prompts/")
    for count in (1, 30):
        for seed in range(count):
            made(alice, seed=seed, cfg_scale=1.0 + count % 7)
        maker.get(address())
        with CaptureQueriesContext(connection) as queries:
            maker.get(address(across="seed", down="cfg_scale"))
        counts.append(len(queries.captured_queries))
    assert counts[0] == counts[1]


def test_a_prompt_without_pictures_has_no_table(maker: Client) -> None:
    Prompt.objects.remember("nothing")
    page = Page(maker.get(address()).content)
    assert not page.all("table")
    assert "none has a seed" in page.words
    assert maker.get("/prompts/99999999999999999999/matrix/").status_code == 404
