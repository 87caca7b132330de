"""Django's error handlers, all showing the one plain page."""

import sys
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from gallery.forms import kept
from gallery.forms.kept import Words
from gallery.forms.login_redirect import to_sign_in
from gallery.http import MemberRequest, SeeOther, error_page
from gallery.logs import outage
from gallery.views import create

_OLDER = (
    "This form is older than your sign-in, or came from elsewhere. Keep what you typed, reload the page, and "
    "send it again."
)

_GONE = "What that was about is not there, or not any more. Nothing was done."


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400 in our own words, if it is we who refuse; who came by an address that is not ours is told that it is that."""
    if isinstance(exception, DisallowedHost):
        words = "This site does not answer to the address you used. Its log names those that it does (PUBLIC_URL)."
        return error_page(request, 400, words, "Another address, please")
    # What else is suspicious is told to the log alone.
    return error_page(request, 400, str(exception) if isinstance(exception, BadRequest) else "")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403, in the words of who refused."""
    return error_page(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404; the same for what does not exist and for what nobody may know of."""
    words = _GONE if request.method == "POST" else ""
    return error_page(request, 404, words, typed=kept.brought(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, without a word of the cause: that is in the log. 503 where the site lacks its disk or its database."""
    error = sys.exc_info()[1]
    return error_page(request, 503 if isinstance(error, Exception) and outage(error) else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """403 for a form that did not come from a page of ours, or from one that is too old.

    It is shown again as it was, unsent, unless the browser names another site as its origin.
    """
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    origin = request.headers.get("Origin")
    is_ours = origin is None or origin in ours
    words = Words.read(request, kept.OLDER) if is_ours else None
    if words and request.user.is_authenticated:
        return _shown_again(cast(MemberRequest, request), words)
    if words and origin:
        return to_sign_in(request, words)
    return error_page(request, 403, _OLDER)


def _shown_again(request: MemberRequest, words: Words) -> HttpResponse:
    """The form with all of it, where it stands; or its words alone, where they cannot be put back."""
    if request.path_info == reverse("create"):
        return create.drawn_anew(request)
    if not words.page or not kept.put(words, request):
        return error_page(request, 403, _OLDER, typed=words)
    if request.htmx:
        return HttpResponse(status=403, headers={"HX-Redirect": words.page})
    return SeeOther(words.page)


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """429 after five wrong passwords for one name from one address."""
    words = "Five wrong passwords were sent for this name. A sign-in link from staff works at once."
    return too_many_signins(request, words, 900, "Signing in is locked for 15 minutes")


def too_many_signins(request: HttpRequest, words: str, retry_after: int, title: str = "") -> HttpResponse:
    """429 for a password that is not looked at now."""
    response = error_page(
        request, 429, words, title, typed=kept.read_carried(request.POST.get(kept.CARRIED, ""))
    )
    response["Retry-After"] = str(retry_after)
    return response
