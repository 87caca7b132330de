"""An answer that could not be used: taken away as a file, or read once more by the worker that has it."""

import logging

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from gallery import access
from gallery.display import kept_answers
from gallery.forms.submission import refusal
from gallery.http import MemberRequest
from gallery.models import Attempt
from gallery.views.generation import changed

log = logging.getLogger(__name__)


@require_safe
def download(request: MemberRequest, pk: int) -> HttpResponseBase:
    """Its bytes as an attachment, for the maker and staff; 409 when they lie on a host that we do not see."""
    attempt = access.attempt_to_change(request.user, pk)
    if not attempt.is_kept:
        raise Http404
    response = kept_answers.download(attempt)
    if response is None and kept_answers.is_of_this_host(attempt):
        raise Http404
    if response is None:
        where = f"This answer lies on host {attempt.host}, whose disk this site does not see."
        return refusal(request, f"{where} There it is in the folder spool, under the number {pk}.")
    log.info("answer %d taken by user %s", pk, request.user.pk)
    return response


@require_POST
def read_again(request: MemberRequest, pk: int) -> HttpResponse:
    """Have the worker of its host read it once more; pressed twice, or when nothing is kept, it changes nothing."""
    attempt = access.attempt_to_change(request.user, pk)
    Attempt.objects.filter(pk=attempt.pk).ask_reading()
    return changed(request, attempt.generation_id)
