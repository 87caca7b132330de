"""What was typed into the create form by somebody who is signed out by now: kept on the way through signing in.

It travels in the sign-in page, as one hidden field, and lies in the new session until something is made of it; never
in an address, and it is sent to nobody by itself.
"""

import json
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from gallery.forms.generate import DRAWN_FOR
from gallery.forms.signin import SignInForm
from gallery.text import storable
from venice.operations import PARAMETER

FIELD = "typed"
# Beside what says how to read it: which boxes there were, which model's defaults, which picture it began with.
_NAMES = frozenset({*PARAMETER, DRAWN_FOR, "boxes", "image"})
# Characters. A form takes 1 MB, and each of these may take nine bytes in it.
LIMIT = 100_000
_SESSION = "typed"


def pack(sent: QueryDict) -> str:
    """What a post to the create form holds, for the hidden field; empty when it says nothing or is far too long."""
    values = {name: value for name, value in sent.dict().items() if name in _NAMES and value}
    text = json.dumps(values, ensure_ascii=False) if values else ""
    return text if len(text) <= LIMIT else ""


def unpack(text: str) -> dict[str, str]:
    """What `pack` has packed; of anything else, nothing."""
    if not 0 < len(text) <= LIMIT:
        return {}
    try:
        values = storable(json.loads(text))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    return {name: value for name, value in values.items() if name in _NAMES and isinstance(value, str)}


def keep(request: HttpRequest, values: Mapping[str, str]) -> None:
    """Keep it in the session of who has just signed in."""
    request.session[_SESSION] = dict(values)


def kept(request: HttpRequest) -> dict[str, str]:
    """What this session keeps."""
    values: dict[str, str] = request.session.get(_SESSION, {})
    return values


def forget(request: HttpRequest) -> None:
    """It was used; asks for nothing where nothing is kept."""
    request.session.pop(_SESSION, None)


def signin_page(request: HttpRequest, packed: str, *, status: int, words: str = "") -> HttpResponse:
    """The sign-in page, with what was typed elsewhere in a hidden field."""
    context = {"form": SignInForm(request), "next": reverse("create"), FIELD: packed, "words": words}
    response = render(request, "registration/login.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response
