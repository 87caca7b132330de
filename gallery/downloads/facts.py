"""What is told of a picture that is taken home: read by portions, as plain values."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import TextField, Value
from django.db.models.functions import Coalesce

from gallery.formats import amount, sides
from gallery.models import Image
from gallery.models.image import UNKNOWN_PRICE

# Rows that are read at a time: requests with long prompts are tens of kilobytes each.
PORTION = 200

# An operation may have no prompt.
_WORDS = Coalesce("prompt__text", Value(""), output_field=TextField())


@dataclass(frozen=True, slots=True)
class Facts:
    """One picture: its file, and how it was made."""

    id: int
    name: str
    format: str
    width: int
    height: int
    bytes: int
    sha256: str
    index: int
    seed: int | None
    model: str
    style_preset: str
    created_at: datetime
    millionths: int
    owner: str
    prompt: str
    generation: int
    kind: str
    is_sensitive: bool
    trashed_at: datetime | None
    negative_prompt: str
    steps: int | None
    cfg_scale: Any
    request: dict[str, Any]

    # Its fields are the words of people's patterns, `FIELDS` of names.py, and not those of a request.
    def named(self, zone: tzinfo, *, shows_sensitive: bool) -> dict[str, str]:
        """The fields of a file's name, in the reader's zone; without words that belong to what they blur or hide."""
        tells_words = shows_sensitive or not self.is_sensitive
        moment = self.created_at.astimezone(zone)
        return {
            "date": f"{moment:%Y-%m-%d}",
            "time": f"{moment:%H-%M-%S}",
            "prompt": (self.prompt or self.kind) if tells_words else "",
            "seed": "" if self.seed is None else str(self.seed),
            "model": self.model,
            "style": self.style_preset,
            "id": str(self.id),
            "by": self.owner,
            "format": self.format,
        }

    @property
    def price(self) -> str:
        """Dollars as a number; empty when unknown."""
        return "" if self.millionths == UNKNOWN_PRICE else amount(Decimal(self.millionths).scaleb(-6))

    @property
    def parameters(self) -> str:
        """As the common tools write and read it: the prompt, the negative one, and `Name: value` in one line."""
        # Not our labels: names in a format of others, which `_NAMES` of media/parameters.py reads back.
        values = {
            "Steps": self.steps,
            "CFG scale": None if self.cfg_scale is None else f"{self.cfg_scale:g}",
            "Seed": self.seed,
            "Size": sides(self.width, self.height, "x"),
            "Model": self.model,
            "Style": self.style_preset,
            "Operation": "" if self.kind == "generate" else self.kind,
            "Created": self.created_at.isoformat(timespec="seconds"),
            "Version": "Venice Gallery",
        }
        line = ", ".join(
            f"{name}: {_quoted(str(value))}" for name, value in values.items() if value not in ("", None)
        )
        negative = [f"Negative prompt: {self.negative_prompt}"] if self.negative_prompt else []
        return "\n".join([self.prompt, *negative, line])


# What is called otherwise than the column where it stands.
_ELSEWHERE = {
    "millionths": "sort_price",
    "owner": "owner__username",
    "prompt": "words",
    "generation": "generation_id",
}
_OF_THE_PICTURE = frozenset(column.name for column in Image._meta.concrete_fields)


def _column(fact: str) -> str:
    """Where a fact is read: in the picture itself, or in the request that made it."""
    return _ELSEWHERE.get(fact) or (fact if fact in _OF_THE_PICTURE else f"generation__{fact}")


_COLUMNS = tuple(_column(fact.name) for fact in fields(Facts))


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(sign in value for sign in ',:\n"') else value


def read(ids: Sequence[int]) -> Iterator[Facts]:
    """Of these pictures, in this order; what is not there is left out."""
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        rows = Image.objects.filter(pk__in=portion).annotate(words=_WORDS).values_list(*_COLUMNS)
        facts = {row[0]: Facts(*row) for row in rows}
        yield from (facts[pk] for pk in portion if pk in facts)
