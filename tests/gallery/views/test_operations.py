"""Operations on a picture: what their forms offer, what they queue, what they refuse before it costs."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from gallery.media import pictures
from gallery.models import CatalogModel, Generation, Image, Kind, State, Upload, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture, take_off_the_list
from tests.gallery.page import Page
from tests.gallery.paid_form import Form, spending
from tests.gallery.pipeline.test_kinds import RED

pytestmark = pytest.mark.usefixtures("models_known")

HTMX = {"HX-Request": "true"}
KINDS = ("upscale", "remove-background", "edit", "multi-edit")


def pictured(owner: User, width: int = 1024, height: int = 768, **columns: Any) -> Image:
    """A picture of that size with a file that is there."""
    image = a_picture(owner, content=f"{width}x{height}".encode())
    Image.objects.filter(pk=image.pk).update(width=width, height=height, **columns)
    image.refresh_from_db()
    return image


def address(image: Image, kind: str) -> str:
    return f"/images/{image.pk}/{kind}/"


def opened(client: Client, image: Image, kind: str, query: str = "") -> Form:
    """The form of that operation, as its page has it."""
    page = client.get(address(image, kind) + query)
    assert page.status_code == 200
    (form,) = spending(page, kind)
    if "prompt" in form.fields:
        form.fields["prompt"] = "make it snow"
    return form


def refused(answer: Any, field: str) -> str:
    """What a refusal says at that field; nothing was queued."""
    assert answer.status_code == 422
    assert not Generation.objects.queued().exists()
    return Page(answer.content).one(data_error_for=field).words


@pytest.fixture
def site(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_queues_what_it_says_at_its_price(site: Client, alice: User, kind: str) -> None:
    image = pictured(alice)
    form = opened(site, image, kind)
    (price,) = form.printed

    answer = site.post(form.address, form.fields)

    generation = Generation.objects.queued().get()
    assert (answer.status_code, answer["Location"]) == (303, f"/generations/{generation.pk}/")
    assert (generation.kind, generation.origin, generation.owner) == (kind, image, alice)
    assert generation.price_estimate == Decimal(price) > 0
    assert [row.image for row in generation.inputs.all()] == [image]
    again = site.post(form.address, form.fields)
    assert again["Location"] == answer["Location"], "a repeat leads to the first"
    assert Generation.objects.filter(kind=kind).count() == 1


@pytest.mark.parametrize(
    ("kind", "changed"), [("edit", {"prompt": "make it rain"}), ("upscale", {"scale": "4"})]
)
def test_what_was_changed_since_is_no_repeat(
    site: Client, alice: User, kind: str, changed: dict[str, str]
) -> None:
    """The answer was lost: what is asked for now is not what the form has asked for before."""
    form = opened(site, pictured(alice), kind)
    sent = {**form.fields, "price": "1"}
    site.post(form.address, sent, headers=HTMX)
    first = Generation.objects.queued().get()

    refused = site.post(form.address, sent | changed, headers=HTMX)

    page = Page(refused.content)
    assert refused.status_code == 422
    assert f"for generation {first.pk}." in page.one(data_error_for="price").words
    fresh = page.one("input", name="submission")["value"]
    assert site.post(form.address, sent | changed | {"submission": fresh}, headers=HTMX).status_code == 200
    assert Generation.objects.filter(kind=kind).count() == 2
    repeat = site.post(form.address, sent)
    assert repeat["Location"] == f"/generations/{first.pk}/"


def test_other_pictures_are_no_repeat_either(site: Client, alice: User) -> None:
    first, second, third = (pictured(alice, 1000 + n) for n in range(3))
    place = address(first, "multi-edit")
    sent = {"input": [first.pk, second.pk], "prompt": "snow", "submission": str(uuid.uuid4())}
    assert site.post(place, sent).status_code == 303
    for others in ([first.pk, third.pk], [second.pk, first.pk]):
        answer = site.post(place, sent | {"input": others})
        assert answer.status_code == 422
        assert "has asked already" in Page(answer.content).one(data_error_for="price").words
    assert Generation.objects.queued().count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_htmx_gets_the_card_and_a_fresh_form_id(site: Client, alice: User, kind: str) -> None:
    image = pictured(alice)
    form = opened(site, image, kind)

    answer = site.post(form.address, form.fields, headers=HTMX)

    page = Page(answer.content)
    assert answer.status_code == 200
    assert page.one("article", data_state="queued", data_generation=str(Generation.objects.latest("id").pk))
    fresh = page.one("input", name="submission", hx_swap_oob="true")["value"]
    assert fresh != form.fields["submission"]


def test_the_links_stand_on_the_page_of_a_picture(site: Client, alice: User) -> None:
    image = pictured(alice)
    for page in (site.get(f"/images/{image.pk}/"), site.get(f"/images/{image.pk}/", headers=HTMX)):
        links = Page(page.content).all("a", data_operation=None)
        assert {link["href"] for link in links} == {address(image, kind) for kind in KINDS}
    folded = site.get(address(image, "edit"), headers=HTMX)
    assert Page(folded.content).elements[0].name == "form"


def test_a_script_need_send_the_words_alone(site: Client, alice: User) -> None:
    image = pictured(alice)
    assert site.post(address(image, "edit"), {"prompt": "snow"}).status_code == 303
    assert site.post(address(image, "upscale"), {"scale": "2.5"}).status_code == 303
    assert site.post(address(image, "upscale"), {"scale": "4", "creativity": "0"}).status_code == 303
    edit, some, most = Generation.objects.queued().order_by("id")
    assert (edit.model, edit.request["safe_mode"]) == ("firered-image-edit", True)
    assert (some.request["scale"], some.price_estimate) == (2.5, Decimal("0.08"))
    assert most.request == {"scale": 4, "creativity": 0}


def test_what_is_too_large_for_four_times_is_told_and_offered_what_works(site: Client, alice: User) -> None:
    image = pictured(alice, 2048, 1536)
    page = Page(site.get(address(image, "upscale")).content)
    assert "×4 would be 8192 × 6144" in page.words
    offered = [option["value"] for option in page.one("select", name="scale").all("option")]
    assert offered == ["2", "2.3"]
    assert "2.3 is the most" in page.words

    answer = site.post(address(image, "upscale"), {"scale": "4"})

    assert "×2.3 is the most" in refused(answer, "scale")
    assert site.post(address(image, "upscale"), {"scale": "2.3"}).status_code == 303
    assert Generation.objects.queued().get().operation.effective_scale == 2.3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "columns", "words"),
    [
        ("upscale", {"width": 5000, "height": 4000}, "at most 16777216 pixels"),
        ("upscale", {"width": 100, "height": 100}, "at least 65536 pixels"),
        ("edit", {"width": 4000, "height": 60}, "at least 64 pixels a side"),
        ("edit", {"width": 8000, "height": 5000}, "at most 33177600 pixels"),
        ("remove-background", {"bytes": 26 << 20}, "larger than 25 MB"),
        ("multi-edit", {"width": 100, "height": 100}, "image 1 needs at least 65536"),
    ],
)
def test_a_picture_that_cannot_be_sent_is_said_to_be_before_it_costs(
    site: Client, alice: User, kind: str, columns: dict[str, int], words: str
) -> None:
    image = pictured(alice)
    Image.objects.filter(pk=image.pk).update(**columns)
    page = Page(site.get(address(image, kind)).content)
    field = "input" if kind == "multi-edit" else "image"
    assert words in page.one(data_error_for=field).words
    assert "disabled" in page.one("form", data_action=kind).all("button", class_="main")[0]
    assert words in refused(site.post(address(image, kind), {"prompt": "snow"}), field)


@pytest.mark.parametrize(
    ("kind", "sent", "field"),
    [
        ("edit", {"prompt": ""}, "prompt"),
        ("edit", {"prompt": "\0"}, "prompt"),
        ("edit", {"prompt": "x" * 1501, "model": "firered-image-edit"}, "prompt"),
        ("edit", {"prompt": "snow", "model": "z-image-turbo"}, "model"),
        ("edit", {"prompt": "snow", "aspect_ratio": "7:1"}, "aspect_ratio"),
        ("edit", {"prompt": "snow", "output_format": "bmp"}, "output_format"),
        ("edit", {"prompt": "snow", "safe_mode": "perhaps"}, "safe_mode"),
        ("edit", {"prompt": "snow", "submission": "abc"}, "__all__"),
        ("edit", {"prompt": "snow", "price": "0.001"}, "price"),
        ("upscale", {"scale": "9" * 5000}, "scale"),
        ("upscale", {"scale": "1"}, "scale"),
        ("upscale", {"scale": "NaN"}, "scale"),
        ("upscale", {"creativity": "0.5"}, "creativity"),
        ("upscale", {"price": "0.01"}, "price"),
        ("remove-background", {"price": "abc"}, "price"),
        ("multi-edit", {"prompt": "snow", "input": "999999999999999999999"}, "input"),
        ("multi-edit", {"prompt": "snow", "input": "12345"}, "input"),
        ("multi-edit", {"prompt": "snow", "input": "\0"}, "input"),
        ("multi-edit", {"prompt": "snow", "upload": "99"}, "upload"),
    ],
)
def test_bad_input_is_told_at_its_field(
    site: Client, alice: User, kind: str, sent: dict[str, str], field: str
) -> None:
    answer = site.post(address(pictured(alice), kind), sent)
    assert refused(answer, field)
    in_place = site.post(address(Image.objects.get(), kind), sent, headers=HTMX)
    assert refused(in_place, field)
    assert in_place["HX-Retarget"] == f"#{kind}-form"


def test_a_model_in_the_list_tells_its_price_and_how_many_pictures_it_takes(
    site: Client, alice: User
) -> None:
    gone = CatalogModel.objects.get(model_id="grok-imagine-edit")
    gone.raw["model_spec"]["offline"] = True
    gone.save()
    page = Page(site.get(address(pictured(alice), "multi-edit")).content)
    assert page.one("option", value="firered-image-edit").words == "FireRed Edit · $0.04 · 3 pictures"
    told = "Grok Imagine · $0.0323 · 3 pictures · offline at the last look"
    assert page.one("option", value=gone.model_id).words == told


def test_what_changes_the_price_draws_the_form_with_another_price(site: Client, alice: User) -> None:
    image = pictured(alice)
    form = opened(site, image, "upscale")
    redrawn = site.post(form.address, form.fields | {"scale": "4", "change-model": ""}, headers=HTMX)
    assert redrawn.status_code == 200
    (now,) = spending(redrawn, "upscale")
    assert (form.printed, now.printed, now.fields["scale"]) == (["0.02"], ["0.08"], "4")
    edit = opened(site, image, "edit")
    (dearer,) = spending(
        site.post(edit.address, edit.fields | {"enhance_prompt": "on", "change-model": ""}), "edit"
    )
    assert Decimal(dearer.printed[0]) == Decimal(edit.printed[0]) + Decimal("0.04")
    assert dearer.fields["prompt"] == "make it snow"
    assert not Generation.objects.queued().exists()


def test_a_box_that_was_unticked_stays_so(site: Client, alice: User) -> None:
    form = opened(site, pictured(alice), "edit")
    del form.fields["safe_mode"]
    (redrawn,) = spending(site.post(form.address, form.fields | {"change-model": ""}), "edit")
    assert "safe_mode" not in redrawn.fields
    site.post(form.address, redrawn.fields)
    assert Generation.objects.queued().get().request["safe_mode"] is False


@pytest.mark.parametrize("kind", ["edit", "multi-edit"])
def test_the_shape_that_a_model_chooses_is_taken_by_its_name_and_listed_once(
    site: Client, alice: User, kind: str
) -> None:
    place, asked = address(pictured(alice), kind), {"model": "firered-image-edit", "aspect_ratio": "auto"}
    page = Page(site.get(place, asked).content)
    shapes = page.one("select", name="aspect_ratio").all("option")
    assert [each.words for each in shapes].count("As the model chooses") == 1
    assert "auto" not in [each["value"] for each in shapes]

    # Where it is not listed it has no place.
    asked |= {"prompt": "snow"}
    assert refused(site.post(place, asked | {"model": "qwen-image-2-edit"}), "aspect_ratio")
    assert site.post(place, asked).status_code == 303
    assert Generation.objects.queued().get().request["aspect_ratio"] == "auto"


def test_several_pictures_are_edited_together_in_their_order(site: Client, alice: User) -> None:
    first, second, third = (pictured(alice, 1000 + n) for n in range(3))
    answer = site.post("/multi-edit/", {"image": f"{first.pk},{second.pk},{third.pk}"})
    assert answer["Location"] == f"/images/{first.pk}/multi-edit/?input={second.pk}&input={third.pk}"
    page = Page(site.get(answer["Location"]).content)
    shown = [row["data-input"] for row in page.all("li", data_input=None)]
    assert shown == [str(image.pk) for image in (first, second, third)]

    moved = site.post(
        address(first, "multi-edit"),
        {"input": shown, "prompt": "make it snow", "later": "0", "model": "nano-banana-2-edit"},
    )
    page = Page(moved.content)
    order = [row["data-input"] for row in page.all("li", data_input=None)]
    assert order == [shown[1], shown[0], shown[2]]
    without = Page(site.post(address(first, "multi-edit"), {"input": order, "remove": shown[1]}).content)
    assert [row["data-input"] for row in without.all("li", data_input=None)] == [shown[0], shown[2]]

    queued = site.post(address(first, "multi-edit"), {"input": order, "prompt": "snow"})

    assert queued.status_code == 303
    generation = Generation.objects.queued().get()
    assert [row.image_id for row in generation.inputs.all()] == [second.pk, first.pk, third.pk]
    assert [row.role for row in generation.inputs.all()] == ["source", "layer", "layer"]
    assert generation.origin == first


def test_more_pictures_than_the_model_takes_are_told_and_not_sent(site: Client, alice: User) -> None:
    images = [pictured(alice, 1000 + n) for n in range(4)]
    names = [str(image.pk) for image in images[1:]]
    answer = site.post(address(images[0], "multi-edit"), {"input": names, "prompt": "snow"})
    assert "at most 3 images at a time; these are 4" in refused(answer, "input")


def test_pictures_are_added_by_number_and_by_pasted_address(site: Client, alice: User) -> None:
    first, second, third = (pictured(alice, 1000 + n) for n in range(3))
    pasted = f"#{second.pk}, http://127.0.0.1:8000/images/{third.pk}/?q=cat"
    page = Page(site.post(address(first, "multi-edit"), {"add": pasted, "add-pictures": ""}).content)
    assert [row["data-input"] for row in page.all("li", data_input=None)] == [
        str(image.pk) for image in (first, second, third)
    ]
    wrong = Page(site.post(address(first, "multi-edit"), {"add": "cat", "add-pictures": ""}).content)
    assert "“cat” is not the number" in wrong.one(data_error_for="add").words


def test_of_several_fields_that_which_is_wrong_is_told(site: Client, alice: User) -> None:
    first, second = pictured(alice), pictured(alice, 640, 480)
    sent = {"prompt": "snow", "input": str(second.pk), "upload": "99"}
    assert refused(site.post(address(first, "multi-edit"), sent), "upload") == "There is no upload 99."
    opened = Page(site.get(address(first, "multi-edit"), {"upload": "99"}).content)
    assert opened.one(data_error_for="upload").words == "There is no upload 99."


def test_a_selection_that_cannot_be_edited_together_is_told(site: Client, alice: User) -> None:
    image = pictured(alice)
    assert site.post("/multi-edit/", {"image": str(image.pk)}).status_code == 422
    assert site.post("/multi-edit/", {"all": "1"}).status_code == 422
    assert site.post("/multi-edit/", {"image": "1,2,999999"}).status_code == 422


def test_a_file_that_is_lost_is_told_and_nothing_is_queued(site: Client, alice: User) -> None:
    image = pictured(alice)
    form = opened(site, image, "upscale")
    default_storage.delete(image.name)
    assert "is lost" in refused(site.post(form.address, form.fields), "__all__")


def test_before_and_after_lie_on_each_other(site: Client, worker_process: WorkerProcess, alice: User) -> None:
    site.post("/create/", {"prompt": "a cat", "model": "z-image-turbo", "width": "512", "height": "512"})
    assert worker_process.step()
    before = Image.objects.get()
    site.post(address(before, "upscale"), {})
    assert worker_process.step()
    after = Image.objects.latest("id")
    assert after.width == 2 * before.width

    page = Page(site.get(f"/images/{after.pk}/").content)

    figure = page.one("figure", data_before_after=None)
    assert [picture["src"] for picture in figure.all("img")] == [before.thumbnail_512, after.thumbnail_512]
    compared = site.get(f"/compare/?images={before.pk},{after.pk}&shown=slider")
    assert Page(compared.content).one("ol", data_beside=None)["data-start"] == "slider"
    assert not Page(site.get(f"/images/{before.pk}/").content).all("figure", data_before_after=None)


def test_what_is_not_there_is_404(site: Client) -> None:
    for kind in (*KINDS, "paint"):
        assert site.get(f"/images/99/{kind}/").status_code == 404
        assert site.post(f"/images/{10**30}/{kind}/", {}).status_code == 404


@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_asked_for_becomes_a_picture(
    site: Client, worker_process: WorkerProcess, alice: User, kind: str
) -> None:
    site.post("/create/", {"prompt": "a cat", "model": "z-image-turbo", "width": "512", "height": "512"})
    assert worker_process.step()
    image = Image.objects.get()
    form = opened(site, image, kind)
    site.post(form.address, form.fields)
    assert worker_process.step()
    generation = Generation.objects.latest("id")
    assert (generation.state, generation.kind) == (State.DONE, Kind(kind))
    made = generation.images.get()
    assert len(pictures.load(made.name, made.sha256)) == made.bytes


def test_pictures_that_are_named_are_shown_before_anything_is_paid(site: Client, alice: User) -> None:
    """Whichever button was pressed, or none, as a script may lose it on its way."""
    first, second = pictured(alice, 1000), pictured(alice, 1001)
    form = opened(site, first, "multi-edit")
    answer = site.post(form.address, form.fields | {"prompt": "x", "add": str(second.pk)}, headers=HTMX)
    assert answer.status_code == 200
    rows = Page(answer.content).all("li", data_input=None)
    assert [row["data-input"] for row in rows] == [str(first.pk), str(second.pk)]
    assert not Generation.objects.queued().exists()


def test_words_go_from_one_operation_to_the_other_without_scripts(site: Client, alice: User) -> None:
    image = pictured(alice)
    form = opened(site, image, "edit")
    page = Page(site.get(form.address).content)
    button = page.one("button", data_carries="multi-edit")
    assert (button["form"], button["formaction"]) == ("edit-form", address(image, "multi-edit"))
    sent = form.fields | {"prompt": "snow", "model": "qwen-image-2-edit", button["name"]: button["value"]}
    (carried,) = spending(site.post(button["formaction"], sent), "multi-edit")
    assert (carried.fields["prompt"], carried.fields["model"]) == ("snow", "qwen-image-2-edit")
    assert Page(site.get(f"/images/{image.pk}/upscale/").content).all(data_carries=None) == []
    assert not Generation.objects.queued().exists()


def test_a_factor_between_those_of_the_list_is_not_replaced_by_another(site: Client, alice: User) -> None:
    to = address(pictured(alice), "upscale")
    assert site.post(to, {"scale": "2.5"}).status_code == 303
    failed = Generation.objects.queued().get()
    Generation.objects.filter(pk=failed.pk).update(state="failed", error_kind="InvalidRequest")
    again = site.get(f"/generations/{failed.pk}/edit/", follow=True)
    redrawn = site.post(to, {"scale": "2.5", "creativity": "x"})
    for page in (Page(again.content), Page(redrawn.content)):
        options = page.one("select", name="scale").all("option")
        assert [option["value"] for option in options] == ["2", "2.5", "3", "4"]
        assert [option["value"] for option in options if option.has("selected", "")] == ["2.5"]
    assert Page(site.get(f"{to}?scale=9").content).one("option", selected="", value="2")
    site.post(to, {"creativity": "0"})
    assert Generation.objects.latest("id").request["scale"] == 2


def test_what_is_folded_in_stays_so_when_the_form_is_drawn_again(site: Client, alice: User) -> None:
    image = pictured(alice)
    form = opened(site, image, "multi-edit")
    drawn = site.post(form.address, form.fields | {"add-pictures": "1"})
    assert "open" not in Page(drawn.content).one("details", class_="operation-more")
    off = {name: value for name, value in form.fields.items() if name != "safe_mode"}
    drawn = site.post(form.address, off | {"add-pictures": "1"})
    assert "open" in Page(drawn.content).one("details", class_="operation-more")


def test_what_is_made_is_told_at_the_button_and_beside_the_picture(site: Client, alice: User) -> None:
    image = pictured(alice)
    columns = Page(site.get(address(image, "edit")).content).one(class_="operating-columns")
    assert columns.one(id="fresh")
    assert "at least 64 pixels a side and 65,536 in all" in columns.words
    form = opened(site, image, "edit")
    told = Page(site.post(form.address, form.fields, headers=HTMX).content)
    (generation,) = Generation.objects.queued()
    line = told.one(id="edit-queued")
    assert line.has("hx-swap-oob", "innerHTML")
    assert line.one("a")["href"] == f"#generation-{generation.pk}"


@pytest.mark.parametrize(
    ("kind", "name", "field"),
    [
        ("edit", "modelId", "model"),
        ("multi-edit", "modelId", "model"),
        ("multi-edit", "images", "input"),
        ("edit", "images", "image"),
        ("upscale", "image_url", "image"),
        ("upscale", "modelId", "__all__"),
        ("remove-background", "modelId", "__all__"),
    ],
)
def test_a_name_that_venice_has_elsewhere_is_never_passed_over(
    site: Client, alice: User, kind: str, name: str, field: str
) -> None:
    image = pictured(alice)
    asked = {"prompt": "make it snow", name: "grok-imagine-edit"}
    assert f"“{name}” is not read here" in refused(site.post(address(image, kind), asked), field)
    if field == "model":
        assert site.post(address(image, kind), asked | {"model": asked[name]}).status_code == 303
        assert Generation.objects.latest("id").model == "grok-imagine-edit"


def brought(owner: User) -> Upload:
    """A picture from outside that is large enough."""
    upload = Upload.objects.bring(owner, RED)
    Upload.objects.filter(pk=upload.pk).update(width=512, height=512)
    return upload


def refused_by_venice(site: Client, image: Image, kind: str, **fields: Any) -> Generation:
    """What that form asked for, and Venice said no to."""
    form = opened(site, image, kind)
    redrawn = site.post(form.address, form.fields | fields | {"change-model": "1"})
    (form,) = spending(redrawn, kind)
    assert site.post(form.address, form.fields | fields).status_code == 303
    Generation.objects.queued().update(state=State.FAILED, error_kind="InvalidRequest", error_message="No.")
    return Generation.objects.latest("id")


def try_again(site: Client, generation: Generation) -> Any:
    """The page that the link on its card leads to."""
    card = Page(site.get(f"/generations/{generation.pk}/").content).one("article")
    link = card.one("a", data_edit_and_try_again=None)
    assert link.has("class", "main")
    return site.get(link["href"], follow=True)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("edit", {"prompt": "make it snow " * 90, "model": "grok-imagine-edit", "safe_mode": "off"}),
        ("upscale", {"scale": "4", "creativity": "0.02"}),
        ("remove-background", {}),
    ],
)
def test_an_operation_that_failed_is_edited_and_tried_again(
    site: Client, alice: User, kind: str, fields: dict[str, str]
) -> None:
    image = pictured(alice, 512, 512)
    failed = refused_by_venice(site, image, kind, **fields)

    page = try_again(site, failed)

    assert page.request["PATH_INFO"] == address(image, kind)
    (form,) = spending(page, kind)
    assert site.post(form.address, form.fields).status_code == 303
    again = Generation.objects.queued().get()
    assert (again.request, again.model, again.origin) == (failed.request, failed.model, image)


def test_several_pictures_come_back_in_their_order(site: Client, alice: User) -> None:
    first, second = pictured(alice, 800, 600), pictured(alice, 512, 512)
    upload = brought(alice)
    names = [f"upload:{upload.pk}", str(second.pk), str(first.pk)]
    fields = {"input": names, "prompt": "all in one", "model": "flux-2-max-edit"}
    failed = refused_by_venice(site, first, "multi-edit", **fields)

    page = try_again(site, failed)

    assert page.request["PATH_INFO"] == f"/uploads/{upload.pk}/multi-edit/"
    assert Page(page.content).values("data-input") == names
    (form,) = spending(page, "multi-edit")
    assert (form.fields["prompt"], form.fields["model"]) == ("all in one", "flux-2-max-edit")
    Upload.objects.filter(pk=upload.pk).end()
    told = Page(try_again(site, failed).content)
    assert "another member" in told.one("p", data_error_for="input").words
    assert told.values("data-input") == names[1:]


def test_what_an_operation_started_from_may_be_gone(site: Client, alice: User, sally: User) -> None:
    upload = brought(alice)
    (form,) = spending(site.get(f"/uploads/{upload.pk}/edit/"), "edit")
    assert site.post(form.address, form.fields | {"prompt": "snow"}).status_code == 303
    Generation.objects.update(state=State.FAILED, error_kind="InvalidRequest", error_message="No.")
    failed = Generation.objects.get()
    assert try_again(site, failed).request["PATH_INFO"] == f"/uploads/{upload.pk}/edit/"

    site.force_login(sally)
    strange = try_again(site, failed)
    assert strange.status_code == 404
    assert "another member" in strange.content.decode()
    assert site.get("/generations/999999/edit/").status_code == 404
    page = site.get(address(pictured(alice), "edit") + "?generation=999999999999999999999")
    assert "nothing was filled in" in Page(page.content).one(data_lost="").words


def test_a_model_that_is_gone_is_told_where_its_request_is_filled_in(site: Client, alice: User) -> None:
    failed = refused_by_venice(site, pictured(alice, 512, 512), "edit", model="grok-imagine-edit")
    Generation.objects.filter(pk=failed.pk).update(model="gone-edit", error_kind="ModelGone")
    told = Page(try_again(site, failed).content).one(id="edit-model_helptext").words
    assert told == "gone-edit is not offered any more."


@pytest.mark.parametrize("verb", ["edit", "multi-edit"])
def test_a_model_that_was_withdrawn_meanwhile_is_named_and_the_rest_stays(
    site: Client, alice: User, verb: str
) -> None:
    there = address(pictured(alice, 512, 512), verb)
    take_off_the_list("grok-imagine-edit")
    gone = CatalogModel.objects.get(model_id="grok-imagine-edit").name
    sent = {"model": "grok-imagine-edit", "prompt": "snow", "resolution": "2K"}
    answer = site.post(there, sent)
    assert answer.status_code == 422
    page = Page(answer.content)
    assert page.one(data_error_for="model").words == (
        f"Model {gone} is no longer offered. Choose another one from the list."
    )
    assert page.one("textarea", name="prompt").text.strip() == "snow"
    # What the usual model has no place for is told.
    shown = page.all("option", value="2K", selected=None)
    assert shown or "2K" in page.one("p", data_left_out="").words
    assert Generation.objects.count() == 1


def test_what_the_form_of_an_operation_has_no_place_for_is_named(site: Client, alice: User) -> None:
    there = address(pictured(alice, 512, 512), "edit")
    said = Page(site.get(f"{there}?model=gone-edit&prompt=snow&aspect_ratio=7:5&resolution=9K").content)
    words = said.one("p", data_left_out="").words
    for value in ("7:5", "9K"):
        assert value in words
    assert "snow" not in words
    assert not Page(site.get(f"{there}?prompt=snow").content).all(data_left_out="")
