"""Pictures that a member takes home: one, or many as an archive that is made while it is sent."""

import logging

from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.downloads import facts
from gallery.downloads.archive import MOST, NOT_STRIPPED, Archive, Busy, Wish, read_copy
from gallery.formats import number
from gallery.http import MemberRequest, error_page
from gallery.listing.selection import NotSelected, Selection
from gallery.media import responses
from gallery.media.copies import WRITTEN, NotStripped
from gallery.media.storage import EXTENSIONS, TYPES
from gallery.models import Image

log = logging.getLogger(__name__)


def _wish(request: MemberRequest) -> Wish:
    member = request.user
    zone = timezone.get_current_timezone()
    return Wish(member.download_name, member.copies_carry, zone, member.shows_sensitive)


@require_safe
def download(request: MemberRequest, pk: int) -> HttpResponseBase:
    """A copy of one picture as the member wants it; what is wanted as it was sent is the stored file itself."""
    picture = next(facts.read([access.image_to_see(pk).pk]), None)
    if picture is None:
        raise Http404
    wish = _wish(request)
    name = f"{wish.stem(picture)}.{EXTENSIONS[picture.format]}"
    if wish.carry == "as-sent" or (wish.carry == "parameters" and picture.format not in WRITTEN):
        response = responses.response(request, picture.name, name)
        if response is None:
            raise Http404
        # The name and what it carries are the member's, and may change: browsers must ask again.
        response["Cache-Control"] = "private, no-cache"
        return response
    try:
        parts = read_copy(picture, wish.carry)
    except NotStripped:
        return error_page(request, 422, f"{NOT_STRIPPED[0].upper()}{NOT_STRIPPED[1:]}.")
    if parts is None:
        raise Http404
    answer = HttpResponse(parts, content_type=TYPES[picture.format])
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return responses.guard(answer)


@require_POST
def archive(request: MemberRequest) -> HttpResponseBase:
    """The selected pictures as a ZIP; 422 for none or too many, 429 while others are being sent."""
    try:
        chosen = Selection.read(request).ids
        if len(chosen) > MOST:
            raise NotSelected(
                f"An archive has at most {number(MOST)} pictures; these are {number(len(chosen))}."
            )
        if not Image.objects.kept().filter(pk__in=chosen).exists():
            raise NotSelected("These pictures are not there any more.")
        parts = Archive(chosen, _wish(request), request.user.pk)
    except NotSelected as refusal:
        return error_page(request, 422, str(refusal))
    except Busy as refusal:
        answer = error_page(request, 429, str(refusal))
        answer["Retry-After"] = "60"
        return answer
    log.info("archive of %d pictures for user %s", len(chosen), request.user.pk)
    response = StreamingHttpResponse(parts, content_type="application/zip")
    name = f"pictures-{timezone.localtime():%Y-%m-%d-%H%M}.zip"
    response["Content-Disposition"] = content_disposition_header(True, name)
    # A proxy that gathers the answer first would need room for all of it.
    response["X-Accel-Buffering"] = "no"
    return response
