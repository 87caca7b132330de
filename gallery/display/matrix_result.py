"""What has come of a matrix that was bought: its pictures where they belong, and what is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import NamedTuple

from django.db.models import Q

from gallery.display.matrix import SHOWN, Row, Sheet, Square, Table, called, of_picture
from gallery.formats import read_id
from gallery.models import Batch, Generation, Image, State, User
from gallery.models.states import ACTIVE_STATES
from gallery.variations.axes import LABELS, Axis


class _Made(NamedTuple):
    pk: int
    state: str
    purged_count: int


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

    `seen` is all that is shown of its states, in a word.
    """

    table: Table
    pages: Sequence[tuple[int, str]]
    page: int
    is_active: bool
    seen: str


def result(batch: Batch, member: User, page: int) -> Result | None:
    """What has come of a matrix that was bought, one page of it; None when the batch is none. Three queries."""
    told = batch.axes if batch.kind == Batch.Kind.MATRIX else {}
    layout = [Axis(name, tuple(told.get(name) or ())) for name in told.get("layout") or () if name in LABELS]
    cells = told.get("cells") or []
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
    drawn = [
        Row(
            label,
            [
                squares.of(cell, called(title, label, column))
                for cell, column in zip(shown[row * width : (row + 1) * width], labels, strict=True)
            ],
        )
        for row, label in enumerate(rows.labels if rows else ("",))
    ]
    across, down, by_page = (axis.label if axis else "" for axis in (columns, rows, pages))
    return Result(
        Table(across, labels, down, by_page, [Sheet(title, drawn)]),
        list(enumerate(pages.labels)) if pages else [],
        page,
        squares.is_active,
        squares.seen,
    )


class _Squares:
    """What has become of each cell: of the batch by position, of others by id."""

    def __init__(self, batch: Batch, cells: Sequence[int | str | None], member: User) -> None:
        named = {kind: _ids(cells, kind) for kind in ("image", "generation")}
        own = Q(batch=batch, position__in=[cell for cell in cells if isinstance(cell, int)])
        columns = ("position", "pk", "state", "purged_count", "batch")
        rows = Generation.objects.filter(own | Q(pk__in=named["generation"])).values_list(*columns)
        self._member = member
        self._by_position: dict[int, _Made] = {}
        self._by_id: dict[int, _Made] = {}
        for position, pk, state, purged, of in rows:
            self._by_id[pk] = made = _Made(pk, state, purged)
            if of == batch.pk:
                self._by_position[position] = made
        first = Q(generation__in=self._by_id, index=0) | Q(pk__in=named["image"])
        pictures = list(Image.objects.kept().filter(first).only(*SHOWN))
        self._pictures = {picture.pk: picture for picture in pictures}
        self._of = {picture.generation_id: picture for picture in pictures}
        self.is_active = any(made.state in ACTIVE_STATES for made in self._by_id.values())
        told = [f"{made.pk}:{made.state}:{made.pk in self._of}" for made in self._by_id.values()]
        self.seen = blake2s(" ".join(sorted(told)).encode(), digest_size=8).hexdigest()

    def of(self, cell: int | str | None, text: str) -> Square:
        """The square of a cell as the batch tells it."""
        if cell is None:
            return Square(text, words="not made")
        kind, _, number = str(cell).partition(":")
        if kind == "image":
            picture = self._pictures.get(int(number))
            return (
                of_picture(picture, text, self._member)
                if picture
                else Square(text, words="not here any more")
            )
        made = self._by_id.get(int(number)) if kind == "generation" else self._by_position.get(int(kind))
        if made is None:
            return Square(text, words="not here any more")
        if picture := self._of.get(made.pk):
            return of_picture(picture, text, self._member)
        words = _WORDS.get(made.state, made.state)
        if made.state == State.DONE:
            words = "thrown away" if made.purged_count else "in the trash"
        return Square(text, generation=made.pk, state=made.state, words=words)


def _ids(cells: Sequence[int | str | None], kind: str) -> list[int]:
    parts = [str(cell).partition(":") for cell in cells if isinstance(cell, str)]
    return [number for name, _, text in parts if name == kind and (number := read_id(text)) is not None]
