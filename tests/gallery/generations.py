"""Rows for tests of pages: a generation in any state, with pictures that have files when asked."""

import hashlib
import uuid
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from gallery.media.storage import original_name
from gallery.models import Attempt, CatalogModel, CatalogStyle, Generation, Image, Outcome, Prompt, User
from gallery.models.image import sort_price
from venice import Generate
from venice.operations import StyleReference

MODEL = "venice-sd35"
#: Follows the style of pictures.
ABLE = "krea-v2-medium"


def a_generation(
    owner: User, prompt: str = "a cat on a wall", *, request: Any = None, **columns: Any
) -> Generation:
    """A generation as it is queued, then with `columns` as given."""
    asked = {"model": MODEL, "width": 1024, "height": 1024, "seed": 7, "variants": 1} | (request or {})
    operation = Generate(prompt=prompt, **asked)
    generation, _ = Generation.objects.enqueue(owner, operation, price=Decimal("0.01"))
    if columns:
        Generation.objects.filter(pk=generation.pk).update(**columns)
        generation.refresh_from_db()
    return generation


def pictures(
    owner: User,
    prompt: str = "a cat on a wall",
    *,
    count: int = 1,
    content: bytes = b"",
    request: Any = None,
    **columns: Any,
) -> list[Image]:
    """A finished generation's pictures, with more in its `request`; `content` becomes the first one's file."""
    now = timezone.now()
    done = {"state": "done", "sent_at": now, "received_at": now, "finished_at": now} | columns
    generation = a_generation(owner, prompt, request={"variants": count} | (request or {}), **done)
    attempt = Attempt.objects.create(
        generation=generation,
        token=uuid.uuid4(),
        worker="w",
        host="h",
        model=MODEL,
        sent_at=now,
        finished_at=now,
        outcome=Outcome.OK,
        status=200,
        price=Decimal("0.01"),
        emulated=generation.emulated,
    )
    made = [_picture(generation, attempt, index, count, content) for index in range(count)]
    prompts = Prompt.objects.filter(pk=generation.prompt_id)
    if columns:
        prompts.recount()
    else:
        # As the pipeline counts them; to count anew takes longer than to make the rows.
        prompts.count_pictures(count)
        prompts.charge({generation.prompt_id or 0: attempt.price or Decimal(0)}, emulated=generation.emulated)
    return made


def a_picture(owner: User, prompt: str = "a cat on a wall", **more: Any) -> Image:
    """One finished picture."""
    return pictures(owner, prompt, **more)[0]


def a_follower(owner: User, followed: Image, prompt: str = "a cat on a wall", **asked: Any) -> Image:
    """A finished picture in the style of another one, whose file is there."""
    request = {"model": ABLE, "style_references": (StyleReference(image=followed.reference),), **asked}
    return a_picture(owner, prompt, request=request)


def _picture(generation: Generation, attempt: Attempt, index: int, count: int, content: bytes) -> Image:
    own = content if content and index == 0 else uuid.uuid4().bytes
    digest = hashlib.sha256(own).hexdigest()
    if content and index == 0:
        default_storage.save(original_name(digest, "webp"), ContentFile(content))
    return Image.objects.create(
        attempt=attempt,
        generation=generation,
        index=index,
        seed=7 if index == 0 else None,
        is_cover=index == 0,
        stack_size=count,
        sha256=digest,
        name=original_name(digest, "webp"),
        format="webp",
        width=1024,
        height=768,
        bytes=len(own),
        owner=generation.owner,
        prompt=generation.prompt,
        model=generation.model,
        emulated=generation.emulated,
        created_at=timezone.now(),
        sort_price=sort_price(attempt.price),
    )


def a_member(name: str) -> User:
    """Somebody of the team who cannot sign in by password: to make one takes no hashing."""
    return User.objects.create_user(name)


def take_off_the_list(model: str, *styles: str) -> None:
    """As the next sync leaves the catalogue when Venice names them no more."""
    CatalogModel.objects.filter(model_id=model).update(listed=False)
    CatalogStyle.objects.filter(name__in=styles).update(listed=False)
    # What a process has read of the catalogue holds until that moment changes.
    CatalogModel.objects.update(synced_at=timezone.now())
