"""Every combination of what is varied: what each cell asks for and costs, and how the cells lie on a page."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2s
from typing import Any

from gallery.formats import read_sides
from gallery.models import Image
from gallery.text import clean_text
from gallery.variations import axes
from gallery.variations.axes import Axis, Value
from gallery.variations.exact_matches import existing, identities, under_way
from venice import Generate, InvalidRequest, Model, price
from venice.operations import TIERS
from venice.operations.ratio import nearest_ratio, pixels_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination: what it asks for and costs (USD, None: unknown), or the problem that keeps it from being asked.

    `picture` is there already, `generation` is on its way to it, `alike` is the index of an earlier cell that asks for
    the same: none of these is paid for.
    """

    index: int
    operation: Generate | None = None
    problem: str = ""
    price: Decimal | None = None
    picture: Image | None = None
    generation: int | None = None
    alike: int | None = None

    @property
    def is_missing(self) -> bool:
        """Whether it would have to be bought."""
        is_there = self.picture is not None or self.generation is not None or self.alike is not None
        return self.operation is not None and not is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Pages of rows of cells. An axis that is not there has one place, and no words."""

    base: Generate
    columns: Axis | None
    rows: Axis | None
    pages: Axis | None
    cells: Sequence[Cell]
    #: A word for what it asks for: the form that buys says for which matrix it was drawn.
    digest: str

    @property
    def axes(self) -> list[Axis]:
        """Those that are there: columns, rows, pages."""
        return [axis for axis in (self.columns, self.rows, self.pages) if axis]

    @property
    def width(self) -> int:
        """Cells in a row."""
        return len(self.columns.values) if self.columns else 1

    @property
    def height(self) -> int:
        """Rows on a page."""
        return len(self.rows.values) if self.rows else 1

    @property
    def title(self) -> str:
        """`Seed × CFG scale`."""
        return " × ".join(axis.label for axis in self.axes)

    def row(self, page: int, row: int) -> Sequence[Cell]:
        """The cells of one row, from left to right; page and row count from 0."""
        start = (page * self.height + row) * self.width
        return self.cells[start : start + self.width]

    def page(self, page: int) -> Sequence[Cell]:
        """The cells of one page, row by row; pages count from 0."""
        size = self.width * self.height
        return self.cells[page * size : (page + 1) * size]

    @property
    def page_labels(self) -> tuple[str, ...]:
        """The words of each page; one without any when there is but one."""
        return self.pages.labels if self.pages else ("",)


def missing(cells: Iterable[Cell]) -> list[Cell]:
    """Those that would have to be bought."""
    return [cell for cell in cells if cell.is_missing]


def draw(base: Generate, layout: Sequence[Axis], models: Mapping[str, Model]) -> Matrix:
    """The matrix of `base` over at most three axes, columns first; with what exists already. A few queries.

    `models` are all that it may name, by id.
    """
    columns, rows, pages = (*layout, None, None, None)[:3]
    made = [_asked(base, combination, models) for combination in _combinations(base, (columns, rows, pages))]
    asked = [operation for operation, _ in made if operation]
    indices = [index for index, (operation, _) in enumerate(made) if operation]
    keys = identities(asked, models)
    pictures = {indices[number]: image for number, image in existing(asked, models, keys).items()}
    on_way = {indices[number]: pk for number, pk in under_way(asked, models, keys).items()}
    key_of = dict(zip(indices, keys, strict=True))
    first: dict[str, int] = {}
    cells = []
    for index, (operation, problem) in enumerate(made):
        model = models[operation.model] if operation else None
        earlier = first.setdefault(key_of[index], index) if operation else index
        cells.append(
            Cell(
                index=index,
                operation=operation,
                problem=problem,
                price=price(operation, model) if operation and model else None,
                picture=pictures.get(index),
                generation=on_way.get(index),
                alike=earlier if earlier != index else None,
            )
        )
    identity = [[[axis.name, axis.values] for axis in layout[:3]], [*first]]
    digest = blake2s(json.dumps(identity).encode(), digest_size=12).hexdigest()
    return Matrix(base=base, columns=columns, rows=rows, pages=pages, cells=cells, digest=digest)


def _combinations(base: Generate, layout: Sequence[Axis | None]) -> Iterator[dict[str, Value]]:
    """What is set in each cell: columns change fastest, then rows, then pages."""
    columns, rows, pages = (
        [(axis.name, value) for value in _values(axis, base)] if axis else [None] for axis in layout
    )
    for page in pages:
        for row in rows:
            for column in columns:
                yield dict(filter(None, (column, row, page)))


def _values(axis: Axis, base: Generate) -> Sequence[Value]:
    """What each value of the axis sets; words set the whole prompt, in which the first of them is exchanged."""
    if axis.name != axes.PROMPT:
        return axis.values
    first, *_ = axis.values
    return [clean_text(base.prompt.replace(str(first), str(value))) for value in axis.values]


def _asked(
    base: Generate, values: Mapping[str, Value], models: Mapping[str, Model]
) -> tuple[Generate | None, str]:
    """The request of one cell, or None and what is wrong with it."""
    model = models[str(values.get(axes.MODEL, base.model))]
    try:
        operation, problem = with_values(base, values, models[base.model], model)
        problems = operation.problems(model)
    except InvalidRequest as error:
        return None, " ".join(error.field_errors.values())
    problem = problem or " ".join(problems.values())
    return (None, problem) if problem else (operation, "")


def with_values(
    base: Generate, values: Mapping[str, Value], before: Model, model: Model
) -> tuple[Generate, str]:
    """`base`, a request of the model `before`, with these values of axes on `model`; and why one has no place there.

    InvalidRequest for what Venice refuses whatever the model.
    """
    changes: dict[str, Any] = {
        name: values[name] for name in (axes.SEED, axes.CFG, axes.STEPS) if name in values
    }
    if axes.STYLE in values:
        changes["style_preset"] = values[axes.STYLE]
    if axes.PROMPT in values:
        changes["prompt"] = values[axes.PROMPT]
    problem = ""
    if axes.SIZE in values:
        size, problem = _sized(str(values[axes.SIZE]), model)
        changes |= size
    elif model.id != before.id:
        changes |= _carried(base, model)
    if model.id != before.id and axes.STEPS not in values and base.steps is not None:
        changes["steps"] = min(base.steps, model.steps_max) if before.uses_steps else None
    return dataclasses.replace(base, model=model.id, **changes).for_model(model), problem


def _sized(size: str, model: Model) -> tuple[dict[str, Any], str]:
    """Pixels or a ratio in the terms of the model; a ratio that it does not offer has no place."""
    pixels = read_sides(size)
    if model.sizing == "pixels":
        pixels = pixels or pixels_of(size, model.divisor)
        if pixels is None:
            return {}, f"{model.name} is sized in pixels."
        return {"width": pixels[0], "height": pixels[1], "aspect_ratio": None}, ""
    ratio = nearest_ratio(*pixels, model.aspect_ratios) if pixels else size
    if ratio not in model.aspect_ratios:
        offered = ", ".join(model.aspect_ratios) or "no choice of its size"
        return {}, f"{model.name} has no {size}; it has {offered}."
    return {"aspect_ratio": ratio, "width": None, "height": None}, ""


def _carried(base: Generate, model: Model) -> dict[str, Any]:
    """The size of `base` as another model takes it; what it has nothing near to is its own default."""
    ratio = base.aspect_ratio
    pixels = (base.width, base.height) if base.width and base.height else None
    pixels = pixels or (pixels_of(ratio, model.divisor) if ratio else None)
    changes: dict[str, Any] = {}
    if model.sizing == "pixels":
        sides = [_fitted(side, model.divisor) for side in pixels] if pixels else [None, None]
        changes = {"width": sides[0], "height": sides[1]}
    elif ratio not in model.aspect_ratios:
        changes["aspect_ratio"] = nearest_ratio(*pixels, model.aspect_ratios) if pixels else None
    for parameter in TIERS:
        value, offered = getattr(base, parameter.name), parameter.offered_by(model)
        same = (each for each in offered if value and each.lower() == value.lower())
        changes[parameter.name] = next(same, None)
    return changes


def _fitted(side: int, divisor: int) -> int:
    return max(divisor, round(side / divisor) * divisor)
