"""What is thrown away for good: rows and files go, what was made of it stays, and whoever needs the file keeps it."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from gallery.media.decoder import Decoder
from gallery.media.pictures import YOUNG
from gallery.media.thumbnails import Decoded
from gallery.models import (
    Attempt,
    Collection,
    Generation,
    Image,
    ImageDocument,
    Input,
    Mark,
    Prompt,
    Tag,
    Upload,
    User,
)
from gallery.pipeline import ingest, reingest, trash
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture
from tests.gallery.page import Page
from tests.gallery.pipeline.conftest import Installation, queue, until
from tests.gallery.pipeline.test_answers import body, encoded
from tests.gallery.pipeline.test_integrity import report
from tests.gallery.pipeline.test_kinds import EDIT, enqueue
from tests.venice.conftest import Script, answer, script

__all__ = ["script"]

pytestmark = pytest.mark.usefixtures("models_known")
# As small as an edit takes.
LARGE = {"width": 256, "height": 256}


@pytest.fixture(autouse=True)
def own_data(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def of_media() -> set[str]:
    root = Path(default_storage.path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def made(worker_process: WorkerProcess, owner: User, **changes: object) -> list[Image]:
    """Pictures of a finished request, their files two hours old."""
    generation = queue(owner, **changes)  # type: ignore[arg-type]
    while worker_process.step():
        pass
    for name in of_media():
        os.utime(default_storage.path(name), (time.time() - 2 * YOUNG,) * 2)
    Image.objects.update(created_at=Now() - timedelta(seconds=2 * YOUNG))
    return list(generation.images.order_by("index"))


def thrown_away(*images: Image, days: float = 31) -> None:
    ids = [each.pk for each in images]
    Image.objects.trash(ids, images[0].owner)
    Image.objects.filter(pk__in=ids).update(trashed_at=Now() - timedelta(days=days))


def test_it_goes_when_its_days_are_over(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    old, young, emptied = (made(worker_process, alice)[0] for _ in range(3))
    thrown_away(old, days=30.1)
    thrown_away(young, days=29.9)
    thrown_away(emptied, days=1)
    settings.TRASH_DAYS = 0
    trash.tend()
    assert Image.objects.count() == 3
    Image.objects.empty([emptied.pk])
    trash.tend()
    assert set(Image.objects.all()) == {old, young}
    settings.TRASH_DAYS = 30
    trash.tend()
    assert set(Image.objects.all()) == {young}
    assert len(of_media()) == 3
    assert report() == (0, "Rows, files and indexes agree.\n")


def test_what_is_known_of_it_stays(worker_process: WorkerProcess, alice: User) -> None:
    kept, gone = made(worker_process, alice, prompt="a heron", variants=2, **LARGE)
    generation = Generation.objects.get(pk=gone.generation_id)
    rerun, _ = Generation.objects.enqueue(alice, generation.again(new_seed=True), origin=gone)
    edited = enqueue(alice, replace(EDIT, image=gone.reference))
    while worker_process.step():
        pass
    Mark.objects.rate(alice, [gone.pk], 5)
    Tag.objects.called("hero", alice).add([gone.pk], alice)
    collection = Collection.objects.called("Spring", alice)
    collection.add([gone.pk, kept.pk], alice)
    Collection.objects.filter(pk=collection.pk).update(cover=gone)
    thrown_away(gone)
    trash.tend()

    assert not Image.objects.filter(pk=gone.pk).exists()
    (
        generation.refresh_from_db(),
        rerun.refresh_from_db(),
        edited.refresh_from_db(),
        collection.refresh_from_db(),
    )
    assert (generation.purged_count, generation.state, generation.origin_purged) == (1, "done", False)
    assert (rerun.origin, rerun.origin_purged) == (None, True)
    assert (edited.inputs.get().image, edited.origin_purged) == (None, True)
    assert [entry.image_id for entry in collection.entries.all()] == [kept.pk]
    assert collection.cover is None
    assert not Mark.objects.exists()
    assert not ImageDocument.objects.filter(pk=gone.pk).exists()
    assert default_storage.exists(edited.inputs.get().name), "the edit needs it, if it is run again"
    assert not Prompt.objects.miscounted().exists()
    assert report() == (0, "Rows, files and indexes agree.\n")


@pytest.mark.one_database
def test_pages_say_that_it_was_thrown_away(
    worker_process: WorkerProcess, client: Client, alice: User
) -> None:
    (gone,) = made(worker_process, alice, prompt="a heron")
    Generation.objects.enqueue(alice, gone.generation.again(new_seed=True), origin=gone)
    while worker_process.step():
        pass
    child = Image.objects.exclude(pk=gone.pk).get()
    thrown_away(gone)
    trash.tend()
    client.force_login(alice)

    def read(address: str) -> Page:
        response = client.get(address)
        assert response.status_code == 200
        return Page(response.content)

    assert "was thrown away" in read(f"/images/{child.pk}/").one(data_origin_purged=None).words
    own = read(f"/generations/{gone.generation_id}/")
    assert "Its picture was thrown away" in own.one(data_thrown=None).words
    assert "a heron" in own.words
    assert client.get(f"/images/{gone.pk}/").status_code == 404


@pytest.mark.parametrize("by", ["image", "input", "upload"])
def test_a_file_stays_while_any_row_names_it(worker_process: WorkerProcess, alice: User, by: str) -> None:
    (gone,) = made(worker_process, alice, **LARGE)
    if by == "image":
        twin = a_picture(alice)
        Image.objects.filter(pk=twin.pk).update(sha256=gone.sha256, name=gone.name, bytes=gone.bytes)
    elif by == "input":
        enqueue(alice, replace(EDIT, image=gone.reference))
    else:
        with default_storage.open(gone.name) as file:
            Upload.objects.bring(alice, file.read())
    made(worker_process, alice)
    thrown_away(gone)
    trash.tend()
    assert not Image.objects.filter(pk=gone.pk).exists()
    assert {gone.name} <= of_media()
    assert report() == (0, "Rows, files and indexes agree.\n")


def test_what_is_being_stored_again_stays_and_keeps_no_other_waiting(
    worker_process: WorkerProcess, alice: User
) -> None:
    """A re-run may draw the very same picture: its file is written before its row."""
    first, second = made(worker_process, alice, variants=2)
    thrown_away(first, second)
    with default_storage.open(first.name) as file:
        default_storage.save(first.name, ContentFile(file.read()))
    trash.tend()
    assert set(Image.objects.all()) == {first}
    assert default_storage.exists(first.name)


def test_what_was_brought_back_stays(worker_process: WorkerProcess, alice: User) -> None:
    (image,) = made(worker_process, alice)
    thrown_away(image, days=31)
    Image.objects.restore([image.pk])
    assert not trash.purge(image.pk)
    assert Image.objects.covers().get() == image


def test_what_is_emptied_is_not_brought_back(worker_process: WorkerProcess, alice: User) -> None:
    (image,) = made(worker_process, alice)
    thrown_away(image)
    Image.objects.empty([image.pk])
    assert Image.objects.restore([image.pk]) == []
    assert trash.purge(image.pk)


def test_a_file_that_cannot_be_removed_keeps_no_other_waiting(
    worker_process: WorkerProcess, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = (made(worker_process, alice)[0] for _ in range(3))
    thrown_away(first, *others, days=31)
    delete = default_storage.delete

    def refusing(name: str) -> None:
        if name == first.name:
            raise PermissionError(13, "Permission denied")
        delete(name)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(default_storage, "delete", refusing)
        trash.tend()
        assert set(Image.objects.all()) == {first}
    trash.tend()
    assert not Image.objects.exists()


def _made_by_worker(installation: Installation, owner: User) -> Image:
    """A picture in the trash whose time is over, as a real worker has stored it."""
    generation = queue(owner, "a heron", **LARGE)
    worker = installation.work()
    installation.until_state(generation, "done")
    worker.stop()
    for name in of_media():
        os.utime(default_storage.path(name), (time.time() - 2 * YOUNG,) * 2)
    Image.objects.update(created_at=Now() - timedelta(seconds=2 * YOUNG))
    image = Image.objects.get()
    thrown_away(image)
    return image


@pytest.mark.parametrize("point", [pytest.param("picture-deleted", marks=pytest.mark.long), "picture-purged"])
def test_a_kill_between_files_and_row_is_gone_on_from(
    installation: Installation, alice: User, point: str
) -> None:
    _made_by_worker(installation, alice)
    assert installation.work(GALLERY_FAILPOINT=point).wait() == -signal.SIGKILL, installation.logs()
    assert Image.objects.count() == 1, "the row went back"

    worker = installation.work()
    until(lambda: not Image.objects.exists(), installation.logs)
    worker.stop()

    assert of_media() == set()
    assert Generation.objects.get().purged_count == 1
    assert report()[0] == 0
    installation.check()


def _rerun(image: Image, owner: User) -> None:
    Generation.objects.enqueue(owner, image.generation.operation, origin=image)


def _use(image: Image, owner: User) -> None:
    """With its bytes, as who has the page open sends them."""
    data = Path(default_storage.path(image.name)).read_bytes()
    enqueue(owner, replace(EDIT, image=data), origin=image)


def _restore(image: Image, owner: User) -> None:
    Image.objects.restore([image.pk])


def _purge(image: Image, owner: User) -> None:
    trash.purge(image.pk)


def _collect(image: Image, owner: User) -> None:
    Collection.objects.called("Spring", owner).add([image.pk], owner)


def _judge(image: Image, owner: User) -> None:
    Mark.objects.rate(owner, [image.pk], 5)


RACES: list[Callable[[Image, User], None]] = [_use, _rerun, _restore, _purge, _collect, _judge]


@pytest.mark.parametrize(
    "meanwhile",
    [pytest.param(each, marks=() if each is _use else pytest.mark.long) for each in RACES],
    ids=lambda each: each.__name__.strip("_"),
)
def test_who_needs_it_meanwhile_waits_and_finds_it_gone(
    installation: Installation, alice: User, meanwhile: Callable[[Image, User], None]
) -> None:
    """The worker is stopped within the removal, another begins, and the worker goes on."""
    image = Image.objects.select_related("generation").get(pk=_made_by_worker(installation, alice).pk)
    failures: list[BaseException] = []

    def work() -> None:
        with closing(connection):
            try:
                meanwhile(image, alice)
            except BaseException as error:
                failures.append(error)

    worker = installation.work(GALLERY_FAILPOINT="picture-deleted:stop")
    until(lambda: _is_stopped(worker.pid), installation.logs)
    other = threading.Thread(target=work)
    other.start()
    other.join(0.3)
    # PostgreSQL need not wait to see that a picture in the trash is not one to collect.
    assert other.is_alive() or meanwhile is _collect, "it waits for the removal"
    worker.signal(signal.SIGCONT)
    other.join(60)
    assert not other.is_alive()
    assert failures == []
    until(lambda: not Image.objects.filter(pk=image.pk).exists(), installation.logs)
    worker.kill()

    assert Generation.objects.get(pk=image.generation_id).purged_count == 1
    for generation in Generation.objects.exclude(pk=image.generation_id):
        assert (generation.origin, generation.origin_purged) == (None, True)
    for source in Input.objects.all():
        assert source.image is None
        assert default_storage.exists(source.name)
    assert not Mark.objects.exists()
    assert report() == (0, "Rows, files and indexes agree.\n")


def _cut(
    worker_process: WorkerProcess, script: Script, owner: User
) -> tuple[Generation, Callable[[], Path], bytes]:
    """A request for three pictures of which two came whole; where the answer is kept, and the rest of it."""
    whole = body(encoded(3))
    script.plays(answer(whole)[:-60])
    worker_process.sender.client = type(worker_process.sender.client)("test-key", script.url)
    generation = queue(owner, variants=3)
    assert worker_process.step()
    attempt = generation.attempts.get()
    return generation, lambda: worker_process.spool.unused(attempt.pk) or Path(), whole[-60:]


def _purged(image: Image) -> None:
    for name in of_media():
        os.utime(default_storage.path(name), (time.time() - 2 * YOUNG,) * 2)
    thrown_away(image)
    assert trash.purge(image.pk)


def _read_again(worker_process: WorkerProcess, generation: Generation) -> list[int]:
    assert Attempt.objects.filter(generation=generation).ask_reading()
    reingest.read_asked(worker_process.answers)
    return list(generation.images.order_by("index").values_list("index", flat=True))


def test_an_answer_that_is_read_again_brings_nothing_back(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    """What was thrown away for good stays away by its place in the answer; the rest of it comes."""
    generation, kept, rest = _cut(worker_process, script, alice)
    first = generation.images.get(index=0)
    _purged(first)
    assert not default_storage.exists(first.name)

    assert _read_again(worker_process, generation) == [1]
    generation.refresh_from_db()
    assert "2 of 3 pictures saved" in generation.error_message
    with kept().open("ab") as file:
        file.write(rest)
    assert _read_again(worker_process, generation) == [1, 2]

    generation.refresh_from_db()
    assert (generation.state, generation.error_message, generation.purged_count) == ("done", "", 1)
    assert list(generation.images.order_by("index").values_list("is_cover", "stack_size")) == [
        (True, 2),
        (False, 2),
    ]
    assert not default_storage.exists(first.name)
    assert not Prompt.objects.miscounted().exists()
    assert report() == (0, "Rows, files and indexes agree.\n")


def test_an_answer_that_is_read_again_counts_none_that_is_in_the_trash(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    generation, kept, rest = _cut(worker_process, script, alice)
    Image.objects.trash([generation.images.get(index=0).pk], alice)
    with kept().open("ab") as file:
        file.write(rest)
    assert _read_again(worker_process, generation) == [0, 1, 2]
    shown = generation.images.kept().order_by("index").values_list("index", "is_cover", "stack_size")
    assert list(shown) == [(1, True, 2), (2, False, 2)]


def test_an_answer_of_which_all_was_thrown_away_is_read_again(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    generation, kept, rest = _cut(worker_process, script, alice)
    for image in generation.images.all():
        _purged(image)
    with kept().open("ab") as file:
        file.write(rest)
    assert _read_again(worker_process, generation) == [2]
    _purged(generation.images.get())
    generation.refresh_from_db()
    assert (generation.state, generation.purged_count, of_media()) == ("done", 3, set())
    assert Attempt.objects.get().purged_indexes == [0, 1, 2]


def test_what_goes_while_its_answer_is_read_does_not_come_back(
    worker_process: WorkerProcess, script: Script, alice: User, kept_decoder: Decoder
) -> None:
    """A late reader has decoded the picture already when it is thrown away for good."""
    generation, kept, rest = _cut(worker_process, script, alice)
    attempt = generation.attempts.get()
    with kept().open("ab") as file:
        file.write(rest)
    old = [generation.images.get(index=0)]

    class Meanwhile:
        def decode(self, data: bytes) -> Decoded:
            decoded = kept_decoder.decode(data)
            if old:
                _purged(old.pop())
            return decoded

    with kept().open("rb") as file:
        ingest.store(generation, attempt, file, Meanwhile(), nullcontext())  # type: ignore[arg-type]
    assert list(generation.images.order_by("index").values_list("index", flat=True)) == [1, 2]
    generation.refresh_from_db()
    assert (generation.state, generation.purged_count) == ("done", 1)


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
