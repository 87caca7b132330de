"""What an operator asks of a picture: a condition for the database, and how the index of pictures answers it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Q


class Vocabulary(Protocol):
    """What values exist, asked only when an operator needs them. Keys are what people write, as they write it."""

    @property
    def member_id(self) -> int | None:
        """Who searches; None where it is nobody: then nothing is theirs."""

    def names(self, kind: str) -> dict[str, str]:
        """What may be written for a `model`, `style` or `kind`, and what the column then holds."""

    def people(self) -> dict[str, int]:
        """Ids of members by user name, former ones too."""

    def numbers(self, kind: str) -> list[str]:
        """What some picture has, or had, as its `size` (`1024x768`), `price` (millionths), `steps` or `cfg`."""

    def tags(self) -> dict[str, int]:
        """Ids of tags by name."""

    def collections(self) -> dict[str, int]:
        """Ids of collections by name, archived ones too."""

    def exists(self, kind: str, pk: int) -> bool:
        """Whether there is a `picture`, `prompt` or `batch` of that id, in the trash too."""

    def linked(self, link: "Link") -> Q:
        """The condition on a picture that it has that link."""

    def are_few(self, link: "Link") -> bool:
        """Whether so few have it that each may be looked at."""


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of a table that name pictures, of which a picture has at most one unless `is_many`.

    `relation` is what a picture calls them, `conditions` are lookups on their columns.
    """

    relation: str
    conditions: tuple[tuple[str, Any], ...] = ()
    is_many: bool = False

    @property
    def lookups(self) -> dict[str, Any]:
        """The conditions, as a picture asks them."""
        return {f"{self.relation}__{name}": value for name, value in self.conditions}


@dataclass(frozen=True, slots=True)
class Filter:
    """What an operator asks of a picture, and how the index of pictures answers it.

    `wanted` is a condition on its columns, which says all. With `tags` the index decides alone: a picture has one of
    them; none when there is no such picture. `hint`: a tag that all of these have. `span`: only pictures made from
    then on, and before then, can be meant. `link`: what people have chosen, a picture at a time; `is_few` when
    so few have it that each may be looked at. `is_sought`: a column with an index of its own is asked.
    """

    wanted: Q
    tags: tuple[str, ...] | None = None
    span: tuple[datetime | None, datetime | None] | None = None
    hint: str = ""
    link: Link | None = None
    is_few: bool = False
    is_sought: bool = False
    negated: bool = False

    @property
    def chosen(self) -> Link | None:
        """The link that a picture must have; None where it asks for none, or for pictures without it."""
        return None if self.negated else self.link

    @property
    def is_joined(self) -> bool:
        """Whether joining the table of its link is all that it asks."""
        return bool(self.chosen and not self.chosen.is_many)

    @property
    def condition(self) -> Q:
        """On the columns of a picture, the minus before it included."""
        return ~self.wanted if self.negated else self.wanted

    @property
    def is_of_one_model(self) -> bool:
        """Whether it asks for the pictures of a single model, and not for all others."""
        return not self.negated and [tag[:7] for tag in self.tags or ()] == [":model:"]

    def opposite(self) -> "Filter":
        """The same with a minus before it."""
        span = None
        if self.span and None in self.span:
            start, end = self.span
            span = (end, start)
        return replace(self, negated=not self.negated, span=span, hint="", is_sought=False)


Reader = Callable[[str, Vocabulary], Filter]


def tagged(kind: str, column: str, values: Sequence[str | int]) -> Filter:
    """What has one of these values, which the index tells by its tags of that kind."""
    tags = tuple(f":{kind}:{str(value).replace(' ', '_')}" for value in values)
    return Filter(Q(**{f"{column}__in": values}), tags)


def linked(link: Link, vocabulary: Vocabulary) -> Filter:
    """The pictures that have this link."""
    return Filter(vocabulary.linked(link), link=link, is_few=vocabulary.are_few(link))
