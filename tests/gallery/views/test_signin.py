"""Sign-in links: once, within a day, by a POST; and the command that prints one."""

import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from gallery import accounts
from gallery.models import User
from tests.gallery.page import Page

ROOT = Path(__file__).resolve().parents[3]


def path_of(user: User) -> str:
    return accounts.make_link(user).removeprefix("http://127.0.0.1:8000")


def token_of(user: User) -> str:
    return path_of(user).strip("/").removeprefix("signin/")


def signed_in_as(client: Client) -> int | None:
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


def test_a_link_is_absolute_and_has_one_segment(alice: User, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://gallery.example"
    link = accounts.make_link(alice)
    assert link.startswith("https://gallery.example/signin/")
    assert link.count("/") == 5
    assert link.endswith("/")


def test_looking_changes_nothing(client: Client, alice: User) -> None:
    path = path_of(alice)
    for method in (client.get, client.head, client.get):
        assert method(path).status_code == 200
    alice.refresh_from_db()
    assert alice.last_login is None
    assert not Session.objects.exists()
    assert accounts.user_for(token_of(alice)) == alice


def test_it_shows_one_form_with_one_button(client: Client, alice: User) -> None:
    page = client.get(path_of(alice))
    form = Page(page.content).one("form")
    assert form["action"].startswith("/signin/")
    assert Page(page.content).all("button") == form.all("button")
    assert len(form.all("button")) == 1
    assert "no-store" in page["Cache-Control"]
    assert "alice" in Page(page.content).words


def test_its_button_signs_in_once(client: Client, alice: User) -> None:
    path = path_of(alice)
    answer = client.post(path)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert signed_in_as(client) == alice.pk
    second = Client()
    assert second.post(path).status_code == 410
    assert second.get(path).status_code == 410
    assert "new one" in Page(second.get(path).content).words
    assert signed_in_as(second) is None


def test_it_needs_the_forms_token(alice: User) -> None:
    client, path = Client(enforce_csrf_checks=True), path_of(alice)
    assert client.post(path).status_code == 403
    page = client.get(path)
    answer = client.post(path, {"csrfmiddlewaretoken": page.context["csrf_token"]})
    assert answer.status_code == 302


def test_the_session_key_changes(client: Client, alice: User, bob: User) -> None:
    client.force_login(bob)
    old = client.session.session_key
    client.post(path_of(alice))
    assert client.session.session_key != old
    assert signed_in_as(client) == alice.pk
    assert not Session.objects.filter(session_key=old).exists()


@pytest.mark.parametrize(("hours", "works"), [(23, True), (25, False)])
def test_it_lives_for_a_day(alice: User, monkeypatch: pytest.MonkeyPatch, hours: int, works: bool) -> None:
    token = token_of(alice)
    then = accounts.signin_tokens._now() + timedelta(hours=hours)
    monkeypatch.setattr(accounts.SigninTokenGenerator, "_now", lambda self: then)
    assert (accounts.user_for(token) == alice) is works


def test_any_sign_in_ends_it_even_within_the_same_second(alice: User) -> None:
    alice.last_login = timezone.now().replace(microsecond=1)
    alice.save()
    token = token_of(alice)
    assert accounts.user_for(token)
    alice.last_login = alice.last_login.replace(microsecond=2)
    alice.save()
    assert accounts.user_for(token) is None


def test_a_new_password_ends_it(alice: User) -> None:
    token = token_of(alice)
    alice.set_password("another long password")
    alice.save()
    assert accounts.user_for(token) is None


def test_deactivation_ends_it(client: Client, alice: User) -> None:
    path = path_of(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.post(path).status_code == 410
    assert signed_in_as(client) is None


@pytest.mark.parametrize("right", ["is_active", "is_staff", "is_superuser"])
def test_other_rights_end_it_also_when_they_are_as_before_again(alice: User, right: str) -> None:
    token = token_of(alice)
    for _ in range(2):
        setattr(alice, right, not getattr(alice, right))
        alice.save()
        assert accounts.user_for(token) is None
    assert accounts.user_for(token_of(alice)) == alice


def test_another_users_link_is_no_good(alice: User, bob: User) -> None:
    stolen = token_of(alice).split("-", 1)[1]
    own = token_of(bob).split("-", 1)[0]
    assert accounts.user_for(f"{own}-{stolen}") is None


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "-",
        "1-",
        "1-a-b",
        "zzzzzzzzzzzzz-a-b",
        "zzzzzzzzzzzzzz-a-b",
        "%00-a-b",
        "1-%E2%82%AC-b",
        "a" * 5000,
    ],
)
def test_wrong_links_look_like_spent_ones(client: Client, alice: User, token: str) -> None:
    assert client.get(f"/signin/{token}/").status_code == 410
    assert client.post(f"/signin/{token}/").status_code == 410


def test_staff_sessions_are_short(client: Client, sally: User) -> None:
    client.post(path_of(sally))
    session: Any = client.session
    assert session.get_expiry_date() - timezone.now() <= timedelta(hours=12)


@pytest.mark.django_db(transaction=True)
def test_of_two_posts_at_once_one_wins() -> None:
    alice = User.objects.create_user("alice")
    token, gate, won = token_of(alice), Barrier(6), []

    def use() -> None:
        gate.wait()
        if accounts.redeem(token):
            won.append(1)
        connection.close()

    threads = [Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [1]


class TestCommand:
    """`manage.py signin`."""

    def run(self, *args: str) -> str:
        out = StringIO()
        call_command("signin", *args, stdout=out)
        return out.getvalue()

    def test_it_prints_one_line_that_works(self, client: Client, alice: User) -> None:
        lines = self.run("ALICE").splitlines()
        assert len(lines) == 1
        assert client.post(lines[0].removeprefix("http://127.0.0.1:8000")).status_code == 302
        assert signed_in_as(client) == alice.pk

    @pytest.mark.parametrize("name", ["nobody", "", "аlice", "a b", "x" * 151, "\udcff", "alice\n"])
    def test_an_unknown_or_impossible_name_is_exit_1(self, alice: User, name: str) -> None:
        with pytest.raises(CommandError) as refusal:
            self.run(name)
        assert refusal.value.returncode == 1
        assert len(str(refusal.value).splitlines()) == 1
        assert User.objects.count() == 1

    def test_create_makes_a_superuser_without_a_password(self, db: None) -> None:
        assert self.run("admin", "--create").startswith("http://127.0.0.1:8000/signin/")
        admin = User.objects.get()
        assert admin.is_superuser
        assert admin.is_staff
        assert not admin.has_usable_password()

    def test_create_leaves_who_is_there_alone(self, alice: User) -> None:
        self.run("Alice", "--create")
        alice.refresh_from_db()
        assert not alice.is_superuser
        assert User.objects.count() == 1

    @pytest.mark.parametrize("name", ["a b", "аlice", "x" * 151, ""])
    def test_create_refuses_impossible_names(self, db: None, name: str) -> None:
        with pytest.raises(CommandError):
            self.run(name, "--create")
        assert not User.objects.exists()

    def test_a_deactivated_member_gets_none(self, alice: User) -> None:
        User.objects.update(is_active=False)
        with pytest.raises(CommandError, match="deactivated"):
            self.run("alice")

    def test_before_migrating_it_says_so_in_one_line(self, tmp_path: Path) -> None:
        command = [sys.executable, "manage.py", "signin", "admin", "--create"]
        (tmp_path / "gallery.sqlite3").touch()
        (tmp_path / "secret_key").write_text("a-key-that-nobody-guesses-0123456789")
        environment = {"DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "migrated" in done.stderr
        assert len(done.stderr.splitlines()) == 1
