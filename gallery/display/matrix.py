"""A matrix as its page shows it: rows of squares, each a picture, a price, or the reason why there is none."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet, Sum

from gallery.display import generation_card
from gallery.display.forecast import GUESS, calls_at_once
from gallery.formats import about, amount, shape, usd
from gallery.forms.matrix import MatrixForm, Purchase
from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import SIZES
from gallery.models import Generation, Image, Mark, User, kept_sql
from gallery.models.sets import IdsWritten, written
from gallery.pipeline.pace import WINDOW, images_a_minute
from gallery.variations.matrix import Cell, missing

_SMALLER = min(SIZES)
#: What a square shows of a picture, as `square` takes it.
SHOWN = ("pk", "sha256", "recipe", "width", "height", "is_sensitive")
_SIZE = len(SHOWN)


class Square(NamedTuple):
    """One cell: a picture, a button, or words. What it is called, its value on each axis, is `text`.

    Plain values, as short to print as they can be: a page has hundreds of them.
    """

    text: str
    # A picture: its number, thumbnail, sides, shape in hundredths, and a class where it is not for every eye.
    picture: int | None = None
    src: str = ""
    width: int = 0
    height: int = 0
    shape: int = 100
    sensitive: str = ""
    # A generation that is on its way, or has ended without a picture.
    generation: int | None = None
    state: str = ""
    # What its button sends, and says.
    value: str = ""
    price: str = ""
    # What is said of it, and in full to who asks for it.
    words: str = ""
    title: str = ""
    # What the reader thinks of its picture: a favourite (`true`), a rating of 1 to 5 or 0.
    favourite: str = ""
    rating: int = 0


class Row(NamedTuple):
    """Its words, its cells, and what the rest of it costs when there is any."""

    label: str
    squares: Sequence[Square]
    purchase: Purchase | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    label: str
    rows: Sequence[Row]
    purchase: Purchase | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What is varied from left to right, downwards and from page to page; and the pages."""

    across: str
    columns: Sequence[str]
    down: str
    by_page: str
    sheets: Sequence[Sheet]


def preview(form: MatrixForm) -> Table:
    """What a valid form would make: what is there, and the price of the rest."""
    matrix, member = form.matrix, form.member
    assert matrix  # noqa: S101 - the form is valid
    columns = matrix.columns.labels if matrix.columns else ("",)
    rows = matrix.rows.labels if matrix.rows else ("",)
    has_rows, has_pages = len(rows) > 1, bool(matrix.pages)
    sheets = []
    for page, title in enumerate(matrix.page_labels):
        drawn = []
        for row, label in enumerate(rows):
            cells = matrix.row(page, row)
            squares = [
                _square(cell, called(title, label, column), member)
                for cell, column in zip(cells, columns, strict=True)
            ]
            some = has_rows and len(missing(cells)) > 1
            drawn.append(Row(label, squares, form.purchase(f"row-{page}-{row}") if some else None))
        some = has_pages and len(missing(matrix.page(page))) > 1
        sheets.append(Sheet(title, drawn, form.purchase(f"page-{page}") if some else None))
    across, down, by_page = (
        axis.label if axis else "" for axis in (matrix.columns, matrix.rows, matrix.pages)
    )
    return judged(Table(across, columns, down, by_page, sheets), member)


def judged(table: Table, member: User) -> Table:
    """With what `member` thinks of its pictures; one query, and the same table where that is nothing."""
    squares = [square for sheet in table.sheets for row in sheet.rows for square in row.squares]
    shown = [square.picture for square in squares if square.picture is not None]
    marks = {
        pk: ("true" if is_favourite else "", rating)
        for pk, is_favourite, rating in kept_sql.ask("marks of ids", _marks, member.pk, written(shown))
        if is_favourite or rating
    }
    if not marks:
        return table

    def marked(square: Square) -> Square:
        favourite, rating = marks.get(square.picture or 0, ("", 0))
        return square._replace(favourite=favourite, rating=rating) if favourite or rating else square

    return replace(
        table,
        sheets=[
            replace(sheet, rows=[row._replace(squares=[*map(marked, row.squares)]) for row in sheet.rows])
            for sheet in table.sheets
        ],
    )


def _marks(member: int, pictures: str) -> QuerySet[Mark, Any]:
    those = Mark.objects.filter(user=member, image__in=IdsWritten(pictures))
    return those.values_list("image", "is_favourite", "rating")


def called(*labels: str) -> str:
    """A cell by its values on the axes; without those that are not there."""
    return ", ".join(label for label in labels if label)


def _square(cell: Cell, text: str, member: User) -> Square:
    if cell.picture:
        return of_picture(cell.picture, text, member)
    if cell.problem:
        return Square(text, words="not possible", title=cell.problem)
    if cell.generation:
        return Square(text, generation=cell.generation, state="queued", words="on its way")
    if cell.alike is not None:
        return Square(text, words="the same as another", title="Another cell asks for exactly the same.")
    return Square(text, value=f"cell-{cell.index}:{amount(cell.price)}", price=usd(cell.price))


def square(picture: Sequence[Any], text: str, member: User, media: str) -> Square:
    """A picture by its columns, SHOWN first, below the address `media`; only words for a reader who has it hidden."""
    pk, sha256, recipe, width, height, is_sensitive = picture[:_SIZE]
    if is_sensitive and member.hides_sensitive:
        return Square(text, words="hidden")
    # As `StoredPicture.thumbnail_256`, without a row.
    src = media + thumbnail_name(sha256, _SMALLER)
    if recipe > 1:
        src += f"?{recipe}"
    return Square(text, pk, src, width, height, shape(width, height), " sensitive" if is_sensitive else "")


def of_picture(image: Image, text: str, member: User) -> Square:
    """As `square`, of a row that has the columns SHOWN."""
    return square([getattr(image, name) for name in SHOWN], text, member, settings.MEDIA_URL)


def time_for(cells: Iterable[Cell]) -> str:
    """`about 12 min`: until all of these are there at the present pace, what waits already before them.

    Empty when nothing is asked; `no worker is running` when nothing would be sent. Three queries.
    """
    wanted: dict[str, int] = {}
    for cell in cells:
        if cell.operation:
            wanted[cell.operation.model] = wanted.get(cell.operation.model, 0) + cell.operation.image_count
    if not wanted:
        return ""
    slots = calls_at_once()
    if not slots:
        return "no worker is running"
    waiting = Generation.objects.active().order_by().values_list("model").annotate(Sum("variants"))
    ahead = dict(waiting)
    return about(timedelta(seconds=max(_seconds(wanted, ahead, slots))))


def _seconds(wanted: dict[str, int], ahead: dict[str, int], slots: int) -> Iterator[float]:
    """How long it takes by each of what may be the limit: a model's images a minute, and the calls at once."""
    typical = generation_card.typical([*wanted, *ahead])
    work = 0.0
    for model in wanted.keys() | ahead.keys():
        count = wanted.get(model, 0) + ahead.get(model, 0)
        once = took.total_seconds() if (took := typical[model].took) else GUESS
        work += count * once
        if model in wanted:
            limit = images_a_minute(typical[model].rate_limit)
            yield (ceil(count / limit) - 1) * WINDOW.total_seconds() + once
    yield work / slots
