"""Passwords, addresses of clients, staff sessions, and how wrong passwords are answered."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client, RequestFactory
from django.utils import timezone

from gallery.models import User
from gallery.web.callers import attempted_name, client_address
from tests.gallery.page import Page

# The form again; plain Django says 200.
FORM = (422,)
LONG = "correct horse battery staple"


@pytest.mark.parametrize("password", ["short", "eleven-char", "password1234", "x" * 4097])
def test_it_refuses_weak_and_endless_passwords(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password", ["x y" * 1365, " leading and trailing ", "🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊", LONG]
)
def test_it_takes_up_to_4096_characters_of_any_kind(password: str) -> None:
    validate_password(password)


def test_it_takes_a_password_verbatim(client: Client, db: None) -> None:
    password = " 🦊 leading space, emoji, trailing space " + "z" * 4000 + " "
    User.objects.create_user("dora", password=password)
    for wrong in (password.strip(), password[:-1], password[:72]):
        assert client.post("/accounts/login/", {"username": "dora", "password": wrong}).status_code in FORM
    answer = client.post("/accounts/login/", {"username": "dora", "password": password})
    assert answer.status_code == 302


def test_a_fresh_database_has_no_account(db: None) -> None:
    assert not User.objects.exists()


class TestClientAddress:
    """The proxy's word counts only where there is a proxy."""

    def ask(self, forwarded: str | None, remote: str = "192.0.2.7") -> str | None:
        headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
        return client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))

    def test_it_ignores_the_header_on_plain_http(self) -> None:
        assert self.ask("203.0.113.9") == "192.0.2.7"

    @pytest.mark.parametrize(
        ("forwarded", "address"),
        [
            ("203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("evil,  2001:DB8::1 ", "2001:db8::1"),
            (None, "192.0.2.7"),
            ("", "192.0.2.7"),
            ("1.1.1.1,", "192.0.2.7"),
            ("unknown", "192.0.2.7"),
            ("fe80::1%eth0", "192.0.2.7"),
            ("x" * 8000, "192.0.2.7"),
        ],
    )
    def test_it_takes_the_last_hop_behind_a_proxy(
        self, settings: LazySettings, forwarded: str | None, address: str
    ) -> None:
        settings.HTTPS = True
        assert self.ask(forwarded) == address

    def test_a_unix_socket_has_none(self) -> None:
        assert self.ask(None, remote="") is None


def test_one_person_has_one_count_of_wrong_passwords() -> None:
    spelt = {attempted_name(None, {"username": name}) for name in ("Alice", "alice", "ＡＬＩＣＥ")}
    assert spelt == {"alice"}
    assert len(attempted_name(None, {"username": "x" * 10_000})) == 150
    assert attempted_name(RequestFactory().post("/", {"username": "Bob"})) == "bob"
    assert attempted_name(None) == ""


class TestLocking:
    """Five wrong passwords lock one name from one address; nobody else."""

    def attempt(self, client: Client, name: str, password: str, address: str = "192.0.2.1") -> int:
        data = {"username": name, "password": password}
        return client.post("/accounts/login/", data, REMOTE_ADDR=address).status_code

    def test_it_locks_the_pair_for_a_quarter_of_an_hour(self, client: Client, alice: User, bob: User) -> None:
        right = "alice has a long password"
        assert all(self.attempt(client, "alice", "wrong") in FORM for _ in range(4))
        assert self.attempt(client, "alice", "wrong") == 429
        assert self.attempt(client, "alice", right) == 429
        assert self.attempt(client, "alice", right, "192.0.2.2") == 302
        assert self.attempt(Client(), "bob", "bob has a long password") == 302
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
        assert self.attempt(Client(), "alice", right) == 302

    def test_the_case_of_the_name_gives_no_more_tries(
        self, client: Client, alice: User, settings: LazySettings
    ) -> None:
        settings.AXES_USERNAME_CALLABLE = "gallery.web.callers.attempted_name"
        codes = [
            self.attempt(client, name, "wrong") for name in ("alice", "Alice", "aLice", "alIce", "ALICE")
        ]
        assert codes[-1] == 429

    def test_a_success_starts_the_count_anew(self, client: Client, alice: User) -> None:
        for _ in range(2):
            assert all(self.attempt(Client(), "alice", "wrong") in FORM for _ in range(4))
            assert self.attempt(Client(), "alice", "alice has a long password") == 302


class TestNobodyLearnsWhoExists:
    """A wrong name and a wrong password look and cost the same."""

    def test_the_answers_are_the_same(self, alice: User) -> None:
        answers = []
        for name in ("alice", "nobod"):
            answer = Client().post("/accounts/login/", {"username": name, "password": "wrong"})
            answers.append((answer.status_code, self.without_what_varies(answer.content.decode(), name)))
        assert answers[0] == answers[1]

    def test_a_password_is_hashed_either_way(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[str] = []
        encode = MD5PasswordHasher.encode

        def counting(self: MD5PasswordHasher, password: str, salt: str) -> str:
            calls.append(password)
            return encode(self, password, salt)

        monkeypatch.setattr(MD5PasswordHasher, "encode", counting)
        counts = []
        for name in ("alice", "nobody"):
            calls.clear()
            Client().post("/accounts/login/", {"username": name, "password": "wrong"})
            counts.append(len(calls))
        assert counts[0] == counts[1] > 0

    @staticmethod
    def without_what_varies(html: str, name: str) -> str:
        page = Page(html)
        for secret in (page.csrf_token, *page.values("nonce"), *page.values("content")):
            html = html.replace(secret, "")
        return html.replace(name, "NAME")


@pytest.mark.parametrize("name", ["admin\0", "x" * 10_000, "аlice", "", " ", "alice\n"])
def test_odd_names_cannot_sign_in(client: Client, alice: User, name: str) -> None:
    data = {"username": name, "password": "alice has a long password"}
    answer = client.post("/accounts/login/", data)
    assert answer.status_code in {302, *FORM}
    assert (answer.status_code == 302) == (name.strip() == "alice")


def test_a_name_signs_in_whatever_its_case(client: Client, alice: User) -> None:
    answer = client.post("/accounts/login/", {"username": "ALICE", "password": "alice has a long password"})
    assert answer.status_code == 302


class TestSessions:
    """They change at sign-in, and end with sign-out, a new password, deactivation, and half a day for staff."""

    def signed_in(self, user: User) -> Client:
        client = Client()
        data = {"username": user.username, "password": f"{user.username} has a long password"}
        assert client.post("/accounts/login/", data).status_code == 302
        return client

    def is_in(self, client: Client) -> bool:
        return (
            client.get("/healthz-of-nobody").status_code == 404 and client.get("/queue/").status_code == 200
        )

    def test_the_key_changes_at_sign_in(self, client: Client, alice: User) -> None:
        session: Any = client.session
        session["before"] = 1
        session.save()
        old = session.session_key
        client.cookies[django_settings.SESSION_COOKIE_NAME] = old
        client.post("/accounts/login/", {"username": "alice", "password": "alice has a long password"})
        assert client.cookies[django_settings.SESSION_COOKIE_NAME].value not in {"", old}
        stale = Client()
        stale.cookies[django_settings.SESSION_COOKIE_NAME] = old
        assert not self.is_in(stale)

    @pytest.mark.parametrize("right", ["is_staff", "is_superuser", "is_active"])
    def test_it_dies_when_rights_change_and_when_one_comes_back(self, alice: User, right: str) -> None:
        client = self.signed_in(alice)
        assert self.is_in(client)
        # Nobody asks for a page in between.
        for value in (not getattr(alice, right), getattr(alice, right)):
            setattr(alice, right, value)
            alice.save(update_fields=[right])
        assert not self.is_in(client)
        assert self.is_in(self.signed_in(alice))

    def test_it_lives_while_other_things_change(self, alice: User) -> None:
        client = self.signed_in(alice)
        alice.refresh_from_db()
        alice.first_name = "Alice"
        alice.save()
        assert self.is_in(client)

    def test_it_dies_at_sign_out(self, alice: User) -> None:
        client = self.signed_in(alice)
        key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        assert self.is_in(client)
        client.post("/accounts/logout/")
        again = Client()
        again.cookies[django_settings.SESSION_COOKIE_NAME] = key
        assert not self.is_in(again)

    def test_it_dies_with_a_new_password(self, alice: User) -> None:
        client = self.signed_in(alice)
        alice.set_password("another long password")
        alice.save()
        assert not self.is_in(client)

    def test_a_new_password_ends_the_other_sessions_only(self, sally: User) -> None:
        here, there = self.signed_in(sally), self.signed_in(sally)
        new = "an entirely new password"
        data = {"old_password": "sally has a long password", "new_password1": new, "new_password2": new}
        assert here.post("/admin/password_change/", data).status_code == 302
        assert self.is_in(here)
        assert not self.is_in(there)

    def test_it_dies_with_deactivation(self, alice: User) -> None:
        client = self.signed_in(alice)
        User.objects.filter(pk=alice.pk).update(is_active=False)
        assert not self.is_in(client)

    def test_staff_have_twelve_hours_and_others_fourteen_days(self, alice: User, sally: User) -> None:
        for user, hours in ((alice, 14 * 24), (sally, 12)):
            session: Any = self.signed_in(user).session
            left = session.get_expiry_date() - timezone.now()
            assert timedelta(hours=hours, minutes=-1) < left <= timedelta(hours=hours)

    def test_twelve_hours_are_twelve_hours_however_busy(self, sally: User) -> None:
        client = self.signed_in(sally)
        session: Any = client.session
        before = session.get_expiry_date()
        session["busy"] = True
        session.save()
        fresh: Any = client.session
        assert fresh.get_expiry_date() == before
