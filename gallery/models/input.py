"""The pictures that a generation starts from: rows that name stored files. Their bytes are in no request that waits."""

import hashlib
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import Now

from gallery.media import pictures
from gallery.media.decoder import shared_decoder
from gallery.media.pictures import LostFile, Picture
from gallery.models.generation import Generation
from gallery.models.image import Image
from gallery.models.stored import StoredPicture
from gallery.models.upload import Upload
from venice.operations import Input as OperationInput
from venice.operations import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_COLUMNS = tuple(field.name for field in fields(Picture))


class InputQuerySet(models.QuerySet["Input"]):
    """Verbs of the pictures that others are made from."""

    def drafts_of(self, asked: "Iterable[tuple[Operation, Image | None]]") -> list[list["Input"]]:
        """As `drafts`, of each operation of a click with the picture it comes from: what several start from, once."""
        cache: dict[tuple[str, int | None], dict[str, Any]] = {}
        return [self.drafts(operation, origin, cache) for operation, origin in asked]

    def drafts(
        self,
        operation: Operation,
        origin: Image | None = None,
        cache: dict[tuple[str, int | None], dict[str, Any]] | None = None,
    ) -> list["Input"]:
        """Rows, not saved yet, of what `operation` starts from; their files are there when this returns.

        A picture that a row names already is written nowhere again; `origin` is taken before others of the same
        content. UnusablePicture for bytes that cannot be decoded, LostFile for a digest that no row names.
        """
        cache = {} if cache is None else cache
        drafts = []
        for position, entry in enumerate(operation.inputs):
            key = digest_of(entry), origin.pk if origin else None
            if key not in cache:
                cache[key] = _columns(entry, key[0], origin)
            drafts.append(self.model(position=position, role=entry.role, **cache[key]))
        return drafts

    def add_to(self, starting: "Sequence[tuple[Generation, Iterable[Input], Operation]]") -> None:
        """Save the drafts of each generation of a click, within the transaction that queues them.

        LostFile for a file that is gone.
        """
        entries = []
        for generation, drafts, operation in starting:
            for row, entry in zip(drafts, operation.inputs, strict=True):
                row.generation = generation
                entries.append((row, entry))
        digests = {row.sha256 for row, _ in entries}
        existing = Image.objects.hold({row.image_id for row, _ in entries if row.image_id}, digests)
        # Locks them against the removal of what is unused, which looks at this moment.
        Upload.objects.filter(sha256__in=digests).update(used_at=Now())
        there: set[str] = set()
        for row, entry in entries:
            if row.image_id not in existing:
                # Thrown away for good since the draft was made.
                row.image = None
            if row.name not in there:
                _keep_file(row, entry)
                there.add(row.name)
        self.bulk_create(row for row, _ in entries)


class Input(StoredPicture):
    """One picture of one generation, and what it is to its operation."""

    class Role(models.TextChoices):
        """As `venice` names them."""

        SOURCE = "source", "Source"
        LAYER = "layer", "Layer"
        STYLE_REFERENCE = "style-reference", "Style reference"

    noun = "input"

    generation = models.ForeignKey(Generation, models.CASCADE, related_name="inputs", db_index=False)
    position = models.PositiveSmallIntegerField(help_text="Place in the request.")
    role = models.CharField(max_length=20, choices=Role.choices)
    image = models.ForeignKey(
        Image,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="uses",
        help_text="When it is one of ours.",
    )

    objects = InputQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["generation", "position"], name="input_of_generation_once")
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def load(self) -> bytes:
        """Its bytes, if they are those that were stored. LostFile, OSError."""
        return pictures.load(self.name, self.sha256)


def digest_of(entry: OperationInput) -> str:
    """The SHA-256 of what it starts from, whether that came as bytes or was named by it."""
    return hashlib.sha256(entry.image.data).hexdigest() if entry.image.data else entry.image.sha256


def _keep_file(row: Input, entry: OperationInput) -> None:
    """See that the file is there, which may have been removed since the draft was made. LostFile otherwise."""
    if not default_storage.exists(row.name):
        if not entry.image.data:
            raise LostFile(f"{row.name} is missing")
        pictures.store(entry.image.data, shared_decoder().decode(entry.image.data))


def _columns(entry: OperationInput, digest: str, origin: Image | None) -> dict[str, Any]:
    """Image and file of one picture, stored when nobody has it yet."""
    data = entry.image.data
    row = origin if origin and origin.sha256 == digest else _row_of(digest)
    if row is None and not data:
        raise LostFile(f"{digest} belongs to nothing any more")
    if data and (row is None or not default_storage.exists(row.name)):
        stored = asdict(pictures.store(data, shared_decoder().decode(data)))
    else:
        assert row  # noqa: S101 - one of the two is there
        stored = {name: getattr(row, name) for name in _COLUMNS}
    return {"image": row if isinstance(row, Image) else None, **stored}


def _row_of(digest: str) -> StoredPicture | None:
    """A row that names this content, one of our images before others."""
    for table in (Image, Upload, Input):
        if row := table._default_manager.filter(sha256=digest).order_by("pk").first():
            return row
    return None
