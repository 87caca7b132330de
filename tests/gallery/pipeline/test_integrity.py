"""`check_integrity` finds each kind of disagreement, mends what can be mended, and touches nothing else."""

import os
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection

from gallery.media.storage import thumbnail_name
from gallery.models import Attempt, Generation, Image, ImageDocument, Mark, Outcome, Prompt, User
from gallery.pipeline import integrity
from gallery.pipeline.worker import WorkerProcess
from gallery.search import index
from tests.gallery.generations import pictures
from tests.gallery.pipeline.checker import picture_problems
from tests.gallery.pipeline.conftest import queue

pytestmark = pytest.mark.usefixtures("models_known")


@pytest.fixture
def media(worker_process: WorkerProcess, alice: User, settings: LazySettings, tmp_path: Path) -> Path:
    """Two generations with three pictures, an hour ago."""
    settings.DATA_DIR = tmp_path
    queue(alice), queue(alice, variants=2)
    while worker_process.step():
        pass
    for path in tmp_path.rglob("*"):
        age(path)
    assert report()[0] == 0
    return Path(settings.MEDIA_ROOT)


def age(path: Path) -> Path:
    os.utime(path, (time.time() - 2 * integrity.YOUNG,) * 2)
    return path


def report(*, repair: bool = False) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command("check_integrity", repair=repair, stdout=out, stderr=out)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    return 0, out.getvalue()


def spoil(media: Path, how: str) -> Path:
    image = Image.objects.order_by("id").first()
    assert image is not None
    original, thumbnail = media / image.name, media / thumbnail_name(image.sha256, 256)
    spool = media.parent / "spool"
    actions: dict[str, Callable[[], object]] = {
        "original gone": original.unlink,
        "original changed": lambda: original.write_bytes(original.read_bytes()[:-1] + b"x"),
        "original cut": lambda: original.write_bytes(original.read_bytes()[:-1]),
        "thumbnail gone": thumbnail.unlink,
        "thumbnail empty": lambda: thumbnail.write_bytes(b""),
        "temporary": lambda: age(_written(original.with_name(".new-x"))),
        "stranger": lambda: age(_written(media / "notes.txt")),
        "row gone": image.delete,
        "spool of nobody": lambda: age(_written(spool / "99999.raw")),
        "spool of a stored one": lambda: age(_written(spool / f"{image.attempt_id}.raw")),
        "odd spool": lambda: age(_written(spool / "core")),
    }
    actions[how]()
    return original


def _written(path: Path) -> Path:
    path.write_bytes(b"x")
    return path


@pytest.mark.one_database
@pytest.mark.parametrize("how", ["original gone", "original changed", "original cut"])
def test_a_lost_original_is_reported_and_cannot_be_mended(media: Path, how: str) -> None:
    original = spoil(media, how)

    status, text = report(repair=True)

    assert status == 1
    assert original.name in text
    assert report()[0] == 1


@pytest.mark.one_database
@pytest.mark.parametrize("how", ["thumbnail gone", "thumbnail empty"])
def test_a_thumbnail_is_remade(media: Path, how: str) -> None:
    spoil(media, how)
    status, text = report()
    assert status == 1
    assert "thumbnail" in text

    assert report(repair=True)[0] == 0

    assert report()[0] == 0
    for image in Image.objects.all():
        assert not list(picture_problems(image))


@pytest.mark.one_database
@pytest.mark.parametrize(
    "how", ["temporary", "stranger", "row gone", "spool of nobody", "spool of a stored one", "odd spool"]
)
def test_what_belongs_to_nothing_is_put_into_quarantine(media: Path, how: str) -> None:
    before = sum(path.is_file() for path in media.parent.rglob("*"))
    spoil(media, how)
    added = 0 if how == "row gone" else 1
    assert report()[0] == 1
    assert sum(path.is_file() for path in media.parent.rglob("*")) == before + added, (
        "a check changes nothing"
    )

    assert report(repair=True)[0] == 0

    moved = sum(path.is_file() for path in (media.parent / "quarantine").rglob("*"))
    assert moved == (3 if how == "row gone" else 1)
    assert sum(path.is_file() for path in media.parent.rglob("*")) == before + added, "nothing is deleted"
    assert report()[0] == 0


def test_what_a_prompt_counts_is_compared_and_counted_anew(media: Path) -> None:
    Prompt.objects.update(picture_count=7, spent_micros=1)
    status, text = report()
    assert status == 1
    assert (
        text.count("picture_count is 7, its rows say") == text.count("spent_micros is 1, its rows say 0") > 0
    )

    assert report(repair=True)[0] == 0

    assert report()[0] == 0


def test_what_marks_say_is_compared_and_summed_anew(media: Path, alice: User) -> None:
    ids = list(Image.objects.values_list("pk", flat=True))
    Mark.objects.rate(alice, ids, 4)
    Image.objects.filter(pk=ids[0]).update(rating_sum=9)
    Image.objects.filter(pk=ids[1]).update(score=1, favourite_count=2)
    status, text = report()
    assert (status, text.count("its sums of marks are not what its marks say")) == (1, 2)

    assert report(repair=True)[0] == 0

    assert report()[0] == 0
    sums = Image.objects.values_list("favourite_count", "rating_sum", "score").distinct()
    assert list(sums.order_by()) == [(0, 4, 3333)]


def test_what_a_search_finds_is_compared_and_written_anew(media: Path) -> None:
    gone = Image.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {index.TABLE} WHERE rowid = %s", [gone.pk])
    status, text = report()
    assert status == 1
    assert f"Picture {gone.pk}: its search document is missing\n" in text
    assert not ImageDocument.objects.filter(pk=gone.pk).exists(), "a check changes nothing"

    assert report(repair=True)[0] == 0

    assert report()[0] == 0
    assert ImageDocument.objects.filter(pk=gone.pk).exists()


@pytest.mark.one_database
def test_what_is_being_written_is_left_alone(media: Path) -> None:
    (media / "original" / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (media / "original" / "ab" / "cd" / ".new-y").write_bytes(b"x")

    assert report()[0] == 0


@pytest.mark.one_database
def test_what_waits_or_was_put_aside_is_no_orphan(media: Path) -> None:
    generation = Generation.objects.first()
    assert generation is not None
    attempt = generation.attempts.get()
    spool = media.parent / "spool"
    age(_written(spool / f"{attempt.pk}.raw.kept"))
    assert report()[0] == 0
    Attempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.PENDING)
    Prompt.objects.recount()
    age(_written(spool / f"{attempt.pk}.part"))

    assert report()[0] == 0


@pytest.mark.one_database
def test_two_pictures_may_share_their_files(media: Path, alice: User) -> None:
    image = Image.objects.order_by("id").first()
    assert image is not None
    twin = pictures(alice)[0]
    same = {"sha256": image.sha256, "name": image.name, "bytes": image.bytes}
    Image.objects.filter(pk=twin.pk).update(**same)
    image.delete()
    Prompt.objects.recount()

    assert report()[0] == 0
