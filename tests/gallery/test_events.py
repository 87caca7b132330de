"""The trail in the log: who came in, who was refused, who changed what; and nothing in it that opens a door."""

import errno
import json
import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from gallery import accounts
from gallery.logs import (
    FirstOfEachHost,
    JsonFormatter,
    JsonLines,
    OneLineForOutages,
    TextFormatter,
    as_json,
    outage,
)
from gallery.models import User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_generation
from tests.gallery.page import Page

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def trail(caplog: pytest.LogCaptureFixture) -> "Trail":
    caplog.set_level(logging.INFO, "gallery.events")
    return Trail(caplog)


class Trail:
    """What was written, as the JSON log has it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def take(self) -> list[dict[str, Any]]:
        """The events since the last time."""
        events = [record for record in self._caplog.records if record.name == "gallery.events"]
        lines = [JsonFormatter().format(record) for record in events]
        self._caplog.clear()
        kept = [json.loads(line) for line in lines]
        for event in kept:
            assert event.pop("time")
            assert event.pop("level") == "info"
            assert event.pop("logger") == "gallery.events"
            assert event.pop("message").startswith(event["event"])
        return kept


def path_of(user: User) -> str:
    return accounts.make_link(user).removeprefix("http://127.0.0.1:8000")


def test_sign_ins_and_refusals(client: Client, alice: User, trail: Trail) -> None:
    client.post(LOGIN, {"username": "alice", "password": "wrong"})
    client.post(LOGIN, {"username": "my password, in the wrong box", "password": "x"})
    client.post(LOGIN, {"username": "Alice", "password": "alice has a long password"})
    client.post("/accounts/logout/")

    refused = {"event": "signin-refused", "reason": "wrong", "address": "127.0.0.1"}
    assert trail.take() == [
        {**refused, "user": "alice"},
        refused,
        {"event": "signin", "user": "alice", "by": "password", "address": "127.0.0.1"},
        {"event": "signout", "user": "alice", "address": "127.0.0.1"},
    ]


def test_a_lock_is_told_apart(client: Client, alice: User, trail: Trail) -> None:
    for _ in range(6):
        client.post(LOGIN, {"username": "alice", "password": "wrong"})
    assert [event["reason"] for event in trail.take()] == ["wrong"] * 5 + ["locked"]


def test_links_made_used_and_spent(client: Client, alice: User, sally: User, trail: Trail) -> None:
    call_command("signin", "alice", stdout=StringIO())
    client.force_login(sally)
    trail.take()
    client.post(f"/admin/gallery/user/{alice.pk}/signin-link/")
    made, pressed = trail.take()
    assert made == {"event": "link-made", "user": "alice", "by": "sally"}
    assert (pressed["event"], pressed["user"], pressed["status"]) == ("admin", "sally", 302)

    path = path_of(alice)
    assert trail.take() == [{"event": "link-made", "user": "alice", "by": "the server"}]
    Client().get(path)
    assert trail.take() == [], "looking is no event"
    Client().post(path)
    Client().post(path)
    assert trail.take() == [
        {"event": "signin", "user": "alice", "by": "link", "address": "127.0.0.1"},
        {"event": "signin-refused", "reason": "link", "address": "127.0.0.1"},
    ]


def test_rights_and_what_staff_do(client: Client, alice: User, sally: User, trail: Trail) -> None:
    client.force_login(sally)
    trail.take()
    form = {"username": "alice", "is_active": "on", "is_staff": "on"}
    client.post(f"/admin/gallery/user/{alice.pk}/change/", form)
    rights, change = trail.take()
    assert rights == {"event": "rights-changed", "user": "alice", "is_staff": True, "by": "sally"}
    assert change["path"] == f"/admin/gallery/user/{alice.pk}/change/"

    client.post("/admin/gallery/user/add/", {"username": "carol"})
    assert [event["event"] for event in trail.take()] == ["member-added", "admin"]

    chosen = {"action": "make_signin_links", ACTION_CHECKBOX_NAME: [alice.pk]}
    client.post("/admin/gallery/user/", chosen)
    *_, action = trail.take()
    assert (action["action"], action["selected"]) == ("make_signin_links", 1)

    client.get("/admin/gallery/user/")
    assert trail.take() == []


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("gallery/generation/", {"action": "cancel", ACTION_CHECKBOX_NAME: str(1 << 63)}, 400),
        ("gallery/generation/{}/change/?_to_field=x", {}, 400),
        ("gallery/generation/{}/change/?x=a%00b", {}, 400),
        ("gallery/generation/?id__range=5", {"action": "cancel", ACTION_CHECKBOX_NAME: "1"}, 302),
        ("gallery/generation/add/", {}, 403),
        ("nowhere/", {}, 404),
    ],
)
def test_what_is_told_of_staff_is_what_they_were_answered(
    client: Client, alice: User, sally: User, trail: Trail, path: str, form: dict[str, str], status: int
) -> None:
    waiting = a_generation(alice)
    client.force_login(sally)
    trail.take()
    answer = client.post(f"/admin/{path.format(waiting.pk)}", form)
    told = [event["status"] for event in trail.take() if event["event"] == "admin"]
    assert (answer.status_code, told) == (status, [status])


def test_an_error_of_ours_is_told_as_one(sally: User, trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise KeyError("x")

    client = Client(raise_request_exception=False)
    client.force_login(sally)
    trail.take()
    monkeypatch.setattr("gallery.admin_values.CheckedAdmin.response_action", broken)
    form = {"action": "cancel", "index": "0", ACTION_CHECKBOX_NAME: "1"}
    assert client.post("/admin/gallery/generation/", form).status_code == 500
    assert [event["status"] for event in trail.take() if event["event"] == "admin"] == [500]


def test_the_command_that_makes_a_superuser_is_told(trail: Trail) -> None:
    call_command("signin", "admin", "--create", stdout=StringIO())
    added, made = trail.take()
    assert (added["event"], added["is_superuser"]) == ("member-added", True)
    assert made["event"] == "link-made"


def test_no_line_of_the_log_holds_a_link(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    """The address of a form that is refused still signs in."""
    path = path_of(alice)
    token = path.strip("/").rpartition("/")[2]
    caplog.set_level(logging.INFO)
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert any("signin" in record.getMessage() for record in caplog.records), "the refusal is logged"
    try:
        raise ValueError(f"GET http://127.0.0.1:8000{path} failed")
    except ValueError:
        logging.getLogger("gallery").exception("at %s", path)
    for formatter in (TextFormatter(), JsonFormatter()):
        for record in caplog.records:
            line = formatter.format(record)
            assert token not in line
    assert token not in as_json("info", "x", path)


@pytest.mark.parametrize("https", [False, True])
def test_the_page_of_a_link_sends_no_referer_and_its_form_works_all_the_same(
    alice: User, https: bool, settings: LazySettings
) -> None:
    """From such a page browsers call the origin `null`."""
    if https:
        settings.HTTPS, settings.SECURE_SSL_REDIRECT = True, True
        settings.ALLOWED_HOSTS = ["testserver"]
    client = Client(enforce_csrf_checks=True)
    path = path_of(alice)
    page = client.get(path, secure=https)
    assert page["Referrer-Policy"] == "no-referrer"
    token = Page(page.content).csrf_token
    null: dict[str, Any] = {"HTTP_ORIGIN": "null", "secure": https}
    assert client.post(path, {"csrfmiddlewaretoken": "x" * 64}, **null).status_code == 403
    form = {"csrfmiddlewaretoken": token}
    assert client.post("/accounts/logout/", form, **null).status_code == 403
    elsewhere = client.post(path, form, secure=https, HTTP_ORIGIN="https://evil.example")
    assert elsewhere.status_code == 403
    answer = client.post(path, form, **null)
    assert (answer.status_code, answer["Referrer-Policy"]) == (302, "no-referrer")


def test_no_answer_below_such_an_address_tells_it_to_anybody(alice: User, settings: LazySettings) -> None:
    path, client = path_of(alice), Client()
    client.raise_request_exception = False
    answers = [
        (405, client.put(path)),
        (415, client.post(path, b"{}", content_type="application/json")),
        (301, client.get(path.rstrip("/"))),
        (400, client.get(path, headers={"X-Odd": "x" * 9000})),
        (400, client.get(path, headers={"Host": "evil.example"})),
        (403, Client(enforce_csrf_checks=True).post(path)),
        (404, client.get(f"{path}more/")),
    ]
    settings.HTTPS, settings.SECURE_SSL_REDIRECT = True, True
    answers.append((301, Client().get(path)))
    for status, answer in answers:
        assert answer.status_code == status
        assert answer["Referrer-Policy"] == "no-referrer", status
        assert "no-store" in answer["Cache-Control"], status


def test_each_line_of_the_stream_becomes_an_object() -> None:
    written: list[str] = []

    class Stream:
        def write(self, text: str) -> None:
            written.append(text)

    stream: Any = JsonLines(Stream())  # type: ignore[arg-type]
    stream.write("Traceback (most recent")
    stream.write(" call last):\n\n  File x\n")
    stream.write(as_json("info", "gallery", "as it is") + "\n")
    events = [json.loads(line) for line in written]
    assert [event["message"] for event in events] == [
        "Traceback (most recent call last):",
        "  File x",
        "as it is",
    ]


def test_a_worker_removes_expired_sessions(
    client: Client, alice: User, worker_process: WorkerProcess
) -> None:
    client.force_login(alice)
    kept = client.session.session_key
    past = timezone.now() - timedelta(seconds=1)
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=past)

    worker_process._chores()

    assert list(Session.objects.values_list("pk", flat=True)) == [kept]


def test_a_host_that_is_not_ours_is_said_once(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for host in ("192.168.1.5:8000", "192.168.1.5:8000", "gallery.lan"):
        answer = client.get("/", HTTP_HOST=host)
        assert answer.status_code == 400
        assert "does not answer to the address" in answer.content.decode()
        assert "a browser would send" not in answer.content.decode()
    lines = [TextFormatter().format(record) for record in caplog.records]
    assert len(lines) == 2, lines
    assert "'192.168.1.5:8000' was refused: PUBLIC_URL says http://127.0.0.1:8000" in lines[0]
    assert " warning " in lines[0]


def test_made_up_hosts_do_not_silence_the_one_that_matters(rf: RequestFactory) -> None:
    now = 0.0
    once = FirstOfEachHost(lambda: now)

    def said(host: str) -> str:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "Invalid HTTP_HOST header", None, None)
        record.request = rf.get("/", HTTP_HOST=host)
        return record.getMessage() if once.filter(record) else ""

    assert sum(bool(said(f"made-up-{number}.example")) for number in range(500)) == 20
    assert said("gallery.lan") == ""
    now = 601
    line = said("gallery.lan")
    assert line.startswith("a request for the host 'gallery.lan' was refused: PUBLIC_URL says")
    assert line.endswith("; 481 more for other hosts were refused before")
    assert said("gallery.lan") == said("made-up-3.example") == ""
    # What was left out is told once, by whoever comes next.
    assert [bool(said(f"another-{number}.example")) for number in range(22)] == [True] * 19 + [False] * 3
    now = 1202
    assert "; 3 more for other hosts were refused before" in said("gallery.lan")
    assert said("gallery.lan") == ""
    for number in range(5000):
        now += 31
        assert said(f"slow-{number}.example").count("refused") == 1
    assert len(once._hosts) == 1000


@pytest.mark.parametrize(
    "trouble", [OperationalError("server closed"), PermissionError(13, "Permission denied", "/x")]
)
def test_an_outage_is_one_line_a_request(trouble: Exception) -> None:
    """Open pages ask once a second; a traceback each time would bury what it is about."""
    record = logging.LogRecord(
        "django.request", logging.ERROR, "", 1, "Internal Server Error: /queue/", None, None
    )
    record.exc_info = (type(trouble), trouble, None)
    assert OneLineForOutages().filter(record)
    line = TextFormatter().format(record)
    assert len(line.splitlines()) == 1
    assert "cannot be used" in line
    assert "/queue/" in line


@pytest.mark.parametrize(
    ("trouble", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/data/x"), True),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x"), False),
        (OSError(errno.EROFS, "Read-only file system", "/data/x"), False),
    ],
)
def test_a_full_disk_is_said_of_a_full_disk_only(trouble: OSError, full: bool) -> None:
    assert ("disk is full" in outage(trouble)) == full
    assert "/data/x" in outage(trouble)
