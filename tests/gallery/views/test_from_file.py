"""The create form, filled from a picture's file."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery.models import Generation, Image, Prompt, Upload, User
from tests.gallery.media.test_parameters import A1111, OURS, chunk, png
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of
from venice.sources import MAX_FILE

pytestmark = pytest.mark.usefixtures("models_known")
ADDRESS = "/create/from-file/"


@pytest.fixture
def site(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def sent(site: Client, data: bytes, **more: Any) -> Any:
    fields = {"file": SimpleUploadedFile("picture.png", data), **more.pop("fields", {})}
    return site.post(ADDRESS, fields, **more)


def values(page: Page) -> dict[str, str]:
    form = page.one("form", id="create-form")
    found = {each["name"]: each.attributes.get("value", "") for each in form.all("input", name=None)}
    return found | {each["name"]: each.text.removeprefix("\n") for each in form.all("textarea", name=None)}


def unused(page: Page) -> dict[str, str]:
    box = page.one(data_from_file_read="")
    return {dt.words: dd.words for dt, dd in zip(box.all("dt"), box.all("dd"), strict=True)}


def chosen(page: Page, name: str) -> list[str]:
    form = page.one("form", id="create-form")
    options = [
        each for select in form.all("select", name=name) for each in select.all("option", selected=None)
    ]
    return [each["value"] for each in [*options, *form.all("input", name=name, checked=None)]]


def test_a_file_of_ours_fills_the_form_and_nothing_is_stored(site: Client) -> None:
    tables = (Generation, Image, Prompt, Upload)
    response = sent(site, png(parameters=OURS))
    assert response.status_code == 200
    page = Page(response.content)
    found = values(page)
    assert found["prompt"] == "a quiet canal, at dawn\nwith boats"
    assert found["negative_prompt"] == "blur, text"
    assert (found["width"], found["height"], found["seed"]) == ("1024", "768", "42")
    assert (found["steps"], found["cfg_scale"]) == ("20", "7.5")
    assert chosen(page, "model") == ["venice-sd35"]
    assert "Venice Gallery" in page.one(data_from_file_read="").words
    assert unused(page)["Style"] == "Film, grain"
    assert [table._default_manager.count() for table in tables] == [0, 0, 0, 0]


def test_a_model_of_elsewhere_leaves_the_chosen_one_and_says_so(site: Client) -> None:
    response = sent(site, png(parameters=A1111), fields={"model": "nano-banana-2"})
    page = Page(response.content)
    assert chosen(page, "model") == ["nano-banana-2"]
    assert chosen(page, "aspect_ratio") == ["2:3"]
    told = unused(page)
    assert told["Model"] == "v1-5-pruned"
    assert told["Sampler"] == "DPM++ 2M Karras"
    assert told["lora"] == "fur:0.8"
    assert "Width" not in told


@pytest.mark.parametrize("data", [png(parameters=A1111), b"no picture"], ids=["read", "refused"])
def test_all_models_that_are_chosen_stay_where_a_file_names_none(site: Client, data: bytes) -> None:
    models = ["nano-banana-2", "qwen-image"]
    assert chosen(Page(sent(site, data, fields={"model": models}).content), "model") == models
    # Opened by its address it sends none: those of the draft stay.
    site.post("/create/", {"model": models, "prompt": "A", "keep-draft": "1", "draft-revision": "0"})
    assert chosen(Page(sent(site, data).content), "model") == models


def test_a_model_of_ours_in_a_file_takes_the_place_of_all(site: Client) -> None:
    page = Page(sent(site, png(parameters=OURS), fields={"model": ["nano-banana-2", "qwen-image"]}).content)
    assert chosen(page, "model") == ["venice-sd35"]


def test_words_from_a_file_are_words(site: Client) -> None:
    nasty = '<img src=x onerror=alert(1)>"'
    told = {"positive_prompt": nasty, "seed": 1, "app": nasty, "hx-get": "/"}
    response = sent(site, png(invokeai_metadata=json.dumps(told)))
    page = Page(response.content)
    assert values(page)["prompt"] == nasty
    assert unused(page)["app"] == nasty
    assert page.all("img", onerror=None) == []


@pytest.mark.parametrize("data", [b"", b"no picture", png(), b"\x89PNG\r\n\x1a\n" + b"\xff" * 200])
def test_a_file_that_says_nothing_is_told_so(site: Client, data: bytes) -> None:
    response = sent(site, data, fields={"model": "nano-banana-2"})
    assert response.status_code == 422
    page = Page(response.content)
    assert page.one(data_error_for="file").words
    assert chosen(page, "model") == ["nano-banana-2"]


@pytest.mark.parametrize("fields", [{}, {"file": "words"}, {"file": "\0", "model": "\0" * 9}])
def test_no_file_is_no_file(site: Client, fields: dict[str, str]) -> None:
    response = site.post(ADDRESS, fields)
    assert response.status_code == 422
    assert Page(response.content).one(data_error_for="file").words.startswith("Choose")


def test_to_htmx_it_is_the_form_alone_and_a_refusal_touches_nothing_else(site: Client) -> None:
    headers = {"HX-Request": "true"}
    response = sent(site, png(parameters=OURS), headers=headers)
    assert response.headers["HX-Retarget"] == "#create-form"
    assert Page(response.content).all("h1") == []
    response = sent(site, b"x", headers=headers)
    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#from-file-said"
    page = Page(response.content)
    assert page.all("form") == []
    assert page.one(id="from-file-said").words.startswith("That file does not say")


def test_the_form_offers_it(site: Client) -> None:
    page = Page(site.get("/create/").content)
    form = page.one("form", action=ADDRESS)
    assert form["enctype"] == "multipart/form-data"
    assert form.one("input", type="file")["name"] == "file"
    assert page.all(data_error_for="file") == []


def test_it_may_be_as_large_as_pictures_are_and_no_larger(site: Client, settings: LazySettings) -> None:
    padding = chunk(b"prVt", b"\0" * 3_000_000)
    data = png(parameters=OURS)
    assert sent(site, data[:33] + padding + data[33:]).status_code == 200
    response = sent(site, b"\0" * (MAX_FILE + 1))
    assert response.status_code == 422
    assert "larger than" in Page(response.content).one(data_error_for="file").words
    settings.UPLOADS_MAX_SIZE = 1_000_000
    assert sent(site, b"\0" * 1_000_000).status_code == 413


def test_without_a_script_it_has_a_page_and_nothing_typed_is_lost(site: Client) -> None:
    form = Page(site.get("/create/?model=chroma&prompt=A+harbour").content).one("form", id="create-form")
    button = form.one("button", name="choose-file")
    assert button["formaction"] == ADDRESS
    typed = sent_of(form) | {"prompt": "A harbour in fog", "choose-file": "1"}
    page = Page(site.post(button["formaction"], typed).content)
    chooser = page.one("form", class_="from-file")
    assert (chooser["action"], chooser["enctype"]) == (ADDRESS, "multipart/form-data")
    assert "hx-post" not in chooser
    assert chooser.one("input", name="model")["value"] == "chroma"
    assert values(Page(site.get("/create/").content))["prompt"] == "A harbour in fog"
    assert Page(site.get(ADDRESS).content).one("form", class_="from-file")


def test_without_a_script_all_models_of_the_form_go_along(site: Client) -> None:
    models = ["nano-banana-2", "qwen-image"]
    page = Page(site.post(ADDRESS, {"model": models, "prompt": "A", "choose-file": "1"}).content)
    assert [
        each["value"] for each in page.one("form", class_="from-file").all("input", name="model")
    ] == models
