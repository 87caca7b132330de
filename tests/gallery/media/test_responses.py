"""Pictures: to members only, of stored types only, immutable, in parts when asked."""

import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import requests
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signing import TimestampSigner
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image as Pillow

from gallery.media import responses
from gallery.media.storage import EXTENSIONS, TYPES, original_name
from gallery.models import User
from tests.gallery.page import Page
from tests.gallery.views.test_signin import path_of


def picture(form: str = "png", tail: bytes = b"") -> bytes:
    out = BytesIO()
    Pillow.new("RGB", (64, 64), "teal").save(out, form.upper())
    return out.getvalue() + tail


def stored(data: bytes, form: str = "png") -> str:
    return default_storage.save(original_name(hashlib.sha256(data).hexdigest(), form), ContentFile(data))


def status_of(client: Client, address: str, **more: Any) -> int:
    """The status alone; the file behind it is closed."""
    response = client.get(address, **more)
    body(response)
    return response.status_code


def body(response: HttpResponse) -> bytes:
    parts = response.streaming_content if response.streaming else [response.content]  # type: ignore[attr-defined]
    return b"".join(parts)


@pytest.fixture
def member(client: Client, alice: User) -> Client:
    """Signed in, with the pass that the first page gives."""
    client.force_login(alice)
    assert status_of(client, "/queue/") == 200
    assert django_settings.MEDIA_COOKIE_NAME in client.cookies
    return client


@pytest.mark.parametrize("form", sorted(TYPES))
def test_it_serves_the_bytes_as_their_stored_type(member: Client, form: str) -> None:
    data = picture(form)

    response = member.get(f"/media/{stored(data, form)}")

    assert response.status_code == 200
    assert body(response) == data
    assert response["Content-Type"] == TYPES[form]
    assert response["Content-Length"] == str(len(data))
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"


def test_it_asks_no_database_when_the_pass_is_good(member: Client) -> None:
    """But once a minute, when it asks whether its member may still come in."""
    name = stored(picture())
    assert status_of(member, f"/media/{name}") == 200
    with CaptureQueriesContext(connection) as queries:
        assert status_of(member, f"/media/{name}") == 200
    assert len(queries) == 0


def test_the_pass_ends_with_the_session(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    name, cookie = stored(picture()), django_settings.MEDIA_COOKIE_NAME
    held = member.cookies[cookie].value
    assert status_of(member, f"/media/{name}") == 200
    member.post("/accounts/logout/")
    assert not member.cookies[cookie].value
    assert member.cookies[cookie]["path"] == "/media/"
    # Whoever kept a copy of it has it until its hour is over, and not beyond a new password or a deactivation.
    monkeypatch.setattr(responses, "CHECKED_FOR", 0)
    member.cookies[cookie] = held
    assert status_of(member, f"/media/{name}") == 200


def test_the_pass_ends_though_the_browser_sends_it_with_pictures_alone(member: Client) -> None:
    """It has a path of its own, and so no other page is sent it."""
    cookie = django_settings.MEDIA_COOKIE_NAME
    del member.cookies[cookie]
    answer = member.post("/accounts/logout/")
    ended = answer.cookies[cookie]
    assert (ended.value, ended["path"], ended["max-age"]) == ("", "/media/", 0)
    # Who never came in is sent nothing.
    assert cookie not in Client().get("/accounts/login/").cookies


class Browser(requests.Session):
    """Sends each cookie where its path and its age say, as browsers do and Django's test client does not."""

    def __init__(self, site: str) -> None:
        super().__init__()
        self._site = site
        self.headers["Connection"] = "close"

    def ask(self, address: str, **form: str) -> requests.Response:
        """A GET, or with a form a POST."""
        return self.request("POST" if form else "GET", f"http://{self._site}{address}", data=form or None)

    def sign_in(self, user: User) -> requests.Response:
        user.refresh_from_db()
        link = path_of(user)
        return self.ask(link, csrfmiddlewaretoken=Page(self.ask(link).text).csrf_token)

    def sign_out(self) -> None:
        self.ask("/accounts/logout/", csrfmiddlewaretoken=Page(self.ask("/queue/").text).csrf_token)

    def wait(self, minutes: int) -> None:
        """So many minutes go by."""
        for cookie in self.cookies:
            if cookie.expires is not None:
                cookie.expires -= 60 * minutes

    @property
    def media_pass(self) -> str:
        return self.cookies.get(django_settings.MEDIA_COOKIE_NAME, "", path="/media/") or ""


def gives_pass(answer: requests.Response) -> bool:
    return f"{django_settings.MEDIA_COOKIE_NAME}=" in answer.headers.get("Set-Cookie", "")


@pytest.fixture
def browser(site: str) -> Iterator[Browser]:
    with Browser(site) as running:
        yield running


def test_pages_give_a_pass_when_one_is_needed_and_not_each(browser: Browser, alice: User, bob: User) -> None:
    name = f"/media/{stored(picture())}"
    browser.sign_in(alice)
    first = browser.media_pass
    assert first
    pages = ("/", "/queue/", "/create/", "/header/", "/prompts/", "/", name)
    for address in pages:
        assert not gives_pass(browser.ask(address)), address
    # It never runs out while somebody is at work: half an hour before its end there is another.
    browser.wait(29)
    assert not gives_pass(browser.ask("/queue/"))
    browser.wait(2)
    assert browser.media_pass == first
    assert gives_pass(browser.ask("/queue/"))
    assert not gives_pass(browser.ask("/"))
    # Whoever comes in after another has a pass of their own.
    browser.sign_in(bob)
    assert browser.media_pass.startswith(f"{bob.pk}:")
    assert not gives_pass(browser.ask("/"))


def test_who_has_lost_the_pass_gets_the_picture_and_another(browser: Browser, alice: User) -> None:
    name = f"/media/{stored(picture())}"
    browser.sign_in(alice)
    browser.cookies.clear("127.0.0.1", "/media/")
    assert not browser.media_pass
    assert browser.ask(name).status_code == 200
    assert browser.media_pass
    assert not gives_pass(browser.ask(name))


@pytest.mark.parametrize("end", ["signed out", "password", "deactivated"])
def test_the_pass_leaves_the_browser_with_the_session(
    browser: Browser, alice: User, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(responses, "CHECKED_FOR", 0)
    name = f"/media/{stored(picture())}"
    browser.sign_in(alice)
    assert browser.ask(name).status_code == 200
    if end == "signed out":
        browser.sign_out()
    else:
        alice.set_password("another one, and long")
        alice.is_active = end != "deactivated"
        alice.save(update_fields=["password"] if end == "password" else ["is_active"])
        assert browser.ask(name).status_code == 404, "also before a page takes it back"
        assert "/accounts/login/" in browser.ask("/").url
    names = {cookie.name for cookie in browser.cookies}
    assert not names & {django_settings.MEDIA_COOKIE_NAME, django_settings.MEDIA_GIVEN_COOKIE_NAME}
    assert "/accounts/login/" in browser.ask(name).url
    if end != "deactivated":
        browser.sign_in(alice)
        assert browser.media_pass
        assert browser.ask(name).status_code == 200


@pytest.mark.parametrize("change", ["password", "deactivated", "in the database", "staff", "gone"])
def test_a_pass_ends_when_its_member_may_not_come_in_as_before(
    member: Client, alice: User, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    name, cookie = stored(picture()), django_settings.MEDIA_COOKIE_NAME
    held = member.cookies[cookie].value
    assert status_of(member, f"/media/{name}") == 200
    if change == "gone":
        alice.delete()
    elif change == "in the database":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    else:
        alice.set_password("another one, and long")
        alice.is_active, alice.is_staff = change != "deactivated", change == "staff"
        alice.save(update_fields=["password"] if change == "password" else ["is_active", "is_staff"])
    stranger = Client()
    stranger.cookies[cookie] = held
    monkeypatch.setattr(responses, "CHECKED_FOR", 0)
    assert status_of(stranger, f"/media/{name}") == 404


def test_a_pass_of_before_is_not_taken_for_the_one_that_was_just_good(member: Client, alice: User) -> None:
    name, cookie = stored(picture()), django_settings.MEDIA_COOKIE_NAME
    held = member.cookies[cookie].value
    alice.set_password("another one, and long")
    alice.save()
    member.force_login(alice)
    member.get("/queue/")
    assert status_of(member, f"/media/{name}") == 200
    stranger = Client()
    stranger.cookies[cookie] = held
    assert status_of(stranger, f"/media/{name}") == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "POST"])
def test_a_pass_takes_no_other_method(member: Client, method: str) -> None:
    assert member.generic(method, f"/media/{stored(picture())}").status_code == 405


def test_a_pass_answers_to_no_other_address(member: Client) -> None:
    name = stored(picture())
    assert status_of(member, f"/media/{name}", headers={"Host": "elsewhere.example"}) == 400


def test_a_stranger_is_sent_to_sign_in_whether_it_exists_or_not(client: Client, db: None) -> None:
    there = client.get(f"/media/{stored(picture())}")
    absent = client.get(f"/media/original/00/00/{'0' * 64}.png")

    assert (there.status_code, absent.status_code) == (302, 302)
    assert there["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("value", ["", "x", "1:abc:def", "1" * 8000])
def test_a_spoilt_pass_without_a_session_is_404(client: Client, db: None, value: str) -> None:
    name = stored(picture())
    client.cookies[django_settings.MEDIA_COOKIE_NAME] = value
    assert status_of(client, f"/media/{name}") == 404


def test_an_old_pass_or_one_of_another_key_is_no_pass(
    client: Client, alice: User, settings: LazySettings
) -> None:
    name = stored(picture())
    client.cookies[django_settings.MEDIA_COOKIE_NAME] = TimestampSigner(
        key="another", salt="gallery.media"
    ).sign("1")
    assert status_of(client, f"/media/{name}") == 404
    other = Client()
    other.force_login(alice)
    other.get("/queue/")
    client.cookies[django_settings.MEDIA_COOKIE_NAME] = other.cookies[django_settings.MEDIA_COOKIE_NAME].value
    assert status_of(client, f"/media/{name}") == 200
    settings.MEDIA_COOKIE_AGE = timedelta(seconds=-1)
    assert status_of(client, f"/media/{name}") == 404


def test_a_member_with_an_old_pass_gets_picture_and_new_pass(client: Client, alice: User) -> None:
    name = stored(picture())
    client.force_login(alice)

    response = client.get(f"/media/{name}")

    assert body(response) == picture()
    assert django_settings.MEDIA_COOKIE_NAME in response.cookies
    assert response.cookies[django_settings.MEDIA_COOKIE_NAME]["path"] == "/media/"
    assert response.cookies[django_settings.MEDIA_COOKIE_NAME]["httponly"]


@pytest.mark.parametrize(
    "name",
    [
        "../gallery.sqlite3",
        "%2e%2e/.env",
        "%252e%252e%252fsecret_key",
        "original/../../secret_key",
        "spool/1.raw",
        "original/ab/cd/ab.png",
        f"original/ab/cd/{'0' * 64}.png",
        f"original/00/00/{'0' * 64}.svg",
        f"original/00/00/{'0' * 64}.png\n",
        f"original/00/00/{'0' * 64}.png",
        "",
    ],
)
def test_no_other_name_is_served(member: Client, name: str) -> None:
    assert status_of(member, f"/media/{name}") == 404


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=10-19", 206, slice(10, 20)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=0-999999999999", 206, slice(0, None)),
        ("bytes=99999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-3", 416, None),
        ("bytes=-", 200, slice(None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=" + ",".join(f"{i}-{i}" for i in range(1000)), 200, slice(None)),
    ],
)
def test_it_serves_parts(member: Client, header: str, status: int, part: slice | None) -> None:
    data = picture()

    response = member.get(f"/media/{stored(data)}", headers={"Range": header})

    assert response.status_code == status
    if part is not None:
        assert body(response) == data[part]


@pytest.mark.parametrize(
    "header", ["", "bytes=0-", "bytes=5-19999999", "bytes=-19999999", "bytes=0-5,7-19999999"]
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_no_part_of_a_large_original_is_read_whole_into_memory(
    member: Client, header: str, method: str
) -> None:
    name = stored(b"\x89PNG\r\n\x1a\n" + bytes(20_000_000))
    tracemalloc.start()
    try:
        response = getattr(member, method)(f"/media/{name}", headers={"Range": header} if header else {})
        sent = sum(map(len, response.streaming_content))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    response.close()
    assert response.status_code == (206 if method == "get" and header and "," not in header else 200)
    assert sent == (int(response["Content-Length"]) if method == "get" else 0)
    assert int(response["Content-Length"]) >= 19_999_000
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("condition", "status"),
    [("etag", 206), ('"another"', 200), ("Wed, 21 Oct 2026 07:28:00 GMT", 200), ("W/etag", 200)],
)
def test_a_part_is_sent_only_of_the_file_that_the_browser_has(
    member: Client, condition: str, status: int
) -> None:
    data = picture()
    name = stored(data)
    first = member.get(f"/media/{name}")
    etag = first["ETag"]
    assert body(first) == data

    headers = {"Range": "bytes=3-9", "If-Range": condition.replace("etag", etag)}
    response = member.get(f"/media/{name}", headers=headers)

    assert response.status_code == status
    assert body(response) == (data[3:10] if status == 206 else data)


@pytest.mark.parametrize("header", ['"nonsense"', "W/", "*" * 9000, "\xff\xfe"])
def test_a_garbled_condition_gets_the_whole(member: Client, header: str) -> None:
    assert status_of(member, f"/media/{stored(picture())}", headers={"If-None-Match": header}) == 200


def test_what_the_browser_has_is_not_sent_again(member: Client) -> None:
    name = stored(picture())
    first = member.get(f"/media/{name}")
    etag = first["ETag"]
    assert body(first)

    response = member.get(f"/media/{name}", headers={"If-None-Match": f'"x", {etag}'})

    assert response.status_code == 304
    assert response.content == b""
    assert response["ETag"] == etag


def test_accel_headers_of_a_client_do_nothing(member: Client) -> None:
    headers = {"X-Accel-Redirect": "/etc/passwd", "X-Sendfile": "/etc/passwd"}
    data = picture()
    assert body(member.get(f"/media/{stored(data)}", headers=headers)) == data


def test_every_type_has_an_extension() -> None:
    assert set(TYPES) == set(EXTENSIONS)
