"""The rows: in batches, each one transaction, oldest first, so that newer is a higher id as in real life."""

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from gallery import search
from gallery.models import Attempt, Batch, Generation, Image, Outcome, Prompt, State, User
from gallery.models.image import sort_price
from gallery.search import index
from gallery.synthetic.pictures import Picture, Shape, draw_pool
from gallery.synthetic.recipes import Recipe, menu, shapes, styles
from gallery.synthetic.table import Table
from gallery.synthetic.words import phrases

MAX_IMAGES = 10_000_000
SPAN = timedelta(days=730)
BATCH = 4_000
_PEOPLE = ("designer", "illustrator", "art-director", "editor")
_STACKS, _STACK_WEIGHTS = (1, 2, 3, 4), (55, 15, 5, 25)
_WORKER = "synthetic"

Row = dict[str, Any]


@dataclass(slots=True)
class Draft:
    """One generation before it is a row: `request` is the body that would have been sent."""

    owner: User
    recipe: Recipe
    request: Row
    images: int
    created_at: datetime


def fill(count: int, seed: int, progress: Callable[[int], None] = lambda done: None) -> None:
    """Add `count` pictures with all that belongs to them, some 4 000 a second on SQLite.

    The same seed on an empty database gives the same data, but for the dates, which end now. Repeated on a
    filled one it adds more. What a batch has committed is whole, wherever it is stopped.
    """
    newest = Generation.objects.aggregate(newest=Max("pk"))["newest"] or 0
    random = Random(f"{seed}/{newest}")  # noqa: S311 - pretend data
    people = _people(count)
    pool = draw_pool(shapes(), min(6, 2 + count // 50), random)
    drafts = _drafts(count, random, people)
    done = 0
    with index.in_bulk(connection):
        while done < count:
            batch = list(islice(drafts, BATCH))
            with transaction.atomic():
                done += _write(batch, pool, random)
            progress(done)
    _count_rows()


def _count_rows() -> None:
    """PostgreSQL plans by what it knows of the tables; its own count of so many new rows may come much later.

    Not within a transaction: it would wait for a vacuum of the server that waits for this transaction's own locks.
    """
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _people(count: int) -> list[User]:
    """Pretend members: nobody can sign in as one of them."""
    names = [f"{role}-{number}" for number in range(1, 4) for role in _PEOPLE][: 3 + min(9, count // 1000)]
    return [
        User.objects.get_or_create(username=name, defaults={"is_active": False, "password": "!"})[0]
        for name in names
    ]


def _drafts(count: int, random: Random, people: list[User]) -> Iterator[Draft]:
    """Exactly `count` pictures' worth, in sittings: one person, one model, a prompt tried again and varied."""
    recipes, weights = menu()
    prompts, names = phrases(random), styles()
    start, planned = timezone.now() - SPAN - timedelta(minutes=10), 0
    while planned < count:
        owner = random.choices(people, range(len(people), 0, -1))[0]
        kind = random.choices(recipes, weights)[0]
        style = random.choice(names) if random.random() < 0.4 else None
        recipe, text = random.choice(kind), next(prompts)
        for _ in range(1 + int(random.expovariate(0.2))):
            if random.random() < 0.35:
                text = next(prompts)
            stack = min(random.choices(_STACKS, _STACK_WEIGHTS)[0], count - planned)
            moment = start + SPAN * ((planned + random.random()) / count)
            request = {**recipe.request, "prompt": text, "seed": 1 + int(random.random() * 999_999_999)}
            if style:
                request["style_preset"] = style
            if stack > 1:
                request["variants"] = stack
            yield Draft(owner, recipe, request, stack, moment)
            planned += stack
            if planned >= count:
                return


def _write(batch: list[Draft], pool: dict[Shape, list[Picture]], random: Random) -> int:
    """One transaction's worth of rows; returns the number of pictures."""
    batches, generations, attempts, images = Table(Batch), Table(Generation), Table(Attempt), Table(Image)
    prompts = _prompts(list(dict.fromkeys(draft.request["prompt"] for draft in batch)))
    ids = zip(generations.reserve(len(batch)), attempts.reserve(len(batch)), strict=True)
    rows = [
        _rows(draft, number, attempt, prompts[draft.request["prompt"]], pool[draft.recipe.shape], random)
        for draft, (number, attempt) in zip(batch, ids, strict=True)
    ]
    pictures = [picture for _, _, stack in rows for picture in stack]
    for row, number in zip(pictures, images.reserve(len(pictures)), strict=True):
        row["id"] = number
    for (generation, _, _), number in zip(rows, batches.reserve(len(rows)), strict=True):
        generation["batch_id"] = number
    batches.insert(_batch(generation) for generation, _, _ in rows)
    generations.insert(generation for generation, _, _ in rows)
    attempts.insert(attempt for _, attempt, _ in rows)
    with index.at_once(connection, pictures[0]["id"] - 1):
        images.insert(pictures)
    _count_uses(list(prompts.values()))
    return len(pictures)


def _prompts(texts: list[str]) -> dict[str, int]:
    """The ids of these texts, made where they are new; the full-text index follows by its triggers."""
    digests = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
    ids = dict(Prompt.objects.filter(sha256__in=digests).values_list("sha256", "pk"))
    fresh = [digest for digest in digests if digest not in ids]
    table, now = Table(Prompt), timezone.now()
    ids.update(zip(fresh, table.reserve(len(fresh)), strict=True))
    table.insert(
        {"id": ids[digest], "sha256": digest, "text": digests[digest], "created_at": now}
        | search.columns(digests[digest])
        for digest in fresh
    )
    return {text: ids[digest] for digest, text in digests.items()}


def _rows(
    draft: Draft, number: int, attempt: int, prompt: int, pool: list[Picture], random: Random
) -> tuple[Row, Row, list[Row]]:
    generation = {"id": number, "prompt_id": prompt, **_generation(draft, random)}
    pictures = random.choices(pool, k=draft.images)
    ledger = {"id": attempt, **_attempt(generation, pictures, random)}
    followed = generation["seed"] if draft.recipe.model.uses_seed else None
    shared = {
        "attempt_id": attempt,
        "generation_id": number,
        "stack_size": len(pictures),
        "emulated": True,
        "created_at": generation["finished_at"],
        **{name: generation[name] for name in ("owner_id", "prompt_id", "model")},
        "style_preset": draft.request.get("style_preset", ""),
        "sort_price": sort_price(ledger["price"]),
    }
    images = [
        {**shared, **picture, "index": index, "is_cover": index == 0, "seed": None if index else followed}
        for index, picture in enumerate(pictures)
    ]
    return generation, ledger, images


def _generation(draft: Draft, random: Random) -> Row:
    chance, request, price = random.random, draft.request, draft.recipe.price
    inference = int(random.lognormvariate(8.6, 0.6)) * (1 + draft.images) // 2
    queue, around = 20 + int(900 * chance()), 30 + int(400 * chance())
    sent = draft.created_at + timedelta(seconds=0.06 + 4 * chance())
    headers = sent + timedelta(milliseconds=queue + inference + around + 200 * chance())
    received = headers + timedelta(seconds=0.03 + 0.6 * chance())
    return {
        **{name: request[name] for name in Generation.copied_fields() if name in request},
        "owner_id": draft.owner.pk,
        "requested_by_id": draft.owner.pk,
        "emulated": True,
        "request": request,
        "state": State.DONE.value,
        "tries": 1,
        "created_at": draft.created_at,
        "sent_at": sent,
        "headers_at": headers,
        "received_at": received,
        "finished_at": received + timedelta(seconds=0.05 + 0.13 * chance()),
        "venice_id": f"generate-image-{random.getrandbits(48):012x}",
        "queue_ms": queue,
        "preprocessing_ms": inference + around,
        "inference_ms": inference,
        "total_ms": queue + inference + around,
        "is_blurred": False,
        "is_content_violation": False,
        "price_estimate": price * draft.images if price is not None else None,
    }


def _batch(generation: Row) -> Row:
    """Each was a click of its own."""
    shared = {name: generation[name] for name in ("owner_id", "created_at")}
    return {"id": generation["batch_id"], "price": generation["price_estimate"], **shared}


def _attempt(generation: Row, pictures: list[Row], random: Random) -> Row:
    return {
        "generation_id": generation["id"],
        "token": uuid.UUID(int=random.getrandbits(128), version=4),
        "worker": _WORKER,
        "host": _WORKER,
        "model": generation["model"],
        "images_asked": len(pictures),
        "emulated": True,
        "sent_at": generation["sent_at"],
        "headers_at": generation["headers_at"],
        "finished_at": generation["received_at"],
        "outcome": Outcome.OK.value,
        "status": 200,
        "price": generation["price_estimate"],
        # As base64 in JSON: four characters for three bytes.
        "bytes": sum(picture["bytes"] for picture in pictures) * 4 // 3 + 500,
    }


def _count_uses(prompts: list[int]) -> None:
    """Counters and last use, from the rows themselves, so that reused prompts are right too."""
    newest = Generation.objects.filter(prompt=OuterRef("pk")).order_by("-id").values("created_at")
    rows = Prompt.objects.filter(pk__in=prompts)
    rows.recount()
    rows.update(last_used_at=Subquery(newest[:1]))
