"""What was made already is not paid for by mistake: it is shown, and made again only by a button that says so."""

from typing import Any

import pytest
from django.test import Client

from gallery.models import CatalogModel, Generation, Image
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.page import Page
from tests.gallery.spending import Form, opened_at, spending

pytestmark = pytest.mark.usefixtures("models_known")

ASKED = "/create/?prompt=A+bridge&model=z-image-turbo&width=128&height=128&seed=5"


@pytest.fixture
def picture(maker: Client, worker_process: WorkerProcess) -> Image:
    """Made by the form itself."""
    assert posted(maker).status_code == 303
    while worker_process.step():
        pass
    return Image.objects.get()


def posted(maker: Client, address: str = ASKED, htmx: bool = False, **more: str) -> Any:
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


def test_run_anyway_makes_it_again(maker: Client, picture: Image) -> None:
    form = sent_back(posted(maker))
    answer = maker.post("/create/", form | {"run-anyway": "1"})
    again = Generation.objects.queued().get()
    assert (answer.status_code, answer["Location"]) == (303, f"/generations/{again.pk}/")
    assert again.seed == 5
    # The form that was sent counts once, as any other.
    assert maker.post("/create/", form)["Location"] == answer["Location"]


def sent_back(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422
    (form,) = [each for each in spending(answer) if each.address == "/create/"]
    return form.fields


def test_of_several_one_that_is_there_is_asked_for_too(maker: Client, picture: Image) -> None:
    """A seed stays in the form: with a count the first of them would be paid again."""
    answer = posted(maker, count="4", price="0.04")
    asked = Page(answer.content).one(data_error_for="repeat")
    assert answer.status_code == 422
    assert f"/images/{picture.pk}/" in asked.values("href")
    assert "One of these 4 was made exactly so on" in asked.words
    assert not Generation.objects.queued().exists()

    assert maker.post("/create/", sent_back(answer) | {"run-anyway": "1"}).status_code == 303
    assert Generation.objects.queued().count() == 4


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
