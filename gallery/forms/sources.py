"""Pictures that an address or a form names: ours by their numbers or pasted addresses, uploads as `upload:3`."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from django.http import QueryDict
from django.urls import reverse

from gallery import access
from gallery.formats import read_id
from gallery.models import Image, Input, Upload, User
from gallery.models.stored import StoredPicture

#: More than any model takes: what is named beyond is not read.
MOST = 20
# What people paste: the address of a page, or a number with commas, spaces or a hash around it.
_ADDRESS = re.compile(r"[^\s,]*/(images|uploads)/([0-9]{1,19})[^\s,]*")
_PARTS = re.compile(r"[\s,#]+")
_UPLOAD = re.compile(r"upload:?([0-9]{1,19})", re.IGNORECASE)
# What people paste is no longer than that, and a problem quotes no more of it.
_LONGEST, _QUOTED = 4_000, 24


@dataclass(frozen=True, slots=True)
class Sources:
    """The pictures that were named, each once, in their order; of several problems the first, in words.

    `field` is the one that the problem is of, where fields were read.
    """

    pictures: tuple[StoredPicture, ...] = ()
    problem: str = ""
    field: str = ""


def name_of(picture: StoredPicture) -> str:
    """What names it in a field: `12`, or `upload:3`."""
    return f"upload:{picture.pk}" if isinstance(picture, Upload) else str(picture.pk)


def page_of(picture: StoredPicture) -> str:
    return reverse("upload" if isinstance(picture, Upload) else "image", args=[picture.pk])


def named(sent: QueryDict, user: User, *fields: str) -> Sources:
    """The pictures in these `fields` of what was `sent`, as far as `user` may use them.

    A field called `upload` holds numbers of uploads; all others pictures, and uploads as `upload:3`.
    """
    texts = {field: _texts(sent, field) for field in fields}
    result = read(chain.from_iterable(texts.values()), user)
    if not result.problem:
        return result
    # Each by itself: only where something is wrong. Too many may be so together alone.
    at = next((field for field in fields if read(texts[field], user).problem), fields[0])
    return replace(result, field=at)


def _texts(sent: QueryDict, field: str) -> list[str]:
    values = sent.getlist(field)[: MOST + 1]
    return [f"upload:{value}" if field == "upload" and value.isdigit() else value for value in values]


def read(texts: Iterable[str], user: User) -> Sources:
    """As `named`, from texts that people type or paste."""
    parts = list(dict.fromkeys(parts_of(" ".join(text[:_LONGEST] for text in texts))))
    asked = [(part, *_number(part)) for part in parts[:MOST]]
    images = access.images_to_see([pk for _, pk, is_upload in asked if pk is not None and not is_upload])
    uploads = access.uploads_to_use(user, [pk for _, pk, is_upload in asked if pk is not None and is_upload])
    pictures: list[StoredPicture] = []
    problem = f"At most {MOST} pictures can be named." if len(parts) > MOST else ""
    for part, pk, is_upload in asked:
        picture: Image | Upload | None = None
        if pk is not None:
            picture = uploads.get(pk) if is_upload else images.get(pk)
        if picture is None:
            problem = problem or _problem(part, pk, is_upload)
        elif picture not in pictures:
            pictures.append(picture)
    return Sources(tuple(pictures), problem)


def of_inputs(rows: Iterable[Input], user: User) -> list[StoredPicture | None]:
    """Of each row, read with its image, the picture that `user` may start from once more: ours, or what they brought.

    None for one that is thrown away for good, and for what another member has brought.
    """
    rows = list(rows)
    digests = [row.sha256 for row in rows if row.image is None]
    own = {upload.sha256: upload for upload in Upload.objects.of(user).filter(sha256__in=digests)}
    return [row.image or own.get(row.sha256) for row in rows]


def parts_of(typed: str) -> list[str]:
    """What people type or paste, a part for each picture that it may mean: `12` or `upload:3` of an address of ours."""
    named = _ADDRESS.sub(lambda match: f"{'upload:' if match[1] == 'uploads' else ''}{match[2]}", typed)
    return [part for part in _PARTS.split(named) if part]


def moved(pictures: Sequence[StoredPicture], at: int, by: int) -> list[StoredPicture]:
    """`pictures` with the one at place `at` (from 0) moved by `by` places; as they are when there is no such place."""
    order = list(pictures)
    if 0 <= at < len(order) and 0 <= at + by < len(order):
        order.insert(at + by, order.pop(at))
    return order


def _number(part: str) -> tuple[int | None, bool]:
    if upload := _UPLOAD.fullmatch(part):
        return read_id(upload[1]), True
    return read_id(part), False


def _problem(part: str, pk: int | None, is_upload: bool) -> str:
    if pk is None:
        return f"“{part[:_QUOTED]}” is not the number or the address of a picture."
    return f"There is no {'upload' if is_upload else 'picture'} {part[:_QUOTED].removeprefix('upload:')}."
