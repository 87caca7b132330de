"""Pictures for members without a media pass; with one, the middleware answers before this is reached."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from gallery import access
from gallery.media import responses as pictures


@login_not_required
@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file to a signed-in member; a spoilt pass alone is 404, and a stranger is sent to sign in."""
    if not request.user.is_authenticated:
        if settings.MEDIA_COOKIE_NAME in request.COOKIES:
            raise Http404
        return redirect_to_login(request.get_full_path())
    keepers = access.keepers_of(pictures.digest_of(name))
    may_see = not keepers or request.user.pk in keepers
    response = pictures.response(request, name) if may_see else None
    if response is None:
        raise Http404
    return response
