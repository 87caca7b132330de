"""The one plain page that every refusal shows."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

TITLES = {
    400: ("That request cannot be read", "Something in it is not as a browser would send it."),
    403: ("Not allowed", "That is for staff, or for who made it."),
    404: ("Not here", "There is nothing at this address."),
    405: ("Not possible here", "This address does not take that kind of request."),
    409: ("Not possible", "It has changed meanwhile."),
    410: ("This link is spent", "Ask for a new one."),
    413: ("Too large", "A form may hold at most 1 MB."),
    414: (
        "That address is too long",
        "It cannot be read. Search for fewer words, or take a part of it away.",
    ),
    415: ("Not a form", "This address takes forms only."),
    429: ("Too fast", "Please wait a moment, then try again."),
    431: ("Too much was sent", "The address, or the cookies that the browser sends with it, are too long."),
    500: ("Something broke", "It is logged. What was already generated is kept."),
}


def error_page(request: HttpRequest | None, status: int, message: str = "", title: str = "") -> HttpResponse:
    """The page for `status`, in its usual words where none are given.

    It asks neither database nor session, since either may be what failed.
    """
    usual_title, usual_message = TITLES[status]
    context = {
        "status": status,
        "title": title or usual_title,
        "message": message or usual_message,
        "nonce": None,
    }
    return HttpResponse(render_to_string("errors/error.html", context), status=status)
