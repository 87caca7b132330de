"""What stands in a member's composer, on whichever page or device it was typed, and what stood there before."""

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from gallery.formats import counted
from gallery.models.user import User
from venice.operations import TEXTS

#: Values of the create form by the names of its fields: all that was ever set, whatever one model takes of it.
Values: TypeAlias = dict[str, Any]

# Values that say what they are.
_WORDS = TEXTS | {"image", "seed-came-along"}
_PLAIN = frozenset({"model", "aspect_ratio", "resolution", "style_preset"})
# Pictures whose style is followed, and before the name of one, how strongly.
_FOLLOWED, _STRENGTH = "style_reference", "style_strength-"


def settings_of(values: Values) -> str:
    """All but the words, in at most 200 characters: model, shape, seed … with ` · ` between them."""
    others = (
        _followed(value, values) if name == _FOLLOWED else _said(name, value)
        for name, value in values.items()
        if name not in _WORDS
    )
    return " · ".join(filter(None, others))[:200]


def _followed(named: Any, values: Values) -> str:
    """`style of picture 31 at 0.8, upload 4`."""
    parts = []
    for each in named if isinstance(named, list) else [named]:
        kind, _, number = str(each).rpartition(":")
        strength = values.get(f"{_STRENGTH}{each}")
        parts.append(f"{kind or 'picture'} {number}{f' at {strength}' if strength else ''}")
    return f"style of {', '.join(parts)}" if parts else ""


def _said(name: str, value: Any) -> str:
    """One value as people call it; empty where it says nothing."""
    if name.startswith(_STRENGTH):
        return ""
    if isinstance(value, list):
        texts = ", ".join(map(str, value))
        return texts if name in _PLAIN else counted(len(value), name.replace("_", " "))
    if name == "alternatives":
        return "words in braces" if value == "on" else ""
    if name == "count":
        return counted(int(value), "picture") if str(value).isdecimal() else ""
    return str(value) if name in _PLAIN else f"{name.replace('_', ' ')} {value}"


@dataclass(frozen=True, slots=True)
class Page:
    """The open page that saves: a word of its own, and its how manieth save this is. Without a word: no such page."""

    word: str = ""
    save: int = 0

    def is_later_than(self, draft: "Draft") -> bool:
        """Whether the same page has saved that draft before."""
        return bool(self.word) and self.word == draft.page and self.save > draft.save_number

    def is_overtaken_by(self, draft: "Draft") -> bool:
        """Whether the same page has saved that draft since."""
        return bool(self.word) and self.word == draft.page and self.save <= draft.save_number


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save: the revision that stands now, whether it is the one that was sent, and the draft of before
    that the other one has become."""

    revision: int
    stands: bool = True
    before: int | None = None


class DraftQuerySet(models.QuerySet["Draft"]):
    """Saving, each in one transaction under the lock of the member's row."""

    def current_of(self, user: User) -> "Draft | None":
        """What stands in the composer, None before anything was kept; asks nothing where nothing ever was."""
        return self.filter(user=user, is_current=True).first() if user.draft_revision else None

    def before(self, user: User) -> Self:
        """What stood there before, newest first."""
        return self.filter(user=user, is_current=False).order_by("-updated_at", "-pk")

    def save_values(
        self,
        user: User,
        values: Values,
        *,
        base: int,
        page: Page | None = None,
        replaces: bool = False,
        insists: bool = False,
    ) -> Saved:
        """Keep `values`, which were typed over revision `base`.

        Where another page has saved since, that one stands, and these become a draft of before; who `insists` has it
        the other way round. What `replaces` the draft as a whole leaves the one of then as a draft of before, too.
        """
        page = page or Page()
        with transaction.atomic():
            locked = User.objects.select_for_update().only("draft_revision").get(pk=user.pk)
            user.draft_revision = revision = locked.draft_revision
            current = self.current_of(user) or Draft(user=user, is_current=True, revision=revision)
            if current.values == values or (page.is_overtaken_by(current) and not insists):
                return Saved(revision)
            is_in_order = base == revision or page.is_later_than(current)
            if not is_in_order and not insists:
                return Saved(revision, stands=False, before=self._put_aside(user, values, base, page))
            before = None
            if replaces or not is_in_order:
                before = self._put_aside(user, current.values, current.revision)
            User.objects.filter(pk=user.pk).update(draft_revision=revision + 1)
            user.draft_revision = revision + 1
            current.values, current.revision = values, revision + 1
            current.page, current.save_number = page.word, page.save
            current.updated_at = timezone.now()
            current.save()
        return Saved(revision + 1, before=before)

    def _put_aside(self, user: User, values: Values, revision: int, page: Page | None = None) -> int | None:
        """Among those of before, once; the oldest go, and of one page that types on beside another, one remains."""
        if not values.keys() - {"model"}:
            return None
        rows = self.before(user)
        newest = rows.first()
        own = rows.filter(page=page.word).first() if page and page.word else None
        if newest and newest.values == values:
            # What undoes the last fill names it as it stood last; sent once more by an older page it gets no older.
            newest.revision = max(newest.revision, revision)
            newest.save(update_fields=["revision"])
            return newest.pk
        kept = own or Draft(user=user, is_current=False)
        kept.values, kept.revision, kept.updated_at = values, revision, timezone.now()
        kept.page = page.word if page else ""
        kept.save()
        surplus = list(rows.values_list("pk", flat=True)[Draft.MOST_BEFORE :])
        if surplus:
            self.filter(pk__in=surplus).delete()
        return kept.pk


class Draft(models.Model):
    """What stands in a member's composer, or one of the MOST_BEFORE newest states that stood there before."""

    MOST_BEFORE = 20

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    is_current = models.BooleanField(help_text="Stands in the composer; the others stood there before.")
    values = models.JSONField(default=dict, help_text="Of the create form, by name.")
    revision = models.PositiveBigIntegerField(
        default=0, help_text="Each save of this member is the next one."
    )
    page = models.CharField(max_length=40, blank=True, help_text="The open page that saved it.")
    save_number = models.PositiveBigIntegerField(default=0, help_text="The how manieth save of that page.")
    updated_at = models.DateTimeField(default=timezone.now)

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_current=True), name="draft_current_once"
            )
        ]

    def __str__(self) -> str:
        return f"Draft {self.revision} of {self.user_id}"

    @property
    def settings(self) -> str:
        return settings_of(self.values)
