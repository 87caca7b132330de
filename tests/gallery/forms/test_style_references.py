"""Pictures whose style a request follows: named in the create form, checked, sent, taken away."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from gallery.models import Generation, Image, Upload, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of, spending
from tests.gallery.pipeline.test_kinds import BLUE, RED
from tests.gallery.views.test_operations import pictured

pytestmark = pytest.mark.usefixtures("models_known")

ABLE, UNABLE = "krea-v2-medium", "z-image-turbo"


@pytest.fixture
def site(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def shown(page: Any) -> list[str]:
    """The pictures that the form follows."""
    return [box["value"] for box in Page(page.content).all("input", name="style_reference", type="checkbox")]


def posted(site: Client, **sent: Any) -> Any:
    return site.post("/create/", {"prompt": "a harbour", "model": ABLE, **sent})


def refused(answer: Any) -> str:
    assert answer.status_code == 422
    assert not Generation.objects.queued().exists()
    return Page(answer.content).one(data_error_for="style_reference").words


def test_a_picture_s_page_leads_to_the_form_that_follows_it(site: Client, alice: User) -> None:
    image = pictured(alice)
    link = Page(site.get(f"/images/{image.pk}/").content).one("a", data_action="style-reference")
    page = site.get(link["href"])
    assert shown(page) == [str(image.pk)]
    assert "takes up to 3 style references" in Page(page.content).words
    # The default takes none: the cheapest of those that do, which is said.
    assert sent_of(Page(page.content).one("form", id="create-form"))["model"] == ABLE
    assert "as style reference: Krea" in Page(page.content).words


def test_another_model_is_told_beside_the_picture_that_the_words_are_from(site: Client, alice: User) -> None:
    begun = site.get(f"/create/?image={pictured(alice).pk}&use=prompt")
    form = sent_of(Page(begun.content).one("form", id="create-form"))
    site.post("/create/draft/", form | {"model": UNABLE, "prompt": "a harbour in fog"})

    page = Page(site.get(f"/create/?style_reference={pictured(alice).pk}").content)

    assert "the words are yours" in page.one("span", data_origin=None).words
    assert "Krea v2 Medium takes them" in page.one("span", data_besides=None).words
    # Of what a picture fills in by itself it is said once.
    filled = Page(site.get(f"/create/?image={pictured(alice).pk}").content)
    assert filled.all("span", data_besides=None) == []


@pytest.mark.parametrize(("model", "is_there"), [(UNABLE, False), (ABLE, True)])
def test_a_model_that_takes_none_has_no_place_for_them(site: Client, model: str, is_there: bool) -> None:
    page = Page(site.get(f"/create/?model={model}").content)

    assert bool(page.all("fieldset", data_style_references=None)) == is_there


def test_a_chosen_model_that_can_follow_it_stays(site: Client, alice: User) -> None:
    form = sent_of(Page(site.get("/create/?model=krea-v2-large").content).one("form", id="create-form"))
    site.post("/create/draft/", form | {"model": "krea-v2-large", "prompt": "a harbour"})

    page = site.get(f"/create/?style_reference={pictured(alice).pk}")

    assert sent_of(Page(page.content).one("form", id="create-form"))["model"] == "krea-v2-large"


def test_a_further_one_stands_beside_those_that_are_chosen(site: Client, alice: User) -> None:
    first, second = pictured(alice), pictured(alice, 640, 480)
    form = sent_of(Page(site.get(f"/create/?model={ABLE}").content).one("form", id="create-form"))
    site.post("/create/draft/", form | {"model": ABLE, "style_reference": str(first.pk)})

    page = site.get(f"/create/?style_reference={second.pk}")

    assert shown(page) == [str(first.pk), str(second.pk)]


def test_they_are_sent_in_their_order_with_their_strength(site: Client, alice: User) -> None:
    image, upload = pictured(alice), Upload.objects.bring(alice, RED)
    names = [f"upload:{upload.pk}", str(image.pk)]
    answer = posted(site, style_reference=names, **{f"style_strength-{image.pk}": "0.8"})
    assert answer.status_code == 303
    generation = Generation.objects.queued().get()
    assert [row.sha256 for row in generation.inputs.all()] == [upload.sha256, image.sha256]
    assert {row.role for row in generation.inputs.all()} == {"style-reference"}
    assert [each.strength for each in generation.operation.style_references] == [None, 0.8]  # type: ignore[union-attr]
    (form,) = spending(site.get(f"/create/?model={ABLE}"), "/create/")
    assert str(generation.price_estimate).startswith(form.printed[0])


def test_they_stay_through_a_change_of_model_and_go_when_unticked(site: Client, alice: User) -> None:
    one, two = pictured(alice), pictured(alice, 1000)
    names = [str(one.pk), str(two.pk)]
    page = posted(site, style_reference=names, model=UNABLE, **{"change-model": ""})
    assert shown(page) == names
    assert "takes no style references: these are left out" in Page(page.content).words
    assert shown(posted(site, style_reference=names[1], **{"change-model": ""})) == names[1:]


def test_a_model_without_them_leaves_them_out(site: Client, alice: User) -> None:
    assert posted(site, model=UNABLE, style_reference=str(pictured(alice).pk)).status_code == 303
    assert "style_references" not in Generation.objects.queued().get().request


def test_of_several_models_those_that_can_follow_them(site: Client, alice: User) -> None:
    image = pictured(alice)
    answer = posted(site, model=[UNABLE, ABLE], count="2", style_reference=str(image.pk))
    assert answer.status_code == 303
    made = {(each.model, each.inputs.count()) for each in Generation.objects.queued()}
    assert made == {(UNABLE, 0), (ABLE, 1)}
    assert Generation.objects.queued().count() == 4


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"style_reference": "99999"}, "There is no picture 99999."),
        ({"style_reference": "\0"}, "is not the number"),
        ({"style_reference": "9" * 400}, "is not the number"),
        ({"style_reference": "upload:1"}, "There is no upload 1."),
        ({"style_reference": "{0}", "style_strength-{0}": "2"}, "must be a number from 0.1 to 1"),
        ({"style_reference": "{0}", "style_strength-{0}": "nan"}, "must be a number from 0.1 to 1"),
        ({"style_reference": ["{0}", "{1}", "{2}", "{3}"]}, "at most 3 style references; these are 4"),
        ({"style_reference": "{4}"}, "larger than 8 MB"),
    ],
)
def test_what_cannot_be_followed_is_told(site: Client, alice: User, sent: dict[str, Any], words: str) -> None:
    images = [pictured(alice, 1000 + n).pk for n in range(5)]
    Image.objects.filter(pk=images[4]).update(bytes=9 << 20)

    def named(value: Any) -> Any:
        return [named(each) for each in value] if isinstance(value, list) else value.format(*images)

    assert words in refused(posted(site, **{named(name): named(value) for name, value in sent.items()}))


@pytest.mark.parametrize("more", [{}, {"count": "3"}, {"composer": ""}])
def test_one_whose_file_is_lost_is_told_at_its_place(site: Client, alice: User, more: dict[str, str]) -> None:
    image = pictured(alice)
    default_storage.delete(image.name)
    words = refused(posted(site, style_reference=str(image.pk), **more))
    assert words == f"A picture that this starts from is lost: {image.name} is missing. Nothing was sent."


def test_another_s_upload_is_none(site: Client, bob: User) -> None:
    upload = Upload.objects.bring(bob, BLUE)
    assert refused(posted(site, style_reference=f"upload:{upload.pk}")) == f"There is no upload {upload.pk}."


def test_one_that_has_gone_since_is_left_out_of_the_line_which_says_so(site: Client, alice: User) -> None:
    """By itself, after a month: the line has no box to untick, and each press of it would be refused."""
    image, upload = pictured(alice), Upload.objects.bring(alice, BLUE)
    gone = f"upload:{upload.pk}"
    sent = sent_of(Page(site.get(f"/create/?model={ABLE}").content).one("form", id="create-form"))
    strengths = {f"style_strength-{image.pk}": "0.8", f"style_strength-{gone}": "0.3"}
    followed = {"model": ABLE, "prompt": "a harbour", "style_reference": [gone, str(image.pk)]}
    site.post("/create/draft/", sent | followed | strengths)
    upload.delete()

    line = Page(site.get("/prompts/").content).one("form", id="create-composer")

    assert f"There is no {gone.replace(':', ' ')}." in line.one(id="composer-problems").words
    fields = sent_of(line)
    assert [each["value"] for each in line.all("input", name="style_reference")] == [str(image.pk)]
    assert {name: fields[name] for name in fields if name.startswith("style_strength")} == {
        f"style_strength-{image.pk}": "0.8"
    }
    answer = site.post("/create/", fields, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "There is no" not in Page(answer.content).words
    (made,) = Generation.objects.queued()
    assert [each["strength"] for each in made.request["style_references"]] == [0.8]


def test_use_all_of_a_picture_brings_what_it_followed(
    site: Client, alice: User, worker_process: WorkerProcess
) -> None:
    image = pictured(alice)
    Upload.objects.bring(alice, RED)
    image.sha256 = Upload.objects.get().sha256
    posted(site, style_reference=f"upload:{Upload.objects.get().pk}", seed="5")
    assert worker_process.step()
    made = Image.objects.latest("id")
    assert made.generation.state == "done"
    assert shown(site.get(f"/create/?image={made.pk}&use=all")) == [f"upload:{Upload.objects.get().pk}"]
    assert shown(site.get(f"/create/?image={made.pk}&use=prompt")) == []
