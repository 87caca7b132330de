"""Names are found whatever their spelling; passwords are taken as typed."""

import pytest
from django.test import Client

from gallery.forms import SignInForm
from gallery.models import User
from tests.gallery.page import Page

pytestmark = pytest.mark.django_db
GOOD = "alice has a long password"


def post(client: Client, username: str, password: str) -> int:
    return client.post("/accounts/login/", {"username": username, "password": password}).status_code


@pytest.mark.parametrize("name", ["alice", " alice ", "ALICE", "ａｌｉｃｅ"])
def test_a_name_is_trimmed_and_normal(client: Client, alice: User, name: str) -> None:
    assert post(client, name, GOOD) == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


@pytest.mark.parametrize("name", ["alice\0", "аlice", "a" * 10_000, "", "nobody"])
def test_what_is_no_name_of_ours_gets_the_form_again(client: Client, alice: User, name: str) -> None:
    assert post(client, name, GOOD) == 422
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("password", ["  spaces around  ", "😀" * 20, "x" * 4096])
def test_a_password_is_taken_verbatim(client: Client, alice: User, password: str) -> None:
    alice.set_password(password)
    alice.save()

    assert post(client, "alice", password) == 302


@pytest.mark.parametrize("password", [GOOD + "\0", f" {GOOD}", GOOD + "x" * 4096, ""])
def test_another_password_is_never_cut_down_to_the_right_one(
    client: Client, alice: User, password: str
) -> None:
    assert post(client, "alice", password) == 422


def test_a_password_beyond_the_limit_is_refused() -> None:
    form = SignInForm(data={"username": "alice", "password": "x" * 4097})

    assert form.errors["password"] == ["At most 4096 characters."]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_one_message_for_a_wrong_password_and_an_unknown_name(client: Client, alice: User, name: str) -> None:
    answer = client.post("/accounts/login/", {"username": name, "password": "something else"})
    assert "That name and password do not belong together." in answer.content.decode()


def test_a_locked_name_learns_for_how_long(client: Client, alice: User) -> None:
    for number in range(5):
        answer = client.post("/accounts/login/", {"username": "alice", "password": f"wrong {number}"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    page = Page(answer.content)
    assert page.one("h1").words == "Signing in is locked for 15 minutes"
    assert page.one(data_reason=None).words.startswith("Five wrong passwords were sent for this name.")
