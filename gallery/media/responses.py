"""Serving stored pictures: to members only, by a signed pass that needs no database, immutable, in parts when asked."""

import re
import time
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, TimestampSigner
from django.db import DatabaseError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from gallery.media import delivery
from gallery.media.storage import CACHE, content_type

BLOCK = 64 * 1024
# A picture is never a document: even one that is HTML as well runs nothing and loads nothing.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_signer = TimestampSigner(salt="gallery.media")
# Seconds until a pass asks again whether its member may still come in.
CHECKED_FOR = 60.0
# Of each member the pass that was good, and when; one for each, so that it is bounded by the team.
_seen: dict[str, tuple[str, float]] = {}


def now() -> float:
    """Seconds since the epoch."""
    return time.time()


def has_pass(request: HttpRequest) -> bool:
    """Whether the request carries a pass that we signed within the last hour for who may still come in."""
    value = request.COOKIES.get(settings.MEDIA_COOKIE_NAME, "")
    try:
        member, _, digest = _signer.unsign(value, max_age=settings.MEDIA_COOKIE_AGE).partition(":")
    except BadSignature:
        return False
    seen = _seen.get(member)
    if seen and constant_time_compare(digest, seen[0]) and now() - seen[1] < CHECKED_FOR:
        return True
    try:
        user = get_user_model()._default_manager.filter(pk=member, is_active=True).first()
    except DatabaseError:
        # It is signed and bounded by its hour: a database that is away takes no picture from a page.
        return True
    if user is None or not constant_time_compare(digest, _digest(user)):
        return False
    _seen[member] = (digest, now())
    return True


def member_of(request: HttpRequest) -> int:
    """The id of the member whose pass it is; to be asked of one that is good."""
    return int(request.COOKIES[settings.MEDIA_COOKIE_NAME].partition(":")[0])


def digest_of(name: str) -> str:
    """The digest of the picture that a stored file, or its thumbnail, is of."""
    return name.rsplit("/", 1)[-1].partition(".")[0]


def _digest(user: Any) -> str:
    """What ends with the user's password and rights, as their sessions do."""
    return salted_hmac("gallery.media", user.get_session_auth_hash()).hexdigest()[:24]


def renew_pass(request: HttpRequest, response: HttpResponseBase) -> None:
    """Give a signed-in member a new pass once half of the last one's hour is over.

    Browsers send it with pictures alone: what a page is sent is a second cookie, which says for whom a pass was given
    and goes after half of its hour. It opens nothing. Who has lost the pass itself gets another with the next picture.
    """
    content = f"{request.user.pk}:{_digest(request.user)}"
    given = salted_hmac("gallery.media.given", content).hexdigest()[:12]
    if request.path_info.startswith(settings.MEDIA_URL):
        has_one = _is_young(request.COOKIES.get(settings.MEDIA_COOKIE_NAME, ""), content)
    else:
        has_one = constant_time_compare(request.COOKIES.get(settings.MEDIA_GIVEN_COOKIE_NAME, ""), given)
    if has_one:
        return
    age, path = settings.MEDIA_COOKIE_AGE, settings.MEDIA_URL
    bounds: dict[str, Any] = {"secure": settings.HTTPS, "httponly": True, "samesite": "Lax"}
    response.set_cookie(settings.MEDIA_COOKIE_NAME, _signer.sign(content), max_age=age, path=path, **bounds)
    response.set_cookie(settings.MEDIA_GIVEN_COOKIE_NAME, given, max_age=age / 2, **bounds)


def _is_young(value: str, content: str) -> bool:
    """Whether that is a pass of this content of which not half is over."""
    try:
        return _signer.unsign(value, max_age=settings.MEDIA_COOKIE_AGE / 2) == content
    except BadSignature:
        return False


def end_pass(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take the pass back from who had a session. Browsers send it with pictures alone, so that nobody sees it here."""
    names = {
        settings.SESSION_COOKIE_NAME,
        settings.MEDIA_COOKIE_NAME,
        settings.MEDIA_GIVEN_COOKIE_NAME,
    }
    if names & request.COOKIES.keys():
        response.delete_cookie(settings.MEDIA_COOKIE_NAME, path=settings.MEDIA_URL, samesite="Lax")
        response.delete_cookie(settings.MEDIA_GIVEN_COOKIE_NAME, samesite="Lax")


def response(request: HttpRequest, name: str, download_as: str | None = None) -> HttpResponseBase | None:
    """The stored file called `name`; None when that is no name of ours or there is no such file."""
    kind = content_type(name)
    if kind is None:
        return None
    etag = f'"{digest_of(name)}-{name.partition("/")[0]}"'
    if etag in request.headers.get("If-None-Match", ""):
        return _finish(HttpResponse(status=304), etag)
    if delivery.is_elsewhere():
        elsewhere = delivery.answer(request, delivery.Handout(name, kind, download_as or ""))
        return guard(elsewhere) if elsewhere else None
    try:
        file = default_storage.open(name)
    except OSError:
        return None
    size = file.size
    # A condition on a part that is not about this very file asks for the whole; HEAD knows no parts.
    is_same = request.headers.get("If-Range", etag).strip() == etag
    part = _part(request.headers.get("Range", ""), size) if is_same and request.method == "GET" else None
    start, end = part or (0, size - 1)
    if part and (start >= size or end < start):
        file.close()
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return _finish(refused, etag)
    answer = FileResponse(
        _Part(file, start, end + 1 - start) if part else file,
        status=206 if part else 200,
        content_type=kind,
        as_attachment=bool(download_as),
        filename=download_as or "",
    )
    answer.block_size = BLOCK
    answer["Content-Length"] = str(end + 1 - start)
    if part:
        answer["Content-Range"] = f"bytes {start}-{end}/{size}"
    return _finish(answer, etag)


class _Part:
    """Some bytes of a file, read as they are sent."""

    def __init__(self, file: IO[bytes], start: int, length: int) -> None:
        self._file, self._left = file, length
        file.seek(start)

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()


def _part(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None (the whole file) for no, several or garbled ranges."""
    match = _RANGE.match(header.strip())
    if not match or header.strip() == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size - 1 if int(last) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


def _finish(answer: HttpResponseBase, etag: str) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Cache-Control"] = CACHE
    answer["Accept-Ranges"] = "bytes"
    return guard(answer)


def guard(answer: HttpResponseBase) -> HttpResponseBase:
    """With the headers that make a picture no document and no other site's."""
    answer["Content-Security-Policy"] = SANDBOX
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
