"""One click, many requests: several seeds, models and words; each with its price, and the form that counts once."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from gallery.forms.generate import GenerateForm
from gallery.forms.repeat import repeated
from gallery.http import MemberRequest
from gallery.models import Batch, Draft, Generation, User
from gallery.pipeline.worker import WorkerProcess
from gallery.variations.exact_matches import Repeat
from tests.gallery.generations import a_picture, take_off_the_list
from tests.gallery.page import Page
from tests.gallery.paid_form import spending

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
BRIDGE = {"model": "z-image-turbo", "prompt": "A moonlit bridge"}


def made() -> list[Generation]:
    """All that is queued, in its order."""
    return list(Generation.objects.order_by("batch_id", "position"))


def said(answer: Any, field: str) -> str:
    """The message at `field` of a form that was refused; nothing was queued."""
    assert answer.status_code == 422
    assert not Generation.objects.exists()
    return Page(answer.content).one(data_error_for=field).words


def test_each_picture_of_a_count_is_a_request_with_a_seed_of_its_own(maker: Client) -> None:
    answer = maker.post("/create/", BRIDGE | {"count": "8", "seed": "42"})

    batch = Batch.objects.get()
    rows = made()
    assert (answer.status_code, answer["Location"]) == (303, f"/batches/{batch.pk}/")
    assert len({row.seed for row in rows}) == len(rows) == 8
    assert rows[0].seed == 42
    assert {row.variants for row in rows} == {1}
    assert (batch.kind, batch.title, batch.price) == ("count", "8 seeds", Decimal("0.08"))
    assert batch.axes == {"seed": [row.seed for row in rows]}
    assert maker.get(answer["Location"]).status_code == 200


def test_one_picture_is_what_it_was(maker: Client) -> None:
    answer = maker.post("/create/", BRIDGE | {"count": "1"})

    assert answer["Location"] == f"/generations/{Generation.objects.get().pk}/"
    assert (Batch.objects.get().kind, Batch.objects.get().axes) == ("one", {})


@pytest.mark.parametrize("composer", [{}, {"composer": "1"}])
def test_htmx_gets_all_cards_in_one_section(maker: Client, composer: dict[str, str]) -> None:
    answer = maker.post("/create/", BRIDGE | {"count": "4"} | composer, headers=HTMX)

    section = Page(answer.content).one("section", data_batch=str(Batch.objects.get().pk))
    assert answer.status_code == 200
    assert section["data-state"] == "active"
    assert [card["data-generation"] for card in section.all("article")] == [str(row.pk) for row in made()]
    assert Page(answer.content).one("input", name="submission")["value"]


def test_the_button_tells_the_whole_price_and_what_it_makes(maker: Client) -> None:
    asked = BRIDGE | {"count": "20", "variants": "2"}

    form = spending(maker.get("/create/", asked), "/create/")[0]
    priced = maker.post("/create/price/", asked)

    assert form.fields["price"] == "0.40"
    assert "Generate · $0.40" in Page(priced.content).words
    assert Page(priced.content).one("p", data_plan="").words == "20 seeds × 2 in one call = 40 pictures"
    assert maker.post("/create/", asked | {"price": "0.39"}).status_code == 422
    assert not Generation.objects.exists()


@pytest.mark.parametrize("count", ["0", "21", "-1", "x", "1e1", "9" * 5000, "٣", "\0"])
def test_a_count_that_is_none_is_refused(maker: Client, count: str) -> None:
    assert "Must be one of 1, 2" in said(maker.post("/create/", BRIDGE | {"count": count}), "count")


def test_a_count_comes_back_as_it_was_chosen(maker: Client) -> None:
    page = maker.post("/create/", BRIDGE | {"count": "8", "seed": "x"})

    assert spending(page, "/create/")[0].fields["count"] == "8"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", ["", "7"])
def test_twenty_posts_of_one_form_at_once_are_one_click(
    django_db_serialized_rollback: None, alice: User, models_known: None, seed: str
) -> None:
    post = BRIDGE | {"count": "5", "seed": seed, "submission": str(uuid.uuid4()), "price": "0.05"}

    def press(number: int) -> tuple[int, str]:
        try:
            browser = Client()
            browser.force_login(alice)
            answer = browser.post("/create/", post)
            return answer.status_code, answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(press, range(20)))

    assert answers == {(303, f"/batches/{Batch.objects.get().pk}/")}
    assert Generation.objects.count() == 5


def test_a_form_that_came_through_meanwhile_repeats_nothing(
    maker: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sent twice at once, it is asked after by its id, and then whether it exists already: in between it may come."""
    post = BRIDGE | {"count": "5", "seed": "7", "submission": str(uuid.uuid4()), "price": "0.05"}
    looked: list[object] = []

    def repeated_meanwhile(request: MemberRequest, form: GenerateForm) -> Repeat | None:
        looked.append(form)
        if len(looked) == 1:
            browser = Client()
            browser.force_login(alice)
            assert browser.post("/create/", post).status_code == 303
        return repeated(request, form)

    monkeypatch.setattr("gallery.views.create.repeated", repeated_meanwhile)
    answer = maker.post("/create/", post)

    assert (answer.status_code, answer["Location"]) == (303, f"/batches/{Batch.objects.get().pk}/")
    assert Generation.objects.count() == 5


def test_every_picture_of_a_count_of_eight_can_be_made_again(
    maker: Client, worker_process: WorkerProcess, work_off: Callable[[], None]
) -> None:
    maker.post("/create/", BRIDGE | {"count": "8", "width": "128", "height": "128"})
    work_off()
    first = [row.images.get() for row in made()]
    assert len({image.sha256 for image in first}) == 8

    for image in first:
        assert maker.post(f"/images/{image.pk}/rerun-same-seed/").status_code == 303
    work_off()

    again = [row.images.get() for row in made()[8:]]
    assert [image.sha256 for image in again] == [image.sha256 for image in first]


@pytest.fixture
def work_off(worker_process: WorkerProcess) -> Callable[[], None]:
    """Sends and stores all that waits."""

    def work() -> None:
        while worker_process.step():
            pass

    return work


def test_a_click_counts_once_within_the_minute(maker: Client, settings: LazySettings) -> None:
    settings.SUBMISSIONS_PER_MINUTE = 2

    assert maker.post("/create/", BRIDGE | {"count": "20"}).status_code == 303
    assert maker.post("/create/", BRIDGE | {"count": "20"}).status_code == 303
    assert maker.post("/create/", BRIDGE).status_code == 429


def test_no_click_makes_more_than_a_member_may(maker: Client, alice: User, settings: LazySettings) -> None:
    settings.MAX_PICTURES_PER_CLICK = 30

    words = said(maker.post("/create/", BRIDGE | {"count": "20", "variants": "2"}), "count")
    assert words == "20 seeds × 2 in one call would be 40 pictures. One click makes at most 30."

    User.objects.filter(pk=alice.pk).update(click_limit=40)
    assert maker.post("/create/", BRIDGE | {"count": "20", "variants": "2"}).status_code == 303


def test_several_models_get_what_each_of_them_takes(maker: Client) -> None:
    asked = {
        "model": ["venice-sd35", "grok-imagine-image"],
        "prompt": "A bridge",
        "negative_prompt": "fog",
        "width": "1280",
        "height": "720",
        "steps": "12",
        "count": "2",
        "seed": "5",
    }
    told = [each.words for each in Page(maker.get("/create/", asked).content).all("p", data_not_carried="")]

    answer = maker.post("/create/", asked)

    first, second, third, fourth = made()
    assert answer["Location"] == f"/batches/{first.batch_id}/"
    assert [row.model for row in made()] == ["venice-sd35"] * 2 + ["grok-imagine-image"] * 2
    assert [row.seed for row in (first, second)] == [row.seed for row in (third, fourth)]
    assert (first.request["width"], first.request["negative_prompt"], first.steps) == (1280, "fog", 12)
    assert (third.aspect_ratio, third.width, third.negative_prompt) == ("16:9", None, "")
    assert (first.batch.kind, first.batch.title) == ("models", "2 models × 2 seeds")
    assert len(told) == 1
    assert "takes no negative prompt" in told[0]
    assert "takes no steps" in told[0]


def test_a_model_is_added_and_taken_away_without_script(maker: Client) -> None:
    page = maker.post("/create/", BRIDGE | {"another-model": "chroma", "change-model": ""})
    boxes = Page(page.content).all("input", name="model", type="checkbox")
    assert [(box["value"], "checked" in box) for box in boxes] == [("chroma", True)]
    chosen = Page(page.content).one("select", name="model").one("option", selected=None)
    assert chosen["value"] == "z-image-turbo"

    page = maker.post("/create/", BRIDGE | {"model": ["z-image-turbo", "chroma"], "seed": "x"})
    assert page.status_code == 422
    assert [box["value"] for box in Page(page.content).all("input", name="model")] == ["chroma"]
    assert not Page(maker.post("/create/", BRIDGE | {"change-model": ""}).content).all("input", name="model")


def test_a_model_that_is_not_offered_stops_all_of_them(maker: Client) -> None:
    answer = maker.post("/create/", BRIDGE | {"model": ["z-image-turbo", "nope"]})

    assert said(answer, "model") == "That model is not offered. Choose one from the list."


@pytest.mark.parametrize("models", ["venice-sd35", ["z-image-turbo", "venice-sd35"]])
def test_a_model_that_was_withdrawn_meanwhile_is_named_and_the_rest_stays(
    maker: Client, models: str | list[str]
) -> None:
    take_off_the_list("venice-sd35")
    typed = {"model": models, "prompt": "A ford", "cfg_scale": "7.5", "seed": "42", "count": "2"}
    answer = maker.post("/create/", BRIDGE | typed)
    assert (
        said(answer, "model") == "Model Venice SD35 is no longer offered. Choose another one from the list."
    )
    page = Page(answer.content)
    assert page.one("textarea", name="prompt").text.strip() == "A ford"
    assert page.one("input", name="seed")["value"] == "42"
    assert page.one("select", name="count").one("option", selected=None)["value"] == "2"
    # What the other model has no place for is told.
    fields = page.all("input", name="cfg_scale")
    assert (fields[0]["value"] if fields else page.one("span", class_="create-left-out").words).count(
        "7.5"
    ) == 1


def test_what_another_model_cannot_do_is_said_before_it_costs(maker: Client) -> None:
    asked = {"model": ["z-image-turbo", "venice-sd35"], "prompt": "x" * 1501}

    assert said(maker.post("/create/", asked), "prompt").startswith("Venice SD35: ")


def test_words_in_braces_are_chosen_only_when_they_are_to_be(maker: Client) -> None:
    asked = BRIDGE | {"prompt": r"A {red|blue} door at {dawn|noon|dusk}, \{really}"}
    maker.post("/create/", asked)
    assert [row.prompt.text for row in made()] == [asked["prompt"]]
    Generation.objects.all().delete()

    maker.post(
        "/create/", asked | {"prompt": r"A {red|blue} door, \{really\}", "alternatives": "on", "count": "2"}
    )

    rows = made()
    assert [row.prompt.text for row in rows] == ["A red door, {really}"] * 2 + ["A blue door, {really}"] * 2
    assert rows[0].seed == rows[2].seed
    assert rows[1].seed == rows[3].seed != rows[0].seed
    assert (rows[0].batch.kind, rows[0].batch.title) == ("words", "2 words × 2 seeds")


def test_what_stands_twice_counts_twice(maker: Client) -> None:
    maker.post("/create/", BRIDGE | {"prompt": "{fog|fog|rain}", "alternatives": "on"})

    rows = made()
    assert [row.prompt.text for row in rows] == ["fog", "fog", "rain"]
    assert rows[0].seed == rows[2].seed != rows[1].seed


def test_a_wrong_brace_is_told_at_its_place(maker: Client) -> None:
    asked = BRIDGE | {"prompt": "A door\nat {dawn|noon", "alternatives": "on"}

    words = said(maker.post("/create/", asked), "prompt")

    assert words.startswith("At line 2, column 4, “{dawn|noon”: this brace is never closed.")


@pytest.mark.parametrize("prompt", ["{a|}", "{|a} {b|}"])
def test_a_choice_that_leaves_no_words_is_told_at_its_place(maker: Client, prompt: str) -> None:
    words = said(maker.post("/create/", BRIDGE | {"prompt": prompt, "alternatives": "on"}), "prompt")

    assert words.startswith(f"At character 1, “{prompt}”: one of the choices leaves no words.")
    assert "is required" not in words
    assert made() == []


def test_more_words_than_can_be_counted_are_only_computed(maker: Client) -> None:
    asked = BRIDGE | {"prompt": "{a|b|c|d|e|f|g|h|i|j}" * 300, "alternatives": "on"}

    assert "at most 500" in said(maker.post("/create/", asked), "count")
    assert maker.post("/create/price/", asked).status_code == 200


def test_a_click_is_used_again_as_it_was_written(maker: Client) -> None:
    """Its words in braces, its models and how many; a seed is drawn anew, so that it is no repeat of the first."""
    sent = {
        "model": ["z-image-turbo", "chroma"],
        "prompt": "A bridge at {dawn|noon}",
        "alternatives": "on",
        "count": "3",
        "seed": "42",
    }
    maker.post("/create/", sent)
    assert len(made()) == 12
    click = Batch.objects.get().pk

    again = f"/create/?batch={click}"
    assert Page(maker.get("/create/").content).all("a", href=again)
    assert Page(maker.get(f"/batches/{click}/").content).all("a", href=again)
    form = spending(maker.get(again))[0]

    assert form.fields["prompt"] == "A bridge at {dawn|noon}"
    assert form.fields["model"] == ["z-image-turbo", "chroma"]
    assert (form.fields["count"], form.fields["alternatives"], form.fields["seed"]) == ("3", "on", "")


LITERAL = "A {red|blue} bridge"


@pytest.mark.parametrize(
    "address",
    [
        "/create/?batch={batch}",
        "/create/?generation={generation}",
        "/create/?image={image}&use=all",
        "/create/?image={image}&use=remix",
        "/create/?image={image}&use=prompt",
        "/create/?use_prompt={prompt}",
        "/create/?prompt=A+{{red|blue}}+bridge",
    ],
)
def test_braces_that_meant_themselves_are_no_choice_where_the_draft_has_one(
    maker: Client, alice: User, address: str
) -> None:
    image = a_picture(alice, LITERAL)
    Draft.objects.save_values(alice, {"prompt": "A {big|small} cat", "alternatives": "on"}, base=0)
    names = {"batch": image.generation.batch_id, "generation": image.generation_id}
    filled = maker.get(address.format(image=image.pk, prompt=image.prompt_id, **names))

    form = spending(filled)[0]
    assert (form.fields["prompt"], form.fields["price"]) == (LITERAL, "0.01")
    assert "alternatives" not in form.fields
    # The choice of before is a click away.
    before = Page(filled.content).one("button", name="undo")["value"]
    undone = maker.post("/create/", form.fields | {"undo": before})
    assert spending(undone)[0].fields["alternatives"] == "on"


def test_words_without_braces_leave_the_switch_as_it_is(maker: Client, alice: User) -> None:
    Draft.objects.save_values(alice, {"prompt": "A {big|small} cat", "alternatives": "on"}, base=0)

    assert spending(maker.get("/create/?prompt=A+bridge"))[0].fields["alternatives"] == "on"


@pytest.mark.parametrize(
    ("prompt", "more", "is_said"),
    [
        ("A {red|blue} bridge", {}, True),
        ("A {red|blue} bridge", {"alternatives": "on"}, False),
        ("A {red} bridge", {}, False),
        ("A {red|blue bridge", {}, False),
    ],
)
def test_a_choice_that_would_be_sent_with_its_braces_is_told_before_it_costs(
    maker: Client, alice: User, prompt: str, more: dict[str, str], is_said: bool
) -> None:
    asked = BRIDGE | {"prompt": prompt} | more
    Draft.objects.save_values(alice, asked, base=0)

    for page in (
        maker.get("/create/"),
        maker.get("/"),
        maker.post("/create/price/", asked, headers=HTMX),
        maker.post("/create/price/", _in_one_line(asked), headers=HTMX),
    ):
        assert len(Page(page.content).all(data_unread_choices=None)) == is_said


def _in_one_line(asked: dict[str, Any]) -> dict[str, Any]:
    """As the line of other pages sends it."""
    beside = {f"kept-{name}": value for name, value in asked.items() if name not in ("model", "prompt")}
    return {"model": asked["model"], "prompt": asked["prompt"], "composer": "1", "price": ""} | beside


def test_the_line_of_other_pages_says_what_more_than_one_model_and_a_count_make(
    maker: Client, alice: User
) -> None:
    several = {"model": ["z-image-turbo", "chroma"], "prompt": "A {red|blue} bridge", "alternatives": "on"}
    Draft.objects.save_values(alice, several, base=0)
    plan = "2 words × 2 models = 4 pictures"

    assert Page(maker.get("/").content).one("p", id="composer-plan").words == plan
    priced = maker.post("/create/price/", _in_one_line(several), headers=HTMX)
    assert Page(priced.content).one("p", id="composer-plan").words == plan
    Draft.objects.save_values(alice, BRIDGE | {"count": "4"}, base=1)
    assert Page(maker.get("/").content).one("p", id="composer-plan").words == ""


def test_a_click_is_headed_by_its_words_as_they_were_written(maker: Client) -> None:
    asked = {"model": "z-image-turbo", "prompt": "A bridge at {dawn|noon}", "alternatives": "on"}
    maker.post("/create/", asked)
    click = Batch.objects.get()

    assert click.written == "A bridge at {dawn|noon}"
    for address in ("/create/", f"/batches/{click.pk}/", "/queue/"):
        assert "A bridge at {dawn|noon}" in Page(maker.get(address).content).words


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "99999999999999999999"])
def test_a_click_that_is_not_there_fills_nothing(maker: Client, number: str) -> None:
    answer = maker.get("/create/", {"batch": number})
    assert answer.status_code == 200
    assert "not here any more" in answer.content.decode()
