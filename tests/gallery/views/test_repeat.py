"""What was made already is not paid for by mistake: it is shown, and made again only by a button that says so."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import Batch, CatalogModel, Generation, Image
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.page import Page
from tests.gallery.paid_form import Form, opened_at, spending

pytestmark = pytest.mark.usefixtures("models_known")

ASKED = "/create/?prompt=A+bridge&model=z-image-turbo&width=128&height=128&seed=5"


@pytest.fixture
def picture(maker: Client, worker_process: WorkerProcess) -> Image:
    """Made by the form itself."""
    assert posted(maker).status_code == 303
    while worker_process.step():
        pass
    return Image.objects.get()


def posted(maker: Client, address: str = ASKED, htmx: bool = False, **more: str | list[str]) -> Any:
    form: Form = opened_at(maker, address, "/create/")
    headers = {"HX-Request": "true"} if htmx else {}
    return maker.post("/create/", form.fields | more, headers=headers)


@pytest.mark.parametrize("htmx", [False, True])
def test_it_is_shown_and_nothing_is_queued(maker: Client, picture: Image, htmx: bool) -> None:
    answer = posted(maker, htmx=htmx)

    assert answer.status_code == 422
    asked = Page(answer.content).one(data_error_for="repeat")
    assert f"/images/{picture.pk}/" in asked.values("href")
    assert picture.thumbnail_256 in asked.values("src")
    assert "Exactly this was made on" in asked.words
    price = CatalogModel.objects.price(picture.generation.operation)
    assert asked.one("button", name="run-anyway").words == f"Run anyway · ${price:.2f}"
    assert not Generation.objects.queued().exists()


@pytest.mark.parametrize("htmx", [False, True])
def test_who_uses_it_keeps_words_and_values(maker: Client, picture: Image, htmx: bool) -> None:
    """Whatever stood there before: the form that asked is the draft, on the picture's page as well."""
    posted(maker, "/create/?prompt=Before&model=chroma", **{"keep-draft": "1"})
    asked = Page(posted(maker, htmx=htmx).content).one(data_error_for="repeat")
    (use,) = [each["href"] for each in asked.all("a", class_="button")]

    line = Page(maker.get(use).content)
    form = Page(maker.get("/create/").content)

    for page in (line, form):
        assert page.one("textarea", name="prompt").text.strip() == "A bridge"
    assert "Seed 5" in line.one(class_="create-fixed-seed").words
    assert form.one("input", name="seed")["value"] == "5"
    assert form.one("input", name="drawn-for")["value"] == "z-image-turbo"
    assert form.one("input", name="width")["value"] == "128"


def test_run_anyway_makes_it_again(maker: Client, picture: Image) -> None:
    form = sent_back(posted(maker))
    answer = maker.post("/create/", form | {"run-anyway": "1"})
    again = Generation.objects.queued().get()
    assert (answer.status_code, answer["Location"]) == (303, f"/generations/{again.pk}/")
    assert again.seed == 5
    # The form that was sent counts once, as any other.
    assert maker.post("/create/", form)["Location"] == answer["Location"]


def test_what_the_form_itself_has_made_is_not_looked_for(maker: Client, picture: Image) -> None:
    """Sent again it leads there, with whatever seed: what else is like it does not matter."""
    form = opened_at(maker, ASKED, "/create/").fields | {"run-anyway": "1"}
    first = maker.post("/create/", form)
    del form["run-anyway"]

    with CaptureQueriesContext(connection) as asked:
        again = maker.post("/create/", form)

    assert (again.status_code, again["Location"]) == (303, first["Location"])
    assert [each["sql"] for each in asked if 'FROM "gallery_image"' in each["sql"]] == []


def sent_back(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 422
    (form,) = [each for each in spending(answer) if each.address == "/create/"]
    return form.fields


def test_of_several_one_that_is_there_is_asked_for_too(maker: Client, picture: Image) -> None:
    """A seed stays in the form: with a count the first of them would be paid again."""
    answer = posted(maker, count="4", price="0.04")
    asked = Page(answer.content).one(data_error_for="repeat")
    assert answer.status_code == 422
    assert f"/images/{picture.pk}/" in asked.values("href")
    assert "1 of these 4 was made exactly so on" in asked.words
    assert asked.one("button", name="make-missing").words == "Make the other 3 · $0.03"
    assert not Generation.objects.queued().exists()

    assert maker.post("/create/", sent_back(answer) | {"run-anyway": "1"}).status_code == 303
    assert Generation.objects.queued().count() == 4


def test_the_others_alone_are_made_at_their_price(maker: Client, picture: Image) -> None:
    """Pressed again, as when the answer was lost, that button leads to what it made."""
    form = sent_back(posted(maker, count="4", price="0.04"))

    risen = maker.post("/create/", form | {"make-missing": "0.02"})
    assert "but this costs $0.03" in Page(risen.content).one(data_error_for="price").words
    assert not Generation.objects.queued().exists()

    answers = [maker.post("/create/", form | {"make-missing": "0.03"}) for _ in range(2)]
    batch = Batch.objects.latest("pk")
    made = list(batch.members.all())
    assert {(each.status_code, each["Location"]) for each in answers} == {(303, f"/batches/{batch.pk}/")}
    assert (len(made), batch.price, batch.title) == (3, Decimal("0.03"), "3 of 4 seeds")
    assert 5 not in {each.seed for each in made}


def test_of_two_models_the_other_one_is_made(
    maker: Client, picture: Image, worker_process: WorkerProcess
) -> None:
    form = sent_back(posted(maker, model=["z-image-turbo", "venice-sd35"], price="0.02"))

    answer = maker.post("/create/", form | {"make-missing": "0.01"})

    made = Generation.objects.queued().get()
    assert (made.model, made.seed, made.batch.kind) == ("venice-sd35", 5, Batch.Kind.ONE)
    assert answer["Location"] == f"/generations/{made.pk}/"
    while worker_process.step():
        pass
    # There is nothing left to make, and the same press still leads to what it made.
    assert maker.post("/create/", form | {"make-missing": "0.01"})["Location"] == answer["Location"]
    again = posted(maker, model=["z-image-turbo", "venice-sd35"], price="0.02")
    asked = Page(again.content).one(data_error_for="repeat")
    assert "2 of these 2 were made exactly so, the first on" in asked.words
    assert not asked.all("button", name="make-missing")
    refused = maker.post("/create/", sent_back(again) | {"make-missing": "0"})
    assert refused.status_code == 422
    assert not Generation.objects.queued().exists()


def test_what_is_on_its_way_is_shown_too(maker: Client) -> None:
    first = posted(maker)
    waiting = Generation.objects.get()

    answer = posted(maker)

    asked = Page(answer.content).one(data_error_for="repeat")
    assert (first.status_code, answer.status_code) == (303, 422)
    assert f"/generations/{waiting.pk}/" in asked.values("href")
    assert "Exactly this is on its way" in asked.words
    assert maker.post("/create/", sent_back(answer) | {"run-anyway": "1"}).status_code == 303
    assert Generation.objects.count() == 2


def test_the_plan_tells_before_the_press(maker: Client, picture: Image) -> None:
    fields = opened_at(maker, ASKED, "/create/").fields
    asked = maker.post("/create/price/", fields)
    assert Page(asked.content).one(data_there=None).words == f"This is there already: picture {picture.pk}"
    several = maker.post("/create/price/", fields | {"count": "4"})
    assert "1 of these is there already" in Page(several.content).one(data_there=None).words
    for more in ({"seed": "6"}, {"seed": ""}, {"prompt": ""}, {"style_reference": f"{picture.pk}"}):
        assert not Page(maker.post("/create/price/", fields | more).content).all(data_there=None)


@pytest.mark.parametrize("more", [{"seed": "6"}, {"seed": ""}, {"cfg_scale": "4"}, {"format": "png"}])
def test_another_request_is_not_asked(maker: Client, picture: Image, more: dict[str, str]) -> None:
    assert posted(maker, **more).status_code == 303


def test_a_model_that_follows_no_seed_is_not_asked(maker: Client, worker_process: WorkerProcess) -> None:
    address = "/create/?prompt=A+bridge&model=gpt-image-2&seed=5"
    assert posted(maker, address).status_code == 303
    while worker_process.step():
        pass
    assert posted(maker, address).status_code == 303


def test_a_script_that_sends_no_fields_of_a_page_is_taken_at_its_word(maker: Client, picture: Image) -> None:
    asked = {"prompt": "A bridge", "model": "z-image-turbo", "width": "128", "height": "128", "seed": "5"}
    assert maker.post("/create/", asked).status_code == 303


def test_the_same_seed_again_is_on_purpose(maker: Client, picture: Image) -> None:
    form = opened_at(maker, f"/images/{picture.pk}/", "rerun-same-seed")
    assert maker.post(form.address, form.fields).status_code == 303


def test_a_repeat_of_the_first_post_leads_to_it(maker: Client, worker_process: WorkerProcess) -> None:
    form = opened_at(maker, ASKED, "/create/")
    first = maker.post("/create/", form.fields)
    while worker_process.step():
        pass
    assert maker.post("/create/", form.fields)["Location"] == first["Location"]
