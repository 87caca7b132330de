"""Pictures that are taken home: one, and many as a ZIP."""

import csv
import gc
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Pillow

from gallery.downloads import archive
from gallery.models import Image, User
from gallery.models.user import CopiesCarry
from tests.gallery.generations import a_picture
from tests.gallery.page import Page
from tests.odd_pictures import encoded, scene
from venice.operations import PARAMETERS

WEBP = encoded(scene(size=(64, 48)), "WEBP", exif=Pillow.Exif().tobytes() + b"somebody's")


@pytest.fixture
def member(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def kept(alice: User, prompt: str = "a cat on a wall", **more: Any) -> Image:
    """A picture with a file of its own."""
    return a_picture(alice, prompt, content=WEBP, **more)


def opened(answer: Any) -> zipfile.ZipFile:
    """The archive of an answer, sound to the last byte."""
    assert answer.status_code == 200, answer.content
    found = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert found.testzip() is None
    return found


def table(found: zipfile.ZipFile) -> list[dict[str, str]]:
    text = found.read("pictures.csv")
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(text.decode("utf-8-sig"), newline="")))


def words_of(data: bytes) -> str:
    with Pillow.open(BytesIO(data)) as picture:
        return str(picture.getexif().get_ifd(0x8769)[0x9286][8:].decode())


def test_one_picture_says_what_it_is(member: Client, alice: User) -> None:
    picture = kept(alice, "A heron: at dawn?")
    answer = member.get(f"/images/{picture.pk}/download")
    date = f"{picture.created_at:%Y-%m-%d}"
    assert answer["Content-Disposition"] == f'attachment; filename="{date}-A-heron-at-dawn-7.webp"'
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/webp", "private, no-cache")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert words_of(answer.content).splitlines() == [
        "A heron: at dawn?",
        f'Seed: 7, Size: 1024x768, Model: venice-sd35, Created: "{picture.created_at.isoformat(timespec="seconds")}", '
        "Version: Venice Gallery",
    ]
    assert b"".join(member.get(f"/images/{picture.pk}/original").streaming_content) == WEBP


@pytest.mark.parametrize("carry", CopiesCarry.values)
def test_what_copies_carry_is_the_persons(member: Client, alice: User, carry: str) -> None:
    picture = kept(alice)
    assert member.post("/account/", {"copies_carry": carry, "download_name": "{id}"}).status_code == 303
    answer = member.get(f"/images/{picture.pk}/download")
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer["Content-Disposition"] == f'attachment; filename="{picture.pk}.webp"'
    assert (data == WEBP, b"somebody" in data, b"cat" in data) == {
        "parameters": (False, False, True),
        "nothing": (False, False, False),
        "as-sent": (True, True, False),
    }[carry]
    assert answer["Cache-Control"] == "private, no-cache"
    (inside, *_) = opened(member.post("/selection/download/", {"image": picture.pk})).infolist()
    assert inside.filename == f"{picture.pk}.webp"
    assert inside.file_size == len(data)


def test_many_come_as_an_archive_with_all_that_is_known(member: Client, alice: User) -> None:
    first, second = kept(alice, "=1+1\n夜"), kept(alice, '"quoted", <b>')
    lost = a_picture(alice, "lost")
    fields = {"image": [second.pk, first.pk, lost.pk, lost.pk + 1]}
    found = opened(member.post("/selection/download/", fields))
    day = f"{first.created_at:%Y-%m-%d}"
    names = [f"{day}-quoted-,-b-7.webp", f"{day}-=1+1-夜-7.webp"]
    assert found.namelist() == [*names, "pictures.csv", "pictures.json", "missing.txt"]
    assert {each.compress_type for each in found.infolist()} == {zipfile.ZIP_STORED}
    lost_line = f"{day}-lost-7.webp\tpicture {lost.pk}\tits file cannot be read: {lost.name}\r\n"
    assert found.read("missing.txt").decode().startswith(lost_line)
    rows = table(found)
    assert [(row["file"], row["id"], row["prompt"]) for row in rows] == [
        (names[0], str(second.pk), '"quoted", <b>'),
        (names[1], str(first.pk), "'=1+1\n夜"),
    ]
    assert (rows[0]["model"], rows[0]["seed"], rows[0]["price_usd"]) == ("venice-sd35", "7", "0.01")
    told = json.loads(found.read("pictures.json"))
    assert [each["prompt"] for each in told] == ['"quoted", <b>', "=1+1\n夜"]
    assert told[0]["request"]["model"] == "venice-sd35"


def test_names_of_one_archive_are_all_different(member: Client, alice: User) -> None:
    ids = [kept(alice, text).pk for text in ("Café", "cafe\u0301", "CAFÉ")]
    found = opened(member.post("/selection/download/", {"image": ids}))
    names = [name for name in found.namelist() if name.endswith(".webp")]
    assert [name.partition("-7")[2] for name in names] == [".webp", "-2.webp", "-3.webp"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "＝"])
def test_the_table_is_harmless_in_a_spreadsheet(member: Client, alice: User, start: str) -> None:
    picture = kept(alice, "x")
    Image.objects.filter(pk=picture.pk).update(style_preset=f"{start}cmd|' /C calc'!A0")
    (row,) = table(opened(member.post("/selection/download/", {"image": picture.pk})))
    assert row["style_preset"].startswith("'")


def test_it_is_harmless_where_cells_are_parted_by_semicolons(member: Client, alice: User) -> None:
    """Such a program takes our commas for text, and the quotes of all but the first cell of a line as well."""
    words = "A quay;=cmd|' /C calc'!A0;+2\n=1+1\n  @SUM(A1)\n\nfog; mist, 2:1 - calm"
    picture = kept(alice, words)
    found = opened(member.post("/selection/download/", {"image": picture.pk}))
    text = found.read("pictures.csv").decode("utf-8-sig")
    assert not re.search(r"[;\n\r] *[=+@|%-]", text.replace("\r\n", "\n"))
    # Programs that try several signs keep each text whole, since it stands in quotes; and prose stays as it is.
    line = text.partition("\r\n")[2]
    assert line.startswith('"')
    assert ',"A quay;' in line
    assert table(found)[0]["prompt"].endswith("\n\nfog; mist, 2:1 - calm")


def test_the_table_holds_every_parameter_by_venices_name(member: Client, alice: User) -> None:
    """What was asked for, as Venice calls it; empty where nothing was."""
    asked = {
        "aspect_ratio": "16:9",
        "resolution": "2K",
        "hide_watermark": True,
        "lora_strength": 30,
        "variants": 2,
    }
    picture = kept(alice, "x", request=asked)
    (row,) = table(opened(member.post("/selection/download/", {"image": picture.pk})))
    names = {each.name for each in PARAMETERS} - {"modelId", "return_binary", "anon_user_id"}
    assert names <= row.keys()
    assert " ".join(row) == (
        "file id made by kind model prompt negative_prompt seed width height steps cfg_scale style_preset format"
        " price_usd generation index sha256 aspect_ratio resolution quality lora_strength scale creativity variants"
        " output_format safe_mode hide_watermark embed_exif_metadata enhance_prompt enable_web_search"
        " disable_prompt_optimization_thinking"
    ), "spreadsheets know a column by its place"
    assert {name: row[name] for name in asked} == {name: str(value) for name, value in asked.items()}
    assert (row["index"], row["scale"], row["enhance_prompt"]) == ("0", "", "")


def test_all_that_match_are_taken(member: Client, alice: User) -> None:
    kept(alice, "a cat")
    kept(alice, "a dog")
    found = opened(member.post("/selection/download/", {"all": "1", "q": "dog"}))
    assert [row["prompt"] for row in table(found)] == ["a dog"]


def test_nothing_and_too_much_are_said(member: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = member.post("/selection/download/", {"image": 1})
    assert (gone.status_code, "not there any more" in Page(gone.content).words) == (422, True)
    assert member.post("/selection/download/", {}).status_code == 422
    monkeypatch.setattr("gallery.views.downloads.MOST", 1)
    ids = [kept(alice, text).pk for text in ("one", "two")]
    refused = member.post("/selection/download/", {"image": ids})
    assert "An archive has at most 1 pictures; these are 2." in Page(refused.content).words
    assert member.get(f"/images/{2**70}/download").status_code == 404
    assert member.get(f"/images/{a_picture(alice).pk}/download").status_code == 404


@pytest.fixture
def others(alice: User, bob: User, sally: User) -> Iterator[list[int]]:
    taken = [100_000, 100_001]
    for member in taken:
        archive.SLOTS.take(member)
    yield taken
    for member in taken:
        archive.SLOTS.give_back(member)


@pytest.mark.django_db
def test_who_takes_an_archive_leaves_threads_to_others(alice: User, bob: User, others: list[int]) -> None:
    one, two = Client(), Client()
    one.force_login(alice)
    two.force_login(bob)
    fields = {"image": kept(alice).pk}
    first = one.post("/selection/download/", fields)
    mine, theirs = one.post("/selection/download/", fields), two.post("/selection/download/", fields)
    for refused in (mine, theirs):
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    assert "You are taking an archive already" in Page(mine.content).one(data_reason=None).words
    assert "3 archives are being taken" in Page(theirs.content).one(data_reason=None).words
    opened(first)
    opened(two.post("/selection/download/", fields))
    opened(one.post("/selection/download/", fields))


def test_what_is_not_in_it_is_told(member: Client, alice: User) -> None:
    """In the trash since it was selected, gone, and what cannot be stripped of what it carries."""
    alice.copies_carry = CopiesCarry.NOTHING
    alice.save()
    good, thrown, odd = kept(alice), kept(alice), a_picture(alice, content=b"no picture")
    Image.objects.trash([thrown.pk], alice)
    gone = odd.pk + 99
    found = opened(member.post("/selection/download/", {"image": [good.pk, thrown.pk, odd.pk, gone]}))
    assert [row["id"] for row in table(found)] == [str(good.pk)]
    told = found.read("missing.txt").decode()
    assert f"picture {thrown.pk}\tit is in the trash" in told
    assert f"picture {gone}\tit is not there any more" in told
    assert f"picture {odd.pk}\twhat it carries beside the picture cannot be taken out" in told
    alone = member.get(f"/images/{odd.pk}/download")
    assert alone.status_code == 422
    assert "cannot be taken out of this file" in Page(alone.content).words
    assert member.post("/selection/download/", {"image": [thrown.pk]}).status_code == 422


def test_an_archive_that_is_dropped_gives_its_slot_back(member: Client, alice: User) -> None:
    fields = {"image": kept(alice).pk}
    for _ in range(3):
        answer = member.post("/selection/download/", fields)
        assert answer.status_code == 200
        del answer
        gc.collect()


def test_one_that_ends_while_another_begins_is_not_waited_for() -> None:
    """As when garbage is collected just then; two of one thread would wait for each other for ever."""
    slots = archive.Slots()
    slots.take(1)

    class Collecting(list[int]):
        def count(self, value: int) -> int:
            slots._taken = [2]
            slots.give_back(2)
            return super().count(value)

    slots._taken = Collecting()
    beginning = threading.Thread(target=slots.take, args=(7,), daemon=True)
    beginning.start()
    beginning.join(10)
    assert not beginning.is_alive()


def test_an_archive_that_nobody_reads_gives_its_slot_back() -> None:
    wish = archive.Wish("{id}", "nothing", UTC, shows_sensitive=True)
    parts = archive.Archive([1], wish, 7)
    with pytest.raises(archive.Busy):
        archive.Archive([1], wish, 7)
    parts.close()
    parts.close()
    archive.Archive([1], wish, 7).close()


def test_what_the_storage_loses_meanwhile_is_named(member: Client, alice: User) -> None:
    first, second = kept(alice, "one"), kept(alice, "two")
    answer = member.post("/selection/download/", {"image": [first.pk, second.pk]})
    default_storage.delete(first.name)
    found = opened(answer)
    assert found.namelist() == ["pictures.csv", "pictures.json", "missing.txt"]
    assert table(found) == []
    assert json.loads(found.read("pictures.json")) == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("{date}/{id}", "cannot hold '/'"), ("{nope}", "There is no {nope}"), ("x" * 121, "120")],
)
def test_a_pattern_that_cannot_be_is_said_at_its_field(
    member: Client, alice: User, pattern: str, words: str
) -> None:
    answer = member.post("/account/", {"download_name": pattern})
    assert answer.status_code == 422
    assert words in Page(answer.content).one(data_error_for="download_name").words
    alice.refresh_from_db()
    assert alice.download_name == "{date}-{prompt}-{seed}"


def test_the_account_shows_what_a_file_would_be_called(member: Client, alice: User) -> None:
    assert "a-heron-at-dawn-42.webp" in Page(member.get("/account/").content).one(data_example=None).words
    kept(alice, "my cat")
    member.post("/account/", {"download_name": "{by} {prompt}.{format}"})
    page = Page(member.get("/account/").content)
    assert page.one(data_example=None).words == "alice my-cat.webp"
    assert page.one(id="id_download_name")["value"] == "{by} {prompt}"


def test_a_stranger_takes_nothing(client: Client, alice: User) -> None:
    picture = kept(alice)
    assert client.get(f"/images/{picture.pk}/download").status_code == 302
    assert client.post("/selection/download/", {"image": picture.pk}).status_code == 302
