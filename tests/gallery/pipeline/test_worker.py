"""A queued row becomes stored pictures; each failure ends with Venice's words and what to do."""

import hashlib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from PIL import Image as Pillow

from gallery.media.storage import thumbnail_name
from gallery.models import (
    Attempt,
    CatalogModel,
    Gate,
    Generation,
    Hold,
    Image,
    Outcome,
    Prompt,
    State,
    User,
    Worker,
)
from gallery.pipeline import heartbeat, pace
from gallery.pipeline.worker import WorkerProcess
from venice import Generate
from venice.emulator import Emulator

pytestmark = pytest.mark.usefixtures("models_known")

BRIDGE = Generate(
    model="z-image-turbo", prompt="A moonlit bridge", width=256, height=256, seed=42, format="webp"
)


def queue(owner: User, operation: Generate = BRIDGE, **more: object) -> Generation:
    price = CatalogModel.objects.price(operation)
    return Generation.objects.enqueue(owner, operation, price=price, **more)[0]  # type: ignore[arg-type]


def test_it_turns_a_row_into_a_stored_picture(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    generation = queue(alice)

    assert worker_process.step()

    generation.refresh_from_db()
    image = generation.images.get()
    assert generation.state == State.DONE
    assert (image.width, image.height, image.format, image.seed) == (256, 256, "webp", 42)
    stored = (Path(settings.MEDIA_ROOT) / image.name).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == image.sha256
    assert len(stored) == image.bytes
    for size in (512, 256):
        with Pillow.open(Path(settings.MEDIA_ROOT) / thumbnail_name(image.sha256, size)) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 256))


def test_it_keeps_the_whole_account_of_a_call(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice)

    worker_process.step()

    generation.refresh_from_db()
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.status, attempt.price) == (Outcome.OK, 200, Decimal("0.01"))
    assert attempt.balance_before == Decimal("1000")
    assert attempt.cf_ray
    assert attempt.bytes > 1000
    assert attempt.sent_at <= attempt.headers_at <= attempt.finished_at
    assert generation.venice_id.startswith("generate-image-")
    assert generation.total_ms is not None
    assert generation.is_content_violation is False
    assert generation.emulated
    assert generation.token is None
    assert [entry["prompt"] for entry in emulator.ledger()] == ["A moonlit bridge"]
    assert worker_process.spool.attempts() == []


def test_it_stores_a_stack_under_one_cover(worker_process: WorkerProcess, alice: User) -> None:
    generation = queue(alice, replace(BRIDGE, variants=4))

    worker_process.step()

    images = list(generation.images.order_by("index"))
    assert [image.is_cover for image in images] == [True, False, False, False]
    assert [image.seed for image in images] == [42, None, None, None]
    assert {image.stack_size for image in images} == {4}
    assert generation.attempts.get().images_asked == 4


def test_the_same_seed_gives_the_same_bytes_and_a_new_one_does_not(
    worker_process: WorkerProcess, alice: User
) -> None:
    first = queue(alice)
    worker_process.step()
    origin = first.images.get()
    same = queue(alice, first.again(new_seed=False), origin=origin)
    new = queue(alice, first.again(new_seed=True), origin=origin)

    while worker_process.step():
        pass

    assert same.images.get().sha256 == origin.sha256
    assert new.images.get().sha256 != origin.sha256
    assert set(origin.descendants.all()) == {same, new}


def test_a_model_that_ignores_seeds_promises_no_seed(worker_process: WorkerProcess, alice: User) -> None:
    generation = queue(
        alice, Generate(model="gpt-image-2", prompt="A watch", aspect_ratio="1:1", quality="low", seed=7)
    )

    worker_process.step()

    assert generation.images.get().seed is None


@pytest.mark.parametrize(
    ("fault", "state", "kind"),
    [
        ("422", State.FAILED, "Moderated"),
        ("404", State.FAILED, "ModelGone"),
        ("504", State.INTERRUPTED, "Unanswered"),
        ("html-502", State.INTERRUPTED, "Unanswered"),
        ("truncated", State.INTERRUPTED, "Unanswered"),
    ],
)
def test_a_failure_keeps_venices_words_and_says_what_to_do(
    worker_process: WorkerProcess, alice: User, emulator: Emulator, fault: str, state: State, kind: str
) -> None:
    generation = queue(alice)
    emulator.fault(fault)

    worker_process.step()

    generation.refresh_from_db()
    assert (generation.state, generation.error_kind) == (state, kind)
    assert generation.error_message
    assert generation.error_advice
    assert generation.finished_at is not None
    assert not worker_process.step()
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("fault", ["429", "503"])
def test_a_busy_venice_sends_it_back_to_the_queue(
    worker_process: WorkerProcess, alice: User, emulator: Emulator, fault: str
) -> None:
    generation = queue(alice)
    emulator.fault(fault)

    worker_process.step()

    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    assert generation.hold == Hold.REFUSED
    assert generation.hold_words
    assert generation.not_before > generation.sent_at
    assert not worker_process.step(), "it must wait until then"
    assert [entry["charged_usd"] for entry in emulator.ledger()] == [0]


def test_an_unreachable_venice_costs_nothing_and_is_tried_again(
    worker_process: WorkerProcess, alice: User
) -> None:
    generation = queue(alice)
    worker_process.sender.client = type(worker_process.sender.client)("test-key", "http://127.0.0.1:9/api/v1")

    worker_process.step()

    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    assert generation.attempts.get().outcome == Outcome.UNSENT


def test_a_500_is_tried_once_more_when_it_is_cheap(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice)
    emulator.fault("500")
    worker_process.step()
    generation.refresh_from_db()
    assert generation.state == State.QUEUED
    Generation.objects.update(not_before=None)
    emulator.fault("500")

    worker_process.step()

    generation.refresh_from_db()
    assert (generation.state, generation.tries) == (State.FAILED, 2)


def test_a_moderated_picture_is_done_and_says_so(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice)
    emulator.fault("violation")

    worker_process.step()

    generation.refresh_from_db()
    assert (generation.state, generation.is_content_violation) == (State.DONE, True)


def test_the_real_format_is_stored_whatever_was_asked(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice, replace(BRIDGE, format="png"))
    emulator.fault("wrong-bytes")

    worker_process.step()

    image = generation.images.get()
    assert image.format != "png"
    assert image.name.endswith({"jpeg": ".jpg", "webp": ".webp"}[image.format])


def test_one_submission_is_one_generation(alice: User, bob: User) -> None:
    submission = uuid4()

    first, new = Generation.objects.enqueue(alice, BRIDGE, submission=submission)
    again, newer = Generation.objects.enqueue(alice, BRIDGE, submission=submission)
    other, _ = Generation.objects.enqueue(bob, BRIDGE, submission=submission)

    assert (new, newer, first.pk) == (True, False, again.pk)
    assert other.pk != first.pk
    assert Prompt.objects.get().generation_count == 2


def test_nothing_is_claimed_twice(worker_process: WorkerProcess, alice: User) -> None:
    queue(alice)

    assert worker_process.claim() is not None
    assert worker_process.claim() is None


def test_a_cancelled_generation_is_not_sent(
    worker_process: WorkerProcess, alice: User, emulator: Emulator
) -> None:
    generation = queue(alice)
    claimed = worker_process.claim()
    assert claimed is not None
    assert generation.cancel()

    worker_process.sender.see_through(claimed)

    generation.refresh_from_db()
    assert generation.state == State.CANCELLED
    assert emulator.ledger() == []
    assert not generation.cancel()


def test_a_deactivated_members_work_is_held(worker_process: WorkerProcess, alice: User) -> None:
    queue(alice)
    User.objects.update(is_active=False)

    assert not worker_process.step()


def test_a_model_out_of_its_minute_waits_while_others_go(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    settings.VENICE_REQUESTS_PER_MINUTE = 2
    queue(alice, replace(BRIDGE, variants=2))
    worker_process.step()
    queue(alice)
    queue(alice, replace(BRIDGE, model="chroma"))

    ready = Generation.objects.queued().exclude(pace.without_room())

    assert [generation.model for generation in ready] == ["chroma"]


def test_only_who_is_held_says_so(worker_process: WorkerProcess, alice: User, settings: LazySettings) -> None:
    settings.VENICE_REQUESTS_PER_MINUTE = 1
    queue(alice)
    worker_process.step()
    full, free = queue(alice), queue(alice, replace(BRIDGE, model="chroma"))
    later = queue(alice, replace(BRIDGE, model="venice-sd35"))
    busy = queue(alice, replace(BRIDGE, model="lustify-v7"))
    Gate.objects.close(Gate.Kind.BUSY, "At capacity.", model="lustify-v7")

    claimed = worker_process.claim()

    assert claimed == free
    for generation, reason in ((full, Hold.RATE_LIMIT), (free, ""), (later, ""), (busy, "")):
        generation.refresh_from_db()
        assert generation.hold == reason


def test_the_rate_limit_does_not_hide_what_a_failed_call_said(
    worker_process: WorkerProcess, alice: User, settings: LazySettings
) -> None:
    settings.VENICE_REQUESTS_PER_MINUTE = 1
    generation = queue(alice, replace(BRIDGE, prompt="A bridge [[fault:500:times=1]]"))
    worker_process.step()
    Generation.objects.update(not_before=None)

    assert worker_process.claim() is None

    generation.refresh_from_db()
    assert (generation.state, generation.hold_words) == (State.QUEUED, "Inference processing failed")


@pytest.mark.one_database
@pytest.mark.parametrize(("limit", "calls"), [("0.02", 2), ("0.01", 2), ("0.009", 1), ("0", 1)])
def test_a_failed_call_is_tried_once_more_up_to_a_price(
    worker_process: WorkerProcess, alice: User, settings: LazySettings, limit: str, calls: int
) -> None:
    settings.AUTO_RETRY_MAX_USD = Decimal(limit)
    generation = queue(alice, replace(BRIDGE, prompt="A bridge [[fault:500]]"))
    assert generation.price_estimate == Decimal("0.01")

    while worker_process.step():
        Generation.objects.update(not_before=None)

    generation.refresh_from_db()
    assert (generation.state, generation.attempts.count()) == (State.FAILED, calls)


def test_a_worker_that_is_gone_leaves_nothing_hanging(worker_process: WorkerProcess, alice: User) -> None:
    sent, leased = queue(alice), queue(alice)
    gone = Worker.objects.create(
        name=f"{heartbeat.process_table()}-gone", host=worker_process.heart.host, process=2**22 + 1
    )
    Generation.objects.filter(pk=leased.pk).update(worker=gone, token=uuid4())
    token = uuid4()
    Generation.objects.filter(pk=sent.pk).update(worker=gone, token=token, state=State.SENDING)
    sent.attempts.create(token=token, worker="gone", host="here", model=sent.model, sent_at=sent.created_at)

    worker_process.recover()

    sent.refresh_from_db()
    leased.refresh_from_db()
    assert (sent.state, leased.state, leased.token) == (State.INTERRUPTED, State.QUEUED, None)
    assert sent.error_advice


def test_storing_an_answer_twice_gives_the_same_rows(worker_process: WorkerProcess, alice: User) -> None:
    generation = queue(alice)
    claimed = worker_process.claim()
    assert claimed is not None
    attempt = worker_process.sender.begin(claimed)
    assert attempt is not None
    with worker_process.spool.receive(attempt.pk) as sink:
        worker_process.sender.client.send(claimed.operation, sink)
    answer = worker_process.spool.raw(attempt.pk).read_bytes()
    worker_process.answers.store(claimed, attempt)
    worker_process.spool.raw(attempt.pk).write_bytes(answer)

    worker_process.answers.store(claimed, attempt)

    assert Image.objects.count() == 1
    generation.refresh_from_db()
    assert generation.state == State.DONE


def test_the_request_is_frozen_as_it_was_sent(worker_process: WorkerProcess, alice: User) -> None:
    generation = queue(alice, replace(BRIDGE, style_preset="Anime", cfg_scale=7.5))

    assert generation.request == {
        "model": "z-image-turbo",
        "prompt": "A moonlit bridge",
        "width": 256,
        "height": 256,
        "seed": 42,
        "format": "webp",
        "style_preset": "Anime",
        "cfg_scale": 7.5,
    }
    assert (generation.style_preset, generation.cfg_scale, generation.seed) == ("Anime", 7.5, 42)
