"""What was typed into a form while the session was over: the browser keeps it until somebody has signed in.

A signed cookie, so that strangers can store nothing with us; it is only ever shown in a form, never sent by itself.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

NAME = f"kept-{settings.INSTALLATION}"
#: The parameter of the create page that asks for it.
PARAMETER = "kept"
AGE = 3600
# One cookie holds 4 KB, one header line of ours 8; other cookies need room beside them.
_PIECE, _PIECES = 3000, 2
_SALT = "gallery.forms.kept"


def keep(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Give the browser what was posted; False when it is more than a browser would keep."""
    # Models and style references are several of one name.
    fields = {
        name: texts if len(texts) > 1 else texts[0]
        for name, texts in request.POST.lists()
        if name != "csrfmiddlewaretoken" and texts
    }
    text = signing.dumps(fields, salt=_SALT, compress=True)
    if len(text) > _PIECE * _PIECES:
        return False
    for number in range(_PIECES):
        _set(response, number, text[number * _PIECE : (number + 1) * _PIECE])
    return True


def kept(request: HttpRequest) -> Mapping[str, Any]:
    """What the browser has kept; nothing when it is old, cut or none of ours."""
    text = "".join(request.COOKIES.get(f"{NAME}-{number}", "") for number in range(_PIECES))
    try:
        fields = signing.loads(text, salt=_SALT, max_age=AGE)
    except (signing.BadSignature, json.JSONDecodeError):
        return {}
    return fields if isinstance(fields, dict) else {}


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
