"""The values that a search may name: asked of the database only when an operator is typed."""

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices

from gallery import search
from gallery.models.batch import Batch
from gallery.models.catalog import CatalogModel, CatalogStyle
from gallery.models.collection import Collection
from gallery.models.generation import Kind
from gallery.models.image import Image
from gallery.models.image_search import linking
from gallery.models.occurrence import SearchTerm
from gallery.models.prompt import Prompt
from gallery.models.tag import Tag
from gallery.models.user import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

# Up to so many, each is looked at with its prompt; beyond, the words are asked first.
FEW_CHOSEN = 1_000


class Vocabulary:
    """What exists, for one member; each kind of it is asked for once."""

    def __init__(self, member_id: int | None) -> None:
        self._member_id = member_id
        self._names: dict[str, dict[str, str]] = {}
        self._numbers: dict[str, list[str]] = {}
        self._people: dict[str, int] | None = None
        self._tags: dict[str, int] | None = None
        self._collections: dict[str, int] | None = None
        self._ids: dict[tuple[str, int], bool] = {}
        self._few: dict[search.Link, bool] = {}

    @property
    def member_id(self) -> int | None:
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
        """Ids of members by user name, former ones too: their pictures stay."""
        if self._people is None:
            self._people = dict(User.objects.values_list("username", "pk"))
        return self._people

    def numbers(self, kind: str) -> list[str]:
        """As texts, all that pictures have, or had: of a picture that is gone they stay."""
        if kind not in self._numbers:
            start = f":{kind}:"
            terms = SearchTerm.objects.filter(term__startswith=start).values_list("term", flat=True)
            self._numbers[kind] = [term.removeprefix(start) for term in terms]
        return self._numbers[kind]

    def tags(self) -> dict[str, int]:
        if self._tags is None:
            self._tags = dict(Tag.objects.order_by().values_list("name", "pk"))
        return self._tags

    def collections(self) -> dict[str, int]:
        if self._collections is None:
            self._collections = dict(Collection.objects.order_by().values_list("name", "pk"))
        return self._collections

    def exists(self, kind: str, pk: int) -> bool:
        """Whether there is a picture, prompt or batch (`kind`) of that id, be it in the trash."""
        if (kind, pk) not in self._ids:
            model: Any = {"picture": Image, "prompt": Prompt, "batch": Batch}[kind]
            self._ids[kind, pk] = QuerySet(model).filter(pk=pk).exists()
        return self._ids[kind, pk]

    def linked(self, link: search.Link) -> Q:
        """Looked up for each picture that is met, unless they are few and many may have to be met."""
        rows = linking(link)
        if link.is_many and self.are_few(link):
            return Q(pk__in=rows.values("image"))
        return Q(Exists(rows.filter(image=OuterRef("pk"))))

    def are_few(self, link: search.Link) -> bool:
        """Whether at most FEW_CHOSEN rows are of that link."""
        if link not in self._few:
            self._few[link] = len(linking(link).values_list("pk")[: FEW_CHOSEN + 1]) <= FEW_CHOSEN
        return self._few[link]


def read_query(text: str, member: "AbstractBaseUser | AnonymousUser") -> search.Query:
    """What `member` has typed into the search box, with the names that exist as of now."""
    return search.parse(text, Vocabulary(member.pk))
