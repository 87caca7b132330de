"""The promise of the pipeline, read back from Venice's ledger, the database and the disk."""

import hashlib
import os
import socket
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from gallery.media.storage import thumbnail_name
from gallery.models import FINAL_STATES, Attempt, Generation, Image, Outcome, Prompt, State, Worker
from gallery.pipeline.spool import Spool, body_size

Entry = dict[str, Any]


def assert_sound(ledger: list[Entry], *, all_ended: bool = True) -> None:
    """Every generation, attempt, picture and file keeps the promise; `all_ended`: and none is under way any more.

    `ledger` is the emulator's. Prompts tell generations apart, of those that have none the pictures that they start
    from; where several have the same, their seeds and models do.
    """
    broken = list(violations(ledger, all_ended=all_ended))
    assert not broken, "\n".join(broken)


def violations(ledger: list[Entry], *, all_ended: bool = True) -> Iterator[str]:
    """What is wrong, in words; nothing when the promise is kept."""
    prompts = Counter(Generation.objects.values_list("request__prompt", flat=True))
    posts: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
    for entry in ledger:
        asked = entry["prompt"] or next(iter(entry["inputs"]), "")
        posts[_key(asked, prompts, entry["seed"], entry["model"])].append(entry)
    generations = Generation.objects.prefetch_related("attempts", "images__attempt").select_related("worker")
    for generation in generations.order_by("id").iterator(500):
        asked = generation.request.get("prompt") or _source(generation)
        own_posts = posts.pop(_key(asked, prompts, generation.seed, generation.model), [])
        for check in (_payments, _account, _ending, _pictures):
            for problem in check(generation, own_posts):
                yield f"generation {generation.pk} ({generation.state}): {problem}"
        if all_ended and generation.state not in FINAL_STATES:
            yield f"generation {generation.pk} hangs in {generation.state}"
    for key, entries in posts.items():
        yield f"{len(entries)} posts that no generation asked for: {key!r}"
    for prompt in Prompt.objects.miscounted():
        yield f"prompt {prompt.pk} counts wrong"
    yield from _spool(all_ended=all_ended)
    yield from _kept()
    yield from _workers(all_ended=all_ended)


def _key(asked: str, prompts: Counter[str], seed: int | None, model: str | None) -> tuple[Any, ...]:
    """What tells a request from all others."""
    return (asked, seed, model) if prompts[asked] > 1 else (asked,)


def _source(generation: Generation) -> str:
    source = generation.inputs.first()
    return source.sha256 if source else ""


def _payments(generation: Generation, posts: list[Entry]) -> Iterator[str]:
    """Paid at most once; twice only when Venice itself said 500 the first time."""
    said_500 = sum(attempt.status == 500 for attempt in generation.attempts.all())
    paid = [entry for entry in posts if entry["charged_usd"] > 0]
    allowed = 2 if said_500 else 1
    if len(paid) > allowed:
        yield f"paid {len(paid)} times"
    # Whatever may have been inferred counts, charged or not: Venice decides what it charges.
    inferred = [entry for entry in posts if entry["status"] is None or not 300 <= entry["status"] < 500]
    overloaded = sum(attempt.status == 503 for attempt in generation.attempts.all())
    if len(inferred) > allowed + overloaded:
        yield f"posted {len(inferred)} times"


def _account(generation: Generation, posts: list[Entry]) -> Iterator[str]:
    """Each post has its line in the ledger; what Venice charged is among the lines that may have cost."""
    attempts = list(generation.attempts.all())
    if len(attempts) != generation.tries:
        yield f"{len(attempts)} attempts in {generation.tries} tries"
    may_have_left = [attempt for attempt in attempts if attempt.outcome != Outcome.UNSENT]
    if len(posts) > len(may_have_left):
        yield f"{len(posts)} posts, {len(may_have_left)} lines in the ledger"
    may_have_cost = [attempt for attempt in may_have_left if attempt.outcome != Outcome.REFUSED]
    paid = sum(entry["charged_usd"] > 0 for entry in posts)
    if paid > len(may_have_cost):
        yield f"paid {paid} times, {len(may_have_cost)} lines that may have cost"
    answered = sum(entry["status"] == 200 for entry in posts)
    if sum(attempt.outcome == Outcome.OK for attempt in attempts) > answered:
        yield "more successes than Venice knows of"


def _ending(generation: Generation, posts: list[Entry]) -> Iterator[str]:
    """Nothing is in flight without a live owner; an end is complete and says what to do."""
    in_flight = generation.state in (State.SENDING, State.RECEIVED)
    if in_flight and (generation.worker is None or not _lives(generation.worker)):
        yield f"in flight without a live owner ({generation.worker})"
    if not in_flight and any(attempt.outcome == Outcome.PENDING for attempt in generation.attempts.all()):
        yield "an attempt is left pending"
    if generation.state not in FINAL_STATES:
        return
    if generation.token or generation.worker_id or generation.finished_at is None:
        yield "ended, but still held by a worker or without a time"
    explained = generation.error_kind and generation.error_message and generation.error_advice
    if generation.state in (State.FAILED, State.INTERRUPTED) and not explained:
        yield "says neither why nor what to do"
    whole = [attempt for attempt in generation.attempts.all() if attempt.status == 200 and attempt.bytes]
    if any(attempt.outcome == Outcome.PENDING for attempt in whole):
        yield "an answer is neither stored nor given up"


def _pictures(generation: Generation, posts: list[Entry]) -> Iterator[str]:
    """What Venice sent is what is stored, byte for byte, with its files and thumbnails."""
    images = list(generation.images.all())
    sent = [picture["sha256"] for entry in posts for picture in entry["images"]]
    if stray := {image.sha256 for image in images} - set(sent):
        yield f"{len(stray)} pictures that Venice did not send"
    if generation.state == State.DONE:
        cut = any(
            {"truncated", "reset", "empty", "html-200", "cut-picture", "litter"} & set(entry["faults"])
            for entry in posts
        )
        lost = Counter(sent) - Counter(image.sha256 for image in images)
        if lost.total() != generation.purged_count and not cut:
            yield f"{len(images)} of {len(sent)} pictures"
        if any(image.trashed_at is None for image in images) and sum(image.is_cover for image in images) != 1:
            yield "not one cover"
    elif generation.state in (State.FAILED, State.CANCELLED) and images:
        yield "it has pictures"
    for image in images:
        for problem in picture_problems(image):
            yield f"picture {image.pk}: {problem}"


def picture_problems(image: Image) -> Iterator[str]:
    """Whether the files of one row are there and are what it says."""
    try:
        data = _stored(image.name)
    except OSError as error:
        yield f"no original: {error}"
        return
    if hashlib.sha256(data).hexdigest() != image.sha256 or len(data) != image.bytes:
        yield "the original is not what its row says"
    for size in (512, 256):
        try:
            with Pillow.open(BytesIO(_stored(thumbnail_name(image.sha256, size)))) as thumbnail:
                thumbnail.load()
                if thumbnail.format != "WEBP" or max(thumbnail.size) != min(
                    size, max(image.width, image.height)
                ):
                    yield f"thumbnail of {size} is {thumbnail.format} {thumbnail.size}"
        except OSError as error:
            yield f"no thumbnail of {size}: {error}"


def _stored(name: str) -> bytes:
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data


def _spool(*, all_ended: bool) -> Iterator[str]:
    """A whole answer on the disk is on its way into the gallery; a torn one belongs to an interrupted call."""
    for path in sorted(Path(settings.SPOOL_DIR).iterdir()) if Path(settings.SPOOL_DIR).exists() else ():
        if path.suffix not in (".raw", ".part"):
            continue
        attempt = Attempt.objects.select_related("generation").filter(pk=int(path.stem)).first()
        if attempt is None:
            yield f"{path.name} belongs to no attempt"
        elif path.suffix == ".raw" and all_ended:
            yield f"{path.name}: a whole answer is not stored ({attempt.generation.state})"
        elif path.suffix == ".part" and all_ended and attempt.generation.state != State.INTERRUPTED:
            yield f"{path.name}: left behind ({attempt.generation.state})"


def _kept() -> Iterator[str]:
    """Ledger and folder agree about what was put aside, to the byte."""
    spool = Spool(Path(settings.SPOOL_DIR))
    noted = dict(Attempt.objects.filter(kept_bytes__isnull=False).values_list("pk", "kept_bytes"))
    aside = spool.put_aside() if spool.is_there else {}
    for number, path in aside.items():
        if number not in noted:
            yield f"{path.name} is in no line of the ledger"
        elif body_size(path) != noted[number]:
            yield f"{path.name} holds {body_size(path)} bytes, the ledger says {noted[number]}"
    for number in noted:
        if spool.unused(number) is None:
            yield f"answer {number} is kept by the ledger alone"
    for attempt in Attempt.objects.filter(outcome=Outcome.UNKNOWN, bytes__gt=0, kept_bytes=None):
        yield f"answer {attempt.pk} came, could not be used, and nothing says what became of it"


def _workers(*, all_ended: bool) -> Iterator[str]:
    for worker in Worker.objects.all():
        if all_ended and not _lives(worker):
            yield f"the row of worker {worker} outlives it"


def _lives(worker: Worker) -> bool:
    """Whether its process is there; of other hosts we know only its heartbeat."""
    if worker.host != socket.gethostname():
        return Worker.objects.alive().filter(pk=worker.pk).exists()
    try:
        os.kill(worker.process, 0)
    except ProcessLookupError:
        return False
    return True
