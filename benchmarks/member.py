"""Requests through the whole middleware stack, in this process, as a signed-in member's browser sends them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import Any
from wsgiref.util import FileWrapper


@dataclass
class Answer:
    """What came back, read to its end as a server would send it."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known.lower() == name.lower()), "")


def same_cookies() -> dict[str, str]:
    """The setting with which another process, on whatever port, calls cookies as this one: by its public address."""
    from django.conf import settings

    return {"PUBLIC_URL": settings.PUBLIC_URL}


class Visitor:
    """A browser of `username`, a member who is made when absent."""

    def __init__(self, username: str) -> None:
        from gallery.models import User
        from gallery.wsgi import application

        self.application = application
        self.user, _ = User.objects.get_or_create(username=username)
        self.cookies = self._cookies()

    def _cookies(self) -> str:
        """A session, a CSRF cookie and a media pass, as after a page or two."""
        from django.conf import settings
        from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
        from django.contrib.sessions.backends.db import SessionStore
        from django.http import HttpRequest, HttpResponse

        from gallery import accounts
        from gallery.media import responses

        session = SessionStore()
        session[SESSION_KEY] = str(self.user.pk)
        session[BACKEND_SESSION_KEY] = accounts.LINK_BACKEND
        session[HASH_SESSION_KEY] = self.user.get_session_auth_hash()
        session["prolonged_at"] = int(responses.now())
        session.create()
        request, response = HttpRequest(), HttpResponse()
        request.user = self.user
        responses.renew_pass(request, response)
        cookies = {
            settings.SESSION_COOKIE_NAME: session.session_key,
            settings.CSRF_COOKIE_NAME: "b" * 32,
            settings.MEDIA_COOKIE_NAME: response.cookies[settings.MEDIA_COOKIE_NAME].value,
        }
        return "; ".join(f"{name}={value}" for name, value in cookies.items())

    def get(self, path: str, **headers: str) -> Answer:
        """GET `path`; the answer must be what a browser would be glad of."""
        answer = Answer()

        def start(status: str, given: list[tuple[str, str]], error: Any = None) -> None:
            answer.status, answer.headers = int(status.split()[0]), given

        parts: Iterable[bytes] = self.application(self.environ(path, headers), start)
        answer.body = b"".join(parts)
        close = getattr(parts, "close", None)
        if close:
            close()
        assert answer.status in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED), (path, answer.status)
        return answer

    def environ(self, path: str, headers: dict[str, str]) -> dict[str, Any]:
        """What the web server would hand over."""
        path, _, query = path.partition("?")
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "HTTP_COOKIE": self.cookies,
            "HTTP_ACCEPT": "text/html",
            "HTTP_USER_AGENT": "benchmark",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": BytesIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.file_wrapper": FileWrapper,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
