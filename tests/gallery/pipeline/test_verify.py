"""Reproduce and verify: a picture is made again by its seed, and what came of it is compared."""

import uuid
from dataclasses import asdict
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from PIL import Image as Pillow
from PIL import ImageDraw

from gallery.media import pictures as files
from gallery.media.decoder import Decoder
from gallery.models import CatalogModel, Generation, Image, State, User, Verification
from gallery.models.verification import SCORED, Outcome, scores
from gallery.pipeline import verify
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page
from tests.gallery.paid_form import forms
from venice import Generate

pytestmark = pytest.mark.usefixtures("models_known")


def picture(noise: int = 0, form: str = "PNG", turn: int = 0) -> bytes:
    """Some shapes; `noise` moves one of them by so many pixels."""
    drawn = Pillow.new("RGB", (320, 240), "navy")
    pen = ImageDraw.Draw(drawn)
    for number in range(12):
        left, top = (number * 97) % 300 + noise, (number * 61) % 220
        pen.ellipse((left, top, left + 60, top + 40), fill=(number * 20, 255 - number * 15, number * 9))
    file = BytesIO()
    drawn.rotate(turn).save(file, form)
    return file.getvalue()


def stored(image: Image, data: bytes, decoder: Decoder) -> Image:
    """The picture with files of this content."""
    columns = asdict(files.store(data, decoder.decode(data)))
    Image.objects.filter(pk=image.pk).update(**columns)
    image.refresh_from_db()
    return image


def asked(origin: Image) -> tuple[Verification, Image]:
    """A finished generation that made `origin` again."""
    again = a_picture(origin.owner, origin=origin, seed=origin.seed)
    Verification.objects.ask(again.generation, origin)
    return Verification.objects.get(generation=again.generation), again


def test_one_is_made_again_and_found_to_be_the_same(
    client: Client, worker_process: WorkerProcess, alice: User, bob: User
) -> None:
    operation = Generate(model="z-image-turbo", prompt="A quiet canal", width=128, height=128, seed=5)
    first, _ = Generation.objects.enqueue(alice, operation, price=CatalogModel.objects.price(operation))
    assert worker_process.step()
    image = first.images.get()
    client.force_login(bob)
    page = client.get(f"/images/{image.pk}/")
    form = next(each for each in forms(page) if each.mark == "verify")
    assert form.buttons[0].split() == ["Reproduce", "and", "verify", "·", "$0.01"]
    answers = [client.post(form.address, form.fields) for _ in range(3)]
    assert len({each["Location"] for each in answers}) == 1
    address = answers[0]["Location"]
    again = Generation.objects.get(verification__isnull=False)
    assert (again.owner, again.origin, again.seed) == (bob, image, 5)
    assert Page(client.get(address).content).all(data_verdict=None) == []
    assert worker_process.step()
    page = Page(client.get(f"{address}card/").content)
    assert page.one(data_verdict="").words == "being compared"
    assert f"being compared with picture {image.pk}" in page.words
    own = again.images.get()
    told = Page(client.get(f"/images/{own.pk}/").content).one(id="verdict")
    assert "being compared" in told.words
    polled = Page(client.get(told["hx-get"], headers={"HX-Request": "true"}).content)
    assert polled.one(id="verdict").words == told.words
    assert page.one("article")["hx-trigger"] == "every 1s"
    verify.tend(worker_process.answers.decoder)
    page = Page(client.get(address).content)
    assert page.one(data_verdict="exact").words == "the same bytes"
    told = Page(client.get(f"/images/{own.pk}/").content).one(id="verdict")
    assert told.words == f"Made again the same bytes as picture {image.pk}"
    assert "hx-get" not in told
    assert not Page(client.get(f"/images/{image.pk}/").content).all(id="verdict")
    assert "hx-trigger" not in page.one("article")
    assert "hx-trigger" not in page.one(id="details")
    assert (
        "made again: the same bytes"
        in Page(client.get(f"/images/{image.pk}/").content).one(id="reruns").words
    )
    assert "the same bytes" in Page(client.get(f"/images/{image.pk}/lineage/").content).words
    assert scores(emulated=True)["z-image-turbo"].words == "made again exactly 1 of 1"
    assert scores() == {}


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (picture(), Outcome.EXACT),
        (picture(form="WEBP"), Outcome.ALIKE),
        (picture(1), Outcome.ALIKE),
        (picture(turn=90), Outcome.DIFFERENT),
    ],
)
def test_bytes_come_before_the_eye(
    alice: User, kept_decoder: Decoder, settings: LazySettings, tmp_path: Any, data: bytes, outcome: Outcome
) -> None:
    settings.DATA_DIR = tmp_path
    origin = stored(a_picture(alice), picture(), kept_decoder)
    verification, again = asked(origin)
    stored(again, data, kept_decoder)
    verify.tend(kept_decoder)
    verification.refresh_from_db()
    assert verification.outcome == outcome
    assert (verification.distance == 0) >= (outcome == Outcome.EXACT)
    assert verification.judged_at
    if outcome == Outcome.DIFFERENT:
        assert verification.words == f"different (distance {verification.distance} of 64)"


def test_what_is_gone_or_pretended_is_not_compared(alice: User, kept_decoder: Decoder) -> None:
    gone, _ = asked(a_picture(alice))
    Image.objects.filter(pk=gone.image_id).delete()
    origin = a_picture(alice)
    _, again = asked(origin)
    Image.objects.filter(pk=again.pk).update(emulated=not origin.emulated, sha256=origin.sha256)
    asked(a_picture(alice))
    verify.tend(kept_decoder)
    assert set(Verification.objects.values_list("outcome", flat=True)) == {Outcome.NONE}
    assert scores() == {}
    assert gone.words == "not compared yet"


def test_one_that_failed_and_is_run_again_is_compared_then(alice: User, kept_decoder: Decoder) -> None:
    origin = a_picture(alice)
    failed = a_generation(alice, state=State.FAILED, origin=origin)
    Verification.objects.ask(failed, origin)
    repeat = a_generation(alice, run_again_of=failed, origin=origin)
    verify.tend(kept_decoder)
    verification = Verification.objects.get()
    assert verification.generation == repeat
    verify.tend(kept_decoder)
    assert Verification.objects.get().is_pending
    Generation.objects.filter(pk=repeat.pk).update(state=State.FAILED)
    verify.tend(kept_decoder)
    assert Verification.objects.get().outcome == Outcome.NONE


def test_a_form_that_has_made_something_else_asks_for_nothing(alice: User) -> None:
    origin, other = a_picture(alice), a_picture(alice)
    again, another_seed = a_picture(alice, origin=origin), a_picture(alice, origin=origin, seed=8)
    for _ in range(2):
        Verification.objects.ask(again.generation, other)
    Verification.objects.ask(another_seed.generation, origin)
    assert not Verification.objects.exists()
    for _ in range(2):
        Verification.objects.ask(again.generation, origin)
    assert Verification.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"price": "0.000001"}, 422), ({"submission": "x"}, 400), ({"submission": str(uuid.uuid4())}, 303)],
)
def test_a_wrong_form_leaves_nothing(
    client: Client, alice: User, fields: dict[str, str], status: int
) -> None:
    image = a_picture(alice)
    client.force_login(alice)
    assert client.post(f"/images/{image.pk}/verify/", fields).status_code == status
    assert Verification.objects.count() == Generation.objects.count() - 1 == (status == 303)
    Image.objects.filter(pk=image.pk).update(seed=None)
    assert client.post(f"/images/{image.pk}/verify/").status_code == 409
    assert "verify" not in [each.mark for each in forms(client.get(f"/images/{image.pk}/"))]


def test_a_score_is_of_the_newest(alice: User, django_assert_num_queries: Any) -> None:
    model = CatalogModel.objects.listed().first()
    assert model
    rows = [a_generation(alice) for _ in range(4)]
    outcomes = [Outcome.EXACT, Outcome.EXACT, Outcome.ALIKE, Outcome.DIFFERENT]
    for generation, outcome in zip(rows, outcomes, strict=True):
        Verification.objects.create(generation=generation, model=model.model_id, outcome=outcome)
    with django_assert_num_queries(1):
        score = scores()[model.model_id]
    assert score.words == "made again exactly 2 of 4, 1 to the eye"
    more = [a_generation(alice) for _ in range(SCORED)]
    Verification.objects.bulk_create(
        Verification(generation=each, model=model.model_id, outcome=Outcome.EXACT) for each in more
    )
    assert scores()[model.model_id].words == f"made again exactly {SCORED} of {SCORED}"
