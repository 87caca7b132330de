"""Who posts a form when the session is over signs in and finds the words again, unsent."""

import random
import time
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client
from django.urls import resolve

from gallery import accounts
from gallery.forms import kept
from gallery.models import CatalogModel, Collection, Generation, Image, Preset, SavedSearch, State, User
from tests.gallery.generations import ABLE, a_picture, take_off_the_list
from tests.gallery.page import Page
from tests.gallery.paid_form import forms
from venice import Generate

pytestmark = pytest.mark.usefixtures("models_known")

WORDS = "A lighthouse, “über” 橘猫\nin two lines"
TYPED = {
    "model": "venice-sd35",
    "prompt": WORDS,
    "negative_prompt": "fog",
    "seed": "77",
    "width": "512",
    "price": "9",
}
PASSWORD = {"username": "alice", "password": "alice has a long password"}


def values(html: bytes) -> dict[str, str]:
    page = Page(html)
    found = {name: page.one("input", name=name).attributes.get("value", "") for name in ("seed", "width")}
    texts = {each["name"]: "".join(each.pieces).strip() for each in page.all("textarea")}
    return found | texts


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
@pytest.mark.parametrize("by", ["password", "link"])
def test_it_is_all_there_after_the_sign_in(client: Client, alice: User, htmx: bool, by: str) -> None:
    sent = client.post("/create/", TYPED, headers={"HX-Request": "true"} if htmx else {})
    door = sent["HX-Redirect"] if htmx else sent["Location"]
    assert (sent.status_code, door) == (401 if htmx else 302, "/accounts/login/?next=/create/%3Fkept")
    assert client.get(door).status_code == 200

    if by == "password":
        target = client.post("/accounts/login/", PASSWORD | {"next": "/create/?kept"})["Location"]
    else:
        target = client.post(urlsplit(accounts.make_link(alice)).path)["Location"]
    assert target == "/create/?kept"
    page = client.get(target)

    shown = values(page.content)
    assert shown == {"prompt": WORDS, "negative_prompt": "fog", "seed": "77", "width": "512"}
    assert CatalogModel.objects.filter(model_id="venice-sd35").exists()
    assert Page(page.content).one("option", selected="", value="venice-sd35")
    assert "Nothing was sent" in page.content.decode()
    assert not Generation.objects.exists()
    # It is told once.
    assert values(client.get(target).content)["prompt"] == ""


@pytest.mark.parametrize("is_older", [False, True], ids=["ended", "older"])
def test_the_name_of_a_preset_comes_back_to_its_form(alice: User, is_older: bool) -> None:
    client = Client(enforce_csrf_checks=is_older)
    sent = TYPED | {"save-preset": "", "preset-name": "Fog at sea", "preset-shared": "on"}
    if is_older:
        client.force_login(alice)
        page = client.post("/create/", sent)
    else:
        client.post("/create/", sent)
        page = client.get(client.post("/accounts/login/", PASSWORD | {"next": "/create/?kept"})["Location"])

    shown = Page(page.content)
    assert shown.one("textarea", id="id_prompt").text.strip() == WORDS
    assert shown.one("input", id="id_preset_name")["value"] == "Fog at sea"
    assert "checked" in shown.one("input", id="id_preset_shared")
    assert "open" in shown.one("details", class_="create-presets")
    assert is_older or "then press Save" in shown.words
    assert not Preset.objects.exists()


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
@pytest.mark.parametrize("by", ["password", "link"])
def test_words_of_an_operation_come_back_to_its_form(
    client: Client, alice: User, models_known: None, htmx: bool, by: str
) -> None:
    first, second = (a_picture(alice) for _ in range(2))
    path = f"/images/{first.pk}/multi-edit/"
    typed = {
        "prompt": WORDS,
        "model": "flux-2-max-edit",
        "input": [str(second.pk), str(first.pk)],
        "price": "9",
    }
    asked = Generation.objects.count()
    sent = client.post(path, typed, headers={"HX-Request": "true"} if htmx else {})
    door = sent["HX-Redirect"] if htmx else sent["Location"]
    assert door == f"/accounts/login/?next={path}%3Fkept"
    if by == "password":
        target = client.post("/accounts/login/", PASSWORD | {"next": f"{path}?kept"})["Location"]
    else:
        target = client.post(urlsplit(accounts.make_link(alice)).path)["Location"]
    assert target == f"{path}?kept"
    other = Page(client.get(f"/images/{second.pk}/edit/").content)
    assert not other.all(data_restored="")

    page = Page(client.get(target).content)

    assert "Nothing was sent" in page.one(data_restored="").words
    assert "".join(page.one("textarea", name="prompt").pieces).strip() == WORDS
    assert page.one("option", selected="", value="flux-2-max-edit")
    assert page.values("data-input") == [str(second.pk), str(first.pk)]
    assert Generation.objects.count() == asked
    assert not Page(client.get(target).content).all(data_restored="")


def test_all_pictures_that_a_style_is_taken_from_come_back(
    client: Client, alice: User, models_known: None
) -> None:
    names = [str(a_picture(alice).pk) for _ in range(2)]
    client.post("/create/", TYPED | {"model": ABLE, "style_reference": names})
    client.post("/accounts/login/", PASSWORD)
    page = Page(client.get("/create/?kept").content)
    assert [each["value"] for each in page.all("input", name="style_reference", checked="")] == names


def test_all_models_and_all_style_references_are_there_with_their_strengths(
    client: Client, alice: User
) -> None:
    first, second = (a_picture(alice).pk for _ in range(2))
    many = {
        "model": ["krea-v2-medium", "z-image-turbo"],
        "another-model": "qwen-image",
        "style_reference": [str(first), str(second), ""],
        f"style_strength-{first}": "0.8",
        f"style_strength-{second}": "0.3",
    }
    client.post("/create/", TYPED | many)
    client.post("/accounts/login/", PASSWORD)

    form = Page(client.get("/create/?kept").content).one("form", id="create-form")

    ticked = [each["value"] for each in form.all("input", name="style_reference", type="checkbox")]
    assert ticked == [str(first), str(second)]
    strengths = [form.one("input", name=f"style_strength-{each}")["value"] for each in ticked]
    assert strengths == ["0.8", "0.3"]
    others = [each["value"] for each in form.all("input", name="model", type="checkbox")]
    assert others == ["z-image-turbo", "qwen-image"]


@pytest.mark.parametrize("spoilt", ["", "x", "a:b:c", "{}", "1" * 3000])
def test_what_was_altered_is_an_empty_form(client: Client, alice: User, spoilt: str) -> None:
    client.force_login(alice)
    client.cookies[f"{kept.NAME}-0"] = spoilt
    page = client.get("/create/?kept")
    assert page.status_code == 200
    assert values(page.content)["prompt"] == ""
    assert "Nothing was sent" not in page.content.decode()


def test_a_long_prompt_fits_and_no_header_becomes_too_long(client: Client, alice: User) -> None:
    prompt = " ".join(f"word{number}" for number in range(700))
    client.post("/create/", TYPED | {"prompt": prompt})
    assert sum(len(cookie.OutputString()) for cookie in client.cookies.values()) < 7000
    client.post("/accounts/login/", PASSWORD)
    assert values(client.get("/create/?kept").content)["prompt"] == prompt


def many_signs(number: int = 7500) -> str:
    """As many as Venice takes, which cannot be made shorter by packing them."""
    chance = random.Random(1)
    return "".join(chr(chance.randrange(0x4E00, 0x9FA5)) for _ in range(number))


def is_kept_by_browser(client: Client) -> bool:
    return any(name.startswith("kept-") for name in client.cookies)


FIELDS = {"prompt": many_signs(), "model": "flux-2-max-edit", "negative_prompt": many_signs(2000)}


@pytest.mark.parametrize("where", ["create", "operation", "matrix"])
def test_what_is_more_than_a_browser_keeps_goes_along_with_the_sign_in_page(
    client: Client, alice: User, where: str
) -> None:
    picture = a_picture(alice).pk
    before = Generation.objects.count()
    path = {"create": "/create/", "operation": f"/images/{picture}/edit/", "matrix": "/create/matrix/"}[where]
    sent = FIELDS if where == "operation" else FIELDS | {"model": "venice-sd35"}
    door = client.post(path, sent)
    assert (door.status_code, is_kept_by_browser(client)) == (401, False)
    assert "no-store" in door["Cache-Control"]
    said = Page(door.content)
    assert "Nothing was sent" in said.one(data_kept_words="").words
    assert FIELDS["prompt"] in [each.text.strip() for each in said.all("textarea", data_typed="")]
    assert not Session.objects.exists()
    (form,) = forms(door)
    assert form.address == "/accounts/login/"

    # A wrong password loses nothing.
    wrong = client.post(form.address, form.fields | PASSWORD | {"password": "another one altogether"})
    assert wrong.status_code == 422
    (form,) = forms(wrong)
    answer = client.post(form.address, form.fields | PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?kept")
    page = Page(client.get(answer["Location"]).content)

    words = {each["name"]: each.text.strip() for each in page.all("textarea", name=None)}
    assert words["prompt"] == FIELDS["prompt"]
    if where != "operation":
        assert words["negative_prompt"] == FIELDS["negative_prompt"]
    assert Generation.objects.count() == before
    # It is shown once, which is said.
    assert Page(client.get(answer["Location"]).content).all(data_kept_gone="")


def test_it_goes_along_where_scripts_send_it(client: Client, alice: User) -> None:
    picture = a_picture(alice).pk
    door = client.post(f"/images/{picture}/edit/", FIELDS, headers={"HX-Request": "true"})
    assert (door.status_code, door["HX-Retarget"], door["HX-Reswap"]) == (422, "body", "innerHTML")
    assert forms(door)[0].fields["next"] == f"/images/{picture}/edit/?kept"


def test_what_is_more_than_is_ever_kept_can_be_copied(client: Client, alice: User) -> None:
    """Before the sign-in, and after it where the form is older than that."""
    picture = a_picture(alice).pk
    text = many_signs(90_000)
    door = client.post(f"/images/{picture}/edit/", {"prompt": text})
    page = Page(door.content)
    assert "copy it before you sign in" in page.one(data_kept_words="").words
    assert page.one("textarea", data_typed="").text.strip() == text
    assert not page.all("input", name="kept")

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    older = strict.post(f"/images/{picture}/edit/", {"prompt": text})
    assert older.status_code == 403
    assert Page(older.content).one("textarea", data_typed="").text.strip() == text


@pytest.mark.parametrize("where", ["signed-out", "older"])
def test_a_model_that_went_meanwhile_is_named(alice: User, where: str) -> None:
    client = Client(enforce_csrf_checks=where == "older")
    take_off_the_list("venice-sd35")
    if where == "older":
        client.force_login(alice)
        page = client.post("/create/", TYPED)
    else:
        client.post("/create/", TYPED)
        client.post("/accounts/login/", PASSWORD)
        page = client.get("/create/?kept")
    assert "Model venice-sd35" in Page(page.content).one("span", class_="create-left-out").words
    assert values(page.content)["prompt"] == WORDS


def test_what_waits_in_two_tabs_comes_back_in_both(client: Client, alice: User) -> None:
    client.post("/create/", TYPED)
    client.post("/collections/", {"name": "Herons"})
    client.post("/accounts/login/", PASSWORD)
    assert values(client.get("/create/?kept").content)["prompt"] == WORDS
    assert Page(client.get("/collections/?kept").content).one("input", id="new-name")["value"] == "Herons"


def test_other_posts_keep_nothing(client: Client, db: None) -> None:
    client.post("/create/price/", TYPED)
    client.post("/queue/", TYPED)
    client.post("/images/1/favourite/", {"favourite": "true"})
    client.post("/images/1/collect/", {"known": "1", "collection": "3"})
    assert not client.cookies


def test_a_form_that_is_older_than_the_sign_in_is_shown_again(alice: User) -> None:
    """Out and in in another tab, or by a link: the token of this one is not good any more."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/create/")
    stale = TYPED | {"csrfmiddlewaretoken": "x" * 64}

    page = client.post("/create/", stale)
    assert page.status_code == 403
    assert "older than your sign-in" in page.content.decode()
    fragment = client.post("/create/", stale, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Retarget"]) == (422, "#create-form")
    for answer in (page, fragment):
        shown = values(answer.content)
        assert shown == {"prompt": WORDS, "negative_prompt": "fog", "seed": "77", "width": "512"}
    assert not Generation.objects.exists()
    (form,) = [form for form in forms(page) if form.address == "/create/"]
    assert client.post("/create/", form.fields).status_code == 303

    elsewhere = client.post("/create/", stale, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert "lighthouse" not in elsewhere.content.decode()
    stranger = Client(enforce_csrf_checks=True).post("/create/", stale)
    assert stranger.status_code == 403
    assert "lighthouse" not in stranger.content.decode()


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
@pytest.mark.parametrize(
    ("path", "sent", "origin"),
    [
        ("/images/{image}/favourite/", {"favourite": "true"}, None),
        ("/images/{image}/favourite/", {"favourite": "true"}, "http://testserver"),
        ("/queue/cancel/", {}, None),
        ("/create/", TYPED, "https://evil.example"),
        # Its words cannot be put back: they are there to be copied.
        ("/admin/gallery/collection/add/", {"name": WORDS}, None),
    ],
)
def test_a_form_that_cannot_be_shown_again_says_why(
    sally: User, others: dict[str, int], path: str, sent: dict[str, str], origin: str | None, htmx: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sally)
    headers = ({"Origin": origin} if origin else {}) | ({"HX-Request": "true"} if htmx else {})
    answer = client.post(path.format(**others), sent | {"csrfmiddlewaretoken": "x" * 64}, headers=headers)
    assert answer.status_code == 403
    page = Page(answer.content)
    assert page.one(data_reason=None).words.startswith("This form is older than your sign-in, or came from")
    assert bool(page.all(data_typed=None)) == path.startswith("/admin/")


@pytest.mark.parametrize(
    ("page", "way"),
    [
        ("http://testserver/queue/?from=3", "/queue/?from=3"),
        ("http://testserver//queue/", "/queue/"),
        ("http://testserver//evil.example/", None),
        ("http://testserver/nothing/here/", None),
        # What was shown there was the answer to a post.
        ("http://testserver/batches/7/run-again/?from=3", "/batches/7/"),
        ("http://testserver/images/7/trash/", "/images/7/"),
        ("http://testserver/selection/tag/", None),
        ("http://testserver/admin/gallery/image/7/change/", "/admin/gallery/image/7/change/"),
        ("https://evil.example/queue/", None),
        ("javascript:alert(1)", None),
        ("http://testserver/", None),
        (None, None),
    ],
)
def test_a_button_that_is_older_than_the_sign_in_leads_back_to_its_page(
    alice: User, page: str | None, way: str | None
) -> None:
    """It says nothing that could be put back; to the gallery a way leads from each refusal."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    generation = Generation.objects.enqueue(alice, Generate(model="chroma", prompt="A heron", seed=1))[0]
    answer = client.post(f"/generations/{generation.pk}/cancel/", headers={"Referer": page} if page else {})
    assert answer.status_code == 403
    assert [each["href"] for each in Page(answer.content).all("a")] == [*([way] if way else []), "/"]


def test_a_button_leads_back_to_its_page_when_the_minute_is_used_up(
    client: Client, alice: User, others: dict[str, int], settings: LazySettings
) -> None:
    client.force_login(alice)
    settings.SUBMISSIONS_PER_MINUTE = 1
    old = Image.objects.get().generation
    Generation.objects.filter(pk=old.pk).update(state=State.FAILED)
    there = f"/generations/{old.pk}/?from=queue"
    answer = client.post(
        f"/generations/{old.pk}/run-again/", headers={"Referer": f"http://testserver{there}"}
    )
    assert answer.status_code == 429
    assert Page(answer.content).all("a")[0]["href"] == there


def test_a_refusal_of_what_is_selected_leads_back_to_its_page(
    client: Client, alice: User, others: dict[str, int]
) -> None:
    client.force_login(alice)
    answer = client.post(
        "/selection/untag/", {"tag": "none"}, headers={"Referer": "http://testserver/trash/"}
    )
    assert answer.status_code == 422
    assert Page(answer.content).all("a")[0]["href"] == "/trash/"


def test_a_host_that_is_not_ours_is_led_nowhere(client: Client, db: None, settings: LazySettings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = client.post("/queue/", headers={"Host": "evil.example", "Referer": "http://evil.example/queue/"})
    assert answer.status_code == 400
    assert [each["href"] for each in Page(answer.content).all("a")] == ["/"]


def test_what_the_page_sends_by_itself_spends_nothing(client: Client, alice: User) -> None:
    """Somebody who has signed in meanwhile, in another tab, gets the form as it was."""
    client.force_login(alice)
    page = client.post("/create/", TYPED | {"signed-out": ""})
    assert (page.status_code, values(page.content)["prompt"]) == (200, WORDS)
    assert not Generation.objects.exists()


def test_one_is_led_back_to_where_one_was(client: Client, db: None) -> None:
    url = "http://testserver/queue/"
    htmx = client.get("/queue/", headers={"HX-Request": "true", "HX-Current-URL": url})
    assert htmx["HX-Redirect"] == "/accounts/login/?next=/queue/"
    plain = client.post("/generations/1/cancel/", headers={"Referer": f"{url}?a=1"})
    assert plain["Location"] == "/accounts/login/?next=/queue/%3Fa%3D1"
    for elsewhere in ("https://evil.example/queue/", "//evil.example", "javascript:alert(1)"):
        answer = client.post("/generations/1/cancel/", headers={"Referer": elsewhere})
        assert answer["Location"] == "/accounts/login/?next=/"


# Where the words of other forms stand, with what is typed into which field, and where they are sent to.
OTHERS = {
    "tag": ("/images/{image}/", "/images/{image}/tag/", {"tag": "herons at “dawn”"}),
    "collect": ("/images/{image}/", "/images/{image}/collect/", {"typed": "1", "collection": "New herons"}),
    "destination": ("/create/", "/collections/destination/", {"typed": "1", "collection": "New herons"}),
    "new-collection": ("/collections/", "/collections/", {"name": "New herons"}),
    "edit-collection": (
        "/collections/{collection}/?arrange=1",
        "/collections/{collection}/edit/",
        {"name": "New herons", "notes": WORDS, "name-drawn": "a", "notes-drawn": "b"},
    ),
    "save-search": ("/?q=heron", "/searches/", {"name": "Herons", "text": "heron"}),
    "rename-search": ("/searches/", "/searches/{search}/rename/", {"name": "Grey herons"}),
    "rename-preset": ("/presets/", "/presets/{preset}/rename/", {"name": "Grey herons"}),
    "import-presets": ("/presets/", "/presets/import/", {"text": "[{}]\n"}),
    "account": ("/account/", "/account/", {"download_name": "{date} {id}", "time_zone": "Europe/Rome"}),
    "matrix": (
        "/create/",
        "/create/matrix/",
        {"prompt": WORDS, "axis-cfg_scale": "5, 7", "model": "venice-sd35"},
    ),
}


@pytest.fixture
def others(alice: User, models_known: None) -> dict[str, int]:
    image = a_picture(alice).pk
    collection = Collection.objects.called("Herons", alice)
    search = SavedSearch.objects.create(user=alice, name="Birds", text="bird")
    preset = Preset(owner=alice, values={"prompt": "A bird"})
    preset.keep("Birds")
    return {"image": image, "collection": collection.pk, "search": search.pk, "preset": preset.pk}


def shown(page: Page, action: str) -> dict[str, str]:
    """What the fields of the forms hold that go there: the first of each name."""
    found: dict[str, str] = {}
    for form in page.all("form", action=action):
        if form.all("input", name="known"):
            continue
        for each in form.all(name=None):
            if each.name == "textarea":
                found.setdefault(each["name"], each.text.removeprefix("\n"))
            elif each.name == "select":
                chosen = [option["value"] for option in each.all("option", selected="")]
                found.setdefault(each["name"], next(iter(chosen), ""))
            elif each.name == "input" and each.attributes.get("type") != "file":
                found.setdefault(each["name"], each.attributes.get("value", ""))
    return found


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
@pytest.mark.parametrize("name", OTHERS)
def test_words_of_every_other_form_come_back_to_it(
    client: Client, alice: User, others: dict[str, int], name: str, htmx: bool
) -> None:
    page, action, typed = (each.format(**others) if isinstance(each, str) else each for each in OTHERS[name])
    there = f"http://testserver{page}"
    headers = {"Referer": there} | ({"HX-Request": "true", "HX-Current-URL": there} if htmx else {})
    sent = client.post(action, typed, headers=headers)
    door = sent["HX-Redirect"] if htmx else sent["Location"]
    assert "this browser keeps it for an hour" in client.get(door).content.decode().replace(
        "\n", " "
    ).replace("  ", "")
    target = client.post("/accounts/login/", PASSWORD | {"next": QueryDict(urlsplit(door).query)["next"]})[
        "Location"
    ]
    assert target.endswith("kept")
    answer = client.get(target)
    assert answer.status_code == 200
    back = Page(answer.content)
    assert "Nothing was sent" in back.one(data_kept_words="").words
    fields = shown(back, action)
    assert {name: fields.get(name) for name in typed} == typed
    assert not Page(client.get(page).content).all(data_kept_words="")


@pytest.mark.parametrize("htmx", [False, True], ids=["form", "htmx"])
@pytest.mark.parametrize("name", [*OTHERS, "operation"])
def test_every_form_that_is_older_than_the_sign_in_is_shown_again(
    alice: User, others: dict[str, int], name: str, htmx: bool
) -> None:
    asked = {
        **OTHERS,
        "operation": ("/images/{image}/edit/", "/images/{image}/edit/", {"prompt": many_signs()}),
    }
    page, action, typed = (each.format(**others) if isinstance(each, str) else each for each in asked[name])
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = Generation.objects.count()
    headers = {"Referer": f"http://testserver{page}", "Origin": "http://testserver"}
    sent = client.post(action, typed, headers=headers | ({"HX-Request": "true"} if htmx else {}))
    assert sent.status_code == (403 if htmx else 303)
    answer = client.get(sent["HX-Redirect" if htmx else "Location"])
    assert answer.status_code == 200
    back = Page(answer.content)
    words = back.one(data_restored="") if name == "operation" else back.one(data_kept_words="")
    assert words.words.startswith("This form is older than your sign-in. Nothing was sent")
    fields = shown(back, action)
    assert {name: fields.get(name) for name in typed} == typed
    assert Generation.objects.count() == before

    elsewhere = client.post(action, typed, headers={"Origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    assert not Page(elsewhere.content).all(data_typed="")


CARRIED = {
    "models": ("/create/models/", {"pick": ""}, "/create/"),
    "styles": ("/create/styles/", {"pick": ""}, "/create/"),
    "pin": ("/create/models/pin/", {"pin": "chroma"}, "/create/"),
    "file": ("/create/from-file/", {"choose-file": "1"}, "/create/"),
    "references": ("/create/pictures/", {"pick": "style_reference"}, "/create/"),
    "matrix": ("/create/pictures/", {"pick": "matrix"}, "/create/matrix/"),
    "together": ("/create/pictures/", {"pick": "input", "own": "{image}"}, "/images/{image}/multi-edit/"),
}


@pytest.mark.parametrize("way", ["signed-out", "older"])
@pytest.mark.parametrize("name", CARRIED)
def test_what_is_carried_to_a_picker_comes_back_to_its_form(
    alice: User, others: dict[str, int], name: str, way: str
) -> None:
    action, more, page = CARRIED[name]
    client = Client(enforce_csrf_checks=way == "older")
    sent = TYPED | {key: value.format(**others) for key, value in more.items()}
    if way == "older":
        client.force_login(alice)
    door = client.post(action, sent)
    if way == "signed-out":
        client.post("/accounts/login/", PASSWORD)
        target = QueryDict(urlsplit(door["Location"]).query)["next"]
    else:
        target = door["Location"]
    assert target == f"{page.format(**others)}?kept"
    answer = client.get(target)
    assert values_of_prompt(answer.content) == WORDS
    assert not Page(answer.content).all(data_kept_gone="")


def values_of_prompt(html: bytes) -> str:
    return Page(html).one("textarea", name="prompt").text.strip()


def test_a_file_alone_takes_nothing_out_of_the_form(client: Client, alice: User, models_known: None) -> None:
    """What stands in the draft stays there."""
    client.force_login(alice)
    client.post("/create/draft/", TYPED | {"draft-revision": "0"})
    client.logout()
    file = {"file": SimpleUploadedFile("heron.png", b"x"), "model": "chroma"}
    client.post("/create/from-file/", file, headers={"Referer": "http://testserver/create/"})
    client.post("/accounts/login/", PASSWORD)
    page = client.get("/create/?kept")
    assert values_of_prompt(page.content) == WORDS
    assert Page(page.content).one(data_choose_again="").words == "Choose again: heron.png."


def test_a_script_that_asks_for_json_keeps_nothing(client: Client, db: None) -> None:
    sent = {"picture": SimpleUploadedFile("heron.png", b"x")}
    client.post("/uploads/", sent, headers={"Accept": "application/json"})
    assert not is_kept_by_browser(client)


def test_a_form_that_is_older_than_a_sign_in_that_is_over_leads_to_the_next(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    sent = client.post("/create/", TYPED, headers={"Origin": "http://testserver"})
    assert (sent.status_code, is_kept_by_browser(client)) == (302, True)


def test_files_are_named_and_passwords_are_not_kept(
    client: Client, alice: User, others: dict[str, int]
) -> None:
    file = SimpleUploadedFile("herons <b>.json", b"[]")
    typed = {"text": "", "file": file, "old_password": "never to be seen"}
    sent = client.post("/presets/import/", typed, headers={"Referer": "http://testserver/presets/"})
    client.post("/accounts/login/", PASSWORD)
    page = client.get(QueryDict(urlsplit(sent["Location"]).query)["next"])
    assert Page(page.content).one(data_choose_again="").words == "Choose again: herons <b>.json."
    assert Page(page.content).all(data_type_again="")
    assert "never to be seen" not in page.content.decode()


def test_selected_pictures_are_named(client: Client, alice: User, others: dict[str, int]) -> None:
    sent = client.post(
        "/multi-edit/", {"image": ["3", "4"]}, headers={"Referer": "http://testserver/?q=heron"}
    )
    client.post("/accounts/login/", PASSWORD)
    page = Page(client.get(QueryDict(urlsplit(sent["Location"]).query)["next"]).content)
    assert [each.text.strip() for each in page.all("textarea", data_typed="")] == ["3, 4"]


# Each button of the bar sends all that stands in it, and to another address.
@pytest.mark.parametrize(
    "action", ["/selection/tag/", "/selection/rate/", "/selection/download/", "/multi-edit/"]
)
@pytest.mark.parametrize("page", ["/?q=heron", "/collections/{collection}/", "/prompts/{prompt}/"])
def test_words_in_the_bar_for_what_is_selected_come_back_to_it(
    client: Client, alice: User, others: dict[str, int], action: str, page: str
) -> None:
    prompt = Image.objects.get().generation.prompt_id
    typed = {"tag": "herons at “dawn”", "collection": "New herons", "rating": "3"}
    there = page.format(**others, prompt=prompt)
    client.post(action, typed | {"image": "3"}, headers={"Referer": f"http://testserver{there}"})
    client.post("/accounts/login/", PASSWORD)
    target = kept.asking(there)
    back = Page(client.get(target).content)
    assert "open" in back.one(id="selection").one("details")
    fields = shown(back, "/selection/favourite/")
    assert {name: fields.get(name) for name in typed} == typed


def test_words_beside_thousands_of_selected_pictures_come_back(
    client: Client, alice: User, others: dict[str, int]
) -> None:
    """The pictures wait in the tab of whoever has selected them by scripts."""
    several = ",".join(map(str, random.Random(1).sample(range(10**9), 4000)))
    headers = {"Referer": "http://testserver/", "HX-Request": "true", "HX-Current-URL": "http://testserver/"}
    sent = client.post("/selection/tag/", {"image": several, "tag": "herons"}, headers=headers)
    assert sent.status_code == 401
    client.post("/accounts/login/", PASSWORD)
    back = Page(client.get(QueryDict(urlsplit(sent["HX-Redirect"]).query)["next"]).content)
    assert shown(back, "/selection/favourite/")["tag"] == "herons"


def test_words_whose_page_is_gone_can_be_copied(client: Client, alice: User, others: dict[str, int]) -> None:
    client.post(f"/images/{others['image']}/edit/", {"prompt": WORDS})
    client.post("/accounts/login/", PASSWORD)
    Image.objects.all().delete()
    for _ in range(2):
        gone = client.get(f"/images/{others['image']}/edit/?kept")
        assert gone.status_code == 404
        assert WORDS in [each.text.strip() for each in Page(gone.content).all("textarea", data_typed="")]


def test_words_in_the_admin_can_be_copied(client: Client, alice: User) -> None:
    door = client.post(
        f"/admin/gallery/user/{alice.pk}/change/", {"username": "alicia", "password": "never to be seen"}
    )
    page = Page(door.content)
    assert (door.status_code, [each.text.strip() for each in page.all("textarea", data_typed="")]) == (
        401,
        ["alicia"],
    )
    assert "never to be seen" not in door.content.decode()


def test_what_was_carried_is_read_for_an_hour_and_only_when_it_is_ours(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = kept.Words("/create/", "/create/?kept", {"prompt": [WORDS]}, filled=["prompt"])
    for spoilt in ("", "x", kept.carried(words) + "x", "1" * 3000):
        answer = client.post("/accounts/login/", PASSWORD | {"kept": spoilt, "next": "/create/?kept"})
        assert answer["Location"] == "/create/?kept"
        assert values(client.get(answer["Location"]).content)["prompt"] == ""
        client.post("/accounts/logout/")
    text, later = kept.carried(words), time.time() + kept.AGE + 1
    assert kept.read_carried(text) == words
    monkeypatch.setattr(time, "time", lambda: later)
    assert kept.read_carried(text) is None


# What is set by one step, and shows what it is still.
STEPS = {"density", "sensitive-setting", "rate", "logout", "arrange-collection"}


def test_no_form_that_people_type_into_loses_words(
    client: Client, alice: User, others: dict[str, int]
) -> None:
    client.force_login(alice)
    pages = [page.format(**others) for page, _, _ in OTHERS.values()]
    pages += [
        "/uploads/",
        "/create/from-file/",
        "/create/matrix/",
        "/prompts/",
        "/queue/",
        "/trash/",
        "/compare/",
    ]
    pages += [f"/images/{others['image']}/{kind}/" for kind in ("edit", "upscale", "remove-background")]
    met = set()
    for page in dict.fromkeys(pages):
        answer = client.get(page)
        for form in Page(answer.content).all("form", method="post"):
            fields = form.all("textarea") + form.all("select") + form.all("input")
            seen = [each for each in fields if each.attributes.get("type") != "hidden" and "name" in each]
            if seen:
                met.add(resolve(form["action"]).url_name)
    assert met - STEPS - kept.FORMS.keys() == set()
    assert {"create", "operation", "tag", "uploads", "account"} <= met
