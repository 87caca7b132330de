"""What stands in the composer is kept: by a page while one types, by every button, on every device."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from gallery.models import Draft, Generation, Image, Preset, User
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Element, Page
from tests.gallery.paid_form import sent_of
from venice.operations import MAX_PROMPT

pytestmark = pytest.mark.usefixtures("models_known")

SAVE = "/create/draft/"
HTMX = {"HX-Request": "true"}
PIXELS, RATIO, TIERS = "venice-sd35", "nano-banana-pro", "grok-imagine-image"


def the_form(page: Any) -> Element:
    return Page(page.content).one("form", id="create-form")


def fields(client: Client, address: str = "/create/") -> dict[str, str]:
    return sent_of(the_form(client.get(address)))


def save(client: Client, sent: dict[str, str], **more: str) -> Any:
    return client.post(SAVE, sent | more)


def values(user: User) -> dict[str, Any]:
    return Draft.objects.get(user=user, is_current=True).values


def before(user: User) -> list[str]:
    return [each.values.get("prompt", "") for each in Draft.objects.before(user)]


def test_what_was_typed_stands_on_every_page(maker: Client, alice: User) -> None:
    saved = save(maker, fields(maker), prompt="A lighthouse\nat dusk ", seed="77", cfg_scale="abc")
    assert (saved.status_code, saved.json()) == (200, {"revision": 1, "stands": True, "before": None})

    again = fields(maker)
    assert (again["prompt"], again["seed"], again["cfg_scale"]) == ("A lighthouse\nat dusk ", "77", "abc")
    line = Page(maker.get("/").content).one("form", data_composer=None)
    assert line.one("textarea", name="prompt").text.strip() == "A lighthouse\nat dusk"
    assert line.one("input", name="kept-seed")["value"] == "77"
    elsewhere = Client()
    elsewhere.force_login(alice)
    assert fields(elsewhere)["prompt"] == "A lighthouse\nat dusk "


def test_only_what_was_changed_is_kept(maker: Client, alice: User) -> None:
    save(maker, fields(maker), prompt="x", model=PIXELS)
    assert values(alice) == {"prompt": "x", "model": PIXELS}


def test_another_model_greys_what_it_does_not_take_and_forgets_nothing(maker: Client, alice: User) -> None:
    sent = fields(maker, f"/create/?model={PIXELS}")
    sent |= {"prompt": "x", "negative_prompt": "fog", "width": "1280", "height": "720"}
    there = maker.post("/create/", sent | {"change-model": "", "model": TIERS})

    form = the_form(there)
    assert not form.all(name="negative_prompt")
    assert "fog" in form.one(data_kept="negative_prompt").words
    assert "kept, and not sent" in form.one(data_kept="negative_prompt").words
    shown = sent_of(form)
    assert shown["aspect_ratio"] == "16:9"
    assert "width" not in shown

    back = sent_of(the_form(maker.post("/create/", shown | {"change-model": "", "model": PIXELS})))
    assert (back["negative_prompt"], back["width"], back["height"]) == ("fog", "1280", "720")


def test_a_shape_that_is_chosen_takes_the_place_of_the_other(maker: Client, alice: User) -> None:
    sent = fields(maker, f"/create/?model={PIXELS}") | {"width": "1280", "height": "720"}
    shown = sent_of(the_form(maker.post("/create/", sent | {"change-model": "", "model": TIERS})))
    shown["aspect_ratio"] = "1:1"
    back = sent_of(the_form(maker.post("/create/", shown | {"change-model": "", "model": PIXELS})))
    assert (back["width"], back["height"]) == ("1024", "1024")


def test_an_older_save_becomes_a_draft_of_before(maker: Client, alice: User) -> None:
    sent = fields(maker)
    save(maker, sent, prompt="the first device", page="one", save="1")
    late = save(maker, sent, prompt="the second", page="two", save="1")
    assert (late.status_code, late.json()["stands"]) == (409, False)
    save(maker, sent, prompt="the second types on", page="two", save="2")

    assert values(alice)["prompt"] == "the first device"
    assert before(alice) == ["the second types on"]
    save(maker, sent, prompt="the second insists", page="two", save="3", insists="1")
    assert values(alice)["prompt"] == "the second insists"
    assert before(alice)[0] == "the first device"


def test_one_page_never_stands_in_its_own_way(maker: Client, alice: User) -> None:
    sent = fields(maker)
    save(maker, sent, prompt="a", page="one", save="1")
    assert save(maker, sent, prompt="abc", page="one", save="3").status_code == 200
    assert save(maker, sent, prompt="ab", page="one", save="2").status_code == 200
    assert values(alice)["prompt"] == "abc"
    assert not before(alice)


def test_every_button_keeps_it(maker: Client, alice: User) -> None:
    maker.post("/create/", fields(maker) | {"prompt": "kept by Keep", "keep-draft": ""})
    assert fields(maker)["prompt"] == "kept by Keep"
    assert maker.post("/create/", fields(maker) | {"prompt": "kept by Generate"}).status_code == 303
    assert fields(maker)["prompt"] == "kept by Generate"
    assert (
        maker.post("/create/", fields(maker) | {"width": "7", "steps": "x", "seed": "9" * 12}).status_code
        == 422
    )
    assert fields(maker)["seed"] == "9" * 12


def test_scripts_have_no_draft(maker: Client, alice: User) -> None:
    assert maker.post("/create/", {"model": PIXELS, "prompt": "x"}).status_code == 303
    assert not Draft.objects.exists()
    assert fields(maker)["prompt"] == ""


def test_the_line_generates_with_all_of_the_draft(maker: Client, alice: User) -> None:
    sent = fields(maker, f"/create/?model={TIERS}")
    save(maker, sent, prompt="x", aspect_ratio="16:9", seed="5", hide_watermark="on")
    line = sent_of(Page(maker.get("/").content).one("form", data_composer=None))
    shown = maker.post("/create/", line | {"model": PIXELS, "change-model": ""}, headers=HTMX)
    line = sent_of(Page(shown.content).one("form", data_composer=None))
    assert maker.post("/create/", line, headers=HTMX).status_code == 200
    request = Generation.objects.get().request
    assert {name: request[name] for name in ("model", "width", "height", "seed", "hide_watermark")} == {
        "model": PIXELS,
        "width": 1280,
        "height": 720,
        "seed": 5,
        "hide_watermark": True,
    }


def test_use_merges_and_undo_brings_it_back(maker: Client, alice: User) -> None:
    image = a_picture(alice, "a cat on a wall")
    save(maker, fields(maker), prompt="my own words", style_preset="Film Noir")
    filled = maker.get(f"/create/?image={image.pk}&use=seed")
    shown = sent_of(the_form(filled))
    assert (shown["prompt"], shown["style_preset"], shown["seed"]) == ("my own words", "Film Noir", "7")
    assert values(alice).get("seed") is None, "a link changes nothing"

    undo = the_form(filled).one("button", name="undo")["value"]
    assert save(maker, shown).json()["before"]
    assert values(alice)["seed"] == "7"
    back = maker.post("/create/", shown | {"undo": undo})
    assert sent_of(the_form(back))["seed"] == ""
    assert values(alice).get("seed") is None
    assert values(alice)["prompt"] == "my own words"


@pytest.mark.one_database
def test_a_seed_that_came_along_goes_with_its_words(maker: Client, alice: User) -> None:
    """It is the first of every count as long as it stays: another fill takes it away, a chosen one stays."""
    first, other = a_picture(alice, "a cat on a wall"), a_picture(alice, "a dog in the rain")

    def kept(address: str, **more: str) -> dict[str, str]:
        save(maker, fields(maker, address) | more)
        return fields(maker)

    came = kept(f"/create/?image={first.pk}&use=all")
    assert (came["seed"], came["seed-came-along"]) == ("7", "7")
    # Words of one's own on that seed are a wish; so is more of the same picture.
    assert kept("/create/", prompt="a cat on a wall in fog")["seed"] == "7"
    assert kept(f"/create/?image={first.pk}&use=size")["seed"] == "7"
    for fill in (f"image={other.pk}&use=prompt", f"use_prompt={other.prompt_id}", f"model={TIERS}"):
        kept(f"/create/?image={first.pk}&use=all")
        gone = kept(f"/create/?{fill}")
        assert (gone["seed"], gone.get("seed-came-along")) == ("", None), fill
    kept(f"/create/?image={first.pk}&use=all")
    assert kept(f"/create/?image={first.pk}&use=remix")["seed"] == ""

    assert kept(f"/create/?image={first.pk}&use=seed")["seed"] == "7"
    assert kept(f"/create/?use_prompt={other.prompt_id}")["seed"] == "7", "it was chosen"
    kept(f"/create/?image={first.pk}&use=all", seed="8")
    assert kept(f"/create/?use_prompt={other.prompt_id}")["seed"] == "8", "it was typed"


def test_a_seed_is_seen_and_let_go_beside_the_count(maker: Client, alice: User) -> None:
    save(maker, fields(maker), prompt="x", seed="340511482", count="4")
    page = maker.get("/create/")
    said = the_form(page).one("div", id="create-plan").one("p", data_fixed_seed=None)
    assert said.words == "From seed 340511482 Let it go"
    price = maker.post("/create/price/", fields(maker) | {"count": "1", "price": ""}, headers=HTMX)
    assert Page(price.content).one("p", data_fixed_seed=None).words == "Seed 340511482 Let it go"

    line = Page(maker.get("/prompts/").content).one("form", data_composer=None)
    assert line.one("span", class_="create-fixed-seed").words == "Seed 340511482 ×"
    without = maker.post("/create/", sent_of(line) | {"random-seed": ""}, headers=HTMX)
    line = Page(without.content).one("form", data_composer=None)
    assert line.all("span", class_="create-fixed-seed") == []
    assert (values(alice).get("seed"), values(alice)["count"]) == (None, "4")
    save(maker, fields(maker), seed="9")
    assert maker.post("/create/", fields(maker) | {"random-seed": ""}).status_code == 200
    assert values(alice).get("seed") is None


def test_the_form_is_emptied_whatever_stands_in_it(maker: Client, alice: User) -> None:
    save(maker, fields(maker), prompt="x", model=PIXELS, count="8")
    page = maker.get("/create/")
    assert Page(page.content).one("button", name="fresh").words == "Start afresh"

    emptied = maker.post("/create/", fields(maker) | {"fresh": ""})

    assert sent_of(the_form(emptied))["prompt"].strip() == ""
    assert (values(alice), before(alice)) == ({}, ["x"])


def test_what_it_was_filled_from_is_told_as_long_as_it_is_so(maker: Client, alice: User) -> None:
    image = a_picture(alice, "a cat on a wall")
    filled = fields(maker, f"/create/?image={image.pk}&use=all")
    save(maker, filled)
    origin = the_form(maker.get("/create/")).one("span", data_origin=None)
    assert origin.words == f"Filled from picture {image.pk}"
    kept = maker.post(
        "/create/", fields(maker) | {"prompt": "mine", "preset-name": "Mine", "save-preset": ""}
    )
    assert "The seed 7 is not in it" in the_form(kept).words
    origin = the_form(kept).one("span", data_origin=None)
    assert origin.words == f"Begun with picture {image.pk}; the words are yours"
    preset = Preset.objects.get()
    assert preset.values.keys().isdisjoint({"seed", "seed-came-along", "image"})
    # The words of another prompt are not of that picture at all.
    other = a_picture(alice, "a dog in the rain")
    save(maker, fields(maker, f"/create/?use_prompt={other.prompt_id}"))
    assert the_form(maker.get("/create/")).all("span", data_origin=None) == []
    # A seed that was typed is meant, and kept with the rest.
    maker.post("/create/", fields(maker) | {"seed": "5", "preset-name": "Five", "save-preset": ""})
    assert Preset.objects.get(name="Five").values["seed"] == "5"


def test_use_all_leaves_what_waits_for_other_models(maker: Client, alice: User) -> None:
    image = a_picture(alice, "a cat on a wall")
    save(maker, fields(maker), prompt="mine", style_preset="Film Noir", hide_watermark="on")
    shown = fields(maker, f"/create/?image={image.pk}&use=all")
    assert (shown["prompt"], shown["style_preset"], shown.get("hide_watermark")) == (
        "a cat on a wall",
        "",
        None,
    )


def test_edit_and_try_again(maker: Client, alice: User) -> None:
    failed = a_generation(alice, "what Venice refused", state="failed", error_kind="ContentRefused")
    shown = fields(maker, f"/create/?generation={failed.pk}")
    assert (shown["prompt"], shown["model"], shown["seed"]) == ("what Venice refused", PIXELS, "7")
    assert "not here any more" in maker.get("/create/?generation=99999999999999").content.decode()


def test_start_afresh_empties_and_keeps(maker: Client, alice: User) -> None:
    maker.post("/create/", fields(maker) | {"prompt": "once", "fresh": ""})
    assert fields(maker)["prompt"] == ""
    assert before(alice) == ["once"]


@pytest.mark.one_database
def test_twenty_of_before(maker: Client, alice: User) -> None:
    for number in range(25):
        maker.post("/create/", fields(maker) | {"prompt": f"words {number}", "fresh": ""})
    assert before(alice) == [f"words {number}" for number in range(24, 4, -1)]


def test_drafts_of_before_are_walked_and_listed(maker: Client, alice: User) -> None:
    maker.post("/create/", fields(maker) | {"prompt": "never made", "seed": "12", "fresh": ""})
    maker.post("/create/", fields(maker) | {"prompt": "made", "model": PIXELS})
    maker.post("/create/", fields(maker) | {"prompt": "left behind", "fresh": ""})
    assert maker.get("/create/recent-prompts/").json()["prompts"] == ["left behind", "made", "never made"]

    listed = Page(maker.get("/create/").content).all("li", data_draft_of_before=None)
    assert [each.all("a")[0].words for each in listed] == ["left behind", "never made"]
    (again,) = [each for each in listed if "never made" in each.words]
    shown = fields(maker, again.all("a")[0]["href"])
    assert (shown["prompt"], shown["seed"]) == ("never made", "12")
    fragment = maker.get(f"{SAVE}?before=1", headers=HTMX)
    assert len(Page(fragment.content).all("li")) == 2


@pytest.mark.parametrize(
    ("error", "main"), [("Moderated", True), ("BadRequest", True), ("ServerFailed", False)]
)
def test_where_running_again_cannot_help_editing_is_the_main_action(
    maker: Client, alice: User, error: str, main: bool
) -> None:
    failed = a_generation(alice, state="failed", error_kind=error, error_message="No.")
    card = Page(maker.get(f"/generations/{failed.pk}/").content).one(
        "article", data_generation=str(failed.pk)
    )
    link = card.one("a", data_edit_and_try_again=None)
    assert link.has("class", "main") is main
    assert link["href"] == f"/create/?generation={failed.pk}"
    assert card.one("form", data_action="run-again")


@pytest.mark.parametrize(
    "odd",
    [
        {"prompt": "a\0b"},
        {"prompt": "x" * (MAX_PROMPT + 1)},
        {"seed": "7" * 30_000},
        {"kept-style_preset": "é" * 11_000},
    ],
)
def test_what_is_no_draft_is_refused_in_words(maker: Client, alice: User, odd: dict[str, str]) -> None:
    answer = save(maker, fields(maker) | odd)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert not Draft.objects.exists()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_of_a_refused_form_nothing_is_greyed_that_its_fields_show(
    maker: Client, headers: dict[str, str]
) -> None:
    sent = fields(maker, f"/create/?model={PIXELS}") | {"prompt": "x", "count": "3", "safe_mode": "off"}
    sent |= {"style_preset": "Anime", "seed": "7", "width": "512", "price": "0.0001"}
    refused = maker.post("/create/", sent | {"kept-resolution": "2K"}, headers=headers)
    assert refused.status_code == 422
    assert [each["data-kept"] for each in the_form(refused).all(data_kept=None)] == ["resolution"]


def test_the_word_of_a_page_is_kept_as_every_database_takes_it(maker: Client, alice: User) -> None:
    assert save(maker, fields(maker), prompt="x", page="a\0b", save="1").status_code == 200
    assert Draft.objects.get(user=alice).page == "ab"


def test_bytes_that_are_no_text(maker: Client, alice: User) -> None:
    body = b"draft-revision=0&prompt=%ff%fe"
    answer = maker.post(SAVE, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert maker.post(SAVE, {"draft-revision": "9" * 20}).status_code == 400
    assert not Draft.objects.exists()


def test_unknown_fields_go(maker: Client, alice: User) -> None:
    save(maker, fields(maker), **{"prompt": "x", "kept-evil": "1", "evil": "1", "model": "no such"})
    assert values(alice) == {"prompt": "x"}


def test_drafts_are_their_member_s_own(maker: Client, alice: User, bob: User) -> None:
    maker.post("/create/", fields(maker) | {"prompt": "alice's", "fresh": ""})
    other = Client()
    other.force_login(bob)
    page = other.get(f"/create/?draft={Draft.objects.get(is_current=False).pk}")
    assert "alice" not in the_form(page).words
    assert sent_of(the_form(page))["prompt"] == ""


def test_the_header_tells_of_another_device(maker: Client, alice: User) -> None:
    page = Page(maker.get("/create/").content)
    poll = page.one("span", id="queue-count")["hx-get"]
    assert maker.get(poll, headers=HTMX).status_code == 204
    save(maker, sent_of(page.one("form", id="create-form")), prompt="x")
    told = maker.get(poll, headers=HTMX)
    assert Page(told.content).one("span", id="queue-count")["data-draft-revision"] == "1"
    fragment = maker.get(SAVE, headers=HTMX)
    assert sent_of(the_form(fragment))["prompt"] == "x"
    line = Page(maker.get(f"{SAVE}?composer=1", headers=HTMX).content).one("form", data_composer=None)
    assert line.one("textarea", name="prompt").text.strip() == "x"


def filled_line(client: Client, query: str) -> tuple[Element, Element]:
    """The one line of a page as a link fills it: the form, and what is said above it."""
    page = Page(client.get(f"/create/?{query}&composer=1", headers=HTMX).content)
    return page.one("form", id="create-composer"), page.one("p", id="composer-said")


def test_a_link_fills_the_line_of_the_page_it_stands_on(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    save(maker, fields(maker), prompt="my own words")

    form, said = filled_line(maker, f"image={picture.pk}&use=remix")

    assert form.one("textarea", name="prompt").text.strip() == "a heron in the reeds"
    assert "data-unsaved" in form.attributes
    assert said.words.startswith(f"Filled from picture {picture.pk}. Undo")
    undo = said.one("button", name="undo")
    # Nothing is kept before the page says so: what stood there becomes a draft of before.
    assert values(alice)["prompt"] == "my own words"
    sent = sent_of(form)
    assert save(maker, sent).json()["stands"] is True
    assert (values(alice)["prompt"], before(alice)) == ("a heron in the reeds", ["my own words"])
    answer = maker.post("/create/", sent | {"undo": undo["value"]}, headers=HTMX)
    assert Page(answer.content).one("p", id="composer-said").words == "As it was before."
    assert values(alice)["prompt"] == "my own words"


def undone(client: Client, form: Element, undo: str) -> str:
    """What is said when that Undo of a filled line is pressed."""
    answer = client.post("/create/", sent_of(form) | {"undo": undo}, headers=HTMX)
    return Page(answer.content).one("p", id="composer-said").words


def test_undo_comes_back_to_a_model_without_words(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    save(maker, fields(maker), model=TIERS)
    for address in (f"image={picture.pk}&use=remix", f"image={picture.pk}&use=prompt"):
        form, said = filled_line(maker, address)
        save(maker, sent_of(form))
        assert values(alice)["prompt"] == "a heron in the reeds"

        assert undone(maker, form, said.one("button", name="undo")["value"]) == "As it was before."
        assert values(alice) == {"model": TIERS}
    # On the form's own page too.
    filled = the_form(maker.get(f"/create/?image={picture.pk}&use=prompt"))
    undo = filled.one("button", name="undo")["value"]
    maker.post("/create/", sent_of(filled) | {"undo": undo})
    assert values(alice) == {"model": TIERS}


def test_undo_comes_back_to_words_that_stood_there_twice(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    for _ in range(3):
        save(maker, fields(maker), prompt="my own words")
        form, said = filled_line(maker, f"image={picture.pk}&use=prompt")
        save(maker, sent_of(form))

    # The second time with the picture that it was filled from, the third time the same once more.
    assert before(alice) == ["my own words"] * 2
    assert undone(maker, form, said.one("button", name="undo")["value"]) == "As it was before."
    assert values(alice)["prompt"] == "my own words"


def test_words_that_a_page_left_behind_once_more_keep_their_undo(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    sent = fields(maker)
    save(maker, sent, prompt="my own words", page="one", save="1")
    form, said = filled_line(maker, f"image={picture.pk}&use=prompt")
    save(maker, sent_of(form), page="two", save="1")

    # What was sent on leaving is sent by the next page of the tab, too.
    save(maker, sent, prompt="my own words", page="one", save="2")

    assert undone(maker, form, said.one("button", name="undo")["value"]) == "As it was before."
    assert values(alice)["prompt"] == "my own words"


def test_a_prompt_fills_the_line_too(maker: Client, alice: User) -> None:
    prompt = a_picture(alice, "a heron in the reeds").prompt
    assert prompt

    form, said = filled_line(maker, f"use_prompt={prompt.pk}")

    assert form.one("textarea", name="prompt").text.strip() == "a heron in the reeds"
    assert said.words.startswith(f"Filled from prompt {prompt.pk}. Undo")
    for path in ("/prompts/", f"/prompts/{prompt.pk}/"):
        assert Page(maker.get(path).content).all("a", data_action="use-prompt")


def test_what_was_undone_does_not_come_back_with_a_save_that_is_late(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    save(maker, fields(maker), prompt="my own words")
    form, said = filled_line(maker, f"image={picture.pk}&use=remix")
    sent = sent_of(form) | {"page": "one"}

    undo = {"undo": said.one("button", name="undo")["value"], "save": "2"}
    maker.post("/create/", sent | undo, headers=HTMX)
    late = save(maker, sent, save="1")

    assert (late.status_code, late.json()["stands"]) == (200, True)
    assert values(alice)["prompt"] == "my own words"


def test_filling_it_a_second_time_leaves_the_way_back(maker: Client, alice: User) -> None:
    picture = a_picture(alice, "a heron in the reeds", model=PIXELS)
    save(maker, fields(maker), prompt="my own words")
    form, said = filled_line(maker, f"image={picture.pk}&use=remix")
    save(maker, sent_of(form))
    undo = said.one("button", name="undo")["value"]

    form, said = filled_line(maker, f"image={picture.pk}&use=remix&undo={undo}")

    assert said.words == "All of it stands here already. Undo"
    assert undone(maker, form, said.one("button", name="undo")["value"]) == "As it was before."
    assert values(alice)["prompt"] == "my own words"


def test_the_line_says_what_it_has_no_place_for_and_what_is_gone(maker: Client, alice: User) -> None:
    picture = a_picture(alice, model=PIXELS)
    Generation.objects.filter(pk=picture.generation_id).update(
        request={"model": PIXELS, "prompt": "x", "width": 512, "height": 768, "steps": 20}
    )

    _, said = filled_line(maker, f"image={picture.pk}&use=all&model={TIERS}")

    assert "Not taken over" in said.words
    assert "Steps 20" in said.words
    form, said = filled_line(maker, "image=999999&use=all")
    assert said.words == "What this names is not here any more, so nothing was filled in."
    assert "data-unsaved" not in form.attributes


@pytest.mark.django_db(transaction=True)
def test_twenty_saves_at_once_lose_nothing(maker: Client, alice: User) -> None:
    sent = fields(maker)

    def one(number: int) -> int:
        try:
            return int(
                save(maker_of(alice), sent, prompt=f"words {number}", page=str(number), save="1").status_code
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(one, range(20)))
    assert statuses == [200, *[409] * 19]
    assert {values(alice)["prompt"], *before(alice)} == {f"words {number}" for number in range(20)}


def maker_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upscaled(picture: Image) -> Image:
    """A picture as an upscale of that one leaves it."""
    result = a_picture(picture.owner)
    request = {"scale": 2, "enhance": False}
    columns = {"kind": "upscale", "origin": picture, "prompt": None, "request": request}
    Generation.objects.filter(pk=result.generation_id).update(**columns)
    return result


@pytest.mark.parametrize("use", ["all", "remix", "prompt"])
def test_what_was_made_of_a_picture_brings_the_words_of_that_picture(
    maker: Client, alice: User, use: str
) -> None:
    first = a_picture(alice, "a heron in the reeds")
    twice = upscaled(upscaled(first))

    page = maker.get(f"/create/?image={twice.pk}&use={use}")

    assert sent_of(the_form(page))["prompt"] == "a heron in the reeds"
    assert f"picture {first.pk}" in the_form(page).words


def test_what_comes_from_no_words_leaves_those_that_stand_there(maker: Client, alice: User) -> None:
    made = upscaled(a_picture(alice))
    Generation.objects.filter(pk=made.generation_id).update(origin=None)
    save(maker, fields(maker) | {"prompt": "my own words"})

    assert fields(maker, f"/create/?image={made.pk}&use=all")["prompt"] == "my own words"
