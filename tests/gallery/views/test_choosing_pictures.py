"""Pictures that a request starts from, chosen by thumbnails: what is offered, how it leads back, what is refused."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from gallery.models import Draft, Generation, Image, Mark, Upload, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Page
from tests.gallery.paid_form import sent_of
from tests.gallery.pipeline.test_kinds import BLUE, GREEN, RED
from tests.gallery.views.test_operations import pictured

pytestmark = pytest.mark.usefixtures("models_known")

PICTURES = "/create/pictures/"
ABLE, UNABLE = "krea-v2-medium", "z-image-turbo"
FORM = "application/x-www-form-urlencoded"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def site(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def groups(answer: Any) -> dict[str, list[str]]:
    """What each picture is called in a form, under its heading."""
    assert answer.status_code == 200, answer.content
    found = Page(answer.content).all("section", class_="picker-group")
    return {group.one("h2").words.removesuffix(" All of them"): group.values("data-name") for group in found}


def chosen(answer: Any, field: str = "style_reference") -> list[str]:
    """What goes with the form as the page stands, in its order."""
    fields = Page(answer.content).all("input", name=field)
    return [each["value"] for each in fields if each.attributes.get("type") == "hidden" or "checked" in each]


def test_what_is_at_hand_is_offered_each_once(site: Client, alice: User, bob: User) -> None:
    liked, own, foreign, gathered = (
        a_picture(owner, f"cat {number}") for number, owner in enumerate([bob, alice, bob, bob])
    )
    Mark.objects.set_favourite(alice, [liked.pk, own.pk], True)
    Mark.objects.set_favourite(bob, [foreign.pk], True)
    upload = Upload.objects.bring(alice, RED)
    Upload.objects.bring(bob, BLUE)
    answer = site.get(PICTURES, {"model": ABLE, "near": str(gathered.pk), "style_reference": str(own.pk)})
    assert groups(answer) == {
        "Chosen": [str(own.pk)],
        "Gathered to compare, or selected": [str(gathered.pk)],
        "Your favourites": [str(liked.pk)],
        "Your uploads": [f"upload:{upload.pk}"],
        "Newest in the gallery": [str(foreign.pk)],
    }
    assert chosen(answer) == [str(own.pk)]
    form = Page(answer.content).one("form", id="picker-form")
    assert (form["action"], form["data-most"]) == ("/create/", "3")
    assert "takes up to 3 style references" in form.words
    unable = Page(site.get(PICTURES, {"model": UNABLE, "pick": "style_reference"}).content)
    assert "takes no style references" in unable.words


def test_who_has_made_and_liked_nothing_chooses_among_the_newest(site: Client, bob: User) -> None:
    first, black, second, thrown = (a_picture(bob, f"cat {number}") for number in range(4))
    Image.objects.filter(pk=black.pk).update(is_moderated=True)
    Image.objects.trash([thrown.pk], bob)
    assert groups(site.get(PICTURES)) == {"Newest in the gallery": [str(second.pk), str(first.pk)]}


def test_a_search_takes_the_gallery_s_language_and_finds_every_picture(site: Client, alice: User) -> None:
    canal, other = a_picture(alice, "a canal in fog"), a_picture(alice, "a bridge")
    assert groups(site.get(PICTURES, {"q": "canal", "style_reference": str(other.pk)})) == {
        "Chosen": [str(other.pk)],
        "Found": [str(canal.pk)],
    }
    assert "Found" in groups(site.get(PICTURES, {"q": "by:me"}))
    nothing = site.get(PICTURES, {"q": "zebra"})
    assert groups(nothing) == {}
    assert "No picture is found" in Page(nothing.content).words
    wrong = Page(site.get(PICTURES, {"q": "colour:red canal"}).content)
    assert "There is no operator" in wrong.one(data_search_problem=None).words


def test_nothing_that_is_hidden_or_thrown_away_is_offered(site: Client, alice: User) -> None:
    hidden, thrown, moderated = (a_picture(alice, f"cat {number}") for number in range(3))
    for image in (hidden, thrown, moderated):
        Mark.objects.set_favourite(alice, [image.pk], True)
    Image.objects.set_sensitive([hidden.pk], alice, True)
    Image.objects.trash([thrown.pk], alice)
    Image.objects.filter(pk=moderated.pk).update(is_moderated=True)
    assert groups(site.get(PICTURES))["Your favourites"] == [str(hidden.pk)]
    assert Page(site.get(PICTURES).content).one("label", class_="sensitive")
    User.objects.filter(pk=alice.pk).update(sensitive="hide")
    assert groups(site.get(PICTURES)) == {}


def test_without_a_script_the_form_comes_back_with_what_was_typed_and_ticked(
    site: Client, alice: User
) -> None:
    first, second = pictured(alice), a_picture(alice, "a bridge")
    page = site.get(f"/create/?model={ABLE}&prompt=A+harbour&style_reference={first.pk}")
    sent = sent_of(Page(page.content).one("form", id="create-form"))
    sent |= {f"style_strength-{first.pk}": "0.7", "pick": "style_reference"}
    # The box that is ticked, and the one for a number, which is empty.
    sent["style_reference"] = [str(first.pk), ""]
    picker = site.post(PICTURES, sent)
    assert chosen(picker) == [str(first.pk)]
    form = Page(picker.content).one("form", id="picker-form")
    back = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    assert back["prompt"] == "A harbour"
    assert "submission" not in back
    # As a browser sends it with the second ticked.
    drawn = site.post(form["action"], back | {"style_reference": [str(first.pk), str(second.pk)]})
    assert drawn.status_code == 200
    boxes = Page(drawn.content).all("input", name="style_reference", type="checkbox")
    assert [box["value"] for box in boxes] == [str(first.pk), str(second.pk)]
    assert Page(drawn.content).one("input", name=f"style_strength-{first.pk}")["value"] == "0.7"
    assert Page(drawn.content).one("textarea", name="prompt").text.strip() == "A harbour"
    draft = Draft.objects.get(user=alice, is_current=True)
    assert draft.values["style_reference"] == [str(first.pk), str(second.pk)]
    assert not Generation.objects.queued().exists()


def test_more_than_the_model_takes_are_told_at_once(site: Client, alice: User) -> None:
    ids = [str(a_picture(alice, f"cat {number}").pk) for number in range(5)]
    answer = site.post("/create/", {"model": ABLE, "change-model": "", "style_reference": ids})
    said = Page(answer.content).one(data_error_for="style_reference").words
    assert said.endswith("takes up to 3 style references, and these are 5: untick 2 of them.")


def test_a_file_is_brought_and_ticked(site: Client, alice: User) -> None:
    files = [SimpleUploadedFile("red.png", RED), SimpleUploadedFile("no.png", b"no picture")]
    answer = site.post(
        PICTURES, {"pick": "style_reference", "prompt": "A harbour", "bring": "1", "picture": files}
    )
    (upload,) = Upload.objects.of(alice)
    assert groups(answer)["Chosen"] == [f"upload:{upload.pk}"]
    assert chosen(answer) == [f"upload:{upload.pk}"]
    page = Page(answer.content)
    assert page.one(data_error_for="style_reference").words.startswith("no.png: is no picture")
    assert page.one("input", name="prompt")["value"] == "A harbour"
    none = site.post(PICTURES, {"pick": "style_reference", "bring": "1"})
    assert Page(none.content).one(data_error_for="style_reference").words == "Choose a picture first."


def test_pictures_to_edit_together_keep_their_order(site: Client, alice: User) -> None:
    own, second, third = pictured(alice), pictured(alice, 800), pictured(alice, 600)
    page = site.get(f"/images/{own.pk}/multi-edit/?input={second.pk}&input={own.pk}&prompt=Both")
    sent = sent_of(Page(page.content).one("form", id="multi-edit-form"))
    assert sent["own"] == str(own.pk)
    picker = site.post(PICTURES, sent | {"input": [str(second.pk), str(own.pk)], "pick": "input", "add": ""})
    assert groups(picker)["Chosen"] == [str(second.pk), str(own.pk)]
    # The page's own goes with it, ticked or not.
    assert chosen(picker, "input") == [str(second.pk), str(own.pk)]
    form = Page(picker.content).one("form", id="picker-form")
    back = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    assert form["action"] == f"/images/{own.pk}/multi-edit/"
    drawn = site.post(form["action"], back | {"input": [str(second.pk), str(own.pk), str(third.pk)]})
    assert drawn.status_code == 200
    assert Page(drawn.content).values("data-input") == [str(second.pk), str(own.pk), str(third.pk)]
    assert Page(drawn.content).one("textarea", name="prompt").text.strip() == "Both"
    assert not Generation.objects.queued().exists()


def test_from_a_matrix_it_leads_back_to_the_matrix(site: Client, alice: User) -> None:
    image = pictured(alice)
    page = Page(site.get(f"/create/matrix/?model={ABLE}").content)
    assert page.one("button", id="pick-style-reference")["value"] == "matrix"
    picker = site.post(
        PICTURES, {"pick": "matrix", "model": ABLE, "axis-seed": "1, 2", "prompt": "A harbour"}
    )
    form = Page(picker.content).one("form", id="picker-form")
    back = {each["name"]: each["value"] for each in form.all("input", type="hidden")}
    drawn = site.post(form["action"], back | {"style_reference": str(image.pk)})
    shown = Page(drawn.content)
    assert shown.one("input", name="style_reference", type="checkbox")["value"] == str(image.pk)
    assert shown.one("input", name="axis-seed")["value"] == "1, 2"


def test_another_member_s_upload_is_never_offered_nor_taken(site: Client, bob: User) -> None:
    foreign = Upload.objects.bring(bob, GREEN)
    name = f"upload:{foreign.pk}"
    for sent in ({"style_reference": name}, {"near": name}, {"pick": "input", "own": "", "input": name}):
        answer = site.get(PICTURES, sent)
        assert name.encode() not in answer.content or answer.status_code == 404
        assert foreign.sha256.encode() not in answer.content
    assert site.get(PICTURES, {"pick": "input", "own": name}).status_code == 404
    told = Page(site.get(PICTURES, {"style_reference": name}).content).one(data_error_for="style_reference")
    assert told.words == f"There is no upload {foreign.pk}."


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "text", ["\0", "9" * 400, "\ud800", "<script>", "upload:9999999999999999999", "%00", "-1"]
)
@pytest.mark.parametrize("name", ["q", "style_reference", "near", "own", "pick", "model"])
def test_nonsense_is_no_error_of_the_server(site: Client, name: str, text: str) -> None:
    sent = urlencode({name: text.encode("utf-8", "surrogatepass")})
    for answer in (site.get(f"{PICTURES}?{sent}"), site.post(PICTURES, sent, content_type=FORM)):
        assert answer.status_code == 200
        assert [each.attributes for each in Page(answer.content).all("script") if not each.attributes] == []


def test_the_fragment_has_no_page_around_it(
    site: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        image = a_picture(alice, f"cat {number}")
        Mark.objects.set_favourite(alice, [image.pk], number % 2 == 0)
    site.get(PICTURES)
    with django_assert_max_num_queries(12):
        fragment = site.get(PICTURES, {"style_reference": str(image.pk)}, headers=HTMX)
    assert not Page(fragment.content).all("main")
    assert len(groups(fragment)["Made by you lately"]) == 30 - 15 - 1
