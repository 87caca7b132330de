"""What has come of a matrix that was bought: its pictures where they belong, and what is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import QuerySet

from gallery.display.matrix import SHOWN, Row, Sheet, Square, Table, called, judged, square
from gallery.formats import read_id
from gallery.models import Batch, Generation, Image, State, User, kept_sql
from gallery.models.states import ACTIVE_STATES, RUNNABLE_STATES
from gallery.variations.axes import LABELS, Axis

GONE = "not here any more"
# What is told of a request that has no picture.
_ENDED = ("pk", "state", "purged_count")
_Cell: TypeAlias = int | str | None
_Row: TypeAlias = Sequence[Any]
_WORDS: dict[str, str] = {
    State.QUEUED: "waits",
    State.SENDING: "being made",
    State.RECEIVED: "being stored",
    State.FAILED: "failed",
    State.INTERRUPTED: "interrupted",
    State.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One page of a bought matrix, all pages by number and label, and whether something is still to come.

    `is_whole` when nothing is left to be asked for: every cell has its picture, or is on its way. `seen` is all that is
    shown of its states, in a word, while something is.
    """

    table: Table
    pages: Sequence[tuple[int, str]]
    page: int
    is_active: bool
    is_whole: bool
    seen: str


def result(batch: Batch, member: User, page: int) -> Result | None:
    """What has come of a matrix that was bought, one page of it; None when the batch is none. Six queries at most."""
    stored = batch.axes if batch.kind == Batch.Kind.MATRIX else {}
    layout = [
        Axis(name, tuple(stored.get(name) or ())) for name in stored.get("layout") or () if name in LABELS
    ]
    cells = stored.get("cells") or []
    columns, rows, pages = (*layout, None, None, None)[:3]
    width, height = (len(axis.values) if axis else 1 for axis in (columns, rows))
    count = len(pages.values) if pages else 1
    if not layout or len(cells) != width * height * count:
        return None
    page = min(page, count - 1)
    shown = cells[page * width * height : (page + 1) * width * height]
    squares = _Squares(batch, shown, member)
    labels = columns.labels if columns else ("",)
    title = pages.labels[page] if pages else ""
    drawn = []
    for row, label in enumerate(rows.labels if rows else ("",)):
        head = called(title, label)
        texts = [f"{head}, {column}" if head and column else head or column for column in labels]
        drawn.append(Row(label, squares.of(shown[row * width : (row + 1) * width], texts)))
    across, down, by_page = (axis.label if axis else "" for axis in (columns, rows, pages))
    table = Table(across, labels, down, by_page, [Sheet(title, drawn)])
    return Result(
        judged(table, member),
        list(enumerate(pages.labels)) if pages else [],
        page,
        squares.is_active,
        None not in cells and not squares.lacks and not (pages and _has_ended_badly(batch)),
        squares.seen,
    )


def _has_ended_badly(batch: Batch) -> bool:
    """Whether any of it, on whichever page, has come to nothing."""
    return batch.members.filter(state__in=RUNNABLE_STATES).exists()


class _Squares:
    """What has become of each cell: a position of the batch, `generation:7` or `image:5` of others, None for none."""

    def __init__(self, batch: Batch, cells: Sequence[_Cell], member: User) -> None:
        # Read once: each look at a setting is a call.
        self._member, self._media = member, str(settings.MEDIA_URL)
        self._pictures: dict[_Cell, _Row] = {}
        # Of those that have no picture.
        self._others: dict[_Cell, _Row] = {}
        self._read_batch(batch, [cell for cell in cells if isinstance(cell, int)])
        self._read_named(_ids(cells, "image"), _ids(cells, "generation"))
        rows = list(self._others.values())
        self.is_active = any(state in ACTIVE_STATES for _, state, _ in rows)
        # Whether any of them has no picture, and none on its way.
        self.lacks = False
        # Nobody asks again for what has come to its end.
        self.seen = _in_a_word([*rows, *self._pictures.values()]) if self.is_active else ""

    def _read_batch(self, batch: Batch, positions: Sequence[int]) -> None:
        if not positions:
            return
        span = batch.pk, min(positions), max(positions)
        for row in kept_sql.ask("pictures of a matrix", _pictures_of, *span):
            self._pictures[row[-1]] = row
        if len(self._pictures) < len(positions):
            for position, *rest in kept_sql.ask("requests of a matrix", _requests_of, *span):
                if position not in self._pictures:
                    self._others[position] = rest

    def _read_named(self, images: Sequence[int], generations: Sequence[int]) -> None:
        if images:
            for row in Image.objects.kept().filter(pk__in=images).values_list(*SHOWN):
                self._pictures[f"image:{row[0]}"] = row
        if generations:
            for row in _first(Image.objects.filter(generation__in=generations)).values_list(
                *SHOWN, "generation"
            ):
                self._pictures[f"generation:{row[-1]}"] = row
            for row in Generation.objects.filter(pk__in=generations).values_list(*_ENDED):
                if (cell := f"generation:{row[0]}") not in self._pictures:
                    self._others[cell] = row

    def of(self, cells: Sequence[_Cell], texts: Sequence[str]) -> list[Square]:
        """The squares of these cells, and what each is called."""
        pictures, member, media = self._pictures, self._member, self._media
        return [
            square(picture, text, member, media)
            if (picture := pictures.get(cell))
            else self._without(cell, text)
            for cell, text in zip(cells, texts, strict=True)
        ]

    def _without(self, cell: _Cell, text: str) -> Square:
        """The square of a cell that has no picture."""
        row = self._others.get(cell)
        if row is None:
            self.lacks = True
            return Square(text, words="not made" if cell is None else GONE)
        pk, state, purged = row
        words = _WORDS.get(state, str(state))
        self.lacks = self.lacks or state not in ACTIVE_STATES
        if state == State.DONE:
            words = "thrown away" if purged else "in the trash"
        return Square(text, generation=pk, state=state, words=words)


def _in_a_word(rows: Sequence[_Row]) -> str:
    states = sorted(":".join(map(str, row)) for row in rows)
    return blake2s(" ".join(states).encode(), digest_size=8).hexdigest()


def _first(images: QuerySet[Image]) -> QuerySet[Image]:
    """The first picture of each answer, where it is not in the trash."""
    return images.filter(index=0, trashed_at=None).order_by()


def _pictures_of(batch: int, low: int, high: int) -> QuerySet[Image, Any]:
    """What a click has made at these positions, and the position."""
    made = _first(Image.objects.filter(generation__batch=batch, generation__position__range=(low, high)))
    return made.values_list(*SHOWN, "generation__position")


def _requests_of(batch: int, low: int, high: int) -> QuerySet[Generation, Any]:
    """What a click has asked for at these positions."""
    asked = Generation.objects.filter(batch=batch, position__range=(low, high))
    return asked.order_by().values_list("position", *_ENDED)


def _ids(cells: Sequence[_Cell], kind: str) -> list[int]:
    parts = [cell.partition(":") for cell in cells if isinstance(cell, str)]
    return [number for name, _, text in parts if name == kind and (number := read_id(text)) is not None]
