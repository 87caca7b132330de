"""Each distinct prompt once, with its counters: the prompt history."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Case, Count, Exists, F, Max, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Cast, Coalesce, Greatest, Round

from gallery import search
from gallery.models import sets
from gallery.models.states import CHARGED_OUTCOMES

if TYPE_CHECKING:
    from gallery.models.generation import Generation


# Prices have six decimals: in millionths of a dollar sums are exact on every database, and are cursors too.
MILLION = 1_000_000
# Each is kept by the transaction that changes what it counts.
COUNTERS = (
    *("generation_count", "last_generation_id", "picture_count", "spent_micros", "pretended_micros"),
    *("rating_count", "rating_sum", "score"),
)


# Up to so many prompts are looked up by their ids, of up to so many uses.
FEW_PROMPTS = 2_000
FEW_USES = 3_000

# What a picture has of its generation. Its seed is its own, and one that follows none has none.
_COPIED = frozenset({"owner", "model", "style_preset", "created_at", "prompt"})


class Tally(NamedTuple):
    """What some pictures are to their prompt: how many, the number of their ratings, and these together."""

    pictures: int
    ratings: int
    given: int

    def times(self, by: int) -> "Tally":
        """Each of the three so many times: by -1 it is taken away."""
        return Tally(*(by * count for count in self))

    def less(self, other: "Tally") -> "Tally":
        """Each of the three as a difference, which is negative where `other` has more."""
        return Tally(*(count - less for count, less in zip(self, other, strict=True)))


def _uses(query: search.Query) -> models.QuerySet[Any]:
    """The generations that are as the operators of `query` say, or the pictures where only they can be."""
    condition = _of_generations(query.condition)
    if condition is None:
        images: Any = apps.get_model("gallery", "Image")._default_manager
        rows: models.QuerySet[Any] = images.kept().matching(replace(query, words=()))
        return rows
    return apps.get_model("gallery", "Generation")._default_manager.filter(condition)


def _of_generations(condition: Q) -> Q | None:
    """A condition on pictures as one on generations, which may have none yet; None for what only pictures have."""
    children: list[Any] = []
    for child in condition.children:
        if isinstance(child, Q):
            part: Any = _of_generations(child)
        elif isinstance(child, tuple):
            part = (_column_of_generation(child[0]), child[1])
            part = part if part[0] else None
        else:
            part = None
        if part is None:
            return None
        children.append(part)
    return Q(*children, _connector=condition.connector, _negated=condition.negated)


def _column_of_generation(column: str) -> str:
    first, _, rest = column.partition("__")
    if first == "generation" and rest:
        return rest
    return column if first in _COPIED else ""


def _counters() -> dict[str, Any]:
    """What the rows say of a prompt, as subqueries."""
    generations, attempts, images = (
        apps.get_model("gallery", name)._default_manager for name in ("Generation", "Attempt", "Image")
    )
    uses = generations.filter(prompt=OuterRef("pk")).order_by().values("prompt")
    pictures = images.kept().filter(prompt=OuterRef("pk")).order_by().values("prompt")
    rated, ratings, given = pictures.filter(rating_count__gt=0), Sum("rating_count"), Sum("rating_sum")
    calls = attempts.filter(generation__prompt=OuterRef("pk"), outcome__in=CHARGED_OUTCOMES)

    def counted(rows: models.QuerySet[Any], aggregate: Any) -> Coalesce:
        return Coalesce(Subquery(rows.annotate(counted=aggregate).values("counted")), 0)

    def paid(*, emulated: bool) -> Coalesce:
        rows = calls.filter(emulated=emulated).order_by().values("generation__prompt")
        return counted(rows, Cast(Round(Sum("price") * MILLION), models.BigIntegerField()))

    return {
        "generation_count": counted(uses, Count("pk")),
        "last_generation_id": counted(uses, Max("pk")),
        "picture_count": counted(pictures, Count("pk")),
        "spent_micros": paid(emulated=False),
        "pretended_micros": paid(emulated=True),
        "rating_count": counted(rated, ratings),
        "rating_sum": counted(rated, given),
        "score": counted(rated, sets.score(ratings, given)),
    }


class PromptQuerySet(models.QuerySet["Prompt"]):
    def matching(self, query: search.Query) -> Self:
        """The prompts that hold the words of `query`, with one use that is as its operators say; all when it is empty.

        An operator that only pictures have asks for a picture. Asks the database how many there are.
        """
        rows = self
        if query.words:
            rows = rows.filter(pk__in=search.prompt_ids(query.words, connection.vendor))
        return rows._used(_uses(query)) if query.filters else rows

    def walked(self, query: search.Query) -> Self:
        """The same, to be shown in any order from its head on: a page of it is not made by sorting all of it."""
        if not query.words:
            return self.matching(query)
        few = self._few(query.words)
        if few is not None:
            # By their ids: PostgreSQL, which supposes that words are independent, walks in vain where they never meet.
            return self.filter(pk__in=few).matching(replace(query, words=()))
        # So many that walking the history meets a page of them soon.
        rows = self.filter(*(search.left_over(term, of="") for term in query.words))
        return rows.matching(replace(query, words=()))

    def _few(self, terms: tuple[search.Words, ...]) -> list[int] | None:
        """The ids of the prompts that hold `terms`; None when they are many."""
        ids = search.prompt_ids(terms, connection.vendor)
        with connection.cursor() as cursor:
            # Made of constants; the words travel as parameters.
            cursor.execute(f"{ids.sql} LIMIT %s", [*ids.params, FEW_PROMPTS + 1])
            matches = [pk for (pk,) in cursor.fetchall()]
        return matches if len(matches) <= FEW_PROMPTS else None

    def _used(self, uses: models.QuerySet[Any]) -> Self:
        """Those of which `uses` has one, which are generations or pictures."""
        # Without DISTINCT, for which SQLite would walk the index of prompts rather than that of the condition.
        used = list(uses.order_by().values_list("prompt", flat=True)[: FEW_USES + 1])
        if len(used) <= FEW_USES:
            return self.filter(pk__in={pk for pk in used if pk is not None})
        return self.filter(Exists(uses.filter(prompt=OuterRef("pk"))))

    def newest_first(self) -> Self:
        """By last use."""
        return self.order_by("-last_generation_id")

    def remember(self, text: str) -> "Prompt":
        """The row of this text, made when it is new. `text` is clean already."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self.get_or_create(sha256=digest, defaults={"text": text, **search.columns(text)})[0]

    def remember_all(self, texts: Iterable[str]) -> "dict[str, Prompt]":
        """The rows of these, by text; those that are new are made together, in an order that all clicks have."""
        wanted = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}
        prompts = self._by_text(wanted)
        missing = sorted(digest for digest, text in wanted.items() if text not in prompts)
        if missing:
            rows = (
                self.model(sha256=each, text=wanted[each], **search.columns(wanted[each])) for each in missing
            )
            # Another click may bring the same at this moment: its row is as good.
            self.bulk_create(rows, ignore_conflicts=True)
            prompts |= self._by_text(missing)
        return prompts

    def _by_text(self, digests: Iterable[str]) -> "dict[str, Prompt]":
        return {row.text: row for row in self.filter(sha256__in=list(digests))}

    def count_uses(self, generations: "Sequence[Generation]") -> None:
        """Count one more use for each of a click's `generations`, inside the transaction that queues them.

        Prompts are locked in order: of two clicks with the same words, one waits for the other.
        """
        uses = Counter(row.prompt_id for row in generations if row.prompt_id is not None)
        if not uses:
            return
        rows = self.filter(pk__in=uses).order_by("pk").select_for_update(no_key=True)
        alike: dict[int, list[int]] = defaultdict(list)
        for pk in rows.values_list("pk", flat=True):
            alike[uses[pk]].append(pk)
        queued: models.QuerySet[Any] = type(generations[0])._default_manager.filter(prompt=OuterRef("pk"))
        newest = queued.order_by("-pk").values("pk")[:1]
        for count, ids in alike.items():
            self.filter(pk__in=ids).update(
                generation_count=F("generation_count") + count,
                last_generation_id=Subquery(newest)
                if len(ids) > 1
                else max(row.pk for row in generations if row.prompt_id == ids[0]),
                last_used_at=max(row.created_at for row in generations),
            )

    def count_pictures(self, count: int) -> int:
        """So many more were stored, in the transaction that stores them; those in the trash do not count."""
        # A count that was wrong before is mended by the integrity check, and keeps nobody from throwing away.
        return self.update(picture_count=Greatest(F("picture_count") + count, 0))

    def count_each(self, tallies: Mapping[int, Tally]) -> None:
        """So much more of each, by id, within the transaction that brings, takes or rates it; in order: no deadlock."""
        changes = {pk: tally for pk, tally in tallies.items() if any(tally)}
        if changes:
            rows = self.filter(pk__in=sets.Ids(changes)).order_by("pk").select_for_update(no_key=True)
            list(rows.values_list("pk", flat=True))
            sets.count_in_prompts(changes, connection)

    def charge(self, amounts: Mapping[int, Decimal], *, emulated: bool) -> int:
        """Add what calls may have cost (USD, by the prompt's id; below zero when they have not after all).

        Within the transaction of the calls; two statements, which lock in order.
        """
        column = "pretended_micros" if emulated else "spent_micros"
        micros = Case(*(When(pk=pk, then=int(amount * MILLION)) for pk, amount in amounts.items()), default=0)
        locked = self.filter(pk__in=sets.Ids(amounts)).order_by("pk").select_for_update(no_key=True)
        with transaction.atomic():
            rows = self.filter(pk__in=sets.Ids(locked.values_list("pk", flat=True)))
            return rows.update(**{column: F(column) + micros})

    def miscounted(self) -> Self:
        """Those of which a counter is not what the rows say, each with the right value as `true_` and its name."""
        right = self.annotate(**{f"true_{name}": value for name, value in _counters().items()})
        wrong = [~Q(**{name: F(f"true_{name}")}) for name in COUNTERS]
        return right.filter(reduce(or_, wrong))

    def recount(self) -> int:
        """Count anew from the rows themselves what nobody has counted; how many."""
        with transaction.atomic():
            # What others count meanwhile is committed before it is looked at.
            ids = list(self.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
            return self.model._default_manager.filter(pk__in=ids).update(**_counters())


class Prompt(models.Model):
    """A prompt as it was cleaned and sent. Search is over `words` and `folded`, made of the text when the row is."""

    sha256 = models.CharField(max_length=64, unique=True)
    text = models.TextField()
    folded = models.TextField(default="", editable=False)
    words = models.TextField(default="", editable=False)
    generation_count = models.PositiveIntegerField(default=0)
    last_generation_id = models.BigIntegerField(default=0, help_text="Its newest use; sorts the history.")
    last_used_at = models.DateTimeField(null=True)
    picture_count = models.PositiveIntegerField(default=0)
    spent_micros = models.BigIntegerField(
        default=0, help_text="Millionths of a USD; what may have been charged included."
    )
    pretended_micros = models.BigIntegerField(default=0, help_text="The same at the emulator: no money.")
    rating_count = models.PositiveIntegerField(default=0, help_text="Of its pictures outside the trash.")
    rating_sum = models.PositiveIntegerField(default=0)
    score = models.PositiveIntegerField(
        default=0, help_text="As of a picture, of all these ratings together. The history sorts by it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["-last_generation_id"], name="prompt_newest_use"),
            models.Index(fields=["-generation_count", "-last_generation_id"], name="prompt_most_used"),
            models.Index(fields=["-spent_micros", "-last_generation_id"], name="prompt_dearest"),
            models.Index(fields=["-score", "-last_generation_id"], name="prompt_best_rated"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def spent(self) -> Decimal:
        """What its calls cost in USD, with those that may have been charged."""
        return Decimal(self.spent_micros) / MILLION

    @property
    def pretended(self) -> Decimal:
        """What calls to the emulator would have cost, in USD: no money."""
        return Decimal(self.pretended_micros) / MILLION

    @property
    def mean_rating(self) -> Decimal | None:
        """Of all ratings of its pictures; None while there is none."""
        return Decimal(self.rating_sum) / self.rating_count if self.rating_count else None

    @property
    def predecessor(self) -> "Prompt | None":
        """What the first to use it had asked for just before: mostly the text that it was made of. None: nothing."""
        first = self.generations.order_by("pk").only("owner_id").first()
        if first is None:
            return None
        earlier = type(first)._default_manager.filter(owner=first.owner_id, prompt__isnull=False)
        before = earlier.filter(pk__lt=first.pk).order_by("-pk").values("prompt")[:1]
        return Prompt.objects.filter(pk__in=before).only("pk").first()
