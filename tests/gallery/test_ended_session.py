"""Who posts a form when the session is over signs in and finds the words again, unsent."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from gallery import accounts
from gallery.forms import kept
from gallery.models import CatalogModel, Generation, User
from tests.gallery.making import ABLE, a_picture
from tests.gallery.page import Page
from tests.gallery.spending import forms

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
    stranger = Client()
    stranger.post("/create/", TYPED | {"prompt": "".join(chr(0x4E00 + n * 7 % 20000) for n in range(7000))})
    assert not stranger.cookies


def test_other_posts_keep_nothing(client: Client, db: None) -> None:
    client.post("/create/price/", TYPED)
    client.post("/queue/", TYPED)
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
