"""The create page as it is opened, filled by address or reference, redrawn, and answered to htmx."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gallery.models import (
    Attempt,
    Batch,
    CatalogModel,
    CatalogStyle,
    Draft,
    Generation,
    Image,
    Preset,
    Prompt,
    User,
)
from gallery.models.queue import Order
from tests.gallery.generations import take_off_the_list
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of
from venice import Generate

pytestmark = pytest.mark.usefixtures("models_known")

GOOD = {"model": "z-image-turbo", "prompt": "A moonlit bridge"}
HTMX = {"HX-Request": "true"}
PIXELS = Generate(
    model="venice-sd35",
    prompt="A <b>bridge</b>",
    negative_prompt="fog",
    width=512,
    height=768,
    steps=20,
    cfg_scale=7.5,
    seed=42,
    style_preset="Film Noir",
    variants=2,
    format="png",
    safe_mode=False,
    hide_watermark=True,
)
TIERS = Generate(
    model="grok-imagine-image",
    prompt="A lagoon",
    aspect_ratio="16:9",
    resolution="2K",
    seed=7,
    safe_mode=True,
)


def picture(owner: User, operation: Generate, index: int = 0) -> Image:
    """A stored picture of a finished generation; a variant (index > 0) has no seed of its own."""
    generation, _ = Generation.objects.enqueue(owner, operation)
    now = timezone.now()
    attempt = Attempt.objects.create(generation=generation, token="0" * 31 + str(index), sent_at=now)
    return Image.objects.create(
        attempt=attempt,
        generation=generation,
        index=index,
        seed=None if index else operation.seed,
        sha256="ab" * 32,
        name="original/ab/ab/x.webp",
        format="webp",
        width=512,
        height=768,
        bytes=9,
        owner=owner,
        prompt=generation.prompt,
        model=operation.model,
        created_at=now,
    )


def shown(page: Any) -> dict[str, str]:
    """What a browser would send of the form: text, chosen options, ticked boxes."""
    return sent_of(Page(page.content).one("form", id="create-form"))


def test_a_bare_page_has_the_defaults(maker: Client) -> None:
    page = maker.get("/create/")
    values = shown(page)

    assert page.status_code == 200
    assert values.keys() >= {"model", "prompt", "width", "height", "seed", "variants", "format", "submission"}
    assert (values["model"], values["format"], values["safe_mode"]) == ("z-image-turbo", "webp", "on")
    assert (values["width"], values["height"], values["seed"], values["prompt"]) == ("1024", "1024", "", "")
    assert values.keys() & {"hide_watermark", "negative_prompt", "aspect_ratio", "quality", "steps"} == set()
    assert "Generate · $0.01" in page.content.decode()
    assert len(Page(page.content).one("details", class_="create-tips").all("li")) >= 5


def test_the_page_keeps_to_the_content_security_policy(maker: Client) -> None:
    page = Page(maker.get("/create/").content)

    attributes = {name for element in page.elements for name in element.attributes}
    assert "class" in attributes
    assert not [name for name in attributes if name == "style" or name.startswith("on")]
    assert page.all("script")
    assert all("src" in script or "nonce" in script for script in page.all("script"))


def test_the_address_fills_any_field(maker: Client) -> None:
    asked = {
        "model": "venice-sd35",
        "prompt": "A bridge & more",
        "negative_prompt": "fog",
        "width": "512",
        "steps": "12",
        "cfg_scale": "3.5",
        "seed": "-5",
        "style_preset": "Anime",
        "variants": "3",
        "format": "jpeg",
        "enhance_prompt": "true",
    }

    values = shown(maker.get("/create/", asked | {"safe_mode": "false"}))

    assert {**values, **asked, "enhance_prompt": "on"} == values
    assert "safe_mode" not in values


@pytest.mark.parametrize(
    "query",
    [
        "model=nope&seed=%FF&prompt=%ED%A0%80&width=" + "9" * 5000,
        "image=abc&use=all",
        "image=" + "9" * 5000,
        "image=-1&use=,,nope",
        "use_prompt=" + "9" * 30,
        "use_prompt=x&aspect_ratio=0:0&format=gif&safe_mode=maybe&variants=9",
        "order_by=password&_connector=)&filter=__all__",
        "&".join(f"f{n}=1" for n in range(200)),
    ],
)
def test_a_strange_address_still_shows_the_page(maker: Client, query: str) -> None:
    assert maker.get(f"/create/?{query}").status_code == 200


def test_a_picture_that_is_gone_is_told(maker: Client) -> None:
    assert "not here any more" in maker.get("/create/?image=999&use=all").content.decode()


@pytest.mark.parametrize(
    ("use", "filled"),
    [
        ("prompt", {"prompt": PIXELS.prompt, "model": "z-image-turbo", "seed": "", "width": "1024"}),
        ("seed", {"prompt": "", "seed": "42", "width": "1024"}),
        ("size", {"prompt": "", "seed": "", "model": "z-image-turbo", "width": "512", "height": "768"}),
        (
            "prompt,seed,size",
            {"prompt": PIXELS.prompt, "kept-negative_prompt": "fog", "seed": "42", "width": "512"},
        ),
        (
            "all",
            {"seed": "42", "steps": "20", "cfg_scale": "7.5", "style_preset": "Film Noir", "variants": "2"},
        ),
        ("remix", {"seed": "", "prompt": PIXELS.prompt, "format": "png", "hide_watermark": "on"}),
    ],
)
def test_a_picture_fills_what_its_use_says(
    maker: Client, alice: User, use: str, filled: dict[str, str]
) -> None:
    image = picture(alice, PIXELS)

    values = shown(maker.get(f"/create/?image={image.pk}&use={use}"))

    assert values | filled == values
    assert values["image"] == str(image.pk)
    assert ("safe_mode" in values) is (use not in {"all", "remix"})


@pytest.mark.parametrize(
    ("made", "model", "size"),
    [
        (TIERS, "grok-imagine-image", {"aspect_ratio": "16:9", "resolution": "2K"}),
        (TIERS, "z-image-turbo", {"width": "1280", "height": "720"}),
        (TIERS, "", {"width": "1280", "height": "720"}),
        (PIXELS, "nano-banana-2", {"aspect_ratio": "2:3"}),
        (replace(PIXELS, width=1001, height=1280), "z-image-turbo", {"width": "1000", "height": "1280"}),
    ],
)
def test_use_size_takes_the_size_alone_as_the_chosen_model_takes_it(
    maker: Client, bob: User, made: Generate, model: str, size: dict[str, str]
) -> None:
    """Another model would have another price."""
    image = picture(bob, made)
    chosen = model or "z-image-turbo"
    if model:
        sent = sent_of(Page(maker.get(f"/create/?model={model}").content).one("form", id="create-form"))
        maker.post("/create/draft/", sent | {"prompt": "A moonlit bridge"})

    page = maker.get(f"/create/?image={image.pk}&use=size")

    values = shown(page)
    assert values | size | {"model": chosen} == values
    assert values["prompt"] == ("A moonlit bridge" if model else "")
    words = left_out(page)
    assert not any(name in words for name in ("Width", "Height", "Aspect"))


def left_out(response: Any) -> str:
    """What the page says could not be taken over."""
    return " ".join(each.words for each in Page(response.content).all("span", class_="create-left-out"))


def test_what_a_form_cannot_take_over_is_named_each(maker: Client, alice: User) -> None:
    image = picture(alice, PIXELS)
    address = f"/create/?image={image.pk}&use=all"
    assert left_out(maker.get(address)) == ""
    # Its size means nothing to a model of ratios, and its style is not offered any more.
    CatalogModel.objects.filter(model_id=PIXELS.model).update(listed=False)
    CatalogStyle.objects.filter(name=PIXELS.style_preset).update(listed=False)
    words = left_out(maker.get(address))
    for label, value in (("Model", PIXELS.model), ("Style", PIXELS.style_preset)):
        assert f"{label} {value}" in words
    assert "Seed" not in words
    tiers = left_out(maker.get(f"{address}&model={TIERS.model}"))
    for label, value in (("Width", PIXELS.width), ("Height", PIXELS.height), ("Steps", PIXELS.steps)):
        assert f"{label} {value}" in tiers
    assert "Model" not in tiers


GONE = {
    "model": TIERS.model,
    "prompt": "A lagoon",
    "aspect_ratio": "16:9",
    "resolution": "2K",
    "style_preset": "Film Noir",
}
# Each with what stood there before it was taken off the list.
NAMED = (("Model", TIERS.model), ("Aspect ratio", "16:9"), ("Resolution", "2K"), ("Style", "Film Noir"))


def bringing(alice: User, way: str) -> str:
    """What the address says that brings all of it, and then its model and style go."""
    operation = replace(TIERS, style_preset="Film Noir")
    if way == "preset":
        preset = Preset(owner=alice, values=GONE)
        preset.keep("Lagoons")
        named = f"preset={preset.pk}"
    elif way == "draft":
        Draft.objects.create(user=alice, is_current=False, values=GONE, revision=1)
        named = f"draft={Draft.objects.get().pk}"
    elif way == "batch":
        orders = [Order(operation=replace(operation, seed=seed), price=None) for seed in (7, 8)]
        (first, *_), _ = Generation.objects.enqueue_batch(
            alice, orders, kind=Batch.Kind.MODELS, axes={"model": [TIERS.model, "chroma"]}, title="2 models"
        )
        named = f"batch={first.batch_id}"
    elif way == "generation":
        named = f"generation={Generation.objects.enqueue(alice, operation)[0].pk}"
    elif way == "picture":
        named = f"image={picture(alice, operation).pk}&use=all"
    else:
        named = urlencode(GONE)
    take_off_the_list(TIERS.model, "Film Noir")
    return named


WAYS = ("picture", "preset", "draft", "batch", "generation", "address")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_gone_is_named_whatever_brings_it(maker: Client, alice: User, way: str) -> None:
    named = bringing(alice, way)

    page = maker.get(f"/create/?{named}")

    words = left_out(page)
    for label, value in NAMED:
        assert words.count(f"{label} {value}") == 1
    assert shown(page)["prompt"] == "A lagoon"
    assert "Prompt" not in words
    line = Page(maker.get(f"/create/?{named}&composer=1", headers=HTMX).content)
    said = line.one("p", id="composer-said").words
    for label, value in NAMED:
        assert said.count(f"{label} {value}") == 1
    assert not line.all(data_gone="")


def test_a_link_to_a_model_that_is_gone_says_so(maker: Client) -> None:
    take_off_the_list(TIERS.model, "Film Noir")
    page = maker.get(f"/create/?model={TIERS.model}")
    assert f"Model {TIERS.model}" in left_out(page)
    assert shown(page)["model"] == "z-image-turbo"
    nonsense = left_out(maker.get("/create/?model=%3Cb%3Eno-such"))
    assert "Model <b>no-such" in nonsense
    # One of several, too.
    several = left_out(maker.get(f"/create/?model=chroma&model={TIERS.model}"))
    assert f"Model {TIERS.model}" in several
    assert "chroma" not in several


def test_a_draft_whose_model_is_gone_says_so_on_every_page(maker: Client, alice: User) -> None:
    """As another device, or the day before, has left it."""
    Draft.objects.create(user=alice, is_current=True, values=GONE, revision=1)
    User.objects.filter(pk=alice.pk).update(draft_revision=1)
    assert left_out(maker.get("/create/")) == ""
    assert not Page(maker.get("/").content).all(data_gone="")
    take_off_the_list(TIERS.model, "Film Noir")

    pages = [maker.get("/create/"), maker.get("/create/draft/", headers=HTMX)]
    for words in [left_out(page) for page in pages]:
        for label, value in NAMED:
            assert f"{label} {value}" in words
    for address in ("/", "/queue/"):
        words = Page(maker.get(address).content).one(data_gone="").words
        for label, value in NAMED:
            assert f"{label} {value}" in words
    # Once somebody has seen it and typed on, the model is the one that the form shows.
    sent = shown(pages[0])
    maker.post("/create/draft/", sent | {"prompt": "A lagoon at dawn"})
    assert f"Model {TIERS.model}" not in left_out(maker.get("/create/"))


def test_a_form_that_names_a_model_that_went_meanwhile_says_so_when_it_is_drawn_again(maker: Client) -> None:
    sent = shown(maker.get(f"/create/?model={TIERS.model}&prompt=A+lagoon"))
    take_off_the_list(TIERS.model, "Film Noir")
    for button in ("random-seed", "keep-draft"):
        assert f"Model {TIERS.model}" in left_out(maker.post("/create/", sent | {button: ""}))


def test_a_variant_has_no_seed_to_use(maker: Client, alice: User) -> None:
    image = picture(alice, PIXELS, index=1)

    assert shown(maker.get(f"/create/?image={image.pk}&use=all"))["seed"] == ""


def test_a_field_of_the_address_goes_before_the_picture(maker: Client, alice: User) -> None:
    image = picture(alice, PIXELS)

    values = shown(maker.get(f"/create/?image={image.pk}&use=all&seed=9&model=chroma"))

    assert (values["seed"], values["model"], values["width"]) == ("9", "chroma", "512")


def test_what_is_made_from_a_picture_remembers_it(maker: Client, alice: User) -> None:
    image = picture(alice, PIXELS)
    values = shown(maker.get(f"/create/?image={image.pk}&use=remix"))

    assert maker.post("/create/", values).status_code == 303

    made = Generation.objects.latest("pk")
    assert made.origin == image
    before, after = dict(image.generation.request), dict(made.request)
    assert before.pop("seed") != after.pop("seed")
    assert before == after


def test_a_prompt_fills_by_reference(maker: Client) -> None:
    prompt = Prompt.objects.remember("x" * 7000)

    assert shown(maker.get(f"/create/?use_prompt={prompt.pk}"))["prompt"] == prompt.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_change_model_draws_the_form_again_and_keeps_the_values(
    maker: Client, headers: dict[str, str]
) -> None:
    values = shown(maker.get("/create/?prompt=A+bridge&seed=9&variants=2"))

    page = maker.post("/create/", values | {"model": "gpt-image-2", "change-model": ""}, headers=headers)

    assert page.status_code == 200
    after = shown(page)
    assert (after["prompt"], after["seed"], after["variants"]) == ("A bridge", "9", "2")
    assert (after["aspect_ratio"], after["resolution"], after["quality"]) == ("1:1", "1K", "high")
    assert "width" not in after
    assert bool(Page(page.content).all("html")) is (not headers)
    assert not Page(page.content).all(data_error_for=None)
    assert not Generation.objects.exists()


def test_the_seed_buttons_work_without_script(maker: Client, alice: User) -> None:
    Generation.objects.enqueue(alice, PIXELS)
    values = shown(maker.get("/create/")) | {"seed": "9"}

    assert shown(maker.post("/create/", values | {"random-seed": ""}))["seed"] == ""
    assert shown(maker.post("/create/", values | {"last-seed": ""}))["seed"] == "42"
    assert Page(maker.get("/create/").content).one("button", name="last-seed")["data-last-seed"] == "42"
    assert Generation.objects.count() == 1


def test_what_the_browser_sends_is_what_is_asked_for(maker: Client) -> None:
    values = shown(
        maker.get("/create/?model=venice-sd35&prompt=A+bridge&safe_mode=off&embed_exif_metadata=on")
    )

    assert maker.post("/create/", values).status_code == 303

    sent = Generation.objects.get().request
    assert (sent["safe_mode"], sent["embed_exif_metadata"], sent["steps"]) == (False, True, 25)


def test_htmx_gets_the_card_a_fresh_submission_and_the_seed(maker: Client) -> None:
    values = shown(maker.get("/create/")) | GOOD

    response = maker.post("/create/", values, headers=HTMX)
    page = Page(response.content)

    generation = Generation.objects.get()
    assert response.status_code == 200
    assert page.one("article", data_state="queued")["data-generation"] == str(generation.pk)
    fresh = page.one("input", name="submission", hx_swap_oob="true")
    assert fresh["value"] not in ("", values["submission"])
    assert page.one("button", name="last-seed")["data-last-seed"] == str(generation.seed)
    assert not page.all(hx_swap_oob="delete")


def test_htmx_repeating_a_submission_gets_the_first_card_in_place_of_itself(maker: Client) -> None:
    values = shown(maker.get("/create/")) | GOOD
    maker.post("/create/", values, headers=HTMX)

    page = Page(maker.post("/create/", values, headers=HTMX).content)

    generation = Generation.objects.get()
    assert page.one("article", hx_swap_oob="delete")["id"] == f"generation-{generation.pk}"
    assert page.values("data-generation") == [str(generation.pk)]


def test_htmx_gets_a_refused_form_in_its_place(maker: Client) -> None:
    response = maker.post("/create/", GOOD | {"seed": "x"}, headers=HTMX)

    assert response.status_code == 422
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#create-form", "outerHTML")
    page = Page(response.content)
    assert page.elements[0].name == "form"
    assert "seed" in page.values("data-error-for")
    assert "id_seed_error" in page.one("input", name="seed")["aria-describedby"].split()


def test_htmx_gets_a_form_without_messages_once_it_is_right(maker: Client) -> None:
    refused = maker.post("/create/", GOOD | {"seed": "x"}, headers=HTMX)

    page = Page(maker.post("/create/", shown(refused) | {"seed": "5"}, headers=HTMX).content)

    assert page.one("form", id="create-form")["hx-swap-oob"] == "true"
    assert not page.all(data_error_for=None)
    assert len(page.all(name="submission")) == len(page.all(id="create-last-seed")) == 1
    assert page.one("input", name="seed")["value"] == "5"


def test_the_price_is_told_for_the_form_as_it_stands(maker: Client) -> None:
    def told(**values: str) -> str:
        response = maker.post("/create/price/", GOOD | values, headers=HTMX)
        assert response.status_code == 200
        return Page(response.content).words

    assert told() == "Generate · $0.01"
    assert told(variants="4", prompt="") == "Generate · $0.04"
    assert told(model="gpt-image-2", quality="low", variants="4") == "Generate · $0.08"
    assert told(seed="x", variants="9") == "Generate · $0.01"
    CatalogModel.objects.all().delete()
    assert told() == "Generate"


def test_the_sitting_is_what_the_member_made_today(maker: Client, alice: User, bob: User) -> None:
    def sitting() -> list[str]:
        return Page(maker.get("/create/").content).values("data-generation")

    assert sitting() == []
    mine = [Generation.objects.enqueue(alice, PIXELS)[0] for _ in range(2)]
    Generation.objects.enqueue(bob, PIXELS)
    old, _ = Generation.objects.enqueue(alice, PIXELS)
    Generation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))

    assert sitting() == [str(generation.pk) for generation in reversed(mine)]


def test_the_history_is_searched_and_walked(maker: Client, bob: User) -> None:
    for number in range(25):
        Generation.objects.enqueue(bob, Generate(model="chroma", prompt=f"Bridge {number} of <b>stone</b>"))
    Generation.objects.enqueue(bob, Generate(model="chroma", prompt="A lagoon"))

    def texts(**query: str) -> tuple[list[str], str]:
        page = Page(maker.get("/create/history/", query, headers=HTMX).content)
        older = [link["hx-get"].partition("?")[2] for link in page.all("a", rel="next")]
        return [prompt.words for prompt in page.all("bdi")], "".join(older)

    first, older = texts()
    assert first[:2] == ["A lagoon", "Bridge 24 of <b>stone</b>"]
    assert len(first) == 20
    rest, end = texts(**dict(pair.split("=") for pair in older.split("&")))
    assert len(rest) == 6
    assert end == ""
    assert texts(q="lagoon") == (["A lagoon"], "")
    assert texts(q="nothing%\0") == ([], "")
    assert texts(before="9" * 40)[0] == first


def test_the_history_opened_by_itself_is_the_prompts_page(maker: Client) -> None:
    assert maker.get("/create/history/?q=lagoon")["Location"] == "/prompts/?q=lagoon"
    assert maker.get("/create/history/")["Location"] == "/prompts/"


def test_recent_prompts_are_the_members_own_each_once_newest_first(
    maker: Client, alice: User, bob: User
) -> None:
    for text in ("one", "two", "one"):
        Generation.objects.enqueue(alice, Generate(model="chroma", prompt=text))
    Generation.objects.enqueue(bob, Generate(model="chroma", prompt="not mine"))

    assert maker.get("/create/recent-prompts/").json() == {"prompts": ["one", "two"]}

    for number in range(60):
        Generation.objects.enqueue(alice, Generate(model="chroma", prompt=f"more {number}"))
    assert len(maker.get("/create/recent-prompts/").json()["prompts"]) == 50


def test_the_number_of_queries_does_not_grow(maker: Client, alice: User) -> None:
    def count(path: str, **kwargs: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert maker.get(path, **kwargs).status_code == 200
        return len(queries)

    picture(alice, PIXELS)
    paths = ("/create/", "/create/recent-prompts/")
    count("/create/")
    before = [count(path) for path in paths], count("/create/history/", headers=HTMX)
    for number in range(1, 6):
        generation, _ = Generation.objects.enqueue(alice, Generate(model="chroma", prompt=f"more {number}"))
        Image.objects.filter(pk=picture(alice, PIXELS, number).pk).update(generation=generation)

    assert ([count(path) for path in paths], count("/create/history/", headers=HTMX)) == before


def test_the_composer_is_the_form_in_one_line(maker: Client, rf: RequestFactory) -> None:
    context = Context({"csrf_token": "token", "request": rf.get("/")})

    Template("{% load composer %}{% composer %}").render(context)
    with CaptureQueriesContext(connection) as queries:
        html = Template("{% load composer %}{% composer %}").render(context)

    assert len(queries) <= 1
    form = Page(html).one("form", data_composer=None)
    assert form["action"] == "/create/"
    assert "Generate · $0.01" in form.words
    sent = {each["name"]: each["value"] for each in form.all("input") if each.attributes.get("value")}
    assert sent.keys() == {"csrfmiddlewaretoken", "composer", "submission", "price"}
    assert maker.post("/create/", GOOD | sent).status_code == 303
    assert Generation.objects.get().request["safe_mode"] is True
    assert shown(maker.post("/create/", GOOD | sent | {"change-model": ""}))["prompt"] == GOOD["prompt"]


def test_the_composer_without_models_says_why(rf: RequestFactory, db: None) -> None:
    CatalogModel.objects.all().delete()

    html = Template("{% load composer %}{% composer %}").render(
        Context({"csrf_token": "t", "request": rf.get("/")})
    )

    assert "There are no models yet" in html
    assert " disabled" in html
