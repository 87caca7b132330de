"""Choosing by pictures: the models as cards, on a page and as a fragment, and what a member pins."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Attempt, CatalogModel, CatalogStyle, Image, Mark, Pin, User
from gallery.models.verification import Verification
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page

pytestmark = pytest.mark.usefixtures("models_known")

MODELS, PIN = "/create/models/", "/create/models/pin/"
HTMX = {"HX-Request": "true"}


def cards(answer: Any) -> list[str]:
    """The models of the page, in their order."""
    return Page(answer.content).values("data-model")


def example(answer: Any, model: str) -> str | None:
    """The picture that stands for a model."""
    pictures = Page(answer.content).one("li", data_model=model).all("img")
    return pictures[0]["data-related"] if pictures else None


def test_each_model_is_a_card_that_says_what_it_takes(maker: Client) -> None:
    answer = maker.get(MODELS)
    assert len(cards(answer)) == CatalogModel.objects.for_images().count()
    words = Page(answer.content).one("li", data_model="nano-banana-2").words
    for part in (
        "Nano Banana 2",
        "$0.10",
        "up to 4K",
        "follows seeds",
        "searches the web",
        "edits pictures too",
    ):
        assert part in words
    assert "negative prompt" in Page(answer.content).one("li", data_model="venice-sd35").words
    assert "style references" in Page(answer.content).one("li", data_model="krea-v2-large").words
    assert "ignores seeds" in Page(answer.content).one("li", data_model="recraft-v4").words


def test_the_fragment_is_the_same_without_a_page_around_it(maker: Client) -> None:
    fragment = maker.get(MODELS, {"model": "chroma"}, headers=HTMX)
    assert cards(fragment) == cards(maker.get(MODELS))
    page = Page(fragment.content)
    assert not page.all("main")
    assert page.one("button", aria_current="true")["value"] == "chroma"


def test_the_best_rated_picture_stands_for_a_model(maker: Client, alice: User) -> None:
    first, second, newest = (a_picture(alice, f"cat {number}") for number in range(3))
    assert example(maker.get(MODELS), "venice-sd35") == str(newest.pk)
    Mark.objects.rate(alice, [first.pk], 4)
    assert example(maker.get(MODELS), "venice-sd35") == str(first.pk)
    Mark.objects.rate(alice, [second.pk], 5)
    assert example(maker.get(MODELS), "venice-sd35") == str(second.pk)
    assert example(maker.get(MODELS), "chroma") is None


def test_one_that_was_rated_low_recommends_nothing(maker: Client, alice: User) -> None:
    low, other = a_picture(alice, "one"), a_picture(alice, "two")
    Mark.objects.rate(alice, [low.pk], 1)
    assert example(maker.get(MODELS), "venice-sd35") == str(other.pk)
    Image.objects.trash([other.pk], alice)
    assert example(maker.get(MODELS), "venice-sd35") == str(low.pk)


def test_what_the_emulator_has_painted_stands_back(maker: Client, alice: User) -> None:
    own, painted = a_picture(alice, "one"), a_picture(alice, "two")
    Image.objects.filter(pk=own.pk).update(emulated=False)
    Image.objects.filter(pk=painted.pk).update(emulated=True, score=5000)
    assert example(maker.get(MODELS), "venice-sd35") == str(own.pk)
    Image.objects.trash([own.pk], alice)
    assert example(maker.get(MODELS), "venice-sd35") == str(painted.pk)


@pytest.mark.parametrize("column", ["is_sensitive", "is_moderated"])
def test_what_is_not_for_every_eye_stands_for_no_model(maker: Client, alice: User, column: str) -> None:
    shown, other = a_picture(alice, "one"), a_picture(alice, "two")
    Image.objects.filter(pk=other.pk).update(**{column: True}, score=5000)
    assert example(maker.get(MODELS), "venice-sd35") == str(shown.pk)
    Image.objects.trash([shown.pk], alice)
    assert example(maker.get(MODELS), "venice-sd35") is None


def test_pinned_ones_come_first_then_those_used_lately(maker: Client, alice: User, bob: User) -> None:
    a_generation(alice, request={"model": "chroma"})
    a_generation(alice, request={"model": "z-image-turbo"})
    a_generation(bob, request={"model": "venice-sd35"})
    for name in ("recraft-v4", "flux-2-pro", "recraft-v4"):
        assert maker.post(PIN, {"pin": name}).status_code == 303
    assert cards(maker.get(MODELS))[:4] == ["recraft-v4", "flux-2-pro", "z-image-turbo", "chroma"]
    heads = [head.text for head in Page(maker.get(MODELS).content).all("h2")]
    assert heads[:3] == ["Pinned", "Used lately", "All others"]
    maker.post(PIN, {"unpin": "recraft-v4"})
    assert Pin.objects.models_of(alice) == ["flux-2-pro"]
    assert Pin.objects.models_of(bob) == []


def test_a_pin_in_place_answers_with_its_button(maker: Client) -> None:
    button = Page(maker.post(PIN, {"pin": "chroma"}, headers=HTMX).content).one("button")
    assert (button["name"], button["value"], button["aria-pressed"]) == ("unpin", "chroma", "true")
    button = Page(maker.post(PIN, {"unpin": "chroma"}, headers=HTMX).content).one("button")
    assert (button["name"], button["aria-pressed"]) == ("pin", "false")


@pytest.mark.parametrize(
    "sent", [{}, {"pin": ""}, {"pin": "a\0b"}, {"pin": "x" * 9000}, {"pin": "flux-2-max-edit"}]
)
def test_what_is_no_model_is_not_pinned(maker: Client, sent: dict[str, str]) -> None:
    assert maker.post(PIN, sent).status_code == 422
    assert not Pin.objects.exists()


def test_a_model_that_is_offered_no_more_can_be_let_go(maker: Client, alice: User) -> None:
    Pin.objects.set_pinned(alice, "gone", True)
    assert "gone" not in cards(maker.get(MODELS))
    for name in ("gone", "gone", "a\0b"):
        assert maker.post(PIN, {"unpin": name}).status_code == 303
    assert not Pin.objects.exists()


def test_words_leave_the_models_that_have_all_of_them(maker: Client) -> None:
    found = cards(maker.get(MODELS, {"q": "4k FOLLOWS"}))
    assert found == ["nano-banana-2"]
    nothing = maker.get(MODELS, {"q": "no such thing"})
    assert not cards(nothing)
    assert "No model has all of these words." in Page(nothing.content).text


def test_the_page_carries_what_was_typed_and_brings_it_back(maker: Client) -> None:
    typed = {
        "model": "z-image-turbo",
        "drawn-for": "z-image-turbo",
        "boxes": "safe_mode hide_watermark",
        "prompt": "A <b>moonlit</b> bridge",
        "seed": "42",
        "width": "512",
        "submission": "an old one",
        "price": "0.01",
        "hide_watermark": "on",
        "pick": "",
    }
    page = Page(maker.post(MODELS, typed).content)
    form = page.one("form", id="picker-form")
    sent = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    assert (sent["prompt"], sent["seed"]) == (typed["prompt"], "42")
    assert not {"submission", "price", "model", "pick"} & sent.keys()
    assert form["action"] == "/create/"
    back = Page(maker.post("/create/", sent | {"model": "lustify-sdxl"}).content)
    assert back.one("textarea", name="prompt").text.strip() == typed["prompt"]
    assert back.one("input", name="seed")["value"] == "42"
    assert back.one("input", name="width")["value"] == "512"
    assert "checked" not in back.one("input", id="id_safe_mode")
    assert "checked" in back.one("input", id="id_hide_watermark")
    assert back.one("input", name="drawn-for")["value"] == "lustify-sdxl"


def test_a_pin_on_the_way_loses_nothing_that_was_typed(maker: Client) -> None:
    page = Page(maker.post(PIN, {"pin": "chroma", "prompt": "A bridge", "change-model": ""}).content)
    sent = {
        each["name"]: each["value"] for each in page.one("form", id="picker-form").all("input", type="hidden")
    }
    assert sent["prompt"] == "A bridge"
    assert page.values("data-model")[0] == "chroma"


def test_its_usual_time_stands_beside_the_price(maker: Client, alice: User) -> None:
    for number in range(7):
        a_picture(alice, f"cat {number}")
    for attempt in Attempt.objects.all():
        Attempt.objects.filter(pk=attempt.pk).update(finished_at=attempt.sent_at + timedelta(seconds=12))
    assert "about 12 s" in Page(maker.get(MODELS).content).one("li", data_model="venice-sd35").words


def test_it_costs_the_same_queries_whatever_there_is(maker: Client, alice: User) -> None:
    a_picture(alice)
    maker.get(MODELS)
    with CaptureQueriesContext(connection) as few:
        maker.get(MODELS, headers=HTMX)
    for model in ("chroma", "z-image-turbo", "flux-2-pro"):
        Image.objects.filter(pk=a_picture(alice, model).pk).update(model=model)
        Pin.objects.set_pinned(alice, model, True)
    with CaptureQueriesContext(connection) as many:
        maker.get(MODELS, headers=HTMX)
    assert len(many) == len(few)


def test_the_create_page_asks_for_no_examples(maker: Client, alice: User) -> None:
    a_picture(alice)
    with CaptureQueriesContext(connection) as asked:
        maker.get("/create/")
    assert not [
        each for each in asked.captured_queries if '"score"' in each["sql"] and "model_id" in each["sql"]
    ]
    button = Page(maker.get("/create/").content).one("button", data_picker="model")
    assert button["formaction"] == MODELS


STYLES = "/create/styles/"


def test_each_style_is_a_tile_with_a_picture_that_was_made_in_it(maker: Client, alice: User) -> None:
    first, newest, other = (a_picture(alice, f"cat {number}") for number in range(3))
    Image.objects.filter(pk__in=[first.pk, newest.pk]).update(style_preset="Film Noir")
    Image.objects.filter(pk=other.pk).update(style_preset="Anime", is_sensitive=True)
    page = Page(maker.get(STYLES, {"style_preset": "Film Noir"}, headers=HTMX).content)
    assert page.values("data-style") == list(CatalogStyle.objects.values_list("name", flat=True))
    assert page.one("li", data_style="Film Noir").one("img")["data-related"] == str(newest.pk)
    assert not page.one("li", data_style="Anime").all("img")
    assert page.one("button", aria_current="true")["value"] == "Film Noir"
    Mark.objects.rate(alice, [first.pk], 5)
    page = Page(maker.get(STYLES).content)
    assert page.one("li", data_style="Film Noir").one("img")["data-related"] == str(first.pk)
    assert page.one("button", aria_current="true").text.strip() == "None"


def test_a_style_is_chosen_with_all_that_was_typed(maker: Client) -> None:
    typed = {"prompt": "A bridge", "model": "chroma", "drawn-for": "chroma", "style_preset": "Anime"}
    page = Page(maker.post(STYLES, typed | {"q": "NOIR"}).content)
    assert page.values("data-style") == ["Film Noir", "Neon Noir"]
    sent = {
        each["name"]: each["value"] for each in page.one("form", id="picker-form").all("input", type="hidden")
    }
    back = Page(maker.post("/create/", sent | {"style_preset": "Neon Noir"}).content)
    assert back.one("input", name="style_preset")["value"] == "Neon Noir"
    assert back.one("textarea", name="prompt").text.strip() == "A bridge"
    assert back.one("input", name="drawn-for")["value"] == "chroma"
    none = Page(maker.post("/create/", sent | {"style_preset": ""}).content)
    assert "value" not in none.one("input", name="style_preset")


def test_a_shape_without_javascript_draws_the_form_with_its_pixels(maker: Client) -> None:
    page = Page(maker.get("/create/?model=venice-sd35&prompt=A+bridge").content)
    assert page.one("button", data_shape=None, aria_pressed="true")["value"] == "1024x1024"
    assert "open" not in page.one("details", class_="create-exact")
    wide = next(each for each in page.all("button", data_shape=None) if "16:9" in each.text)
    typed = {"prompt": "A bridge", "model": "venice-sd35", "width": "1024", "height": "1024"}
    back = Page(maker.post("/create/", typed | {"shape": wide["value"]}).content)
    assert (back.one("input", name="width")["value"], back.one("input", name="height")["value"]) == (
        "1280",
        "720",
    )
    assert back.one("button", data_shape=None, aria_pressed="true")["value"] == "1280x720"
    assert back.one("textarea", name="prompt").text.strip() == "A bridge"


@pytest.mark.parametrize("shape", ["", "x", "1x", "٣x٤x", "-1x5", "1024x1024x1", "9" * 40 + "x1", "\0x\0"])
def test_a_shape_that_is_none_changes_nothing(maker: Client, shape: str) -> None:
    typed = {"prompt": "A bridge", "model": "venice-sd35", "width": "640", "height": "512"}
    answer = maker.post("/create/", typed | {"shape": shape})
    page = Page(answer.content)
    assert answer.status_code == 200
    assert (page.one("input", name="width")["value"], page.one("input", name="height")["value"]) == (
        "640",
        "512",
    )
    assert "open" in page.one("details", class_="create-exact")


def test_ratios_and_tiers_are_radio_buttons_with_their_prices(maker: Client) -> None:
    page = Page(maker.get("/create/?model=nano-banana-2&aspect_ratio=16:9&resolution=2K").content)
    ratios = page.all("input", name="aspect_ratio")
    assert [each["value"] for each in ratios][:2] == ["9:16", "2:3"]
    assert [each["value"] for each in ratios if "checked" in each] == ["16:9"]
    tiers = page.all("input", name="resolution", type="radio")
    assert [(each["value"], "checked" in each, "data-priced" in each) for each in tiers] == [
        ("1K", False, True),
        ("2K", True, True),
        ("4K", False, True),
    ]
    assert "$0.14" in page.one("fieldset", id="id_resolution").words
    both = Page(maker.get("/create/?model=gpt-image-2").content)
    assert "$" not in both.one("fieldset", id="id_quality").words


def test_several_models_are_boxes_with_their_prices(maker: Client) -> None:
    page = Page(maker.get(MODELS, {"model": ["chroma", "venice-sd35"]}, headers=HTMX).content)
    boxes = page.all("input", type="checkbox", name="model")
    assert [box["value"] for box in boxes if "checked" in box] == ["venice-sd35", "chroma"]
    assert {box["data-usd"] for box in boxes if box["value"] == "chroma"} == {"0.01"}
    assert not page.all("button", name="model")
    one = Page(maker.get(MODELS, {"model": "chroma"}).content)
    assert not one.all("input", type="checkbox")
    assert one.one("button", name="several")["value"] == "1"


def test_what_was_ticked_is_kept_where_words_hide_it(maker: Client) -> None:
    sent = {"model": ["chroma", "flux-2-pro"], "several": "1", "q": "flux", "prompt": "A bridge"}
    page = Page(maker.post(MODELS, sent).content)
    assert [box["value"] for box in page.all("input", type="checkbox") if "checked" in box] == ["flux-2-pro"]
    assert page.one("input", type="hidden", name="model")["value"] == "chroma"


def test_several_models_come_back_to_the_form(maker: Client) -> None:
    page = Page(maker.post(MODELS, {"model": "chroma", "prompt": "A bridge", "several": "1"}).content)
    hidden = page.one("form", id="picker-form").all("input", type="hidden")
    sent: dict[str, Any] = {each["name"]: each["value"] for each in hidden}
    back = Page(maker.post("/create/", sent | {"model": ["chroma", "flux-2-pro"]}).content)
    assert back.one("textarea", name="prompt").text.strip() == "A bridge"
    assert [each["value"] for each in back.all("input", type="checkbox", name="model")] == ["flux-2-pro"]


def test_the_usual_numbers_of_pictures_are_at_hand(maker: Client) -> None:
    page = Page(maker.get("/create/?count=8").content)
    usual = page.all("input", name="usual-count")
    assert [each["value"] for each in usual] == ["1", "2", "3", "4", "8"]
    assert [each["value"] for each in usual if "checked" in each] == ["8"]
    # They are no field of the form: the list is.
    assert {each["form"] for each in usual} == {""}
    assert len(page.one("select", name="count").all("option")) == 20


def test_how_pictures_came_out_that_were_made_again_stands_on_the_card(maker: Client, alice: User) -> None:
    assert not Page(maker.get(MODELS).content).all(data_score=None)
    for outcome in ("exact", "exact", "different"):
        again = a_generation(alice, state="done")
        Verification.objects.create(
            generation=again, model="venice-sd35", outcome=outcome, emulated=settings.VENICE_EMULATED
        )
    card = Page(maker.get(MODELS).content).one("li", data_model="venice-sd35")
    assert card.one(data_score=None).text == "made again exactly 2 of 3"
