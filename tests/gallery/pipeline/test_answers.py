"""Every bad answer that Venice may give, through the worker: state, words, bytes kept, and no traceback."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as WebClient
from django.utils import timezone
from PIL import Image as Pillow

from gallery.models import Attempt, Gate, Generation, Outcome, State, User
from gallery.pipeline.worker import WorkerProcess
from tests.gallery.pipeline.conftest import KEY, queue
from tests.venice.conftest import Script, answer, reset, script
from venice import Client, Deadlines

__all__ = ["script"]

pytestmark = pytest.mark.usefixtures("models_known")

QUICK = Deadlines(connect=1, first_byte=1, min_rate_window=1, total=3)


def webp(color: str = "navy", size: tuple[int, int] = (64, 64)) -> bytes:
    out = BytesIO()
    Pillow.new("RGB", size, color).save(out, "WEBP")
    return out.getvalue()


def encoded(count: int = 1) -> list[str]:
    return [base64.b64encode(webp(f"rgb({20 * n},90,160)")).decode() for n in range(count)]


def body(images: Any = None, **more: Any) -> bytes:
    return json.dumps(
        {"id": "generate-image-1", "images": encoded() if images is None else images, **more}
    ).encode()


@pytest.fixture
def worker(
    worker_process: WorkerProcess, script: Script, caplog: pytest.LogCaptureFixture
) -> Iterator[WorkerProcess]:
    """A worker that asks the scripted server; whatever that answers, no traceback may be logged."""
    with Client(KEY, script.url, deadlines=QUICK) as client:
        worker_process.sender.client = client
        yield worker_process
    assert not [record for record in caplog.records if record.exc_info]
    assert "canary" not in caplog.text


def sent(worker: WorkerProcess, script: Script, owner: User, *steps: Any, variants: int = 1) -> Generation:
    """A generation after it met what `steps` play."""
    script.plays(*steps)
    generation = queue(owner, variants=variants)
    assert worker.step()
    generation.refresh_from_db()
    assert script.connections == 1, "sent once"
    attempt = generation.attempts.get()
    assert attempt.outcome != Outcome.PENDING
    return generation


def kept(worker: WorkerProcess) -> list[Path]:
    assert not list(worker.spool.folder.glob("*.raw"))
    return sorted(worker.spool.folder.glob("*.kept"))


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"images": null}',
        b'{"images": []}',
        b'{"images": {}}',
        b"[]",
        b"null",
        b'"x"',
        b"<html>please wait</html>",
        body().decode().encode("utf-16"),
        body() + b"garbage",
        body(["not base64!"]),
        body([123]),
        body([""]),
        body([base64.b64encode(b"GIF89a" + b"x" * 40).decode()]),
        body([base64.b64encode(webp()[:40]).decode()]),
        b"[" * 100_000,
    ],
)
def test_an_answer_without_a_picture_fails_and_is_kept(
    worker: WorkerProcess, script: Script, alice: User, data: bytes
) -> None:
    generation = sent(worker, script, alice, answer(data))

    assert (generation.state, generation.error_kind) == (State.FAILED, "BadResponse")
    assert generation.error_message
    assert generation.error_advice
    assert generation.attempts.get().outcome == Outcome.UNKNOWN
    assert [path.read_bytes().endswith(data) for path in kept(worker)] == [True]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("images", "asked", "stored", "words", "is_kept"),
    [
        (encoded(5), 4, 5, "Venice sent 5 pictures; 4 were asked for.", False),
        (encoded(1), 4, 1, "Venice sent 1 of 4 pictures.", False),
        (
            [*encoded(2), "not base64!", 7],
            4,
            2,
            "Venice sent 4 pictures; 2 could not be read: Picture 3 of 4: not base64; Picture 4 of 4: not a text.",
            True,
        ),
        (
            [base64.b64encode(webp()[:40]).decode(), *encoded(1)],
            2,
            1,
            "Venice sent 2 pictures; 1 could not be read: Picture 1 of 2: ",
            True,
        ),
        (
            [*encoded(1), ""],
            4,
            1,
            "Venice sent 2 of 4 pictures; 1 could not be read: Picture 2 of 2: empty.",
            True,
        ),
        (["data:image/webp;base64," + encoded(1)[0]], 1, 1, "", False),
    ],
)
def test_the_good_pictures_of_a_mixed_answer_are_stored(
    worker: WorkerProcess,
    script: Script,
    alice: User,
    images: list[Any],
    asked: int,
    stored: int,
    words: str,
    is_kept: bool,
) -> None:
    generation = sent(worker, script, alice, answer(body(images)), variants=asked)

    assert (generation.state, generation.images.count()) == (State.DONE, stored)
    assert words in generation.error_message
    assert bool(kept(worker)) == is_kept, "what could not be used was paid for as well"


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "value",
    [
        -1,
        "soon",
        float("nan"),
        float("inf"),
        1e308,
        None,
        [],
        {},
        True,
        10**40,
        10**29,
        2**31,
        86_400_001,
        "\0",
    ],
)
def test_a_timing_that_makes_no_sense_is_ignored(
    worker: WorkerProcess, script: Script, alice: User, value: Any
) -> None:
    generation = sent(worker, script, alice, answer(body(timing={"total": value, "inferenceQueueTime": 3})))

    assert (generation.state, generation.total_ms, generation.queue_ms) == (State.DONE, None, 3)


def test_a_huge_echo_of_the_request_is_ignored(worker: WorkerProcess, script: Script, alice: User) -> None:
    generation = sent(worker, script, alice, answer(body(request={"data": "x" * 50_000_000})))

    assert generation.state == State.DONE


@pytest.mark.one_database
@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + body(),
        body([]).replace(b"}", b"") + b', "images": ' + json.dumps(encoded()).encode() + b"}",
    ],
)
def test_odd_but_readable_json_is_read(
    worker: WorkerProcess, script: Script, alice: User, data: bytes
) -> None:
    assert sent(worker, script, alice, answer(data)).state == State.DONE


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("TRUE", True), ("false", False), ("1", None), ("maybe", None), ('"false"', None)],
)
def test_a_flag_is_true_false_or_unknown(
    worker: WorkerProcess, script: Script, alice: User, value: str, expected: bool | None
) -> None:
    generation = sent(worker, script, alice, answer(body(), x_venice_is_blurred=value))

    assert (generation.state, generation.is_blurred) == (State.DONE, expected)


@pytest.mark.parametrize(
    "value",
    [
        "\x1b[31mred",
        "caf\xe9",
        "<script>alert(1)</script>",
        "x" * 60_000,
        "%00%1b%ED%A0%80a%0Ab",
        "%F0%9F%8E%A8" * 9000,
    ],
)
def test_a_hostile_header_is_bounded_text(
    worker: WorkerProcess, script: Script, alice: User, value: str
) -> None:
    names = ("cf_ray", "x_request_id", "x_venice_enhanced_prompt", "x_venice_model_name")
    generation = sent(worker, script, alice, answer(body(), **dict.fromkeys(names, value)))

    attempt = generation.attempts.get()
    assert generation.state == State.DONE
    for text in (attempt.cf_ray, attempt.request_id, generation.enhanced_prompt):
        assert not set(text) & set("\x00\x1b")
        assert len(text) <= 60_000
    assert len(attempt.cf_ray) <= 200


@pytest.mark.one_database
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(
    worker: WorkerProcess, script: Script, alice: User, status: int
) -> None:
    generation = sent(worker, script, alice, answer(b"", status, location=f"{script.url}/elsewhere"))

    assert (generation.state, generation.error_kind) == (State.FAILED, "Misconfigured")


def test_a_deep_tree_of_complaints_gives_its_first_words(
    worker: WorkerProcess, script: Script, alice: User
) -> None:
    details: Any = {"_errors": ["Too wide <b>"]}
    for _ in range(50):
        details = {"nested": details}
    fields = {f"field{n}": {"_errors": [f"wrong {n}"]} for n in range(300)}
    data = json.dumps(
        {"error": "Invalid request parameters", "details": {"width": details, **fields}}
    ).encode()

    generation = sent(worker, script, alice, answer(data, 400))

    assert (generation.state, generation.error_kind) == (State.FAILED, "BadRequest")
    assert "Invalid request parameters" in generation.error_message
    assert len(generation.error_message) <= 500


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "kind", "data"),
    [
        *((401, "key", data) for data in (b'{"error": "No"}', b"<html>no</html>", b"")),
        *((402, "balance", data) for data in (b'{"error": "No"}', b"<html>no</html>", b"")),
        (403, "key", b'{"error": "No"}'),
    ],
)
def test_a_refused_account_closes_a_gate_and_waits(
    worker: WorkerProcess, script: Script, alice: User, status: int, kind: str, data: bytes
) -> None:
    generation = sent(worker, script, alice, answer(data, status))

    assert generation.state == State.QUEUED
    assert Gate.objects.closed().get().kind == kind
    queue(alice)
    assert not worker.step(), "everything waits"
    assert kept(worker) == []


@pytest.mark.one_database
@pytest.mark.parametrize("data", [b"<html><title>Blocked</title></html>", b"", b"{}", b'{"error": 7}'])
def test_a_firewalls_403_fails_this_request_alone(
    worker: WorkerProcess, script: Script, alice: User, data: bytes
) -> None:
    generation = sent(worker, script, alice, answer(data, 403))

    assert (generation.state, generation.error_kind) == (State.FAILED, "Forbidden")
    assert not Gate.objects.exists()
    assert kept(worker) == []


@pytest.mark.one_in(3)
@pytest.mark.one_database
@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 415, 418, 422, 451])
def test_a_refused_request_fails_in_venices_words(
    worker: WorkerProcess, script: Script, alice: User, status: int
) -> None:
    generation = sent(worker, script, alice, answer(b'{"error": "The words of <i>Venice</i>"}', status))

    assert generation.state == State.FAILED
    assert generation.error_message == "The words of <i>Venice</i>"
    assert generation.attempts.get().outcome == Outcome.REFUSED
    assert ("bug" in generation.error_advice) == (status in (405, 415))
    assert kept(worker) == []


@pytest.mark.parametrize("reset_at", ["1", "0", "abc", "99999999999999", "4102444800", None])
def test_a_rate_limit_waits_a_bounded_time(
    worker: WorkerProcess, script: Script, alice: User, reset_at: str | None
) -> None:
    headers = {} if reset_at is None else {"x_ratelimit_reset_requests": reset_at}
    generation = sent(worker, script, alice, answer(b'{"error": "Rate limit exceeded"}', 429, **headers))

    assert generation.state == State.QUEUED
    assert generation.not_before is not None
    wait = generation.not_before - timezone.now()
    assert timedelta(0) < wait <= timedelta(seconds=122)
    assert not worker.step()


@pytest.mark.one_in(3)
@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "data"),
    [
        (502, b'{"error": "Gateway"}'),
        (502, b"<html><title>Bad gateway</title></html>"),
        (502, b""),
        *((status, b"<html>no</html>") for status in (504, 520, 521, 522, 523, 524, 525, 526, 599, 999)),
    ],
)
def test_a_gateways_failure_is_interrupted_and_kept(
    worker: WorkerProcess, script: Script, alice: User, status: int, data: bytes
) -> None:
    generation = sent(worker, script, alice, answer(data, status))

    assert generation.state == State.INTERRUPTED
    assert generation.attempts.get().outcome == Outcome.UNKNOWN
    assert generation.attempts.get().status == status
    assert len(kept(worker)) == 1


@pytest.mark.parametrize(("status", "state"), [(500, State.QUEUED), (503, State.QUEUED)])
def test_venices_own_failure_is_tried_again(
    worker: WorkerProcess, script: Script, alice: User, status: int, state: State
) -> None:
    assert sent(worker, script, alice, answer(b'{"error": "Failed"}', status)).state == state


@pytest.mark.one_database
@pytest.mark.parametrize("status", [500, 503])
def test_a_page_that_says_500_tells_nothing(
    worker: WorkerProcess, script: Script, alice: User, status: int
) -> None:
    assert sent(worker, script, alice, answer(b"<html>no</html>", status)).state == State.INTERRUPTED


@pytest.mark.one_in(3)
@pytest.mark.one_database
@pytest.mark.parametrize(
    "steps",
    [
        (answer(body(), "HELLO"),),
        (b"rubbish\r\n\r\n",),
        (answer(body())[:-30],),
        (answer(body())[:100], reset),
        (reset,),
        (),
        (4.0,),
        (answer(body())[:-30], 4.0),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2000, 4.0),
    ],
    ids=[
        "status HELLO",
        "rubbish",
        "cut",
        "reset midway",
        "reset",
        "closed",
        "silent",
        "stuck",
        "flood of 100",
    ],
)
def test_an_answer_that_breaks_off_is_interrupted(
    worker: WorkerProcess, script: Script, alice: User, steps: tuple[Any, ...]
) -> None:
    generation = sent(worker, script, alice, *steps)

    assert (generation.state, generation.error_kind) == (State.INTERRUPTED, "Unanswered")
    assert generation.attempts.get().outcome == Outcome.UNKNOWN
    assert not worker.step()


def test_the_complete_pictures_of_a_cut_answer_are_saved(
    worker: WorkerProcess, script: Script, alice: User
) -> None:
    generation = sent(worker, script, alice, answer(body(encoded(4)))[:-60], variants=4)

    assert generation.state == State.INTERRUPTED
    assert "3 of 4 pictures saved" in generation.error_message
    assert [image.index for image in generation.images.order_by("index")] == [0, 1, 2]


def test_a_few_interim_answers_are_passed_over(worker: WorkerProcess, script: Script, alice: User) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" * 5

    assert sent(worker, script, alice, interim + answer(body())).state == State.DONE


@pytest.mark.one_database
@pytest.mark.parametrize("status", [201, 202, 203, 204, 205, 206])
def test_another_success_than_200_is_a_bad_answer(
    worker: WorkerProcess, script: Script, alice: User, status: int
) -> None:
    generation = sent(worker, script, alice, answer(b"" if status == 204 else body(), status))

    assert (generation.state, generation.error_kind) == (State.FAILED, "BadResponse")
    assert len(kept(worker)) == 1


@pytest.mark.parametrize(
    "balance", ["-1", "NaN", "1e999", '"5"', "99999999999", "5.12345678901234", "Infinity"]
)
def test_a_balance_is_a_number_or_unknown(
    worker: WorkerProcess, script: Script, alice: User, balance: str
) -> None:
    assert sent(worker, script, alice, answer(body(), x_venice_balance_usd=balance)).state == State.DONE


LIARS = [
    *("-1", "NaN", "1e999", "0x10", "١٢", "9" * 12, "9" * 400, "99999999.9999999", "x" * 60_000),
    *("99999999999", "2147483648", "-99999999.9999999"),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("value", LIARS)
def test_no_number_in_a_header_keeps_a_picture_from_being_stored(
    worker: WorkerProcess, script: Script, alice: User, client: WebClient, sally: User, value: str
) -> None:
    """Whatever the ledger makes of it, the picture is stored, and every page that reads the row can."""
    names = ("limit_requests", "remaining_requests", "reset_requests", "limit_tokens")
    named = [f"x_ratelimit_{name}" for name in names]
    named += [f"x_venice_{name}" for name in ("balance_usd", "balance_diem", "model_id", "version")]
    headers = dict.fromkeys(named, value.encode().decode("latin-1"))
    generation = sent(worker, script, alice, answer(body(), **headers))

    assert (generation.state, generation.images.count()) == (State.DONE, 1)
    attempt = generation.attempts.get()
    client.force_login(sally)
    for page in (
        f"/generations/{generation.pk}/",
        "/queue/",
        "/create/",
        "/admin/gallery/attempt/",
        f"/admin/gallery/attempt/{attempt.pk}/change/",
        "/admin/gallery/catalogmodel/",
    ):
        assert client.get(page).status_code == 200, page


@pytest.mark.one_in(3)
@pytest.mark.parametrize("status", [400, 402, 429, 503])
@pytest.mark.parametrize(
    "words",
    ["\0\x1b[31m\ud800\u202e", "x" * 60_000, "\U0001f3a8" * 15_000, "\n".join("ab" * 100)],
    ids=range(4),
)
def test_no_words_of_an_error_are_too_much_for_their_columns(
    worker: WorkerProcess, script: Script, alice: User, status: int, words: str
) -> None:
    data = json.dumps({"error": words, "details": {"prompt": {"_errors": [words]}}, "code": words}).encode()
    generation = sent(worker, script, alice, answer(data, status, x_ratelimit_limit_requests="9" * 12))

    assert generation.state in (State.FAILED, State.QUEUED, State.INTERRUPTED)
    assert not set(generation.error_message) & set("\0\x1b\ud800")


@pytest.mark.one_database
@pytest.mark.parametrize(("blurred", "violation"), [(True, False), (False, True), (True, True)])
def test_what_is_blurred_is_sensitive_and_what_is_a_violation_is_moderated(
    worker: WorkerProcess, script: Script, alice: User, blurred: bool, violation: bool
) -> None:
    headers = {
        "x_venice_is_blurred": str(blurred).lower(),
        "x_venice_is_content_violation": str(violation).lower(),
    }
    generation = sent(worker, script, alice, answer(body(), **headers))
    image = generation.images.get()

    assert (generation.is_blurred, generation.is_content_violation) == (blurred, violation)
    assert (image.is_sensitive, image.is_moderated) == (blurred, violation)


@pytest.mark.parametrize("day", ["soon", "9999-99-99", "", "2027-01-31T00:00:00Z" * 50])
def test_a_date_of_deprecation_that_is_none_is_ignored(
    worker: WorkerProcess, script: Script, alice: User, day: str
) -> None:
    headers = {"x_venice_model_deprecation_warning": "It goes", "x_venice_model_deprecation_date": day}

    assert sent(worker, script, alice, answer(body(), **headers)).state == State.DONE


def test_a_moderated_answer_without_a_picture_is_done(
    worker: WorkerProcess, script: Script, alice: User
) -> None:
    generation = sent(worker, script, alice, answer(body([]), x_venice_is_content_violation="true"))

    assert (generation.state, generation.is_content_violation) == (State.DONE, True)
    assert generation.images.count() == 0
    assert Attempt.objects.get().outcome == Outcome.OK


def test_a_whole_answer_of_unknown_outcome_is_taken_up_once(
    worker: WorkerProcess, script: Script, alice: User, caplog: pytest.LogCaptureFixture
) -> None:

    sent(worker, script, alice, answer(b"<html>no</html>", 502))
    caplog.clear()

    for _ in range(3):
        worker.recover()

    assert caplog.records == []


def test_a_request_that_cannot_be_read_any_more_fails(
    worker: WorkerProcess, script: Script, alice: User
) -> None:
    generation = queue(alice)
    Generation.objects.update(request={"model": "z-image-turbo", "prompt": "x", "unheard": 1})

    worker.step()

    generation.refresh_from_db()
    assert generation.state == State.FAILED
    assert generation.attempts.get().outcome == Outcome.UNSENT
    assert script.connections == 0
