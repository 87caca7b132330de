"""Pictures in a bucket: stored whole or not at all, looked after as on a disk, and nothing lost while it is away."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone
from PIL import Image as Pillow

from gallery.media import pictures
from gallery.media.bucket import Bucket
from gallery.media.pictures import LostFile
from gallery.media.storage import CACHE, StorageAway, media_storage, original_name, thumbnail_name
from gallery.models import Gate, Generation, Image, State, Upload, User
from gallery.pipeline import integrity, uploads
from gallery.pipeline.worker import WorkerProcess
from tests.bucket import SECRET_KEY, BadLine, client_of, objects_in
from tests.gallery.pipeline.conftest import queue
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

DAY = timezone.timedelta(days=1)


def png(color: str = "teal") -> bytes:
    out = BytesIO()
    Pillow.new("RGB", (64, 48), color).save(out, "PNG")
    return out.getvalue()


def files_of(image: Any) -> set[str]:
    return {f"pictures/{name}" for name in pictures.names_of(image.name, image.sha256)}


def report(*, repair: bool = False) -> tuple[int, str]:
    """Exit status and output of the integrity check."""
    out = StringIO()
    try:
        call_command("check_integrity", repair=repair, stdout=out, stderr=out)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    return 0, out.getvalue()


@pytest.fixture
def image(
    bucket: Bucket, worker_process: WorkerProcess, alice: User, settings: LazySettings, tmp_path: Any
) -> Image:
    """One that the worker has stored; everything counts as old at once."""
    settings.DATA_DIR = tmp_path
    queue(alice)
    assert worker_process.step()
    return Image.objects.get()


@pytest.fixture
def all_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket's clock cannot be set back: what is there is as if it were written long ago."""
    for module in (pictures, integrity):
        monkeypatch.setattr(module, "YOUNG", -60)


def test_the_worker_stores_a_picture_and_its_thumbnails(image: Image, bucket: Bucket) -> None:
    assert image.generation.state == State.DONE
    stored = objects_in(bucket)
    assert set(stored) == files_of(image)
    original = stored[bucket.key(image.name)]
    assert (hashlib.sha256(original).hexdigest(), len(original)) == (image.sha256, image.bytes)
    client = client_of(bucket)
    for name, kind in ((image.name, "image/webp"), (thumbnail_name(image.sha256, 512), "image/webp")):
        head = client.head_object(Bucket=bucket.name, Key=bucket.key(name))
        assert (head["ContentType"], head["CacheControl"]) == (kind, CACHE)
    grants = client.get_object_acl(Bucket=bucket.name, Key=bucket.key(image.name))["Grants"]
    assert not any("URI" in grant["Grantee"] for grant in grants), "for nobody but its owner"
    assert pictures.load(image.name, image.sha256) == original


def test_nothing_is_written_to_the_disk_but_the_spool(image: Image, tmp_path: Any) -> None:
    assert not (tmp_path / "media").exists()
    assert (tmp_path / "spool").exists()


def test_pictures_move_between_folder_and_bucket_under_their_names(
    image: Image, bucket: Bucket, settings: LazySettings
) -> None:
    """As `aws s3 sync` moves them, which knows neither our types nor what browsers may do with them."""
    in_bucket, root = settings.STORAGES, Path(settings.MEDIA_ROOT)
    for key, data in objects_in(bucket).items():
        path = root / key.removeprefix(bucket.prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    settings.STORAGES = in_bucket | {"default": {"BACKEND": "gallery.media.storage.ContentStorage"}}
    assert report()[0] == 0
    assert pictures.load(image.name, image.sha256)

    moved = replace(bucket, prefix="moved/")
    for path in root.rglob("*.*"):
        key = moved.key(path.relative_to(root).as_posix())
        client_of(bucket).put_object(Bucket=bucket.name, Key=key, Body=path.read_bytes())
    settings.MEDIA_BUCKET, settings.STORAGES = moved, dict(in_bucket)
    assert report()[0] == 0
    assert pictures.load(image.name, image.sha256)


def test_files_are_written_read_and_removed(bucket: Bucket) -> None:
    name = original_name(hashlib.sha256(png()).hexdigest(), "png")
    assert not default_storage.exists(name)
    with pytest.raises(FileNotFoundError):
        default_storage.open(name)
    with pytest.raises(FileNotFoundError):
        default_storage.get_modified_time(name)
    with pytest.raises(LostFile, match="missing"):
        pictures.load(name, "0" * 64)

    for _ in range(2):
        assert default_storage.save(name, ContentFile(png())) == name
    assert default_storage.exists(name)
    assert default_storage.get_modified_time(name) > timezone.now() - DAY
    with default_storage.open(name) as file:
        assert file.read(8) == png()[:8]
        assert file.read() == png()[8:]
    with pytest.raises(LostFile, match="not what was stored"):
        pictures.load(name, "0" * 64)

    for _ in range(2):
        default_storage.delete(name)
    assert objects_in(bucket) == {}


def test_a_bucket_without_a_prefix(bucket: Bucket, settings: LazySettings) -> None:
    settings.MEDIA_BUCKET = replace(bucket, prefix="")
    settings.STORAGES = dict(settings.STORAGES)
    name = default_storage.save(original_name("a" * 64, "png"), ContentFile(png()))

    assert list(objects_in(bucket)) == [name]
    assert [file.name for file in media_storage().listed()] == [name]


@pytest.mark.parametrize("how", ["gone", "changed", "cut"])
def test_the_check_finds_a_lost_original(image: Image, bucket: Bucket, how: str) -> None:
    assert report()[0] == 0
    client, where = client_of(bucket), {"Bucket": bucket.name, "Key": bucket.key(image.name)}
    data = objects_in(bucket)[where["Key"]]
    if how == "gone":
        client.delete_object(**where)
    else:
        client.put_object(**where, Body=data[:-1] + (b"x" if how == "changed" else b""))

    status, text = report(repair=True)

    assert status == 1
    assert f"{image.name} is {'missing' if how == 'gone' else 'not what was stored'}" in text


def test_the_check_remakes_a_thumbnail(image: Image, bucket: Bucket) -> None:
    before = objects_in(bucket)
    name = bucket.key(thumbnail_name(image.sha256, 256))
    client_of(bucket).delete_object(Bucket=bucket.name, Key=name)
    assert report()[0] == 1

    assert report(repair=True)[0] == 0

    assert objects_in(bucket) == before


def test_the_check_puts_aside_what_belongs_to_nothing_and_leaves_others_alone(
    image: Image, bucket: Bucket, all_old: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for by pages of two; what is in the bucket beside our folders may be somebody else's."""
    client = client_of(bucket)
    monkeypatch.setattr("gallery.media.s3.PAGE", 2)
    orphans = [original_name(str(number) * 64, "png") for number in range(5)] + ["512/notes.txt"]
    for key in [*map(bucket.key, orphans), "backup.tar", "pictures/readme", "other/original/x.png"]:
        client.put_object(Bucket=bucket.name, Key=key, Body=b"x")
    before = objects_in(bucket)
    status, text = report()
    assert (status, text.count("belongs to nothing")) == (1, 6)
    assert f"s3://{bucket.name}/{bucket.key(orphans[0])}" in text
    assert objects_in(bucket) == before, "a check changes nothing"

    assert report(repair=True)[0] == 0

    moved = {bucket.key(name): bucket.key(f"quarantine/{name}") for name in orphans}
    assert objects_in(bucket) == {moved.get(key, key): data for key, data in before.items()}
    assert report()[0] == 0


def test_the_check_leaves_what_is_new(image: Image, bucket: Bucket) -> None:
    default_storage.save(original_name("a" * 64, "png"), ContentFile(png()))
    assert report()[0] == 0


def test_an_upload_that_is_not_used_goes_with_its_files(bucket: Bucket, alice: User, all_old: None) -> None:
    used, unused = (Upload.objects.bring(alice, png(color)) for color in ("navy", "olive"))
    Upload.objects.filter(pk=unused.pk).update(used_at=timezone.now() - 40 * DAY)

    uploads.tend()

    assert set(Upload.objects.all()) == {used}
    assert set(objects_in(bucket)) == files_of(used)


def test_an_upload_that_was_written_just_now_stays(bucket: Bucket, alice: User) -> None:
    unused = Upload.objects.bring(alice, png())
    Upload.objects.update(used_at=timezone.now() - 40 * DAY)

    uploads.tend()

    assert set(objects_in(bucket)) == files_of(unused)


def remove_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is really asked, however lately one has failed."""
    monkeypatch.setattr("gallery.media.s3._PAUSE", 0.0)


FAULTS: dict[str, Callable[[BadLine], Any]] = {
    "out of order": lambda line: line.answering(503, "SlowDown"),
    "forbidden": lambda line: line.answering(403, "AccessDenied"),
    "wrong bucket": lambda line: line.answering(404, "NoSuchBucket"),
    "silent": lambda line: line.silent,
    "cut": lambda line: line.cut,
}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("how", FAULTS)
def test_a_bucket_that_is_away_holds_the_worker_and_loses_nothing(
    line: BadLine,
    worker_process: WorkerProcess,
    alice: User,
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    remove_pauses(monkeypatch)
    patient = default_storage.client_config  # type: ignore[attr-defined]
    patient.read_timeout = 0.2
    assert worker_process._chores(), "proven to be there"
    first, second = queue(alice), queue(alice)
    line.mode = FAULTS[how](line)

    with pytest.raises(StorageAway):
        worker_process.step()
    worker_process.recover()

    first.refresh_from_db()
    assert first.state == State.RECEIVED
    assert not Image.objects.exists()
    assert not worker_process._chores()
    gate = Gate.objects.get()
    assert gate.kind == Gate.Kind.DISK
    assert gate.reason.startswith(f"The bucket {line.bucket.name} ")
    assert SECRET_KEY not in gate.reason
    assert not worker_process.step(), "no more is bought than can be stored"

    line.mode = None
    assert worker_process._chores()
    assert worker_process.step()
    assert set(Generation.objects.values_list("state", flat=True)) == {State.DONE}
    assert not Gate.objects.exists()
    assert Image.objects.count() == len(emulator.ledger()) == 2
    assert report()[0] == 0
    assert second.attempts.count() == 1
    assert not list(worker_process.spool.attempts())


def test_a_bucket_that_refuses_from_the_start_is_said_before_anything_is_paid(
    line: BadLine, worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    line.mode = line.answering(403, "InvalidAccessKeyId")
    queue(alice)

    assert not worker_process._chores()

    assert not worker_process.step()
    assert Gate.objects.get().reason == f"The bucket {line.bucket.name} answers InvalidAccessKeyId (403)."
    assert emulator.ledger() == []


def test_what_stops_between_two_files_is_gone_on_with(
    line: BadLine, worker_process: WorkerProcess, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row before all of its files; those that are there are written once more."""
    remove_pauses(monkeypatch)
    generation = queue(alice, variants=2)
    refuse, written = line.answering(503, "SlowDown"), []

    def after_four(handler: Any) -> bool:
        if handler.command == "PUT" and len(written) < 4:
            written.append(handler.path)
            return False
        return refuse(handler)

    line.mode = after_four
    with pytest.raises(StorageAway):
        worker_process.step()
    assert len(objects_in(line.bucket_behind)) == 4
    assert not Image.objects.exists()

    line.mode = None
    worker_process.recover()

    generation.refresh_from_db()
    assert generation.state == State.DONE
    assert set(objects_in(line.bucket_behind)) == set().union(*map(files_of, Image.objects.all()))
    assert Image.objects.count() == 2


def test_after_a_failure_nobody_waits_for_the_next_one(line: BadLine) -> None:
    asked = []

    def refuse(handler: Any) -> bool:
        asked.append(handler.path)
        return line.answering(403, "AccessDenied")(handler)

    line.mode = refuse
    with pytest.raises(StorageAway):
        default_storage.exists("original/x")
    before = len(asked)
    for _ in range(20):
        with pytest.raises(StorageAway):
            default_storage.save(original_name("a" * 64, "png"), ContentFile(png()))

    assert len(asked) == before


def test_a_check_of_a_bucket_that_is_away_says_so_and_calls_nothing_missing(
    line: BadLine, worker_process: WorkerProcess, alice: User
) -> None:
    queue(alice)
    worker_process.step()
    line.mode = line.answering(503, "SlowDown")
    out = StringIO()

    with pytest.raises(Exception, match="answers SlowDown") as caught:
        call_command("check_integrity", repair=True, stdout=out, stderr=out)

    assert caught.value.returncode == 2
    assert "missing" not in out.getvalue()


def test_uploads_wait_while_the_bucket_is_away(line: BadLine, alice: User, all_old: None) -> None:
    Upload.objects.bring(alice, png())
    Upload.objects.update(used_at=timezone.now() - 40 * DAY)
    line.mode = line.answering(503, "SlowDown")

    uploads.tend()

    assert Upload.objects.count() == 1


def test_a_request_whose_picture_cannot_be_read_now_is_not_sent(line: BadLine) -> None:
    data = png()
    name = default_storage.save(original_name(hashlib.sha256(data).hexdigest(), "png"), ContentFile(data))
    line.mode = line.cut

    with pytest.raises(StorageAway, match="does not answer"):
        pictures.load(name, hashlib.sha256(data).hexdigest())


def test_thumbnails_are_not_remade_while_the_bucket_is_away(
    line: BadLine, worker_process: WorkerProcess, alice: User
) -> None:
    """One line, and not one for each picture."""
    queue(alice, variants=2)
    worker_process.step()
    Image.objects.update(recipe=0)
    line.mode = line.answering(503, "SlowDown")
    out = StringIO()

    with pytest.raises(SystemExit) as caught:
        call_command("remake_thumbnails", stdout=out, stderr=out)

    assert caught.value.code == 1
    assert out.getvalue().count("The bucket") == len(out.getvalue().splitlines()) == 1

    line.mode = None
    default_storage._silent_until = 0.0  # type: ignore[attr-defined]
    call_command("remake_thumbnails", stdout=out, stderr=out)
    assert "2 remade, 0 could not be" in out.getvalue()
