"""Pictures that members bring from outside: taken in, listed, and what can be made from one of them."""

import logging
import threading
from typing import TypeAlias

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gallery import access
from gallery.display import generation_card
from gallery.formats import counted, whole_size
from gallery.http import MemberRequest, SeeOther, error_page
from gallery.listing.listing import Listing
from gallery.listing.order import NEWEST, by_name
from gallery.media.thumbnails import UnusablePicture
from gallery.models import Generation, Input, Upload
from gallery.models.upload import KEEP
from gallery.text import clean_label
from venice.dimensions import sniff_input
from venice.sources import MAX_FILE

log = logging.getLogger(__name__)

FIELD = "picture"
# Of one form, and of one member that nothing was made from.
MOST, MOST_UNUSED = 20, 500
SHOWN, ORDERS = 60, by_name([NEWEST])
# Forms of this process that are looked through at once; decoding takes seconds, and the other threads are for pages.
AT_ONCE = 2
_turns = threading.BoundedSemaphore(AT_ONCE)
_LONGEST_NAME = 60


_File: TypeAlias = "UploadedFile[bytes]"


class _Refused(Exception):
    """Why a file was not taken, in words that stand behind its name and a colon."""


class TooMany(Exception):
    """As many forms are looked through as this process does at once."""


@require_http_methods(["GET", "HEAD", "POST"])
def uploads(request: MemberRequest) -> HttpResponseBase:
    """The member's own, newest first; a post brings pictures, as files called `picture`."""
    if request.method != "POST":
        return _page(request)
    try:
        return _brought(request, *bring(request))
    except TooMany:
        return too_many(request)


def bring(request: MemberRequest) -> tuple[list[Upload], list[str]]:
    """The pictures that came with the form, and of each that was refused why: by itself. Raises TooMany."""
    if not _turns.acquire(blocking=False):
        raise TooMany
    try:
        return _looked_through(request)
    finally:
        _turns.release()


def too_many(request: MemberRequest) -> HttpResponse:
    """429: this page asks to try again in some seconds."""
    answer = error_page(request, 429, "Others bring pictures at this moment. Try again in some seconds.")
    answer["Retry-After"] = "3"
    return answer


@require_safe
def upload(request: MemberRequest, pk: int) -> HttpResponse:
    """One of them, with what can be made from it and what was."""
    picture = access.upload_to_use(request.user, pk)
    uses = Input.objects.filter(sha256=picture.sha256).values("generation")
    made = generation_card.drawn(Generation.objects.owned_by(request.user).filter(pk__in=uses), request.user)
    context = {"picture": picture, "made": generation_card.of_each(made.order_by("-id")[:24])}
    return render(request, "uploads/upload.html", context)


@require_POST
def remove(request: MemberRequest, pk: int) -> HttpResponse:
    """Take it out of the list; a worker removes it, unless something was made from it."""
    row = access.upload_to_use(request.user, pk)
    Upload.objects.filter(pk=row.pk).end()
    return SeeOther(reverse("uploads"))


def _page(request: MemberRequest, problems: list[str] | None = None) -> HttpResponse:
    listing = Listing.read(request, size=SHOWN, orders=ORDERS, place="before")
    shown = list(listing.beyond(Upload.objects.of(request.user))[: SHOWN + 1])
    context = {
        "uploads": shown[:SHOWN],
        "older": shown[SHOWN - 1].pk if len(shown) > SHOWN else None,
        "problems": problems or [],
        "most_size": whole_size(MAX_FILE),
        "stays": KEEP.days,
    }
    return render(request, "uploads/uploads.html", context, status=422 if problems else 200)


def _looked_through(request: MemberRequest) -> tuple[list[Upload], list[str]]:
    files = request.FILES.getlist(FIELD)
    taken: list[Upload] = []
    problems: list[str] = [] if files else ["Choose a picture first."]
    if len(files) > MOST:
        problems.append(f"At most {counted(MOST, 'picture')} at a time; these are {len(files)}.")
        files = []
    for file in files:
        try:
            taken.append(_taken(request, file))
        except _Refused as reason:
            problems.append(f"{_called(file)}: {reason}.")
    log.info("%d of %d pictures brought by user %s", len(taken), len(files), request.user.pk)
    return taken, problems


def _brought(request: MemberRequest, taken: list[Upload], problems: list[str]) -> HttpResponseBase:
    if "application/json" in request.headers.get("Accept", ""):
        entries = [_as_json(each) for each in taken]
        return JsonResponse({"uploads": entries, "problems": problems}, status=200 if taken else 422)
    if not taken:
        return _page(request, problems)
    for problem in problems:
        messages.warning(request, problem)
    if len(taken) == 1:
        return SeeOther(reverse("upload", args=[taken[0].pk]))
    return SeeOther(reverse("uploads"))


def _taken(request: MemberRequest, file: _File) -> Upload:
    if not file.size:
        raise _Refused("is empty")
    if file.size > MAX_FILE:
        raise _Refused(f"is larger than {whole_size(MAX_FILE)}")
    if Upload.objects.of(request.user).without_use()[MOST_UNUSED - 1 : MOST_UNUSED].exists():
        raise _Refused(
            f"you have {MOST_UNUSED} pictures here that nothing was made from; take some away first"
        )
    data = file.read()
    form = sniff_input(data)
    if form == "heif":
        raise _Refused("HEIC cannot be shown here: save or send it as JPEG")
    if form is None:
        raise _Refused("is no picture that Venice takes (PNG, JPEG, WebP or AVIF)")
    try:
        return Upload.objects.bring(request.user, data)
    except UnusablePicture as reason:
        raise _Refused(str(reason)) from None
    except OSError as reason:
        raise _Refused(f"cannot be kept now ({reason.strerror or 'its place does not answer'})") from None


def _called(file: _File) -> str:
    """Its name as its member knows it, in one short line."""
    return clean_label(file.name or "")[:_LONGEST_NAME] or "A file without a name"


def _as_json(upload: Upload) -> dict[str, object]:
    return {
        "id": upload.pk,
        "address": reverse("upload", args=[upload.pk]),
        "thumbnail": upload.thumbnail_256,
        "width": upload.width,
        "height": upload.height,
    }
