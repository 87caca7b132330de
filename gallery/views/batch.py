"""One click of several requests: what it makes, how far it is, and what its maker may do about all of it."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.display import batch_card, queue_rows
from gallery.display.batch_card import BatchCard
from gallery.display.generation_card import Again
from gallery.formats import read_id
from gallery.forms.price import PriceRefused
from gallery.forms.submission import lost, refusal, spend_batch_again, submission_of
from gallery.http import MemberRequest, SeeOther, closed_gates, path_shown
from gallery.media.pictures import LostFile
from gallery.models import Batch, Generation
from gallery.models.generation import NotRunnable


@require_safe
def batch(request: MemberRequest, pk: int) -> HttpResponse:
    """The page; to htmx the section alone, its line, or its cards: 204 while it shows what the poll has seen."""
    click = access.batch_to_see(pk)
    if request.htmx and "line" in request.GET:
        return _queue_card(request, click)
    card = _card(request, click, request.GET)
    if request.htmx and request.GET.get("seen") == card.seen:
        return HttpResponse(status=204)
    is_unfolded = "cards" in request.GET or (card.of_cancelled and "seen" not in request.GET)
    if request.htmx and is_unfolded:
        return render(request, "batch/_cards.html", {"batch": card})
    return _shown(request, card)


def _card(
    request: MemberRequest,
    click: Batch,
    asked: QueryDict,
    *,
    again: Again | None = None,
    anew: Again | None = None,
) -> BatchCard:
    """What an address shows of it: from its place `from` on; with `cancelled`, of what was cancelled."""
    return batch_card.of(
        click,
        closed_gates(request),
        first=min(read_id(asked.get("from", "")) or 0, 32_767),
        again=again,
        anew=anew,
        of_cancelled="cancelled" in asked,
        member=request.user,
    )


def _card_there(
    request: MemberRequest, click: Batch, *, again: Again | None = None, anew: Again | None = None
) -> BatchCard:
    """As it stands on the page that htmx asks from: the address of its own page tells the place."""
    is_own = path_shown(request) == reverse("batch", args=[click.pk])
    shown = urlsplit(request.htmx.current_url_abs_path or "").query if is_own else ""
    return _card(request, click, QueryDict(shown), again=again, anew=anew)


def _queue_card(request: MemberRequest, click: Batch) -> HttpResponse:
    """The card of it in one line, as the queue and the gallery have it."""
    card = queue_rows.card_of(click)
    if request.GET.get("seen") == card.seen:
        return HttpResponse(status=204)
    is_polled = path_shown(request) != reverse("queue")
    return render(
        request,
        "batch/_line.html",
        {"batch": card, "still": not is_polled, "back": "" if is_polled else "queue"},
    )


@require_POST
def pause(request: MemberRequest, pk: int) -> HttpResponse:
    """Send nothing more of it for now; what is under way finishes."""
    access.batch_to_change(request.user, pk).pause()
    return _changed(request, pk)


@require_POST
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    """Send the rest of it."""
    access.batch_to_change(request.user, pk).resume()
    return _changed(request, pk)


@require_POST
def cancel(request: MemberRequest, pk: int) -> HttpResponse:
    """Take all of it that was not sent out of the queue."""
    access.batch_to_change(request.user, pk).cancel()
    return _changed(request, pk)


@require_POST
def run_again(request: MemberRequest, pk: int) -> HttpResponse:
    """A new click of what failed of this one, or was cancelled, at the price on the button; they are dismissed."""
    old = access.batch_to_change(request.user, pk)
    given_up = "cancelled" in request.POST
    try:
        made, is_new = spend_batch_again(request, old, given_up=given_up, submission=submission_of(request))
    except NotRunnable:
        reason = (
            "Nothing of it was cancelled, or all that was is dismissed."
            if given_up
            else "Nothing of it has failed, or all that has was dismissed."
        )
        return refusal(request, f"{reason} Nothing was sent.")
    except LostFile as error:
        return refusal(request, lost(error))
    except PriceRefused as refused:
        dear = Again(refused.price, str(refused))
        again, anew = (None, dear) if given_up else (dear, None)
        return _shown(request, _card_there(request, old, again=again, anew=anew), status=422)
    return _asked_again(request, old, made, is_new=is_new)


def _asked_again(
    request: MemberRequest, old: Batch, made: Sequence[Generation], *, is_new: bool
) -> HttpResponse:
    """The new click above the old one, where that stands among others; else the page of what was made."""
    new = made[0].batch
    is_one = len(made) == 1
    address = reverse("generation", args=[made[0].pk]) if is_one else reverse("batch", args=[new.pk])
    if not request.htmx:
        return SeeOther(address)
    # The old one's own page is about the old one: the new one has its own.
    if path_shown(request) == reverse("batch", args=[old.pk]):
        return HttpResponse(headers={"HX-Redirect": address})
    return both(request, old, new, is_new=is_new)


def both(request: MemberRequest, old: Batch, new: Batch, *, is_new: bool) -> HttpResponse:
    """To htmx, in the place of the old click, the new one that asks for some of it again, and the old one."""
    batches = [_card_there(request, each) for each in (new, old)]
    return render(request, "batch/_asked_again.html", {"batches": batches, "is_new": is_new})


def _changed(request: MemberRequest, pk: int) -> HttpResponse:
    """The changed section to htmx; else back to the page that the form was on."""
    if request.htmx:
        click: Batch = access.batch_to_see(pk)
        if (request.htmx.target or "").startswith("batch-line-"):
            return _queue_card(request, click)
        return _shown(request, _card_there(request, click))
    on_queue = request.POST.get("back") == "queue"
    return SeeOther(reverse("queue") if on_queue else reverse("batch", args=[pk]))


def _shown(request: MemberRequest, card: BatchCard, *, status: int = 200) -> HttpResponse:
    template = f"batch/{'_batch' if request.htmx else 'batch'}.html"
    return render(request, template, {"batch": card}, status=status)
