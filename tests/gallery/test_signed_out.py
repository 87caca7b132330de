"""A session that ends while somebody types: the way leads through signing in, and back to all that was typed."""

import json
import logging
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from gallery.forms import typed
from gallery.models import Generation, User
from tests.gallery.spending import Form, forms

pytestmark = pytest.mark.usefixtures("models_known")

PASSWORD = "a long password of alice"
CHOSEN = {
    "model": "venice-sd35",
    "prompt": 'Zwölf <b>"Möwen"</b> & 橘猫\r\n\r\nover the sea',
    "negative_prompt": "fog",
    "seed": "4711",
    "steps": "17",
    "width": "768",
}


@pytest.fixture(autouse=True)
def _password(alice: User) -> None:
    alice.set_password(PASSWORD)
    alice.save()


def filled(client: Client, more: dict[str, str]) -> dict[str, str]:
    """The create form as its member fills it in."""
    page = client.get(f"/create/?model={more['model']}")
    (form,) = [form for form in forms(page) if form.address == "/create/"]
    return form.fields | more


def browser(alice: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def door(answer: Any) -> Form:
    """The form to sign in with."""
    (form,) = [form for form in forms(answer) if "password" in form.fields]
    assert form.address == "/accounts/login/"
    return form


def through(client: Client, answer: Any, password: str = PASSWORD) -> Any:
    fields = door(answer).fields | {"username": "alice", "password": password}
    return client.post("/accounts/login/", fields)


def is_filled(answer: Any, wanted: dict[str, str] = CHOSEN) -> None:
    (form,) = [form for form in forms(answer) if form.address == "/create/"]
    found = {name: form.fields.get(name, "").replace("\r\n", "\n") for name in wanted}
    assert found == {name: value.replace("\r\n", "\n") for name, value in wanted.items()}


def test_all_that_was_typed_comes_back_and_nothing_is_spent(alice: User) -> None:
    client = browser(alice)
    post = filled(client, CHOSEN)
    Session.objects.all().delete()

    answer = client.post("/create/", post)
    assert answer.status_code == 401
    assert "no-store" in answer["Cache-Control"]
    back = through(client, answer)

    assert (back.status_code, back["Location"]) == (303, "/create/?typed=1")
    is_filled(client.get(back["Location"]))
    assert not Generation.objects.exists()
    # A reload brings it once more; what was made of it ends it.
    again = client.get(back["Location"])
    is_filled(again)
    (form,) = [form for form in forms(again) if form.address == "/create/"]
    assert client.post("/create/", form.fields).status_code == 303
    assert Generation.objects.get().request["seed"] == 4711
    assert (
        "4711"
        not in client.get(back["Location"])
        .content.decode()
        .partition("id_variants")[0]
        .partition('name="seed"')[2]
        .partition(">")[0]
    )


def test_a_wrong_password_loses_nothing_and_writes_it_nowhere(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(alice)
    post = filled(client, CHOSEN)
    client.logout()
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/create/", post)
        for status in (422, 422, 422, 422, 429):
            answer = through(client, answer, "wrong")
            assert answer.status_code == status
    assert typed.unpack(door(answer).fields["typed"])["seed"] == "4711"
    assert "Möwen" not in "".join(
        record.getMessage() for record in caplog.records if record.name[:3] != "dja"
    )
    assert AccessAttempt.objects.exists()
    for attempt in AccessAttempt.objects.all():
        assert "Möwen" not in attempt.post_data + attempt.get_data + attempt.path_info


def test_a_form_that_is_older_than_the_sign_in_is_shown_again(alice: User) -> None:
    """Out and in in another tab, or by a link: the token of this one is not good any more."""
    client = browser(alice)
    post = filled(client, CHOSEN)
    stale = post | {"csrfmiddlewaretoken": "x" * 64}

    answer = client.post("/create/", stale)
    assert answer.status_code == 403
    assert "older than your sign-in" in answer.content.decode()
    is_filled(answer)
    fragment = client.post("/create/", stale, headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment["HX-Retarget"]) == (422, "#create-form")
    is_filled(fragment)
    assert not Generation.objects.exists()
    (form,) = [form for form in forms(answer) if form.address == "/create/"]
    assert client.post("/create/", form.fields).status_code == 303


def test_the_sign_in_page_is_older_than_the_sign_in_by_link(alice: User) -> None:
    client = browser(alice)
    post = filled(client, CHOSEN)
    client.logout()
    page = client.post("/create/", post)
    client.force_login(alice)
    fields = door(page).fields | {"csrfmiddlewaretoken": "x" * 64, "username": "", "password": ""}
    answer = client.post("/accounts/login/", fields)
    assert answer.status_code == 403
    is_filled(answer)


def test_without_any_cookie_it_is_kept_all_the_same(alice: User) -> None:
    post = filled(browser(alice), CHOSEN)
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/create/", post)
    assert answer.status_code == 403
    is_filled(client.get(through(client, answer)["Location"]))


def test_another_site_fills_nothing(alice: User) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/create/", CHOSEN, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert "Möwen" not in answer.content.decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        '{"prompt": 7}',
        '{"is_staff": "1"}',
        "{",
        "[" * 90_000,
        json.dumps({"prompt": "x" * typed.LIMIT}),
        "NaN",
    ],
)
def test_what_was_not_packed_here_is_nothing(client: Client, alice: User, text: str) -> None:
    answer = client.post("/accounts/login/", {"username": "alice", "password": PASSWORD, "typed": text})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("prompt", ["\\ud800", "\\u0000", "</textarea><script>"])
def test_odd_words_break_no_page(client: Client, alice: User, prompt: str) -> None:
    text = f'{{"prompt": "{prompt}"}}'
    answer = client.post("/accounts/login/", {"username": "alice", "password": PASSWORD, "typed": text})
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert "</textarea><script>" not in page.content.decode()


def test_one_is_led_back_to_where_one_was(client: Client, alice: User) -> None:
    url = "http://testserver/queue/"
    htmx = client.get("/queue/", headers={"HX-Request": "true", "HX-Current-URL": url})
    assert htmx["HX-Redirect"] == "/accounts/login/?next=%2Fqueue%2F"
    plain = client.post("/generations/1/cancel/", headers={"Referer": f"{url}?a=1"})
    assert plain["Location"] == "/accounts/login/?next=/queue/%3Fa%3D1"
    for elsewhere in ("https://evil.example/queue/", "//evil.example", "javascript:alert(1)"):
        answer = client.post("/generations/1/cancel/", headers={"Referer": elsewhere})
        assert answer["Location"] == "/accounts/login/?next=/"
