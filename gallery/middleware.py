"""What holds for every request: methods, headers and bodies we take, guarded media, members only, caching, paces."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from gallery import access
from gallery.access import TooManySubmissions
from gallery.formats import whole_size
from gallery.forms import kept
from gallery.forms.kept import Words
from gallery.forms.login_redirect import to_sign_in
from gallery.http import error_page
from gallery.media import responses
from gallery.web import zones
from venice.sources import MAX_FILE

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Below it an address holds a token.
SIGNIN = "/signin/"
METHODS = ("GET", "HEAD", "POST")
MULTIPART = "multipart/form-data"
FORM_TYPES = ("application/x-www-form-urlencoded", MULTIPART)
# What the server takes in one line. Sent again and again, a header is joined into a value a hundred times as long.
MAX_HEADER = 8190
# Of one part of a form: a browser sends three or four, and each takes Django two microseconds to read.
MAX_PARAMETERS = 20
# Django's own parser reads this much of a part's head.
_MAX_HEAD = 1024
_BLOCK = 1 << 18
# Refused by name, which Django's own middleware takes for a wish.
_NO_GZIP = re.compile(r"\bgzip\s*;\s*q\s*=\s*0(\.0*)?\s*(,|$)", re.IGNORECASE)
_ONE_DAY = timedelta(days=1).total_seconds()


class SigninAddresses:
    """Keeps the addresses of sign-in links, whoever answers below them, out of Referer headers and of caches.

    Such an address signs people in while nobody has used it. Outermost: a redirect or a refusal is an answer, too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(SIGNIN):
            response["Referrer-Policy"] = "no-referrer"
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class RequestGuard:
    """Refuses what no page takes: other methods, other content types, other encodings, large or costly bodies."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _name_origin(request)
        with ExitStack() as files:
            return _refusal(request, files) or self.get_response(request)


def _name_origin(request: HttpRequest) -> None:
    """Of a form on a page that sends no Referer, browsers say that its origin is `null`: take it for our own.

    Its token is asked for all the same, and the token's cookie comes with no form of another site.
    """
    if request.path_info.startswith(SIGNIN) and request.META.get("HTTP_ORIGIN") == "null":
        request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"


def _refusal(request: HttpRequest, files: ExitStack) -> HttpResponse | None:
    if request.method not in METHODS:
        response = error_page(request, 405)
        response["Allow"] = ", ".join(METHODS)
        return response
    if any(len(value) > MAX_HEADER for name, value in request.META.items() if name.startswith("HTTP_")):
        return error_page(request, 400)
    return _refusal_of_body(request, files) if request.method == "POST" else None


def _refusal_of_body(request: HttpRequest, files: ExitStack) -> HttpResponse | None:
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return error_page(request, 400)
    brings = request.path_info in settings.UPLOADS_URLS and request.content_type == MULTIPART
    if length > (settings.UPLOADS_MAX_SIZE if brings else settings.DATA_UPLOAD_MAX_MEMORY_SIZE):
        return _too_large(request, brings=brings)
    if request.content_type not in FORM_TYPES and length:
        return error_page(request, 415)
    if (request.content_params or {}).get("charset", "utf-8").lower().replace("_", "-") not in {
        "utf-8",
        "utf8",
    }:
        return error_page(request, 400)
    if brings and length:
        return error_page(request, 400) if _is_no_upload(request, files) else None
    return error_page(request, 400) if length and _is_no_form(request) else None


def _too_large(request: HttpRequest, *, brings: bool) -> HttpResponse:
    if not brings:
        return error_page(request, 413)
    each, most = whole_size(MAX_FILE), whole_size(settings.UPLOADS_MAX_SIZE)
    words = f"Pictures may have {each} each, and {most} together. Bring fewer at a time."
    return error_page(request, 413, words)


class _NoForm(Exception):
    """No browser sends such a body."""


def _is_no_upload(request: HttpRequest, files: ExitStack) -> bool:
    """As of a form, a block at a time: what pictures weigh lies on the disk, and never in memory."""
    boundary = (request.content_params or {}).get("boundary", "")
    delimiter = b"--" + boundary.encode("latin-1", "replace")
    # Closed by `files` when the request is answered.
    spool = SpooledTemporaryFile(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    files.callback(spool.close)
    ahead, kept, parts = len(delimiter) + _MAX_HEAD, b"", 0
    try:
        while block := request.read(_BLOCK):
            spool.write(block)
            window = kept + block
            # A delimiter near the end is looked at with what follows.
            end = max(0, len(window) - ahead)
            parts = _parts(window, delimiter, end, parts)
            kept = window[end:]
        _parts(kept, delimiter, len(kept), parts)
    except (UnreadablePostError, _NoForm):
        return True
    spool.seek(0)
    # Django's own parser reads it from there.
    request._stream, request._read_started = spool, False  # type: ignore[assignment, attr-defined]
    return False


def _parts(window: bytes, delimiter: bytes, end: int, parts: int) -> int:
    """`parts` and those that begin in `window` before `end`. Raises _NoForm for too many, or an odd head."""
    at = window.find(delimiter)
    while 0 <= at < end:
        parts += 1
        head = window[at + len(delimiter) : at + len(delimiter) + _MAX_HEAD].partition(b"\r\n\r\n")[0]
        if parts > settings.DATA_UPLOAD_MAX_NUMBER_FILES or head.count(b";") > MAX_PARAMETERS:
            raise _NoForm
        at = window.find(delimiter, at + len(delimiter))
    return parts


def _is_no_form(request: HttpRequest) -> bool:
    """Whether the body holds what no browser sends and what takes long to read, or breaks off."""
    try:
        body = request.body
    except UnreadablePostError:
        return True
    if request.content_type != MULTIPART:
        # Three bytes for each escape: a whole form cannot hold more of them.
        return body.count(b"%") > settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 3
    boundary = (request.content_params or {}).get("boundary", "")
    delimiter = b"--" + boundary.encode("latin-1", "replace")
    most_parts = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + settings.DATA_UPLOAD_MAX_NUMBER_FILES
    if body.count(delimiter) > most_parts + 1:
        return True
    heads = (part[:_MAX_HEAD].partition(b"\r\n\r\n")[0] for part in body.split(delimiter)[1:])
    return any(head.count(b";") > MAX_PARAMETERS for head in heads)


class CompressedPages(GZipMiddleware):
    """Compresses pages and fragments, and nothing else: pictures are compressed, what came is sent as it came.

    What is not to be stored (signing in, the admin, with their links that sign people in) is left as it is.
    Elsewhere no secret has a constant form in a page, and the length says little: see docs/decisions.md.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        if "no-store" in response.get("Cache-Control", ""):
            return response
        if _NO_GZIP.search(request.headers.get("Accept-Encoding", "")):
            patch_vary_headers(response, ["Accept-Encoding"])
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


class GuardedMedia:
    """Serves pictures to who carries the signed cookie, before session and user cost three times the rest."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.path_info.startswith(settings.MEDIA_URL)
            and request.method in ("GET", "HEAD")
            and responses.has_pass(request)
        ):
            # Refuses an address that is not ours, as for a page.
            request.get_host()
            name = request.path_info.removeprefix(settings.MEDIA_URL)
            picture = _picture(request, name)
            return _with_length(picture or error_page(request, 404))
        return self.get_response(request)


def _picture(request: HttpRequest, name: str) -> HttpResponseBase | None:
    digest = responses.digest_of(name)
    try:
        keepers = access.keepers_of(digest)
    except DatabaseError:
        # As with the pass: a database that is away takes no picture from a page.
        return responses.response(request, name)
    if keepers and responses.member_of(request) not in keepers:
        return None
    response = responses.response(request, name)
    if response and not keepers:
        access.note_of_all(digest)
    return response


def _with_length(response: HttpResponseBase) -> HttpResponseBase:
    """Django sets it in a middleware further in; without it the server would have to close the connection."""
    if isinstance(response, HttpResponse) and not response.has_header("Content-Length"):
        response["Content-Length"] = str(len(response.content))
    return response


class MemberRequired(LoginRequiredMiddleware):
    """Strangers are sent to the sign-in page; htmx is told to go there, or it would swap it into a fragment."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        return to_sign_in(request, Words.read(request) if request.method == "POST" else None)


class ReaderZone:
    """Moments are written in the zone of who reads them."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with timezone.override(zones.zone_of(request.user, request.COOKIES.get(zones.COOKIE, ""))):
            return self.get_response(request)


class PageHeaders:
    """Caching of pages, the media pass, a session that lives on while it is used, and the answer to a flood."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        if not response.has_header("Cache-Control"):
            secret = request.path_info.startswith((SIGNIN, "/accounts/", "/admin/"))
            response["Cache-Control"] = "private, no-store" if secret else "private, no-cache"
        if request.user.is_authenticated and request.user.pk:
            responses.renew_pass(request, response)
            _prolong(request)
        else:
            responses.end_pass(request, response)
        kept.forget(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManySubmissions):
            return None
        message = f"{exception} Try again in {exception.retry_after} s."
        words = None if "HX-Request" in request.headers else Words.read(request, kept.EARLY)
        back = words.page if words and kept.put(words, request) else ""
        response = error_page(request, 429, message, typed=words, back=back)
        response["Retry-After"] = str(exception.retry_after)
        return response


def _prolong(request: HttpRequest) -> None:
    """Set the session's clock back to 14 days, with at most one write a day; staff sign in again after 12 hours."""
    session = request.session
    if "_session_expiry" not in session and session.session_key:
        stamp = session.get("prolonged_at")
        now = int(responses.now())
        if stamp is None or now - stamp > _ONE_DAY:
            session["prolonged_at"] = now
