"""The account page, and the zone in which moments are read."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.db.models.signals import pre_save
from django.test import Client

from gallery.models import Collection, Generation, User, Worker
from tests.gallery.generations import a_generation, a_picture
from tests.gallery.page import Page

AT = datetime(2026, 7, 1, 22, 30, 15, tzinfo=UTC)


@pytest.fixture
def shown(client: Client, alice: User) -> str:
    """The address of a page with a moment on it."""
    picture = a_picture(alice)
    Generation.objects.filter(pk=picture.generation_id).update(created_at=AT)
    type(picture).objects.filter(pk=picture.pk).update(created_at=AT)
    client.force_login(alice)
    return f"/images/{picture.pk}/"


def moments(client: Client, address: str) -> set[str]:
    """What is said of that moment when one points at it."""
    times = Page(client.get(address).content).all("time", title=None)
    return {each["title"] for each in times if each["datetime"].startswith(("2026-07-01", "2026-07-02"))}


@pytest.mark.parametrize(
    ("own", "said", "words"),
    [
        ("", "", "1 Jul 2026 22:30:15 UTC"),
        ("", "Europe/Rome", "2 Jul 2026 00:30:15 CEST"),
        ("America/New_York", "Europe/Rome", "1 Jul 2026 18:30:15 EDT"),
        ("", "../../etc/passwd", "1 Jul 2026 22:30:15 UTC"),
        ("", "x" * 3000, "1 Jul 2026 22:30:15 UTC"),
        ("", "Nowhere/Atlantis", "1 Jul 2026 22:30:15 UTC"),
        ("Gone/Since", "Asia/Tokyo", "2 Jul 2026 07:30:15 JST"),
    ],
)
def test_a_moment_is_in_the_zone_of_who_reads(
    client: Client, alice: User, shown: str, own: str, said: str, words: str
) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone=own)
    if said:
        client.cookies["time-zone"] = said
    assert moments(client, shown) == {words}


def test_a_member_sets_it(client: Client, alice: User, shown: str) -> None:
    page = Page(client.get("/account/").content)
    assert page.one("option", value="Europe/Rome")
    assert client.post("/account/", {"time_zone": "Europe/Rome"})["Location"] == "/account/"
    assert moments(client, shown) == {"2 Jul 2026 00:30:15 CEST"}
    assert client.post("/account/", {"time_zone": ""}).status_code == 303
    assert moments(client, shown) == {"1 Jul 2026 22:30:15 UTC"}


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/account/", {"time_zone": "Europe/Rome", "row_height": "200", "sensitive": "hide"}),
        ("/account/density/", {"row_height": "200"}),
        ("/account/sensitive/", {"sensitive": "hide"}),
    ],
)
def test_it_takes_back_nothing_that_was_written_meanwhile(
    client: Client, sally: User, address: str, sent: dict[str, str]
) -> None:
    client.force_login(sally)
    with written_meanwhile(sally, is_active=False, is_staff=False, click_limit=5):
        assert client.post(address, sent).status_code == 303
    assert User.objects.filter(pk=sally.pk, **sent).exists()


def test_who_administers_members_takes_back_nothing_of_theirs(
    client: Client, sally: User, alice: User
) -> None:
    User.objects.filter(pk=sally.pk).update(is_superuser=True)
    client.force_login(sally)
    address = f"/admin/gallery/user/{alice.pk}"
    with written_meanwhile(alice, row_height=200):
        fields = {"username": "alice", "is_active": "on", "click_limit": "7"}
        assert client.post(f"{address}/change/", fields).status_code == 302
    with written_meanwhile(alice, row_height=210):
        password = {"password1": "correct horse battery", "password2": "correct horse battery"}
        assert client.post(f"{address}/password/", password | {"usable_password": "true"}).status_code == 302
    alice.refresh_from_db()
    assert alice.click_limit == 7
    assert alice.check_password("correct horse battery")


@contextmanager
def written_meanwhile(member: User, **others: Any) -> Iterator[None]:
    """Others write this, a draft and a destination just before what is done here saves the member; it stays."""
    others |= {"draft_revision": 9, "destination": Collection.objects.called("Spring", member).pk}

    def write(**_: Any) -> None:
        written.append(User.objects.filter(pk=member.pk).update(**others))

    written: list[int] = []
    pre_save.connect(write, sender=User)
    try:
        yield
    finally:
        pre_save.disconnect(write, sender=User)
    assert written == [1]
    assert User.objects.values(*others).get(pk=member.pk) == others


@pytest.mark.parametrize("name", ["Nowhere/Atlantis", "x" * 5000, "\0", "../UTC", "utc"])
def test_a_zone_that_is_none_is_said_at_the_field(client: Client, alice: User, name: str) -> None:
    client.force_login(alice)
    answer = client.post("/account/", {"time_zone": name})
    assert answer.status_code == 422
    assert "There is no such time zone" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.time_zone == ""


def test_what_counts_and_what_the_admin_tells_is_in_it_too(
    client: Client, sally: User, models_known: None
) -> None:
    User.objects.filter(pk=sally.pk).update(is_superuser=True, time_zone="Europe/Rome")
    client.force_login(sally)
    sent = a_generation(sally, state="sending", sent_at=AT)
    since = Page(client.get(f"/generations/{sent.pk}/card/").content).one("time", data_since=None)
    assert since.words == "since 00:30:15"
    assert (since["title"], since["data-since"]) == ("2 Jul 2026 00:30:15 CEST", since["datetime"])
    a_generation(sally, created_at=AT)
    Worker.objects.create(name="a", host="here", process=1)
    page = Page(client.get("/admin/").content)
    beat, waiting = page.all("p", class_="help")[0].all("time")
    assert beat["title"].endswith((" CET", " CEST"))
    assert (waiting.words, waiting["title"]) == ("2 Jul 2026 00:30:15", "2 Jul 2026 00:30:15 CEST")


def test_no_template_formats_a_moment_by_itself() -> None:
    """`{% moment %}` says zone and second to who points at it; `local_day` compares, and shows nothing."""
    templates = Path(settings.BASE_DIR) / "templates"
    by_itself = re.compile(
        r"\|\s*(date|time|timesince|timeuntil|localtime|utc|timezone|natural(time|day))\b"
        r"|{%-?\s*now\b|strftime|isoformat|{{[^}]*\|\s*local_day"
    )
    said = [
        f"{path.relative_to(templates)}: {line.strip()}"
        for path in templates.rglob("*.*")
        for line in path.read_text().splitlines()
        if by_itself.search(line)
    ]
    assert said == []


def test_the_installation_has_one_for_who_says_nothing(
    client: Client, shown: str, settings: LazySettings
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    assert moments(client, shown) == {"2 Jul 2026 07:30:15 JST"}
