"""Pages, cards and admin rows of what is no generation from text: they say what it is, and what it starts from."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.models import CatalogModel, Generation, Image, State, Upload, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.page import Page
from tests.gallery.paid_form import spending
from tests.gallery.pipeline.test_kinds import OPERATIONS, RED, ROLES, enqueue
from venice import Edit, Upscale

pytestmark = pytest.mark.usefixtures("models_known")

LABELS = {
    "openai-generate": "Generate, OpenAI’s way",
    "edit": "Edit",
    "multi-edit": "Multi-edit",
    "upscale": "Upscale ×2",
    "remove-background": "Remove background",
}
LISTS = (
    "/",
    "/queue/",
    "/prompts/",
    "/create/",
    "/admin/",
    "/admin/gallery/generation/",
    "/admin/gallery/image/",
)


def shown(client: Client, address: str, **more: Any) -> str:
    answer = client.get(address, **more)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def written(html: str) -> list[str]:
    """Every text and every attribute of a page, but for what an empty field proposes."""
    page = Page(html)
    attributes = [item for element in page.elements for item in element.attributes.items()]
    return [
        page.text,
        *(element.text for element in page.elements),
        *(value for name, value in attributes if name != "placeholder"),
    ]


@pytest.fixture
def site(client: Client, sally: User) -> Client:
    client.force_login(sally)
    return client


@pytest.mark.one_in(3)
@pytest.mark.parametrize("kind", LABELS)
def test_every_page_bears_each_kind(
    site: Client, worker_process: WorkerProcess, sally: User, kind: str
) -> None:
    generation = enqueue(sally, OPERATIONS[kind])
    states = [State.QUEUED, State.SENDING, State.RECEIVED, State.FAILED, State.INTERRUPTED, State.CANCELLED]
    for state in states:
        Generation.objects.update(state=state, error_message="no", error_kind="Refused")
        for page in (
            *LISTS,
            f"/generations/{generation.pk}/",
            f"/admin/gallery/generation/{generation.pk}/change/",
        ):
            shown(site, page)
        card = shown(site, f"/generations/{generation.pk}/card/", headers={"HX-Request": "true"})
        assert LABELS[kind] in card, "the card says what it is"
        assert "None" not in card
    Generation.objects.update(state=State.QUEUED, error_message="", error_kind="")
    assert worker_process.step()

    image = Image.objects.get()
    page = shown(site, f"/generations/{generation.pk}/")
    assert Page(page).one(data_parameter="kind").one("bdi", dir="auto", hx_disable="").words == LABELS[kind]
    assert Page(page).values("data-input") == [str(n) for n in range(len(ROLES.get(kind, [])))]
    for address in (*LISTS, f"/images/{image.pk}/", f"/admin/gallery/image/{image.pk}/change/"):
        assert not [text for text in written(shown(site, address)) if "None" in text], address
    assert len(Page(page).all(id="prompt-words")) == bool(generation.prompt)
    title = generation.prompt.text if generation.prompt else LABELS[kind].removesuffix(" ×2")
    assert Page(shown(site, "/")).values("alt", title)


def test_an_input_leads_to_its_picture_or_to_its_file(
    site: Client, worker_process: WorkerProcess, sally: User
) -> None:
    first = enqueue(sally, OPERATIONS["edit"])
    assert worker_process.step()
    image = first.images.get()
    second = enqueue(sally, Upscale(image=image.reference))

    for generation, target in ((second, f"/images/{image.pk}/"), (first, first.inputs.get().media_url)):
        page = Page(shown(site, f"/generations/{generation.pk}/"))
        assert page.one("a", data_input="0")["href"] == target
    assert b"".join(site.get(first.inputs.get().thumbnail_256))[8:12] == b"WEBP"  # type: ignore[arg-type]
    assert "Input " in shown(site, f"/admin/gallery/generation/{first.pk}/change/")


@pytest.mark.parametrize("kind", ["edit", "upscale", "generate"])
def test_another_one_is_made_from_its_page(
    site: Client, worker_process: WorkerProcess, sally: User, kind: str
) -> None:
    generation = enqueue(sally, OPERATIONS[kind])
    assert worker_process.step()
    image = generation.images.get()
    page = shown(site, f"/images/{image.pk}/")
    assert ("Re-run new seed" in page) == (kind == "generate")
    assert [form.mark for form in spending(site.get(f"/images/{image.pk}/")) if "rerun" in form.mark] == (
        ["rerun-new-seed", "rerun-same-seed"] if kind == "generate" else ["rerun-new-seed"]
    )
    assert ("another picture may come" in page) == (kind != "generate")

    answer = site.post(f"/images/{image.pk}/rerun-new-seed/", {})

    assert answer.status_code == 303
    new = Generation.objects.latest("id")
    assert (new.kind, new.origin, new.price_estimate) == (kind, image, generation.price_estimate)
    assert [row.sha256 for row in new.inputs.all()] == [row.sha256 for row in generation.inputs.all()]
    assert {**new.request, "seed": 0} == {**generation.request, "seed": 0}
    assert worker_process.step()
    new.refresh_from_db()
    assert (new.state, new.error_message) == (State.DONE, "")


def test_a_failed_one_is_run_again_with_its_price_and_pictures(site: Client, sally: User) -> None:
    generation = enqueue(sally, Edit(image=RED, prompt="a warm evening"))
    Generation.objects.update(state=State.FAILED)
    price = CatalogModel.objects.price(generation.operation)
    assert f"Run again · ${price:.2f}" in shown(site, f"/generations/{generation.pk}/")

    assert site.post(f"/generations/{generation.pk}/run-again/", {}).status_code == 303

    new = generation.repeats.get()
    assert (new.kind, new.request, new.inputs.get().name) == (
        "edit",
        generation.request,
        generation.inputs.get().name,
    )


def test_lists_ask_as_often_however_many_there_are(site: Client, sally: User) -> None:
    def failed(count: int) -> None:
        for _ in range(count):
            enqueue(sally, Edit(image=RED, prompt="a warm evening"))
        Generation.objects.update(state=State.FAILED)

    counts = []
    for number in (1, 6):
        failed(number)
        with CaptureQueriesContext(connection) as queries:
            shown(site, "/queue/")
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]


def test_batches_and_uploads_are_in_the_admin(site: Client, sally: User) -> None:
    generation = enqueue(sally, OPERATIONS["edit"])
    upload = Upload.objects.bring(sally, RED)
    for page in ("batch/", f"batch/{generation.batch_id}/change/", "upload/", f"upload/{upload.pk}/change/"):
        shown(site, f"/admin/gallery/{page}")
    assert f">#{generation.pk}<" in shown(site, f"/admin/gallery/batch/{generation.batch_id}/change/")


def test_a_kind_of_a_later_release_is_named(site: Client, sally: User) -> None:
    """After a downgrade."""
    generation = enqueue(sally, OPERATIONS["edit"])
    Generation.objects.update(kind="outpaint", state=State.FAILED)
    assert "outpaint" in shown(site, f"/generations/{generation.pk}/")
    shown(site, "/queue/")
