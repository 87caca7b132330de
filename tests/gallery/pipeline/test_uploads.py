"""Pictures from outside: stored once, kept while something needs them, removed with their files when nothing does."""

import os
import signal
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.functions import Now

from gallery.media.pictures import YOUNG
from gallery.media.thumbnails import UnusablePicture
from gallery.models import Image, Upload, User, files
from gallery.pipeline import thumbnail_upgrade, uploads
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.generations import a_picture
from tests.gallery.pipeline.checker import picture_problems
from tests.gallery.pipeline.conftest import Installation, until
from tests.gallery.pipeline.test_integrity import report
from tests.gallery.pipeline.test_kinds import EDIT, RED, enqueue

pytestmark = pytest.mark.usefixtures("models_known")

MONTH = timedelta(days=30, minutes=1)


@pytest.fixture(autouse=True)
def own_data(settings: LazySettings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def brought(owner: User, data: bytes = RED, *, old: bool = True) -> Upload:
    """An upload; an old one was brought a month ago."""
    upload = Upload.objects.bring(owner, data)
    return aged(upload) if old else upload


def aged(upload: Upload) -> Upload:
    for path in of_media():
        os.utime(path, (time.time() - 2 * YOUNG,) * 2)
    Upload.objects.filter(pk=upload.pk).update(used_at=Now() - MONTH)
    upload.refresh_from_db()
    return upload


def of_media() -> list[Path]:
    return [path for path in Path(default_storage.path("")).rglob("*") if path.is_file()]


def tended() -> int:
    """How many uploads are left after the worker's chores."""
    uploads.tend()
    return Upload.objects.count()


def test_the_same_picture_is_one_upload_of_a_member_and_one_file_of_all(alice: User, bob: User) -> None:
    first, again, other = (Upload.objects.bring(owner, RED) for owner in (alice, alice, bob))

    assert first == again != other
    assert first.name == other.name
    assert len(of_media()) == 3
    assert list(picture_problems(first)) == []  # type: ignore[arg-type]
    assert (first.format, first.width, first.height, first.bytes) == ("png", 320, 256, len(RED))


def test_what_was_taken_away_is_there_again_when_it_is_brought_again(alice: User) -> None:
    upload = brought(alice, old=False)
    Upload.objects.filter(pk=upload.pk).end()
    assert not Upload.objects.of(alice).exists()
    assert brought(alice, old=False) == upload
    assert Upload.objects.of(alice).get() == upload


def test_what_cannot_be_decoded_is_none(alice: User) -> None:
    with pytest.raises(UnusablePicture):
        Upload.objects.bring(alice, b"<svg/>")
    assert not Upload.objects.exists()
    assert of_media() == []


def test_an_unused_one_goes_after_a_month_with_its_files(alice: User) -> None:
    upload = brought(alice)
    Upload.objects.update(used_at=Now() - MONTH + timedelta(minutes=2))
    assert tended() == 1

    aged(upload)
    assert tended() == 0

    assert of_media() == []
    assert report()[0] == 0


def test_one_that_something_was_made_from_stays(alice: User, bob: User) -> None:
    used, unused = brought(alice), brought(bob)
    enqueue(alice, replace(EDIT, image=used.reference))
    aged(used), aged(unused)

    assert tended() == 1

    assert Upload.objects.get() == used
    assert len(of_media()) == 3, "the other one's row went, and no file"
    assert report()[0] == 0


@pytest.mark.parametrize("by", ["image", "input", "upload"])
def test_a_file_stays_while_any_row_names_it(alice: User, bob: User, by: str) -> None:
    upload = brought(bob)
    if by == "image":
        picture = a_picture(alice)
        Image.objects.filter(pk=picture.pk).update(sha256=upload.sha256, name=upload.name)
    elif by == "input":
        enqueue(alice, EDIT)
    else:
        brought(alice, old=False)
    aged(upload)

    tended()

    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert len(of_media()) == 3
    assert files.named([upload.sha256]) >= {upload.name}


def test_to_make_something_from_it_keeps_it_from_going(worker_process: WorkerProcess, alice: User) -> None:
    upload = brought(alice)
    upload = Upload.objects.get()
    enqueue(alice, replace(EDIT, image=upload.reference))

    assert not uploads.remove(upload)

    assert Upload.objects.get().used_at > upload.used_at
    assert worker_process.step()


def test_a_file_that_was_just_written_again_is_left(alice: User) -> None:
    """Whoever wrote it makes a row of it next."""
    upload = brought(alice)
    default_storage.save(upload.name, ContentFile(RED))

    assert tended() == 1
    assert len(of_media()) == 3


def test_a_kill_between_files_and_row_is_gone_on_from(installation: Installation, alice: User) -> None:
    brought(alice)
    assert installation.work(GALLERY_FAILPOINT="upload-removed").wait() == -signal.SIGKILL, (
        installation.logs()
    )
    assert Upload.objects.count() == 1, "the row went back"
    assert of_media() == []

    worker = installation.work()
    until(lambda: not Upload.objects.exists(), installation.logs)
    worker.stop()

    assert report()[0] == 0


def test_thumbnails_of_inputs_and_uploads_are_remade_too(worker_process: WorkerProcess, alice: User) -> None:
    generation = enqueue(alice, EDIT)
    upload = brought(alice)
    generation.inputs.update(recipe=1, width=1)
    Upload.objects.update(recipe=1, width=1)

    for row in thumbnail_upgrade.outdated():
        thumbnail_upgrade.remake(row, worker_process.answers.decoder)

    upload.refresh_from_db()
    assert (upload.width, generation.inputs.get().width) == (320, 320)
    assert list(thumbnail_upgrade.outdated()) == []


@pytest.mark.parametrize("table", ["input", "upload"])
@pytest.mark.parametrize("how", ["gone", "changed", "thumbnail"])
def test_the_integrity_check_knows_inputs_and_uploads(alice: User, table: str, how: str) -> None:
    row = enqueue(alice, EDIT).inputs.get() if table == "input" else brought(alice)
    assert report() == (0, "Rows, files and indexes agree.\n")
    path = Path(default_storage.path(row.name))
    if how == "gone":
        path.unlink()
    elif how == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        Path(default_storage.path(f"256/{row.sha256[:2]}/{row.sha256[2:4]}/{row.sha256}.webp")).unlink()

    status, text = report()

    assert status == 1
    assert f"{table} {row.pk}: its " in text
    assert text.count(row.sha256) == 1, "once, however many rows name it"
    assert report(repair=True)[0] == (0 if how == "thumbnail" else 1)
    assert report()[0] == (0 if how == "thumbnail" else 1)


def test_what_several_rows_name_is_checked_once(alice: User, bob: User) -> None:
    enqueue(alice, EDIT), enqueue(bob, EDIT), brought(alice), brought(bob)
    path = Path(default_storage.path(Upload.objects.all()[0].name))
    path.unlink()

    assert report()[1].count("is missing") == 1
