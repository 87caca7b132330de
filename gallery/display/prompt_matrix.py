"""What a prompt has made, by any two of its values, with the price of what has not been made yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from gallery.display.matrix import SHOWN, Row, Sheet, Square, Table, judged, of_picture
from gallery.formats import amount, sides, usd
from gallery.models import CatalogModel, Image, Prompt, User
from gallery.models.generation import Kind
from gallery.variations import axes
from gallery.variations.axes import LABELS, Value
from gallery.variations.exact_matches import identity
from gallery.variations.matrix import with_values
from venice import Generate, InvalidRequest, Model, price

#: What pictures can be laid out by; words are the prompt's own.
NAMES = (axes.SEED, axes.MODEL, axes.CFG, axes.STYLE, axes.STEPS, axes.SIZE)
#: So many values of each are shown, the latest used first, of so many newest pictures.
MOST, NEWEST = 20, 4_000
_SIZE = ("generation__width", "generation__height", "generation__aspect_ratio")
_COLUMNS: dict[str, tuple[str, ...]] = {
    axes.SEED: ("seed",),
    axes.MODEL: ("model",),
    axes.CFG: ("generation__cfg_scale",),
    axes.STYLE: ("style_preset",),
    axes.STEPS: ("generation__steps",),
    axes.SIZE: _SIZE,
}


@dataclass(frozen=True, slots=True)
class History:
    """The table, how many values of each axis it leaves out, and whether older pictures were not looked at.

    `has_holes` when any of its cells can be bought.
    """

    table: Table
    more_across: int
    more_down: int
    is_cut: bool
    has_holes: bool


class _Cell(NamedTuple):
    """The newest picture of a cell, and how many there are."""

    newest: int
    number: int


def history(prompt: Prompt, across: str, down: str, member: User) -> History | None:
    """The pictures of `prompt` by the axes `across` and `down`, two of NAMES; None when it has none. Six queries."""
    columns = (*_COLUMNS[across], *_COLUMNS[down])
    pictures = Image.objects.kept().filter(prompt=prompt, index=0, generation__kind=Kind.GENERATE)
    rows = list(pictures.newest_first().values_list("pk", *columns)[: NEWEST + 1])
    cells: dict[tuple[Value, Value], _Cell] = {}
    for pk, *values in rows[:NEWEST]:
        width = len(_COLUMNS[across])
        key = _value(across, values[:width]), _value(down, values[width:])
        if not (axes.SEED in (across, down) and key[across != axes.SEED] is None):
            newest, number = cells.get(key, (pk, 0))
            cells[key] = _Cell(newest, number + 1)
    if not cells:
        return None
    all_columns, all_rows = (list(dict.fromkeys(key[side] for key in cells)) for side in (0, 1))
    table = _Drawn(cells, all_columns[:MOST], all_rows[:MOST], across, down, member).table()
    return History(
        judged(table, member),
        max(len(all_columns) - MOST, 0),
        max(len(all_rows) - MOST, 0),
        is_cut=len(rows) > NEWEST,
        has_holes=any(square.value for sheet in table.sheets for row in sheet.rows for square in row.squares),
    )


def _value(name: str, values: Sequence[Any]) -> Value:
    if name == axes.SIZE:
        width, height, ratio = values
        return ratio or (sides(width, height, "×") if width and height else None)
    (value,) = values
    single: Value = value
    return single or None if name == axes.STYLE else single


class _Drawn:
    """The cells of the table, with all that they show and ask for."""

    def __init__(
        self,
        cells: Mapping[tuple[Value, Value], _Cell],
        columns: Sequence[Value],
        rows: Sequence[Value],
        across: str,
        down: str,
        member: User,
    ) -> None:
        self._cells, self._columns, self._rows = cells, columns, rows
        self._across, self._down, self._member = across, down, member
        shown = [cell.newest for key, cell in cells.items() if key[0] in columns and key[1] in rows]
        # What is not there is asked for as the newest picture of its column was, but for the one value.
        self._like = {
            column: max(cell.newest for (each, _), cell in cells.items() if each == column)
            for column in columns
        }
        self._pictures = Image.objects.only(*SHOWN).in_bulk(shown)
        self._liked = Image.objects.select_related("generation").in_bulk([*self._like.values()])
        self._models = {entry.model_id: entry.spec for entry in CatalogModel.objects.for_images()}

    def table(self) -> Table:
        """Row by row."""
        labels = [axes.written(self._across, value) for value in self._columns]
        bases = {column: base_of(self._liked[like]) for column, like in self._like.items()}
        rows = [
            Row(
                axes.written(self._down, row),
                [self._square(column, row, bases[column]) for column in self._columns],
            )
            for row in self._rows
        ]
        return Table(LABELS[self._across], labels, LABELS[self._down], "", [Sheet("", rows)])

    def _square(self, column: Value, row: Value, base: Generate | None) -> Square:
        text = f"{axes.written(self._down, row)}, {axes.written(self._across, column)}"
        if cell := self._cells.get((column, row)):
            square = of_picture(self._pictures[cell.newest], text, self._member)
            return square._replace(words=f"{cell.number - 1} older") if cell.number > 1 else square
        if base is None:
            return Square(text)
        operation, problem = varied(base, self._down, row, self._models)
        if operation is None:
            return Square(text, words="not possible" if problem else "", title=problem)
        cost = price(operation, self._models[operation.model])
        value = f"{self._like[column]}:{amount(cost)}:{'' if row is None else row}"
        return Square(text, value=value, price=usd(cost))


def base_of(image: Image) -> Generate | None:
    """The request of a picture, for the picture alone; None of one that cannot be asked for any more."""
    try:
        operation = image.generation.operation
    except (TypeError, ValueError):
        return None
    if not isinstance(operation, Generate) or operation.seed is None:
        return None
    # Further variants follow no seed.
    return replace(operation, variants=None)


def varied(
    base: Generate, name: str, value: Value, models: Mapping[str, Model]
) -> tuple[Generate | None, str]:
    """`base` with one value of the axis `name`; or None, and why it cannot be asked for, if there is a reason."""
    model_id = str(value) if name == axes.MODEL else base.model
    model, before = models.get(model_id), models.get(base.model)
    if model is None or before is None:
        return None, f"{model_id if model is None else base.model} is not offered any more."
    if name == axes.SEED and not model.uses_seed:
        return None, f"{model.name} follows no seed."
    if name == axes.SIZE and value is None:
        return None, ""
    try:
        operation, problem = with_values(base, {name: value}, before, model)
    except InvalidRequest as error:
        return None, " ".join(error.field_errors.values())
    problem = problem or " ".join(operation.problems(model).values())
    if not problem and identity(operation, model) == identity(base, before):
        problem = f"{model.name} makes the same picture of it."
    return (None, problem) if problem else (operation, "")
