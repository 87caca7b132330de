"""The values that a search may name: asked of the database only when an operator is typed."""

from typing import TYPE_CHECKING

from django.db.models import TextChoices

from gallery import search
from gallery.models.catalog import CatalogModel, CatalogStyle
from gallery.models.generation import Kind
from gallery.models.occurring import SearchTerm
from gallery.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser


class Vocabulary:
    """What exists, for one member; each kind of it is asked for once."""

    def __init__(self, member_id: int | None) -> None:
        self._member_id = member_id
        self._names: dict[str, dict[str, str]] = {}
        self._numbers: dict[str, list[str]] = {}
        self._people: dict[str, int] | None = None

    @property
    def member_id(self) -> int | None:
        """Who searches."""
        return self._member_id

    def names(self, kind: str) -> dict[str, str]:
        """Models by id and by name, styles, kinds by code and by label."""
        if kind not in self._names:
            self._names[kind] = self._read(kind)
        return self._names[kind]

    def _read(self, kind: str) -> dict[str, str]:
        if kind == "kind":
            choices: type[TextChoices] = Kind
            return {choice.label: choice.value for choice in choices} | {
                code: code for code in choices.values
            }
        if kind == "style":
            return {name: name for name in CatalogStyle.objects.values_list("name", flat=True)}
        rows = list(CatalogModel.objects.values_list("model_id", "name"))
        return {name: model for model, name in rows} | {model: model for model, _ in rows}

    def people(self) -> dict[str, int]:
        """Every member, former ones too: their pictures stay."""
        if self._people is None:
            self._people = dict(User.objects.values_list("username", "pk"))
        return self._people

    def numbers(self, kind: str) -> list[str]:
        """Those of all pictures; of a picture that is gone they stay."""
        if kind not in self._numbers:
            start = f":{kind}:"
            terms = SearchTerm.objects.filter(term__startswith=start).values_list("term", flat=True)
            self._numbers[kind] = [term.removeprefix(start) for term in terms]
        return self._numbers[kind]


def read_query(text: str, member: "AbstractBaseUser | AnonymousUser") -> search.Query:
    """What `member` has typed into the search box."""
    return search.parse(text, Vocabulary(member.pk))
