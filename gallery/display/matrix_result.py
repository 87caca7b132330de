"""What has come of a matrix that was bought: its pictures where they belong, and what is still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, TypeAlias

from django.conf import settings
from django.db.models import FilteredRelation, Q, QuerySet

from gallery.display.matrix import SHOWN, Row, Sheet, Square, Table, called, judged, square
from gallery.formats import read_id
from gallery.models import Batch, Generation, Image, State, User, kept_sql
from gallery.models.states import ACTIVE_STATES, RUNNABLE_STATES
from gallery.variations.axes import LABELS, Axis

GONE = "not here any more"
# Of a generation, then of its first picture as `square` takes it, where it has one.
_COLUMNS = ("position", "pk", "state", "purged_count", *(f"first__{name}" for name in SHOWN))
_PICTURE = 4
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
    """What has come of a matrix that was bought, one page of it; None when the batch is none. Five queries at most."""
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
        row_cells = shown[row * width : (row + 1) * width]
        head = called(title, label)
        texts = [f"{head}, {column}" if head and column else head or column for column in labels]
        drawn.append(
            Row(label, [squares.of(cell, text) for cell, text in zip(row_cells, texts, strict=True)])
        )
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
    """What has become of each cell: of the batch by position, of others by id."""

    def __init__(self, batch: Batch, cells: Sequence[int | str | None], member: User) -> None:
        named = {kind: _ids(cells, kind) for kind in ("image", "generation")}
        positions = [cell for cell in cells if isinstance(cell, int)]
        own: list[_Row] = []
        if positions:
            own += kept_sql.ask("matrix", _made_by, batch.pk, min(positions), max(positions))
        others = list(_rows(Q(pk__in=named["generation"]))) if named["generation"] else []
        rows = [*own, *others]
        # Read once: each look at a setting is a call.
        self._member, self._media = member, str(settings.MEDIA_URL)
        self._by_id = {row[1]: row for row in others}
        self._by_position = {row[0]: row for row in own}
        images = Image.objects.kept().filter(pk__in=named["image"]).values_list(*SHOWN)
        self._pictures = {row[0]: row for row in images} if named["image"] else {}
        self.is_active = any(row[2] in ACTIVE_STATES for row in rows)
        # Whether any of them has no picture, and none on its way.
        self.lacks = False
        # Nobody asks again for what has come to its end.
        self.seen = _in_a_word(rows) if self.is_active else ""

    def of(self, cell: int | str | None, text: str) -> Square:
        """The square of a cell as the batch tells it."""
        if cell is None:
            return self._lacking(text, "not made")
        if isinstance(cell, int):
            row = self._by_position.get(cell)
            # As most are: here, without a call more for each of hundreds.
            if row and row[_PICTURE] is not None:
                return square(*row[_PICTURE:], text=text, member=self._member, media=self._media)
            return self._made(row, text)
        kind, _, number = cell.partition(":")
        pk = read_id(number) or 0
        if kind == "generation":
            return self._made(self._by_id.get(pk), text)
        picture = self._pictures.get(pk)
        return self._shown(picture, text) if picture else self._lacking(text, GONE)

    def _lacking(self, text: str, words: str) -> Square:
        self.lacks = True
        return Square(text, words=words)

    def _made(self, row: _Row | None, text: str) -> Square:
        if row is None:
            return self._lacking(text, GONE)
        if row[_PICTURE] is not None:
            return self._shown(row[_PICTURE:], text)
        _, pk, state, purged, *_ = row
        words = _WORDS.get(state, str(state))
        self.lacks = self.lacks or state not in ACTIVE_STATES
        if state == State.DONE:
            words = "thrown away" if purged else "in the trash"
        return Square(text, generation=pk, state=state, words=words)

    def _shown(self, picture: _Row, text: str) -> Square:
        return square(*picture, text=text, member=self._member, media=self._media)


def _in_a_word(rows: Sequence[_Row]) -> str:
    states = sorted(f"{row[1]}:{row[2]}:{row[_PICTURE]}" for row in rows)
    return blake2s(" ".join(states).encode(), digest_size=8).hexdigest()


def _made_by(batch: int, low: int, high: int) -> QuerySet[Generation, Any]:
    """What a click has at these positions."""
    return _rows(Q(batch=batch, position__range=(low, high)))


def _rows(those: Q) -> QuerySet[Generation, Any]:
    """The _COLUMNS of those generations."""
    first = FilteredRelation("images", condition=Q(images__index=0, images__trashed_at=None))
    return Generation.objects.filter(those).alias(first=first).order_by().values_list(*_COLUMNS)


def _ids(cells: Sequence[int | str | None], kind: str) -> list[int]:
    parts = [cell.partition(":") for cell in cells if isinstance(cell, str)]
    return [number for name, _, text in parts if name == kind and (number := read_id(text)) is not None]
