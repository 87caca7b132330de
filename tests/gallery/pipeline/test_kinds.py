"""Every operation of Venice through the real worker: inputs from their files, answers that are the picture itself."""

import base64
import json
import signal
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models.functions import Now
from PIL import Image as Pillow
from PIL import ImageDraw

from gallery.media.pictures import LostFile
from gallery.media.storage import ContentStorage
from gallery.media.thumbnails import UnusablePicture
from gallery.models import (
    Attempt,
    CatalogModel,
    Generation,
    Hold,
    Image,
    Input,
    Kind,
    Outcome,
    Prompt,
    State,
    Upload,
    User,
)
from gallery.pipeline import pace, reingest
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.checker import picture_problems
from tests.gallery.pipeline.conftest import KEY, Installation, queue
from tests.venice.conftest import Script, answer, script
from venice import (
    Client,
    Edit,
    Generate,
    MultiEdit,
    OpenAIGenerate,
    RemoveBackground,
    StyleReference,
    Upscale,
)
from venice.operations import KINDS, Operation
from venice.sources import InputImage

__all__ = ["script"]

pytestmark = pytest.mark.usefixtures("models_known")


def drawn(color: str = "red", size: tuple[int, int] = (320, 256), kind: str = "PNG") -> bytes:
    """A disc on white."""
    picture = Pillow.new("RGB", size, "white")
    ImageDraw.Draw(picture).ellipse((size[0] // 4, size[1] // 4, 3 * size[0] // 4, 3 * size[1] // 4), color)
    out = BytesIO()
    picture.save(out, kind)
    return out.getvalue()


RED, BLUE, GREEN = drawn("red"), drawn("blue", kind="WEBP"), drawn("green", kind="JPEG")
STYLED = Generate(
    model="krea-v2-medium",
    prompt="a harbour in this style",
    aspect_ratio="1:1",
    seed=5,
    style_references=[StyleReference(image=RED), StyleReference(image=BLUE)],
)
EDIT = Edit(image=RED, prompt="a warm evening", aspect_ratio="1:1", output_format="webp")
OPERATIONS: dict[str, Operation] = {
    "generate": STYLED,
    "openai-generate": OpenAIGenerate(model="z-image-turbo", prompt="a canal", size="256x256"),
    "edit": EDIT,
    "multi-edit": MultiEdit(images=[RED, BLUE, GREEN], prompt="side by side"),
    "upscale": Upscale(image=GREEN, scale=2),
    "remove-background": RemoveBackground(image=BLUE),
}
FILES = {
    "generate": [RED, BLUE],
    "edit": [RED],
    "multi-edit": [RED, BLUE, GREEN],
    "upscale": [GREEN],
    "remove-background": [BLUE],
}
ROLES = {
    "generate": ["style-reference"] * 2,
    "edit": ["source"],
    "multi-edit": ["source", "layer", "layer"],
    "upscale": ["source"],
    "remove-background": ["source"],
}


#: Kinds whose answer is the picture itself.
RAW = ("edit", "multi-edit", "upscale", "remove-background")


def enqueue(owner: User, operation: Operation, **more: Any) -> Generation:
    price = CatalogModel.objects.price(operation)
    return Generation.objects.enqueue(owner, operation, price=price, **more)[0]


def stored(row: Any) -> bytes:
    with default_storage.open(row.name) as file:
        return bytes(file.read())


def media_files(settings: LazySettings) -> dict[Path, int]:
    return {path: path.stat().st_ino for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def test_there_is_a_case_for_each_kind() -> None:
    assert set(OPERATIONS) == set(KINDS) == set(Kind.values)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("kind", OPERATIONS)
def test_each_kind_becomes_a_stored_picture_at_its_price(
    installation: Installation, alice: User, kind: str
) -> None:
    operation = OPERATIONS[kind]
    generation = enqueue(alice, operation)
    frozen = json.dumps(generation.request)
    for file in FILES.get(kind, []):
        assert base64.b64encode(file[:30]).decode()[:20] not in frozen

    worker = installation.work()
    installation.until_ended()
    worker.stop()

    generation.refresh_from_db()
    assert (generation.state, generation.kind, generation.error_message) == (State.DONE, kind, "")
    image = generation.images.get()
    assert list(picture_problems(image)) == []
    assert (image.prompt_id, image.model) == (generation.prompt_id, operation.model)
    (posted,) = installation.emulator.ledger()
    assert (posted["path"], posted["status"]) == (operation.path, 200)
    assert posted["images"][0]["sha256"] == image.sha256
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.images_asked) == (Outcome.OK, 1)
    assert generation.price_estimate is not None
    assert attempt.price == Decimal(str(posted["charged_usd"])) == generation.price_estimate
    rows = list(generation.inputs.all())
    assert [stored(row) for row in rows] == FILES.get(kind, [])
    assert [row.role for row in rows] == ROLES.get(kind, [])
    assert generation.batch.price == generation.price_estimate
    installation.check()


def test_what_has_no_prompt_counts_for_none(alice: User) -> None:
    generation = enqueue(alice, OPERATIONS["upscale"])
    assert generation.prompt is None
    assert not Prompt.objects.exists()
    assert (generation.title, generation.seed, generation.model) == ("Upscale ×2", None, "upscaler")


def test_the_columns_that_are_searched_are_filled(alice: User) -> None:
    edit = enqueue(alice, EDIT)
    assert (edit.aspect_ratio, edit.format, edit.variants) == ("1:1", "webp", 1)
    assert edit.request == {
        "model": EDIT.model,
        "prompt": EDIT.prompt,
        "aspect_ratio": "1:1",
        "output_format": "webp",
    }
    many = enqueue(alice, Generate(model="chroma", prompt="x", variants=3, seed=1, steps=12, cfg_scale=4.5))
    assert (many.variants, many.seed, many.steps, many.cfg_scale) == (3, 1, 12, 4.5)


@dataclass(frozen=True)
class Kill:
    """Where the worker of an operation is killed; what becomes of it after a restart, and how often it was posted."""

    point: str
    state: State
    pictures: int
    posts: int = 1
    kind: str = "edit"

    def __str__(self) -> str:
        return f"{self.kind}-{self.point}"


#: Before, at and after each border between paid and unpaid, on disk and not, committed and not.
KILLS = [
    Kill("leased", State.DONE, 1),
    Kill("begun", State.INTERRUPTED, 0, posts=0),
    Kill("sent", State.INTERRUPTED, 0),
    Kill("body-half-written", State.INTERRUPTED, 0),
    Kill("flushed", State.DONE, 1),
    Kill("renamed", State.DONE, 1),
    Kill("received", State.DONE, 1),
    Kill("files-written", State.DONE, 1),
    Kill("rows-written", State.DONE, 1),
    Kill("stored", State.DONE, 1),
]
# Of each kind one that is unpaid, one that may be paid and one that is.
SHORT = [
    *(kill for kill in KILLS if kill.point in ("sent", "body-half-written", "renamed", "files-written")),
    replace(KILLS[1], kind="multi-edit"),
    replace(KILLS[5], kind="multi-edit"),
    replace(KILLS[2], kind="upscale"),
    replace(KILLS[8], kind="remove-background"),
    replace(KILLS[4], kind="generate"),
]
LONG = [each for kind in OPERATIONS for kill in KILLS if (each := replace(kill, kind=kind)) not in SHORT]


def _killed_and_restarted(installation: Installation, owner: User, kill: Kill) -> None:
    generation = enqueue(owner, OPERATIONS[kill.kind])
    inputs = [(row.role, row.sha256) for row in generation.inputs.all()]

    assert installation.work(GALLERY_FAILPOINT=kill.point).wait() == -signal.SIGKILL, installation.logs()
    worker = installation.work()
    installation.until_ended()
    worker.stop()

    installation.check()
    generation.refresh_from_db()
    assert generation.state == kill.state
    assert len(installation.emulator.ledger()) == kill.posts
    assert generation.images.count() == kill.pictures
    assert [(row.role, row.sha256) for row in generation.inputs.all()] == inputs
    assert [stored(row) for row in generation.inputs.all()] == FILES.get(kill.kind, [])
    if kill.point == "body-half-written" and kill.kind in RAW:
        assert "0 of 1 picture saved" in generation.error_message
        assert generation.attempts.get().kept_bytes, "what came is kept for a person"


@pytest.mark.one_in(9)
@pytest.mark.parametrize("kill", SHORT, ids=str)
def test_a_kill_loses_no_operation_and_pays_none_twice(
    installation: Installation, alice: User, kill: Kill
) -> None:
    _killed_and_restarted(installation, alice, kill)


@pytest.mark.long
@pytest.mark.parametrize("kill", LONG, ids=str)
def test_a_kill_of_any_kind_anywhere_loses_nothing(
    installation: Installation, alice: User, kill: Kill
) -> None:
    _killed_and_restarted(installation, alice, kill)


def test_a_picture_without_a_length_is_stored_when_its_last_byte_came(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    """Nothing but its own end tells that such a body is whole: the decoder does."""
    generation = enqueue(alice, OPERATIONS["upscale"])
    claimed = worker_process.claim()
    assert claimed
    attempt = worker_process.sender.begin(claimed)
    assert attempt
    whole = answer(RED).replace(b"Content-Length", b"X-Length")
    script.plays(whole)
    with Client(KEY, script.url) as client, worker_process.spool.part(attempt.pk).open("wb") as sink:
        client.send(claimed.sendable, sink)

    worker_process.recover()

    generation.refresh_from_db()
    assert generation.state == State.DONE
    assert stored(generation.images.get()) == RED


def test_an_answer_that_cannot_be_used_is_kept_and_read_again(
    worker_process: WorkerProcess, script: Script, alice: User
) -> None:
    generation = enqueue(alice, EDIT)
    script.plays(answer(RED[:-300]))
    with Client(KEY, script.url) as client:
        worker_process.sender.client = client
        assert worker_process.step()
    generation.refresh_from_db()
    assert (generation.state, generation.error_kind) == (State.FAILED, "BadResponse")
    assert generation.error_message == "Venice sent 1 picture, which could not be read: cut off."
    attempt = generation.attempts.get()
    path = worker_process.answers.spool.unused(attempt.pk)
    assert path
    assert (attempt.is_kept, path.read_bytes().endswith(RED[:-300])) == (True, True)
    path.write_bytes(path.read_bytes() + RED[-300:])
    assert Attempt.objects.filter(pk=attempt.pk).ask_reading()

    reingest.read_asked(worker_process.answers)

    generation.refresh_from_db()
    assert (generation.state, generation.error_message) == (State.DONE, "")
    assert stored(generation.images.get()) == RED


class TestInputs:
    def test_bytes_are_stored_once_with_thumbnails(self, alice: User, settings: LazySettings) -> None:
        first = enqueue(alice, EDIT)
        row = first.inputs.get()
        before = media_files(settings)
        assert len(before) == 3
        assert list(picture_problems(row)) == []  # type: ignore[arg-type]

        again = enqueue(alice, replace(EDIT, prompt="a cold night"))

        assert media_files(settings) == before
        assert again.inputs.get().name == row.name

    def test_one_of_our_images_is_named_and_nothing_is_written(
        self, worker_process: WorkerProcess, alice: User, settings: LazySettings
    ) -> None:
        queue(alice, width=256, height=256), queue(alice, width=256, height=256)
        while worker_process.step():
            pass
        one, other = Image.objects.order_by("pk")
        twin = {"sha256": one.sha256, "name": one.name, "bytes": one.bytes}
        Image.objects.filter(pk=other.pk).update(**twin)
        other.refresh_from_db()
        before = media_files(settings)

        by_bytes = enqueue(alice, replace(EDIT, image=stored(one)))
        by_name = enqueue(alice, replace(EDIT, image=one.reference))
        by_origin = enqueue(alice, replace(EDIT, image=stored(one)), origin=other)

        assert media_files(settings) == before
        assert [each.inputs.get().image for each in (by_bytes, by_name, by_origin)] == [one, one, other]
        assert {each.inputs.get().name for each in (by_bytes, by_name, by_origin)} == {one.name}
        assert worker_process.step()
        sent = Generation.objects.get(pk=by_bytes.pk)
        assert (sent.state, sent.error_message) == (State.DONE, "")

    def test_a_name_without_a_file_is_refused(self, alice: User) -> None:
        nowhere = InputImage(format="png", width=320, height=256, sha256="0" * 64, size=100)
        with pytest.raises(LostFile):
            enqueue(alice, replace(EDIT, image=nowhere))
        assert not Generation.objects.exists()

    def test_what_is_no_picture_is_refused(self, alice: User) -> None:
        with pytest.raises(UnusablePicture):
            enqueue(alice, replace(EDIT, image=RED[:200]))
        assert not Generation.objects.exists()

    @pytest.mark.parametrize("how", ["gone", "changed", "cut"])
    def test_a_lost_file_fails_unpaid_before_anything_is_sent(
        self, worker_process: WorkerProcess, alice: User, how: str
    ) -> None:
        generation = enqueue(alice, OPERATIONS["multi-edit"])
        path = Path(default_storage.path(generation.inputs.all()[1].name))
        data = path.read_bytes()
        path.unlink()
        if how != "gone":
            path.write_bytes(data[:-1] + (b"x" if how == "changed" else b""))

        assert worker_process.step()

        generation.refresh_from_db()
        assert generation.state == State.FAILED
        why = "is missing" if how == "gone" else "is not what was stored"
        assert f"{path.name} {why}" in generation.error_message
        assert "Nothing was sent" in generation.error_advice
        assert generation.attempts.get().outcome == Outcome.UNSENT
        assert not generation.doubtful
        assert pace.spent_by_model() == {}
        assert generation.runnable, "it can be run again once the file is back"

        path.write_bytes(data)
        enqueue(alice, generation.runnable, run_again_of=generation)
        assert worker_process.step()
        assert generation.repeats.get().state == State.DONE

    def test_a_disk_that_does_not_answer_is_waited_for(
        self, worker_process: WorkerProcess, alice: User, emulator: Any
    ) -> None:
        generation = enqueue(alice, EDIT)
        path = Path(default_storage.path(generation.inputs.get().name))
        aside = path.with_name("aside")
        path.rename(aside)
        path.mkdir()

        assert worker_process.step()

        generation.refresh_from_db()
        assert (generation.state, generation.attempts.get().outcome) == (State.QUEUED, Outcome.UNSENT)
        assert emulator.ledger() == []
        path.rmdir()
        aside.rename(path)
        Generation.objects.update(not_before=None)
        assert worker_process.step()
        generation.refresh_from_db()
        assert generation.state == State.DONE

    def test_files_are_flushed_before_a_row_names_them(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[str] = []
        save = ContentStorage._save

        def saved(storage: ContentStorage, name: str, content: Any) -> str:
            done = save(storage, name, content)
            calls.append("file")
            return done

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.startswith("INSERT") and '"gallery_input"' in sql:
                calls.append("row")
            return execute(sql, params, many, context)

        monkeypatch.setattr(ContentStorage, "_save", saved)
        with connection.execute_wrapper(watch):
            enqueue(alice, EDIT)

        assert calls == ["file", "file", "file", "row"]

    def test_reading_a_card_reads_no_file(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        generation = enqueue(alice, OPERATIONS["upscale"])
        price = generation.price_estimate

        def refuse(*args: Any) -> None:
            raise AssertionError("a file is read")

        monkeypatch.setattr(ContentStorage, "_open", refuse)
        assert CatalogModel.objects.price(generation.operation) == price is not None
        with pytest.raises(ValueError, match="cannot be sent"):
            generation.operation.payload()


def test_an_old_request_that_holds_its_pictures_is_still_sent(
    worker_process: WorkerProcess, alice: User
) -> None:
    """As the release before kept them."""
    generation = enqueue(alice, STYLED)
    generation.inputs.all().delete()
    Generation.objects.update(request=STYLED.payload())

    assert worker_process.step()

    generation.refresh_from_db()
    assert (generation.state, generation.error_message) == (State.DONE, "")


def test_the_minute_counts_every_kind(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    settings.VENICE_REQUESTS_PER_MINUTE = 2
    for number in range(3):
        enqueue(alice, replace(EDIT, prompt=f"evening {number}"))
    assert [worker_process.step() for _ in range(3)] == [True, True, False]
    assert pace.spent_by_model() == {EDIT.model: 2}
    assert Generation.objects.get(state=State.QUEUED).hold == Hold.RATE_LIMIT
    Attempt.objects.update(sent_at=Now() - timedelta(minutes=2))
    assert worker_process.step()
    assert Input.objects.count() == 3
    assert not Upload.objects.exists()
