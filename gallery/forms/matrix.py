"""The form of a matrix: a create form, and what is typed for each thing that may be varied."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

from django.http import QueryDict

from gallery import access
from gallery.formats import amount, counted
from gallery.forms.catalog import Catalog
from gallery.forms.draft import fitted, referenced
from gallery.forms.form_values import models_named
from gallery.forms.generate import GenerateForm
from gallery.forms.price import PRICE, objection
from gallery.forms.style_references import with_references
from gallery.models import Batch, User
from gallery.models.generation import draw_seed
from gallery.text import storable
from gallery.variations import axes, words
from gallery.variations.axes import Axis, WrongValues
from gallery.variations.matrix import Cell, Matrix, draw, missing
from venice import Model
from venice.pricing import total

#: Before the name of what is varied.
PREFIX = "axis-"
ACROSS, DOWN = "across", "down"
#: For which matrix the form was drawn that buys.
DRAWN = "drawn"
BUY = "buy"
CHANGED = "What is varied was changed after this was drawn. Nothing was sent: look at it, then press again."
NOTHING = "All of that is there already, or on its way: there is nothing to buy."
CANNOT = "What of that is not there cannot be asked for:"
BRACES = (
    "A matrix would send these braces as they stand. It exchanges one word: write one of each choice into the prompt, "
    "and those that vary here."
)
# What a matrix has another way of its own for, and what belongs to a button.
_NOT_OF_BASE = frozenset(
    {"count", "variants", "alternatives", "another-model", "submission", PRICE, BUY, DRAWN}
)
_NOT_ASKED = frozenset({"csrfmiddlewaretoken", "submission", PRICE, BUY})
_PART = re.compile(
    r"(all|page-[0-9]{1,3}|row-[0-9]{1,3}-[0-9]{1,3}|cell-[0-9]{1,3})(?::([0-9.]{0,20}))?", re.ASCII
)
_RANDOM = re.compile(r"\s*(?:random\s+([0-9]{1,3})|([0-9]{1,3})\s+random)\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that may be varied, as the page shows it."""

    name: str
    text: str
    errors: Sequence[str] = ()
    chosen: frozenset[str] = frozenset()

    @property
    def field(self) -> str:
        return f"{PREFIX}{self.name}"

    @property
    def hint(self) -> str:
        """An example of what may be typed; empty where it is chosen from a list."""
        return axes.HINTS.get(self.name, "")

    @property
    def label(self) -> str:
        return axes.LABELS[self.name]


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a button buys: its cells, their price (USD, None: unknown), and a submission of its own."""

    part: str
    cells: Sequence[Cell]
    refused: str = ""

    @property
    def price(self) -> Decimal | None:
        """In USD; None when the price of one cell is not known."""
        return total(cell.price for cell in self.cells)

    @property
    def value(self) -> str:
        """What the button sends: what it buys, and the price it shows."""
        return f"{self.part}:{amount(self.price)}"


@dataclass
class MatrixForm:
    """What was sent, the create form of it, and the matrix when nothing is wrong."""

    base: GenerateForm
    sent: QueryDict
    member: User
    texts: Mapping[str, str]
    errors: dict[str, list[str]] = field(default_factory=dict)
    new_submission: uuid.UUID = field(default_factory=uuid.uuid4)
    #: Whether its prompt has braces that are still to be exchanged by whoever wrote them.
    has_braces: bool = False
    #: Label and text of what it was filled with and has no place for; in a form that is to be checked those are errors.
    not_taken: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def read(
        cls, catalog: Catalog, sent: QueryDict, values: Mapping[str, Any], member: User, **more: Any
    ) -> Self:
        """The form as it was sent; `values` are its fields without several of a name, and what a picture fills in."""
        texts = {name: "\n".join(sent.getlist(f"{PREFIX}{name}")) for name in axes.NAMES}
        texts[axes.SEED] = _with_drawn_seeds(texts[axes.SEED])
        plain = {name: value for name, value in values.items() if name not in _NOT_OF_BASE}
        models = models_named(sent)
        if len(models) > 1 and not texts[axes.MODEL].strip():
            texts[axes.MODEL] = "\n".join(models)
        if models:
            plain["model"] = models[0]
        elif BUY not in sent and not plain.get("model") and catalog.default:
            plain["model"] = catalog.default.id
        wrong = _exchange_choices(plain, texts, bool(sent.get("alternatives")))
        if not any(text.strip() for text in texts.values()):
            base = GenerateForm.redrawn(catalog, plain)
            not_taken = base.not_taken(fitted(plain, base.spec) if base.spec else plain)
            return cls(base, sent, member, texts, wrong, has_braces=bool(wrong), not_taken=not_taken)
        # What one axis does not vary is the same in all cells: so is a seed that nobody chose.
        plain["seed"] = str(plain.get("seed") or "").strip() or str(draw_seed())
        base = GenerateForm(catalog, plain, **more)
        return cls(base, sent, member, texts, wrong, has_braces=bool(wrong))

    @property
    def is_asked(self) -> bool:
        """Whether something is to be varied, so that there is something to check."""
        return any(text.strip() for text in self.texts.values())

    def is_valid(self) -> bool:
        """Whether there is a matrix; messages otherwise, each at its field."""
        return self.is_asked and self.matrix is not None and not self.errors

    @cached_property
    def models(self) -> dict[str, Model]:
        return {model.id: model for model in self.base.catalog.models}

    @cached_property
    def matrix(self) -> Matrix | None:
        """What it asks for; None when something is wrong, which `errors` or the create form's own say."""
        good = with_references(self.base, self.sent, self.member)
        layout = self._layout()
        if not good or self.errors or not layout:
            return None
        return draw(self.base.operation, layout, self.models)

    def _layout(self) -> list[Axis]:
        """The axes in their places: columns, rows, pages."""
        prompt = str(self.base.cleaned_data.get("prompt") or "") if self.base.is_bound else ""
        varied: dict[str, Axis] = {}
        for name, text in self.texts.items():
            try:
                axis = axes.read_axis(
                    name,
                    text,
                    models=self.models,
                    styles=self.base.catalog.styles,
                    prompt=prompt,
                    withdrawn=self.base.catalog.withdrawn,
                )
            except WrongValues as wrong:
                # Words cannot be judged by a prompt that is wrong itself.
                if name != axes.PROMPT or prompt:
                    self._refuse(f"{PREFIX}{name}", str(wrong))
                continue
            if axis:
                varied[name] = axis
        self._check(varied)
        first = [name for name in (self._placed(ACROSS), self._placed(DOWN)) if name in varied]
        return [varied[name] for name in dict.fromkeys([*first, *varied])]

    def _placed(self, where: str) -> str:
        return str(self.sent.get(where) or "")

    def _check(self, varied: Mapping[str, Axis]) -> None:
        if len(varied) > 3:
            named = ", ".join(axis.label for axis in varied.values())
            self._refuse("__all__", f"Three things can be varied at once; these are {len(varied)}: {named}.")
        count = 1
        for axis in varied.values():
            count *= len(axis.values)
        if count > axes.MOST:
            sizes = " × ".join(str(len(axis.values)) for axis in varied.values())
            self._refuse("__all__", f"{sizes} would be {count} cells; a matrix has at most {axes.MOST}.")
        chosen = varied[axes.MODEL].values if axes.MODEL in varied else [self.base.spec and self.base.spec.id]
        specs = [self.models[str(each)] for each in chosen if each in self.models]
        if axes.STEPS in varied and specs and not any(spec.uses_steps for spec in specs):
            names = ", ".join(spec.name for spec in specs[:3])
            self._refuse(f"{PREFIX}{axes.STEPS}", f"{names} takes no steps: all of these would be the same.")

    def _refuse(self, name: str, words: str) -> None:
        self.errors.setdefault(name, []).append(words)

    @property
    def left_out(self) -> list[str]:
        """What the create form had and a matrix has not, in words: said where it is left out."""
        count = str(self.sent.get("count") or "1").strip()
        notes = []
        if count not in ("", "1"):
            notes.append(
                f"A matrix makes one picture of each: the count of {count[:6]} is left out. Vary the seed."
            )
        if self.texts[axes.PROMPT].strip() and not str(self.sent.get(f"{PREFIX}{axes.PROMPT}") or "").strip():
            notes.append("The words in braces are what varies: they stand at Words.")
        return notes

    @property
    def entries(self) -> list[Entry]:
        """All that may be varied, as it was typed, with what is wrong with it."""
        choices = {axes.MODEL: self.models, axes.STYLE: self.base.catalog.styles}
        return [
            Entry(
                name,
                text,
                self.errors.get(f"{PREFIX}{name}", ()),
                frozenset(piece.strip() for piece in text.split("\n")) & set(choices.get(name, ())),
            )
            for name, text in self.texts.items()
        ]

    @property
    def places(self) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
        """The two lists that say what lies where: name, label, what is chosen, choices."""
        choices = [("", "As they stand"), *((name, axes.LABELS[name]) for name in axes.NAMES)]
        return [(name, name.capitalize(), self._placed(name), choices) for name in (ACROSS, DOWN)]

    def purchase(self, part: str) -> Purchase:
        """What a button for `part` (see `_cells`) buys now: all of it that is not there yet, or why that is refused."""
        cells = missing(self._cells(part))
        most = access.most_pictures(self.member)
        if len(cells) > most:
            words = f"{counted(len(cells), 'picture')}: one click may ask for {most}. Buy a row at a time."
            return Purchase(part, cells, words)
        return Purchase(part, cells)

    def _cells(self, part: str) -> Sequence[Cell]:
        """The cells of `all`, `page-0`, `row-0-2` or `cell-17`; none for what has no place."""
        assert self.matrix  # noqa: S101 - only a valid form buys
        kind, *numbers = part.split("-")
        places = [int(number) for number in numbers]
        if kind == "all":
            return self.matrix.cells
        if kind == "page":
            return self.matrix.page(*places)
        if kind == "row":
            page, row = places
            return self.matrix.row(page, row) if row < self.matrix.height else ()
        return self.matrix.cells[places[0] : places[0] + 1]

    def bought(self) -> Purchase | None:
        """What the button that was pressed buys; None with messages when it may not."""
        match = _PART.fullmatch(str(self.sent.get(BUY) or ""))
        if not self.is_valid() or self.matrix is None:
            return None
        if match is None:
            self._refuse("__all__", "That button was altered on its way. Nothing was sent; press it again.")
            return None
        purchase = self.purchase(match[1])
        shown = {PRICE: match[2]} if match[2] is not None else {}
        if match[1] == "all" and PRICE in self.sent and not shown:
            shown = {PRICE: str(self.sent[PRICE])}
        if self.sent.get(DRAWN) and self.sent[DRAWN] != self.matrix.digest:
            self._refuse("__all__", CHANGED)
        elif not purchase.cells:
            problems = dict.fromkeys(cell.problem for cell in self._cells(match[1]) if cell.problem)
            self._refuse("__all__", f"{CANNOT} {' '.join(problems)}" if problems else NOTHING)
        elif purchase.refused:
            self._refuse("count", purchase.refused)
        elif words := objection(shown, purchase.price):
            self._refuse(PRICE, words)
        return None if self.errors else purchase

    def submission_of(self, part: str, submission: uuid.UUID | None) -> uuid.UUID | None:
        """The submission of one button of the form as it is filled in: pressed twice it is one.

        Another button is another, and so is the same one when what is asked for was changed since, on a page that
        one has come back to.
        """
        said = sorted((name, values) for name, values in self.sent.lists() if name not in _NOT_ASKED)
        return uuid.uuid5(submission, f"{part} {said}") if submission else None

    def batch_columns(self, purchase: Purchase) -> dict[str, Any]:
        """The columns of the batch beside its price: what was varied, and where each cell's picture is.

        A cell is the position of its generation in the batch, `image:5` or `generation:7` for what was there already
        or on its way, or None.
        """
        assert self.matrix  # noqa: S101 - only a valid form buys
        positions = {cell.index: position for position, cell in enumerate(purchase.cells)}
        cells: list[int | str | None] = []
        for cell in self.matrix.cells:
            there = f"image:{cell.picture.pk}" if cell.picture else None
            on_way = f"generation:{cell.generation}" if cell.generation else None
            cells.append(positions.get(cell.index if cell.alike is None else cell.alike, there or on_way))
        return {
            "kind": Batch.Kind.MATRIX,
            "title": self.matrix.title,
            "axes": {
                **{axis.name: list(axis.values) for axis in self.matrix.axes},
                "layout": [axis.name for axis in self.matrix.axes],
                "cells": cells,
                "base": self.matrix.base.payload(images=False),
                "references": storable(
                    {
                        name: value if isinstance(value, list) else [value]
                        for name, value in referenced(self.sent).items()
                    }
                ),
            },
        }


def _exchange_choices(
    plain: dict[str, Any], texts: dict[str, str], are_choices: bool
) -> dict[str, list[str]]:
    """Let the one choice in braces of a create form's prompt be the words that vary; messages where it cannot be.

    Otherwise the braces themselves would be asked for, and paid, in every cell.
    """
    prompt = str(plain.get("prompt") or "")
    try:
        read = words.read(prompt) if are_choices else words.Words()
    except words.WrongWords as wrong:
        return {f"{PREFIX}{axes.PROMPT}": [str(wrong)]}
    choices = [piece for piece in read.pieces if isinstance(piece, words.Choice)]
    if not choices:
        if are_choices:
            # A brace that means itself loses its backslash, as it does in Create.
            plain["prompt"] = "".join(read.texts())
        return {}
    if len(choices) == 1 and not texts[axes.PROMPT].strip() and read.count <= axes.MOST:
        values, wanted = choices[0].texts(), read.texts()
        can_be_listed = values[0] and not any(mark in value for value in values for mark in "|\n")
        if can_be_listed and [wanted[0].replace(values[0], value) for value in values] == wanted:
            plain["prompt"], texts[axes.PROMPT] = wanted[0], " | ".join(values)
            return {}
    return {f"{PREFIX}{axes.PROMPT}": [BRACES]}


def _with_drawn_seeds(text: str) -> str:
    """`random 4` as the seeds that were drawn for it: what is shown is what is bought."""
    room = axes.MOST

    def drawn(match: re.Match[str]) -> str:
        nonlocal room
        count = min(int(match[1] or match[2]), room)
        room -= count
        return ", ".join(str(draw_seed()) for _ in range(count))

    pieces = re.split(r"[,;|\n]", text)
    if not any(_RANDOM.fullmatch(piece) for piece in pieces):
        return text
    return ", ".join(_RANDOM.sub(drawn, piece) if _RANDOM.fullmatch(piece) else piece for piece in pieces)


def fields_of(batch: Batch) -> QueryDict:
    """The form that a bought matrix came from, to be looked at again."""
    stored, fields = batch.axes, QueryDict(mutable=True)
    for name, value in (stored.get("base") or {}).items():
        if isinstance(value, str | int | float):
            fields[name] = str(value)
    for name, values in (stored.get("references") or {}).items():
        fields.setlist(name, values)
    layout = [name for name in stored.get("layout") or () if name in axes.NAMES]
    # As each is typed: words may hold commas, models and styles are chosen from a list.
    between = {axes.PROMPT: " | ", axes.MODEL: "\n", axes.STYLE: "\n"}
    for name in layout:
        texts = map(_typed, stored.get(name) or ())
        fields[f"{PREFIX}{name}"] = between.get(name, ", ").join(texts)
    fields.update(dict(zip((ACROSS, DOWN), layout, strict=False)))
    return fields


def _typed(value: axes.Value) -> str:
    if value is None:
        return axes.NONE
    return f"{value:g}" if isinstance(value, float) else str(value)
