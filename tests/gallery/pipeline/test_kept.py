"""Answers that could not be used: why is said, who may take them away, reading them again, how long they stay."""

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from gallery.display import kept_answers
from gallery.media.decoder import Decoder
from gallery.models import Attempt, Generation, Outcome, State, User
from gallery.pipeline import reingest, retention
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture
from tests.gallery.page import Element, Page
from tests.gallery.pipeline.conftest import queue
from tests.gallery.pipeline.test_answers import body, encoded, webp
from tests.venice.conftest import Script, answer, script
from venice import Deadlines
from venice.emulator import Emulator
from venice.emulator.calls import PAGE

__all__ = ["script"]

pytestmark = pytest.mark.usefixtures("models_known")
HTMX = {"HX-Request": "true"}


def card(client: Client, generation: Generation) -> Element:
    response = client.get(f"/generations/{generation.pk}/")
    assert response.status_code == 200
    return Page(response.content).one(class_="card")


def actions_of(shown: Element) -> dict[str, str]:
    """Where its forms and links lead, by their mark."""
    return {
        each["data-action"]: each["action" if each.name == "form" else "href"]
        for each in shown.all(data_action=None)
    }


def ended(worker_process: WorkerProcess, generation: Generation) -> Attempt:
    """Its only call, once it was seen through."""
    assert worker_process.step()
    generation.refresh_from_db()
    return generation.attempts.get()


def met(
    worker_process: WorkerProcess, script: Script, owner: User, data: bytes, *, variants: int = 1
) -> Generation:
    """A generation that was answered with these very bytes."""
    script.plays(answer(data))
    worker_process.sender.client = type(worker_process.sender.client)(
        "test-key", script.url, deadlines=Deadlines(connect=1, first_byte=1, total=3)
    )
    generation = queue(owner, variants=variants)
    ended(worker_process, generation)
    return generation


def taken(client: Client, attempt: Attempt) -> bytes:
    response = client.get(f"/answers/{attempt.pk}/download")
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def press(client: Client, attempt: Attempt, **more: Any) -> Any:
    return client.post(f"/answers/{attempt.pk}/read-again/", more)


@pytest.fixture
def hasty(worker_process: WorkerProcess, kept_decoder: Decoder) -> Iterator[WorkerProcess]:
    """A worker whose decoder has no time at all, until it is given the other one."""
    worker_process.answers.decoder = Decoder(patience=0)
    yield worker_process
    if worker_process.answers.decoder is not kept_decoder:
        worker_process.answers.decoder.close()


def mended(worker_process: WorkerProcess, decoder: Decoder) -> None:
    worker_process.answers.decoder.close()
    worker_process.answers.decoder = decoder


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("fault", "variants", "state", "words"),
    [
        ("cut-picture", 1, State.FAILED, "Venice sent 1 picture, which could not be read: "),
        ("cut-picture", 2, State.DONE, "Venice sent 2 pictures; 1 could not be read: Picture 2 of 2: "),
        ("html-200", 1, State.FAILED, "The answer is neither an image nor JSON: it begins with “<html>…”."),
        ("empty", 1, State.FAILED, "The answer has no images."),
        ("truncated", 4, State.INTERRUPTED, " of 4 pictures saved."),
    ],
)
def test_the_card_says_why(
    worker_process: WorkerProcess,
    client: Client,
    alice: User,
    fault: str,
    variants: int,
    state: str,
    words: str,
) -> None:
    generation = queue(alice, faults=fault, variants=variants)
    attempt = ended(worker_process, generation)
    client.force_login(alice)

    shown = card(client, generation)

    assert generation.state == state
    assert words in shown.words
    assert "is kept until" in shown.words
    assert actions_of(shown)["read-again"] == f"/answers/{attempt.pk}/read-again/"
    assert actions_of(shown)["download-answer"] == f"/answers/{attempt.pk}/download"
    assert attempt.kept_bytes == attempt.bytes


@pytest.mark.one_database
def test_the_log_counts_as_the_card_does(
    worker_process: WorkerProcess, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        ended(worker_process, queue(alice, faults="cut-picture", variants=2))
    assert "picture 2: " in caplog.text
    assert "done, 1 picture\n" in caplog.text
    with caplog.at_level(logging.INFO):
        ended(worker_process, queue(alice, faults="cut-picture"))
    assert "picture 1: " in caplog.text


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("images", "asked", "words"),
    [
        (["not base64!"], 1, "Venice sent 1 picture, which could not be read: not base64."),
        (
            ["x!", 7],
            2,
            "Venice sent 2 pictures; none could be read: Picture 1 of 2: not base64; Picture 2 of 2: not a text.",
        ),
        ([7] * 9, 4, "Picture 3 of 9: not a text; and 6 more."),
    ],
)
def test_each_picture_has_its_reason(
    worker_process: WorkerProcess,
    script: Script,
    client: Client,
    alice: User,
    images: list[Any],
    asked: int,
    words: str,
) -> None:
    generation = met(worker_process, script, alice, body(images), variants=asked)
    client.force_login(alice)

    assert words in card(client, generation).words


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"<script>alert(1)</script>", "it begins with “<script>…”"),
        (b"\x00\x01\x02\xff", "neither an image nor JSON."),
        ("‮evil".encode() * 1000, "“evil evil"),
        (b"Internal error, try later", "“Internal error, try later”"),
    ],
)
def test_how_an_answer_begins_is_shown_harmless_and_short(
    worker_process: WorkerProcess, script: Script, client: Client, alice: User, data: bytes, shown: str
) -> None:
    generation = met(worker_process, script, alice, data)
    client.force_login(alice)

    page = client.get(f"/generations/{generation.pk}/").content.decode()

    assert shown in Page(page).one(class_="card").words
    assert "<script>alert" not in page
    assert "\u202e" not in generation.error_message
    assert len(generation.error_message) < 200


@pytest.mark.one_database
def test_what_is_taken_is_what_came(
    worker_process: WorkerProcess, script: Script, client: Client, alice: User, sally: User
) -> None:
    data = body([*encoded(1), base64.b64encode(webp()[:40]).decode()]) + b"\n \r\n"
    generation = met(worker_process, script, alice, data, variants=2)
    attempt = generation.attempts.get()

    for user in (alice, sally):
        client.force_login(user)
        response = client.get(f"/answers/{attempt.pk}/download")
        assert b"".join(response.streaming_content) == data  # type: ignore[attr-defined]
        assert response["Content-Length"] == str(len(data))
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"] == f'attachment; filename="venice-answer-{attempt.pk}.json"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b' {"images": [', "json"),
        (b"<html><script>alert(1)</script>", "txt"),
        ("Un très long message".encode(), "txt"),
        (webp()[:40], "webp"),
        (b"\x89PNG\r\n\x1a\n and nothing", "png"),
        (b"\x00\x01\x02", "bin"),
    ],
)
def test_what_is_taken_is_named_as_what_it_is(
    worker_process: WorkerProcess, script: Script, client: Client, alice: User, data: bytes, ending: str
) -> None:
    attempt = met(worker_process, script, alice, data).attempts.get()
    client.force_login(alice)
    response = client.get(f"/answers/{attempt.pk}/download")
    assert b"".join(response.streaming_content) == data  # type: ignore[attr-defined]
    assert f'filename="venice-answer-{attempt.pk}.{ending}"' in response["Content-Disposition"]


@pytest.mark.one_database
def test_the_server_sends_it_as_a_file_however_slowly_it_is_read(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    """A generator would keep a thread for each reader: eight who read nothing would stop the site."""
    attempt = ended(worker_process, queue(alice, faults="html-200"))

    for key in ("no-key-in-this-answer", PAGE[5:25].decode()):
        settings.VENICE_API_KEY = key
        with closing(kept_answers.download(attempt)) as response:
            assert response.file_to_stream is not None
            assert response["Content-Length"] == str(len(PAGE))
            assert b"".join(response.streaming_content) == PAGE.replace(key.encode(), b"*" * len(key))


@pytest.mark.one_database
def test_a_page_of_the_emulator_is_taken_as_it_came(
    worker_process: WorkerProcess, client: Client, alice: User
) -> None:
    attempt = ended(worker_process, queue(alice, faults="html-200"))
    client.force_login(alice)

    assert taken(client, attempt) == PAGE


@pytest.mark.one_database
def test_members_see_why_and_no_more(
    worker_process: WorkerProcess, client: Client, alice: User, bob: User
) -> None:
    generation = queue(alice, faults="html-200")
    attempt = ended(worker_process, generation)
    client.force_login(bob)

    shown = card(client, generation)

    assert "neither an image nor JSON" in shown.words
    assert not {"read-again", "download-answer"} & set(actions_of(shown))
    assert client.get(f"/answers/{attempt.pk}/download").status_code == 403
    assert press(client, attempt).status_code == 403
    assert not Attempt.objects.asked().exists()


@pytest.mark.one_database
@pytest.mark.parametrize("border", [0, 65_530, 65_536, 131_060])
def test_our_key_is_struck_out_of_what_is_taken(
    worker_process: WorkerProcess,
    script: Script,
    client: Client,
    alice: User,
    settings: LazySettings,
    border: int,
) -> None:
    settings.VENICE_API_KEY = "canary-key-0123456789"
    page = b"<html>".ljust(border, b"x") + settings.VENICE_API_KEY.encode() + b"y" * 70_000
    generation = met(worker_process, script, alice, page)
    client.force_login(alice)

    data = taken(client, generation.attempts.get())

    assert data == page.replace(settings.VENICE_API_KEY.encode(), b"*" * 21)
    assert "canary" not in generation.error_message


def test_read_again_stores_what_a_better_reader_understands(
    hasty: WorkerProcess, kept_decoder: Decoder, client: Client, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice, variants=2)
    attempt = ended(hasty, generation)
    client.force_login(alice)
    words = card(client, generation).words
    assert "Venice sent 2 pictures; none could be read: Picture 1 of 2: took longer" in words
    mended(hasty, kept_decoder)

    first = press(client, attempt)
    asked_at = Attempt.objects.get().reading_asked_at
    second = press(client, attempt, back="queue")
    assert asked_at is not None
    assert Attempt.objects.get().reading_asked_at == asked_at, "the second press changes nothing"
    assert "Being read again" in card(client, generation).words
    reingest.read_asked(hasty.answers)
    reingest.read_asked(hasty.answers)

    assert (first.status_code, first["Location"]) == (303, f"/generations/{generation.pk}/")
    assert (second.status_code, second["Location"]) == (303, "/queue/")
    generation.refresh_from_db()
    attempt.refresh_from_db()
    assert (generation.state, generation.error_message, generation.images.count()) == (State.DONE, "", 2)
    assert (attempt.outcome, attempt.kept_bytes, attempt.reading_asked_at) == (Outcome.OK, None, None)
    assert list(hasty.spool.folder.glob("[0-9]*")) == []
    shown = card(client, generation)
    assert "Done" in shown.words
    assert "kept" not in shown.words
    assert (
        "Read again" in Page(client.get(f"/generations/{generation.pk}/").content).one(class_="history").words
    )
    assert client.get(f"/answers/{attempt.pk}/download").status_code == 404
    assert press(client, attempt).status_code == 303
    assert not Attempt.objects.asked().exists()
    assert len(emulator.ledger()) == 1, "reading is free"


@pytest.mark.one_database
@pytest.mark.parametrize("page", ["/queue/", "/create/"])
def test_lists_of_cards_offer_it_too(
    worker_process: WorkerProcess, client: Client, alice: User, page: str
) -> None:
    generation = queue(alice, faults="html-200")
    attempt = ended(worker_process, generation)
    client.force_login(alice)

    shown = Page(client.get(page).content).one(class_="card")

    assert actions_of(shown)["read-again"] == f"/answers/{attempt.pk}/read-again/"
    assert actions_of(shown)["download-answer"] == f"/answers/{attempt.pk}/download"


def test_the_queue_shows_that_it_is_read_and_that_it_was(
    worker_process: WorkerProcess, client: Client, alice: User
) -> None:
    attempt = ended(worker_process, queue(alice, faults="html-200"))
    client.force_login(alice)

    for words in ("Being read again", "Read again at"):
        poll = Page(client.get("/queue/").content).one(id="queue")["hx-get"]
        assert client.get(poll, headers=HTMX).status_code == 204
        if words == "Being read again":
            press(client, attempt, back="queue")
        else:
            reingest.read_asked(worker_process.answers)
        changed = client.get(poll, headers=HTMX)
        assert changed.status_code == 200
        assert words in Page(changed.content).one(class_="card").words


def test_the_card_follows_the_reading_by_itself(
    hasty: WorkerProcess, kept_decoder: Decoder, client: Client, alice: User
) -> None:
    generation = queue(alice)
    attempt = ended(hasty, generation)
    mended(hasty, kept_decoder)
    client.force_login(alice)

    pressed = Page(client.post(f"/answers/{attempt.pk}/read-again/", headers=HTMX).content)
    address = pressed.one("article", hx_trigger="every 1s")["hx-get"]
    assert client.get(address, headers=HTMX).status_code == 204
    reingest.read_asked(hasty.answers)
    after = client.get(address, headers=HTMX)

    assert after.status_code == 200
    assert Page(after.content).one("article")["data-state"] == "done"
    assert b"hx-get" not in after.content


def test_what_still_cannot_be_read_says_so_and_stays(
    worker_process: WorkerProcess, client: Client, alice: User
) -> None:
    generation = queue(alice, faults="cut-picture", variants=2)
    attempt = ended(worker_process, generation)
    client.force_login(alice)
    before = taken(client, attempt)

    press(client, attempt)
    reingest.read_asked(worker_process.answers)

    shown = card(client, generation)
    assert "Read again at" in shown.words
    assert "still not all of it can be used" in shown.words
    assert "1 could not be read" in shown.words
    assert taken(client, attempt) == before
    generation.refresh_from_db()
    assert (generation.state, generation.images.count()) == (State.DONE, 1)
    assert press(client, attempt).status_code == 303
    assert Attempt.objects.asked().count() == 1, "it may be asked for as often as one likes"


def test_a_page_stays_a_failure_however_often_it_is_read(
    worker_process: WorkerProcess, client: Client, alice: User
) -> None:
    generation = queue(alice, faults="html-200")
    attempt = ended(worker_process, generation)
    client.force_login(alice)

    for _ in range(2):
        # An older reader may have known less of it.
        Generation.objects.filter(pk=generation.pk).update(error_message="Nobody knows why.")
        press(client, attempt)
        reingest.read_asked(worker_process.answers)

    generation.refresh_from_db()
    attempt.refresh_from_db()
    assert (generation.state, attempt.outcome) == (State.FAILED, Outcome.UNKNOWN)
    assert "it begins with" in attempt.kept_reason
    assert "it begins with" in generation.error_message


def test_the_rest_of_a_cut_answer_can_be_taken_and_read_again(
    worker_process: WorkerProcess, script: Script, client: Client, alice: User
) -> None:
    whole = body(encoded(3))
    script.plays(answer(whole)[:-60])
    worker_process.sender.client = type(worker_process.sender.client)("test-key", script.url)
    generation = queue(alice, variants=3)
    attempt = ended(worker_process, generation)
    client.force_login(alice)
    assert generation.state == State.INTERRUPTED
    assert "2 of 3 pictures saved" in card(client, generation).words
    assert taken(client, attempt) == whole[:-60]

    press(client, attempt)
    reingest.read_asked(worker_process.answers)

    generation.refresh_from_db()
    assert generation.state == State.INTERRUPTED
    assert generation.error_message.count("2 of 3 pictures saved") == 1
    with worker_process.spool.unused(attempt.pk).open("ab") as file:  # type: ignore[union-attr]
        file.write(whole[-60:])
    press(client, attempt)
    reingest.read_asked(worker_process.answers)
    generation.refresh_from_db()
    assert (generation.state, generation.images.count()) == (State.DONE, 3)


def test_what_lies_on_another_host_is_named(
    worker_process: WorkerProcess, client: Client, alice: User, settings: LazySettings, tmp_path: Path
) -> None:
    generation = queue(alice, faults="html-200")
    attempt = ended(worker_process, generation)
    Attempt.objects.update(host="far <b>away</b>")
    settings.SPOOL_DIR = tmp_path / "elsewhere"
    client.force_login(alice)

    shown = card(client, generation)
    refused = client.get(f"/answers/{attempt.pk}/download")

    assert "lies on host far <b>away</b>, whose disk this site does not see" in shown.words
    assert "download-answer" not in actions_of(shown)
    assert refused.status_code == 409
    assert b"far &lt;b&gt;away&lt;/b&gt;" in refused.content
    press(client, attempt)
    assert "Being read again on host far" in card(client, generation).words
    near = WorkerProcess(worker_process.sender.client, worker_process.answers.decoder)
    reingest.read_asked(near.answers)
    retention.tend(near.spool, near.heart.host)
    assert Attempt.objects.asked().exists(), "that is the other host's to read"
    reingest.read_asked(worker_process.answers)
    assert not Attempt.objects.asked().exists(), "who sees the file reads it"


def test_a_file_that_is_gone_is_let_go(worker_process: WorkerProcess, client: Client, alice: User) -> None:
    generation = queue(alice, faults="html-200")
    attempt = ended(worker_process, generation)
    client.force_login(alice)
    worker_process.spool.discard(attempt.pk)
    assert client.get(f"/answers/{attempt.pk}/download").status_code == 404
    press(client, attempt)

    reingest.read_asked(worker_process.answers)

    assert not Attempt.objects.kept().exists()
    assert "kept until" not in card(client, generation).words


class TestKeeping:
    """How long, how much, and after which accidents."""

    def _kept(self, worker_process: WorkerProcess, owner: User, count: int) -> list[Attempt]:
        return [ended(worker_process, queue(owner, faults="html-200")) for _ in range(count)]

    def _left(self, worker_process: WorkerProcess) -> list[int]:
        noted = list(
            Attempt.objects.filter(kept_bytes__isnull=False).order_by("pk").values_list("pk", flat=True)
        )
        assert noted == sorted(worker_process.spool.put_aside())
        return noted

    def test_the_old_go_by_themselves(
        self, worker_process: WorkerProcess, client: Client, alice: User
    ) -> None:
        old, asked, young = self._kept(worker_process, alice, 3)
        Attempt.objects.filter(pk=asked.pk).ask_reading()
        Attempt.objects.filter(pk__in=(old.pk, asked.pk)).update(kept_until=timezone.now() - timedelta(1))

        retention.tend(worker_process.spool, worker_process.heart.host)

        assert self._left(worker_process) == [asked.pk, young.pk], "what is to be read is needed still"
        assert young.kept_until is not None
        assert young.kept_until > timezone.now() + timedelta(days=89)
        client.force_login(alice)
        page = client.get(f"/generations/{old.generation_id}/").content.decode()
        assert "What came is not kept any more" in Page(page).one(class_="history").words

    def test_too_much_goes_oldest_first_and_nothing_undecided(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        undecided, first, second, third = self._kept(worker_process, alice, 4)
        for each in (first, second, third):
            each.generation.dismiss()
        size = (worker_process.spool.put_aside()[first.pk]).stat().st_size

        retention.tend(worker_process.spool, worker_process.heart.host, most=2 * size + size // 2)

        assert self._left(worker_process) == [undecided.pk, third.pk]
        retention.tend(worker_process.spool, worker_process.heart.host, most=1)
        assert self._left(worker_process) == [undecided.pk]

    def test_files_from_before_there_was_a_ledger_get_their_entry(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        (attempt,) = self._kept(worker_process, alice, 1)
        Attempt.objects.update(kept_bytes=None, kept_until=None, kept_reason="")

        retention.tend(worker_process.spool, worker_process.heart.host)

        assert self._left(worker_process) == [attempt.pk]
        assert "it begins with" in Attempt.objects.get().kept_reason

    @pytest.mark.parametrize("lost", ["row", "file"])
    def test_a_removal_that_was_cut_short_is_finished(
        self, worker_process: WorkerProcess, alice: User, lost: str
    ) -> None:
        (attempt,) = self._kept(worker_process, alice, 1)
        if lost == "row":
            Attempt.objects.filter(pk=attempt.pk).let_go()
        else:
            worker_process.spool.discard(attempt.pk)

        retention.tend(worker_process.spool, worker_process.heart.host)

        assert self._left(worker_process) == []

    def test_a_disk_that_is_not_mounted_loses_nothing(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        (attempt,) = self._kept(worker_process, alice, 1)
        folder = worker_process.spool.folder
        folder.rename(folder.with_name("unmounted"))
        folder.mkdir()
        Attempt.objects.filter(pk=attempt.pk).ask_reading()

        retention.tend(worker_process.spool, worker_process.heart.host)
        reingest.read_asked(worker_process.answers)

        folder.rmdir()
        folder.with_name("unmounted").rename(folder)
        assert self._left(worker_process) == [attempt.pk]

    def test_a_part_that_could_not_be_read_outlives_a_kill_before_it_was_put_aside(
        self, worker_process: WorkerProcess, alice: User
    ) -> None:
        attempt = ended(worker_process, queue(alice, faults="cut-picture", variants=2))
        aside = worker_process.spool.put_aside()[attempt.pk]
        aside.rename(worker_process.spool.raw(attempt.pk))

        worker_process.recover()

        assert self._left(worker_process) == [attempt.pk]

    def test_a_good_answer_is_not_kept(self, worker_process: WorkerProcess, alice: User) -> None:
        attempt = ended(worker_process, queue(alice))

        assert (attempt.kept_bytes, attempt.kept_until) == (None, None)
        assert self._left(worker_process) == []


class TestAdmin:
    """Staff see all of them."""

    LIST = "/admin/gallery/keptanswer/"

    def test_the_list_tells_size_age_host_reason(
        self, worker_process: WorkerProcess, client: Client, sally: User
    ) -> None:
        attempt = ended(worker_process, queue(sally, faults="html-200"))
        a_picture(sally)
        client.force_login(sally)

        page = client.get(self.LIST).content.decode()

        assert len(Page(page).all(class_="action-select")) == 1
        for words in (
            "it begins with “&lt;html&gt;…”",
            attempt.host,
            f"/answers/{attempt.pk}/download",
        ):
            assert words in page
        assert Page(page).one("td", class_="field-age").words.endswith(" s")
        assert client.get(f"{self.LIST}{attempt.pk}/change/").status_code == 200

    def test_read_again_and_delete(
        self, worker_process: WorkerProcess, client: Client, alice: User, sally: User
    ) -> None:
        attempt = ended(worker_process, queue(alice, faults="html-200"))
        client.force_login(sally)
        chosen = {"_selected_action": [attempt.pk], "index": "0"}

        client.post(self.LIST, {"action": "read_again", **chosen})
        assert Attempt.objects.asked().count() == 1
        reingest.read_asked(worker_process.answers)
        asked = client.post(self.LIST, {"action": "delete_for_good", **chosen})
        assert b"Delete 1 kept answer, which" in asked.content
        assert Attempt.objects.kept().count() == 1
        client.post(self.LIST, {"action": "delete_for_good", "confirmed": "yes", **chosen})

        assert not Attempt.objects.kept().exists()
        retention.tend(worker_process.spool, worker_process.heart.host)
        assert worker_process.spool.put_aside() == {}

    def test_of_all_of_a_list_those_that_were_counted_are_deleted(
        self, worker_process: WorkerProcess, client: Client, alice: User, sally: User
    ) -> None:
        attempt = ended(worker_process, queue(alice, faults="html-200"))
        client.force_login(sally)
        chosen = {"_selected_action": [attempt.pk], "select_across": "1", "action": "delete_for_good"}
        question = Page(client.post(self.LIST, chosen).content)
        later = ended(worker_process, queue(alice, faults="html-200"))

        hidden = {each["name"]: each["value"] for each in question.all("input", type="hidden")}
        client.post(self.LIST, hidden)

        assert list(Attempt.objects.kept()) == [later]

    def test_the_number_of_queries_does_not_grow(
        self, worker_process: WorkerProcess, client: Client, sally: User, django_assert_num_queries: Any
    ) -> None:
        client.force_login(sally)
        ended(worker_process, queue(sally, faults="html-200"))
        client.get(self.LIST)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as one:
            client.get(self.LIST)
        for _ in range(3):
            ended(worker_process, queue(sally, faults="html-200"))
        with django_assert_num_queries(len(one)):
            client.get(self.LIST)


def test_what_was_moderated_and_cannot_be_read_is_kept(
    worker_process: WorkerProcess, script: Script, client: Client, alice: User
) -> None:
    script.plays(answer(body(["not base64!"]), x_venice_is_content_violation="true"))
    worker_process.sender.client = type(worker_process.sender.client)("test-key", script.url)
    generation = queue(alice)
    attempt = ended(worker_process, generation)
    client.force_login(alice)

    assert generation.state == State.DONE
    assert "which could not be read: not base64" in card(client, generation).words
    assert json.loads(taken(client, attempt))["images"] == ["not base64!"]
