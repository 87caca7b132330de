"""Who posts a form without being signed in is led to do that, and what they typed goes along."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from gallery.forms import kept
from gallery.forms.kept import Words
from gallery.forms.signin import SignInForm
from gallery.http import page_of

#: Scripts keep what these hold: of the first they send a refused post once more as a browser would, and get the page
#: itself; what is selected waits in its tab.
_KEPT_BY_SCRIPTS = ("create", "selection")


def to_sign_in(request: HttpRequest, words: Words | None = None) -> HttpResponseBase:
    """To the sign-in page and back, to `words` in their form; htmx goes there instead of swapping it in.

    What is more than a browser keeps is answered with that page itself, which carries it.
    """
    is_htmx = request.headers.get("HX-Request") == "true"
    back = request.get_full_path() if request.method != "POST" else page_of(request)
    target = words.page if words and words.page else back
    response: HttpResponseBase = redirect_to_login(target)
    if is_htmx:
        page = HtmxDetails(request).current_url_abs_path
        address = redirect_to_login(page)["Location"] if page else resolve_url(settings.LOGIN_URL)
        address = response["Location"] if words and words.page else address
        response = HttpResponse(status=401, headers={"HX-Redirect": address})
    if words is None or (words.page and kept.keep(words, request, response)):
        return response
    name = request.resolver_match.url_name if request.resolver_match else ""
    if is_htmx and name in _KEPT_BY_SCRIPTS:
        if words.form == kept.SELECTION:
            kept.keep(words.without_pictures, request, response)
        return response
    return _page(request, words, target, is_htmx=is_htmx)


def _page(request: HttpRequest, words: Words, target: str, *, is_htmx: bool) -> HttpResponse:
    context = {
        "form": SignInForm(request),
        "next": target,
        "typed": words,
        "carried": kept.carried(words) if words.page else "",
    }
    # To htmx a page that asks for something is 422, which it swaps.
    response = render(request, "registration/login.html", context, status=422 if is_htmx else 401)
    response["Cache-Control"] = "private, no-store"
    return retarget(reswap(response, "innerHTML"), "body") if is_htmx else response
