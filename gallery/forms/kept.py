"""What was typed into a form while the session was over: the browser keeps it until somebody has signed in.

A signed cookie, so that strangers can store nothing with us; it is only ever shown in a form, never sent by itself.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase, QueryDict

NAME = f"kept-{settings.INSTALLATION}"
#: The parameter of the form's page that asks for it.
PARAMETER = "kept"
AGE = 3600
# One cookie holds 4 KB, one header line of ours 8; other cookies need room beside them.
_PIECE, _PIECES = 3000, 2
_SALT = "gallery.forms.kept.2"


def keep(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Give the browser what was posted, and where; False when it is more than a browser would keep."""
    fields = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    text = signing.dumps([request.path_info, fields], salt=_SALT, compress=True)
    if len(text) > _PIECE * _PIECES:
        return False
    for number in range(_PIECES):
        _set(response, number, text[number * _PIECE : (number + 1) * _PIECE])
    return True


def address(request: HttpRequest) -> str:
    """Of the form that the browser has kept, asked to be filled with it; empty where it has kept none."""
    path, _ = _kept(request)
    return f"{path}?{PARAMETER}" if path else ""


def kept(request: HttpRequest) -> QueryDict:
    """What the browser has kept of this very form; nothing when it is old, cut, of another one or none of ours."""
    path, fields = _kept(request)
    sent = QueryDict(mutable=True)
    if path == request.path_info:
        for name, values in fields.items():
            sent.setlist(name, values)
    return sent


def _kept(request: HttpRequest) -> tuple[str, dict[str, list[str]]]:
    text = "".join(request.COOKIES.get(f"{NAME}-{number}", "") for number in range(_PIECES))
    try:
        path, fields = signing.loads(text, salt=_SALT, max_age=AGE)
    except (signing.BadSignature, ValueError):
        return "", {}
    return path, fields


def forget(response: HttpResponseBase) -> None:
    """It is back in its form."""
    for number in range(_PIECES):
        response.delete_cookie(f"{NAME}-{number}", path="/", samesite="Lax")


def _set(response: HttpResponseBase, number: int, text: str) -> None:
    if not text:
        response.delete_cookie(f"{NAME}-{number}", path="/", samesite="Lax")
        return
    response.set_cookie(
        f"{NAME}-{number}",
        text,
        max_age=AGE,
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
