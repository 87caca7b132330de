"""Signing in: by a link, whose address alone changes nothing, or by name and password."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from gallery import accounts, events
from gallery.forms import kept
from gallery.views.errors import too_many_signins
from gallery.web import throttle


class PasswordSignIn(LoginView):
    """Django's own; a form that is wrong comes back as 422, as every form here does."""

    def post(self, request: HttpRequest, *args: str, **kwargs: Any) -> HttpResponse:
        """A password is looked at when it is this address's turn, and refused unseen with 429 when it is not."""
        try:
            with throttle.turn(request):
                return super().post(request, *args, **kwargs)
        except throttle.TooManySignIns as refused:
            events.signin_refused(request, refused.reason)
            return too_many_signins(request, str(refused), refused.retry_after)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With what was typed into a form before, and is to be back in it: carried by this page, or by the browser."""
        text = self.request.POST.get(kept.CARRIED, "")
        carried = kept.read_carried(text)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {
            "typed": carried,
            "carried": text if carried else "",
            "waits": kept.waits(self.request, context["next"]),
        }

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if words := kept.read_carried(self.request.POST.get(kept.CARRIED, "")):
            kept.put(words, self.request)
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
def signin(request: HttpRequest, token: str) -> HttpResponse:
    """Previews fetch addresses, so only the POST uses the link up; 410 for one that is no good."""
    user = accounts.redeem(token) if request.method == "POST" else accounts.user_for(token)
    if user and request.method == "POST":
        login(request, user, backend=accounts.LINK_BACKEND)
        return redirect(kept.address(request) or "gallery")
    if request.method == "POST":
        events.signin_refused(request, "link")
    context = {
        "link_ok": user is not None,
        "username": user.get_username() if user else "",
        "hours": settings.SIGNIN_LINK_HOURS,
    }
    return render(request, "signin/signin.html", context, status=200 if user else 410)
