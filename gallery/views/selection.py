"""What is done with many pictures at once, however they were selected."""

import logging
from collections.abc import Callable, Sized
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from gallery import access
from gallery.display.membership import no_longer_in
from gallery.formats import counted, number, read_id
from gallery.http import MemberRequest, SeeOther, error_page, page_of
from gallery.listing.selection import MOST_NAMED, NotSelected, Selection
from gallery.models import Collection, Image, Mark, Tag
from gallery.models.mark import HIGHEST_RATING
from gallery.models.sets import PORTION
from gallery.views import membership

log = logging.getLogger(__name__)


def _at_once(on_postgresql: int) -> int:
    """Pictures of one portion where search documents go or come: there these are most of the work."""
    return PORTION if connection.vendor == "sqlite" else on_postgresql


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb for one form: what is done with a portion of ids, and how it is told.

    `do` returns those that it was done with, or how many. `left` tells of the others. `by_maker`: only who made a
    picture, and staff, may. `undo` is the moment by which it is found again, `portion` how many pictures are done
    in one transaction, and `besides` what else is to be told at the end.
    """

    do: Callable[[list[int]], Sized | int]
    done: str
    left: str = "not there any more"
    by_maker: bool = False
    undo: str = ""
    portion: int = PORTION
    besides: Callable[[], str] = str


@dataclass(slots=True)
class Outcome:
    """How many it was done with, and the ids that were left out, as far as they are known."""

    done: int = 0
    foreign: int = 0
    missed: int = 0
    left: list[int] = field(default_factory=list)

    def add(self, portion: list[int], allowed: list[int], done: Sized | int) -> None:
        """Count one portion: `allowed` are its ids that this member may change, `done` those it was done with."""
        count = done if isinstance(done, int) else len(done)
        self.done += count
        self.foreign += len(portion) - len(allowed)
        self.missed += len(allowed) - count
        kept = set(allowed) if isinstance(done, int) else set(done)  # type: ignore[call-overload]
        self.left += [pk for pk in portion if pk not in kept]

    def words(self, deed: Deed) -> str:
        """How many it was done with, and how many were left out and why, for people."""
        sentences = [f"{_pictures(self.done)} {deed.done}."]
        if self.foreign:
            sentences.append(f"{number(self.foreign)} left out: only who made them, or staff, may do that.")
        if self.missed:
            sentences.append(f"{number(self.missed)} left out: {deed.left}.")
        if besides := deed.besides():
            sentences.append(besides)
        return " ".join(sentences)


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{number(count)} pictures"


@require_POST
def selection(request: MemberRequest, verb: str) -> HttpResponseBase:
    """Do it, in portions of own transactions, and go back with a message that counts; to htmx, the message alone."""
    if verb not in VERBS:
        raise Http404
    try:
        chosen = Selection.read(request)
        deed = VERBS[verb](request)
    except (NotSelected, ValidationError) as refusal:
        return _refused(request, " ".join(getattr(refusal, "messages", [str(refusal)])))
    outcome = Outcome()
    try:
        for portion in chosen.portions(deed.portion):
            allowed = _allowed(request, portion) if deed.by_maker else portion
            outcome.add(portion, allowed, deed.do(allowed))
    except ValidationError as refusal:
        # What it is done with went while others of its portions were done already.
        done = f"{outcome.words(deed)} " if outcome.done else ""
        return _refused(request, f"{done}{refusal.messages[0]}")
    log.info("%s of %s by user %s", verb, counted(outcome.done, "picture"), request.user.pk)
    undo = deed.undo if outcome.done else ""
    if request.htmx:
        left = _left_in_view(request, outcome.left)
        context = {"words": outcome.words(deed), "undo": undo, "verb": verb, "left": left}
        return render(request, "selection/_told.html", context)
    messages.success(request, outcome.words(deed), extra_tags=undo)
    return SeeOther(page_of(request))


def _left_in_view(request: MemberRequest, left: list[int]) -> list[int]:
    """Of those left out what the page keeps, by what it says is `shown`; all, a few thousand at most, if nothing."""
    shown = {read_id(text) for text in request.POST.get("shown", "").split(",")}
    return [pk for pk in left if pk in shown] if "shown" in request.POST else left[:MOST_NAMED]


def _allowed(request: MemberRequest, portion: list[int]) -> list[int]:
    """Without what is another's. What is not there at all stays, to be told of as such."""
    own = set(access.images_to_change(request.user).filter(pk__in=portion).values_list("pk", flat=True))
    there = set(Image.objects.filter(pk__in=portion).values_list("pk", flat=True))
    return [pk for pk in portion if pk in own or pk not in there]


def _refused(request: MemberRequest, words: str) -> HttpResponse:
    if request.htmx:
        return render(request, "selection/_told.html", {"words": words}, status=422)
    return error_page(request, 422, words)


def _favour(request: MemberRequest, is_favourite: bool) -> Deed:
    done = "added to your favourites" if is_favourite else "taken off your favourites"
    return Deed(lambda ids: Mark.objects.set_favourite(request.user, ids, is_favourite), done)


def _rate(request: MemberRequest) -> Deed:
    rating = read_id(request.POST.get("rating", ""))
    if rating is None or rating > HIGHEST_RATING:
        raise ValidationError("A rating is 1 to 5, or 0 for none.")
    done = f"rated {rating}" if rating else "without a rating of yours now"
    return Deed(lambda ids: Mark.objects.rate(request.user, ids, rating), done)


def _tag(request: MemberRequest) -> Deed:
    tag = Tag.objects.meant(request.POST.get("tag", ""), request.user)
    return Deed(lambda ids: tag.add(ids, request.user), f"tagged “{tag}”")


def _untag(request: MemberRequest) -> Deed:
    tag = Tag.objects.named(request.POST.get("tag", ""))
    if tag is None:
        raise ValidationError("There is no such tag.")
    return Deed(tag.remove, f"without the tag “{tag}” now", "did not have it")


def _collect(request: MemberRequest) -> Deed:
    collection = membership.meant(request, request.user)
    archived = ", which is archived" if collection.archived_at else ""
    return Deed(
        lambda ids: collection.add(ids, request.user),
        f"put into “{collection}”{archived}",
        "in the trash, or not there any more",
    )


def _uncollect(request: MemberRequest) -> Deed:
    collection = membership.named(request)
    if collection is None:
        raise ValidationError("There is no such collection.")
    return Deed(collection.remove, f"taken out of “{collection}”", "not in it")


def _trash(request: MemberRequest) -> Deed:
    now = timezone.now()
    missing: dict[int, Collection] = {}

    def throw(ids: list[int]) -> list[int]:
        moved = Image.objects.trash(ids, request.user, now)
        missing.update((each.pk, each) for each in Collection.objects.with_any(moved))
        return moved

    return Deed(
        throw,
        "put into the trash",
        "in the trash already, or not there any more",
        by_maker=True,
        undo=now.isoformat(),
        portion=_at_once(PORTION // 2),
        besides=lambda: no_longer_in(missing.values()),
    )


def _restore(request: MemberRequest) -> Deed:
    done = "taken out of the trash"
    return Deed(
        Image.objects.restore, done, "not in the trash", by_maker=True, portion=_at_once(PORTION // 4)
    )


def _mark(request: MemberRequest, is_sensitive: bool) -> Deed:
    done = "marked as sensitive" if is_sensitive else "not sensitive any more"
    return Deed(lambda ids: Image.objects.set_sensitive(ids, request.user, is_sensitive), done)


#: The admin has the same, by the same names.
VERBS: dict[str, Callable[[MemberRequest], Deed]] = {
    "favourite": lambda request: _favour(request, True),
    "unfavourite": lambda request: _favour(request, False),
    "rate": _rate,
    "tag": _tag,
    "untag": _untag,
    "collect": _collect,
    "uncollect": _uncollect,
    "trash": _trash,
    "restore": _restore,
    "mark_sensitive": lambda request: _mark(request, True),
    "unmark_sensitive": lambda request: _mark(request, False),
}
