"""Presets: the form under a name, for oneself and for the team, as a file and back."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gallery.forms import Catalog, GenerateForm
from gallery.forms.preset_file import FORMAT, MOST
from gallery.models import Draft, Image, Preset, User
from tests.gallery.generations import a_picture
from tests.gallery.page import Element, Page
from tests.gallery.paid_form import sent_of

pytestmark = pytest.mark.usefixtures("models_known")

MODEL = "venice-sd35"
FOG = {"prompt": "fog over canals", "model": MODEL, "steps": "12", "safe_mode": "off"}


@pytest.fixture
def maker(client: Client, alice: User) -> Client:
    return signed_in(alice, client)


def signed_in(user: User, client: Client | None = None) -> Client:
    client = client or Client()
    client.force_login(user)
    return client


def the_form(page: Any) -> Element:
    return Page(page.content).one("form", id="create-form")


def fields(client: Client, address: str = "/create/") -> dict[str, str]:
    return sent_of(the_form(client.get(address)))


def a_preset(owner: User, name: str = "Fog", **columns: Any) -> Preset:
    preset = Preset(owner=owner, values=FOG, **columns)
    preset.keep(name)
    return preset


def shown(client: Client) -> str:
    return Page(client.get("/presets/").content).words


def test_the_whole_form_is_kept_and_fills_it_again(maker: Client, alice: User) -> None:
    sent = fields(maker, f"/create/?model={MODEL}") | {"prompt": "fog over canals", "steps": "12"}
    sent.pop("safe_mode")
    page = maker.post("/create/", sent | {"preset-name": " Fog ", "save-preset": ""})
    assert "Kept as the preset “Fog”" in the_form(page).words
    assert Preset.objects.get().values == FOG

    maker.post("/create/", fields(maker) | {"prompt": "something else", "seed": "5", "keep-draft": ""})
    filled = maker.get(f"/create/?preset={Preset.objects.get().pk}")
    again = sent_of(the_form(filled))
    assert (again["prompt"], again["steps"], again["seed"]) == ("fog over canals", "12", "")
    assert "safe_mode" not in again
    undone = maker.post("/create/", again | {"undo": the_form(filled).one("button", name="undo")["value"]})
    assert sent_of(the_form(undone))["prompt"] == "something else"


def test_in_place_it_is_said_beside_the_button(maker: Client) -> None:
    """On a phone the options lie over the rest of the form."""
    sent = fields(maker) | {"prompt": "fog", "preset-name": "Fog", "save-preset": ""}
    page = Page(maker.post("/create/", sent, headers={"HX-Request": "true"}).content)
    presets = page.one("details", class_="create-presets")
    assert "open" in presets
    assert presets.one(role="status").words == "Kept as the preset “Fog”."
    assert page.words.count("Kept as the preset") == 1


def test_a_name_is_one_in_any_case_and_form(maker: Client, alice: User) -> None:
    a_preset(alice, "Café")
    sent = fields(maker) | {"prompt": "new", "preset-name": "CAFE\u0301"}
    page = maker.post("/create/", sent | {"save-preset": ""})
    assert page.status_code == 422
    assert "already" in the_form(page).one(data_error_for="preset-name").words
    assert sent_of(the_form(page))["prompt"] == "new"
    assert maker.post("/create/", sent | {"replace-preset": ""}).status_code == 200
    assert Preset.objects.get().values["prompt"] == "new"


@pytest.mark.parametrize("name", ["", " ", "\u200b", "x" * 61])
def test_what_is_no_name(maker: Client, alice: User, name: str) -> None:
    page = maker.post("/create/", fields(maker) | {"prompt": "x", "preset-name": name, "save-preset": ""})
    assert page.status_code == 422
    assert not Preset.objects.exists()


def test_others_see_what_is_shared_and_change_nothing(maker: Client, alice: User, bob: User) -> None:
    private, shared = a_preset(alice, "Private"), a_preset(alice, "Shared", is_shared=True)
    other = signed_in(bob)
    assert "Shared" in shown(other)
    assert "Private" not in shown(other)
    assert fields(other, f"/create/?preset={shared.pk}")["prompt"] == "fog over canals"
    assert fields(other, f"/create/?preset={private.pk}")["prompt"] == ""
    for verb in ("rename", "share", "delete"):
        assert other.post(f"/presets/{private.pk}/{verb}/", {"name": "x"}).status_code == 404
        assert other.post(f"/presets/{shared.pk}/{verb}/", {"name": "x"}).status_code == 403
    assert maker.post(f"/presets/{private.pk}/share/", {"shared": "1"}).status_code == 303
    assert "Private" in shown(other)
    assert maker.post(f"/presets/{private.pk}/share/", {"shared": "0"}).status_code == 303
    assert "Private" not in shown(other)


def test_staff_fill_from_all_that_their_page_shows(maker: Client, alice: User, sally: User) -> None:
    private = a_preset(alice, "Private")
    staff = signed_in(sally)
    assert Page(staff.get("/presets/").content).values("href", "/presets/export/?") == [
        f"/presets/export/?preset={private.pk}"
    ]
    assert fields(staff, f"/create/?preset={private.pk}")["prompt"] == "fog over canals"
    (entry,) = json.loads(staff.get(f"/presets/export/?preset={private.pk}").content)["presets"]
    assert entry["name"] == "Private"


def test_a_private_one_is_taken_home_by_nobody_else(maker: Client, alice: User, bob: User) -> None:
    private, shared = a_preset(alice, "Private"), a_preset(alice, "Shared", is_shared=True)
    other = signed_in(bob)
    files = [other.get(f"/presets/export/?preset={each.pk}").content for each in (private, shared)]
    assert [[entry["name"] for entry in json.loads(file)["presets"]] for file in files] == [[], ["Shared"]]


def test_renamed_and_deleted_by_owner_and_staff(maker: Client, alice: User, bob: User) -> None:
    preset = a_preset(alice)
    a_preset(alice, "Other")
    assert maker.post(f"/presets/{preset.pk}/rename/", {"name": "Mist"}).status_code == 303
    refused = maker.post(f"/presets/{preset.pk}/rename/", {"name": "OTHER"})
    assert refused.status_code == 422
    assert (
        Page(refused.content).one(data_error_for="name").words == "There is a preset called “OTHER” already."
    )
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert signed_in(bob).post(f"/presets/{preset.pk}/delete/").status_code == 303
    assert list(Preset.objects.values_list("name", flat=True)) == ["Other"]


def test_a_file_goes_home_and_comes_back(maker: Client, alice: User, bob: User) -> None:
    a_preset(alice)
    a_preset(alice, "Second", is_shared=True)
    file = maker.get("/presets/export/")
    assert file["Content-Disposition"] == 'attachment; filename="presets.json"'
    other = signed_in(bob)
    for _ in range(2):
        upload = SimpleUploadedFile("presets.json", file.content, "application/json")
        assert other.post("/presets/import/", {"file": upload}).status_code == 303
    brought = Preset.objects.filter(owner=bob).values_list("name", "is_shared", "values")
    assert list(brought) == [("Fog", False, FOG), ("Second", True, FOG)]


def file_of(*presets: Any, **more: Any) -> str:
    return json.dumps({"format": FORMAT, "version": 1, "presets": presets} | more)


def test_each_field_of_a_file_is_checked(maker: Client, alice: User) -> None:
    values = {
        **FOG,
        "seed": 7,
        "hide_watermark": True,
        "cfg_scale": 7.5,
        "width": "wide",
        "steps": 10**9,
        "count": 0,
        "evil": 1,
        "format": {"a": 1},
        "negative_prompt": ["x"],
    }
    answer = maker.post(
        "/presets/import/", {"text": file_of({"name": "A", "values": values, "x": 1})}, follow=True
    )
    assert Preset.objects.get().values == {
        "prompt": "fog over canals",
        "model": MODEL,
        "safe_mode": "off",
        "seed": "7",
        "hide_watermark": "on",
        "cfg_scale": "7.5",
    }
    words = Page(answer.content).words
    assert "not known here and left out: evil, x." in words
    assert "of no use and left out: steps, width, count, format, negative_prompt." in words


def test_numbers_of_a_file_are_read_as_the_form_reads_them(maker: Client, alice: User) -> None:
    written = {"seed": "+5", "width": " 512 ", "cfg_scale": "+7.5"}
    wrong = {"count": "-5", "height": "5e2", "variants": "1_0"}
    text = file_of({"name": "A", "values": FOG | written | wrong})
    answer = maker.post("/presets/import/", {"text": text}, follow=True)
    assert Preset.objects.get().values == FOG | written
    assert "of no use and left out: count, height, variants." in Page(answer.content).words

    form = GenerateForm(Catalog.load(), FOG | written)
    assert form.is_valid(), form.errors
    assert form.fixed_seed == "+5"
    asked = form.operation
    assert (asked.seed, asked.width, asked.cfg_scale) == (5, 512, 7.5)


def test_another_of_that_name_gets_a_number(maker: Client, alice: User) -> None:
    a_preset(alice)
    maker.post("/presets/import/", {"text": file_of({"name": "fog", "values": {"prompt": "other"}})})
    assert list(Preset.objects.values_list("name", flat=True)) == ["Fog", "fog 2"]


def test_many_of_one_name_are_written_once_each(maker: Client, alice: User) -> None:
    entries = [{"name": "Same", "values": {"prompt": str(number)}} for number in range(30)]
    with CaptureQueriesContext(connection) as asked:
        maker.post("/presets/import/", {"text": file_of(*entries)})
    inserted = [each for each in asked if each["sql"].startswith('INSERT INTO "gallery_preset"')]
    assert len(inserted) == Preset.objects.filter(owner=alice).count() == 30


@pytest.mark.parametrize("name", ["\ud800", "\ud800half"])
def test_a_name_of_half_a_character_is_told_as_far_as_it_can_be(maker: Client, name: str) -> None:
    spoilt = {"name": "A", "values": {"prompt": "fog", name: 1}, name: 1}
    answer = maker.post("/presets/import/", {"text": file_of(spoilt)}, follow=True)
    assert answer.status_code == 200
    known_as = name.replace("\ud800", "") or "\ufffd"
    assert f"not known here and left out: {known_as}, {known_as}." in Page(answer.content).words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[" * 100_000,
        "[]",
        '{"format": "other", "presets": []}',
        file_of(version=2),
        file_of(version=True),
        file_of(*[{"name": "x", "values": FOG}] * (MOST + 1)),
        file_of({"name": "x", "values": {"prompt": float("nan")}}),
        "x" * 600_000,
        '{"format": "venice-gallery-presets", "version": ' + "9" * 5000 + ', "presets": []}',
    ],
)
def test_what_is_no_file_of_presets(maker: Client, alice: User, text: str) -> None:
    answer = maker.post("/presets/import/", {"text": text})
    assert answer.status_code == 422
    assert Page(answer.content).one(data_error_for="file").words
    assert not Preset.objects.exists()


@pytest.mark.parametrize(
    "preset",
    [
        3,
        {"name": 5, "values": FOG},
        {"name": "x"},
        {"name": "x", "values": {}},
        {"name": "x", "values": {"prompt": "a\0"}},
        {"name": "x", "values": {"prompt": "y" * 40_000}},
        {"name": "x", "values": {"prompt": "\ud800"}},
        {"name": "\0", "values": FOG},
    ],
)
def test_a_spoilt_preset_is_left_out_and_said(maker: Client, alice: User, preset: Any) -> None:
    answer = maker.post("/presets/import/", {"text": file_of(preset)}, follow=True)
    assert answer.status_code == 200
    assert "left out" in Page(answer.content).words
    assert not Preset.objects.exists()


def test_its_line_tells_whose_style_it_follows_and_how_strongly(maker: Client, alice: User) -> None:
    picture = a_picture(alice)
    followed = {"style_reference": str(picture.pk), f"style_strength-{picture.pk}": "0.8"}
    sent = fields(maker, "/create/?model=krea-v2-large") | followed
    maker.post("/create/", sent | {"prompt": "x", "preset-name": "P", "save-preset": ""})
    assert Preset.objects.get().values["style_reference"] == [str(picture.pk)]
    assert f"krea-v2-large · style of picture {picture.pk} at 0.8" in shown(maker)


def brought_in(client: Client, text: str) -> str:
    """What is said of it."""
    return Page(client.post("/presets/import/", {"text": text}, follow=True).content).words


def test_whose_style_it_follows_comes_back_where_the_pictures_are(
    maker: Client, alice: User, bob: User
) -> None:
    one, two = a_picture(alice), a_picture(alice)
    names = [str(two.pk), str(one.pk)]
    values = FOG | {"style_reference": names, f"style_strength-{two.pk}": "0.8"}
    Preset(owner=alice, values=values).keep("P")
    file = maker.get("/presets/export/").content.decode()

    assert "“P” is there already" in brought_in(maker, file)
    other = signed_in(bob)
    assert "left out" not in brought_in(other, file)
    assert Preset.objects.get(owner=bob).values == values

    Image.objects.filter(pk=two.pk).update(sha256="0" * 64)
    assert "“P” is there already" in brought_in(maker, file)
    Preset.objects.filter(owner=bob).delete()
    told = brought_in(other, file)
    assert f"not here and left out: {two.pk}." in told, "another picture of that number"
    assert Preset.objects.get(owner=bob).values == FOG | {"style_reference": [str(one.pk)]}
    assert [each.name for each in Preset.objects.filter(owner=alice)] == ["P"]


@pytest.mark.parametrize("odd", [None, 5, [], [None, {}], {"a": 1}, ["x" * 300], ["999999"]])
def test_odd_pictures_of_a_file_are_left_out(maker: Client, alice: User, odd: Any) -> None:
    values = FOG | {"style_reference": odd, "style_strength-1": odd}
    brought_in(maker, file_of({"name": "P", "values": values, "pictures": odd}))
    assert Preset.objects.get().values == FOG


def test_a_preset_with_the_draft_s_picture_does_not_carry_it(maker: Client, alice: User) -> None:
    maker.post(
        "/create/", fields(maker) | {"prompt": "x", "image": "1", "preset-name": "P", "save-preset": ""}
    )
    assert Preset.objects.get().values == {
        "prompt": "x",
        "model": Draft.objects.get(is_current=True).values["model"],
    }
