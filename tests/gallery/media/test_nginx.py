"""What a browser gets from a real nginx in front of the site: from its folder, and from a bucket behind it."""

import hashlib
import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from gallery.media.storage import CACHE, thumbnail_name
from gallery.models import User
from tests.bucket import ACCESS_KEY, new_bucket
from tests.gallery.generations import a_picture
from tests.gallery.media.conftest import keep_in
from tests.gallery.media.nginx import running_nginx, running_nginx_with_tls
from tests.venice.conftest import free_port
from tests.venice.tls import certificate, needs_openssl

__all__ = ["certificate"]

DATA = b"RIFF\x10\x00\x00\x00WEBP and what is in it" * 5000
NAME = thumbnail_name(hashlib.sha256(DATA).hexdigest(), 512)


@dataclass
class Browser:
    """Who asks nginx, with the cookies of a member or without."""

    host: str
    cookies: str

    def ask(
        self, address: str, method: str = "GET", posted: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, list[str]], bytes]:
        """Status, headers by their names in lower case, body."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, address, posted or None, {"Cookie": self.cookies} | sent)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault(name.lower(), []).append(value)
        return answer.status, found, body


@pytest.fixture(params=["disk", "bucket"])
def browser(
    request: pytest.FixtureRequest,
    site: str,
    alice: User,
    settings: LazySettings,
    tmp_path: Path,
    client: Client,
) -> Iterator[Browser]:
    settings.X_ACCEL_PREFIX = "/stored/"
    if request.param == "bucket":
        bucket = new_bucket(request.getfixturevalue("s3"))
        keep_in(settings, bucket)
        front = running_nginx(tmp_path, [site], bucket=bucket.endpoint)
    else:
        front = running_nginx(tmp_path, [site], media=Path(settings.MEDIA_ROOT))
    default_storage.save(NAME, ContentFile(DATA))
    client.force_login(alice)
    client.get("/queue/")
    with front as url:
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        yield Browser(url.removeprefix("http://"), cookies)


def test_a_body_of_pictures_passes_where_the_site_takes_it(
    site: str, settings: LazySettings, tmp_path: Path
) -> None:
    # Of a form, larger than any other may be.
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE * 2
    head = '--x\r\nContent-Disposition: form-data; name="picture"; filename="a.png"\r\n\r\n'
    body = f"{head}{'.' * size}\r\n--x--\r\n".encode()
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    with running_nginx(tmp_path, [site], media=tmp_path) as url:
        stranger = Browser(url.removeprefix("http://"), "")
        for address in settings.UPLOADS_URLS:
            # The site itself says no, to a form without its token.
            assert stranger.ask(address, "POST", body, **form)[0] == 403, address
        assert stranger.ask("/create/", "POST", body, **form)[0] == 413


@needs_openssl
def test_browsers_are_led_to_https_which_the_site_believes(
    site: str, settings: LazySettings, certificate: Path, tmp_path: Path
) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
    with running_nginx_with_tls(tmp_path, [site], certificate) as (plain, secure):
        status, headers, _ = Browser(plain, "").ask("/queue/?from=7", Host="localhost")
        assert (status, headers["location"]) == (301, ["https://localhost/queue/?from=7"])
        # Who says so of themselves is not believed: that is nginx's to say.
        assert Browser(plain, "").ask("/", X_Forwarded_Proto="https")[0] == 301
        connection = http.client.HTTPSConnection(
            secure.replace("127.0.0.1", "localhost"),
            timeout=30,
            context=ssl.create_default_context(cafile=certificate),
        )
        connection.request("GET", "/accounts/login/", headers={"Host": "localhost"})
        answer = connection.getresponse()
        assert (answer.status, b"<form" in answer.read()) == (200, True)
        connection.close()


def test_no_log_holds_what_signs_people_in(site: str, tmp_path: Path) -> None:
    addresses = (
        "/signin/secret/",
        "/signin/secret",
        "//signin/secret/",
        "/%73ignin/secret/",
        "/signin/secret/?a=b",
    )
    with running_nginx(tmp_path, [site], media=tmp_path) as url:
        stranger = Browser(url.removeprefix("http://"), "")
        assert [stranger.ask(address)[0] for address in addresses[:2]] == [410, 301]
        for address in addresses:
            stranger.ask(address)
        stranger.ask("/queue/?from=7")
    with running_nginx(tmp_path, [f"127.0.0.1:{free_port()}"], media=tmp_path) as url:
        stranger = Browser(url.removeprefix("http://"), "")
        assert stranger.ask(addresses[0])[0] == stranger.ask("/queue/")[0] == 502
    told = (tmp_path / "access.log").read_text()
    assert told.count('"GET /signin/... HTTP/1.1"') == len(addresses) + 3
    assert '"GET /queue/?from=7 HTTP/1.1" 302' in told
    wrong = (tmp_path / "nginx.log").read_text()
    assert "GET /queue/" in wrong
    assert "secret" not in told + wrong


def test_what_a_browser_gets(browser: Browser, alice: User) -> None:
    """One test, since to start all of it takes longer than to ask."""
    address = f"/media/{NAME}"
    status, headers, body = browser.ask(address)
    assert (status, body == DATA) == (200, True)
    assert headers["content-type"] == ["image/webp"]
    assert headers["content-length"] == [str(len(DATA))]
    assert headers["cache-control"] == [CACHE]
    assert headers["content-disposition"] == ["inline"]
    assert headers["content-security-policy"] == ["sandbox; default-src 'none'; frame-ancestors 'none'"]
    assert headers["cross-origin-resource-policy"] == ["same-origin"]
    assert headers["x-content-type-options"] == ["nosniff"]
    assert "x-accel-redirect" not in headers
    assert ACCESS_KEY not in str(headers)
    (etag,) = headers["etag"]

    status, headers, body = browser.ask(address, "HEAD")
    assert (status, headers["content-length"], body) == (200, [str(len(DATA))], b"")

    assert browser.ask(address, If_None_Match=etag)[0] == 304
    assert browser.ask(address, If_None_Match='"another"')[0] == 200

    status, headers, body = browser.ask(address, Range="bytes=4-9")
    assert (status, body) == (206, DATA[4:10])
    assert headers["content-range"] == [f"bytes 4-9/{len(DATA)}"]
    assert browser.ask(address, Range="bytes=-7")[2] == DATA[-7:]
    assert browser.ask(address, Range="bytes=999999999-")[0] == 416

    image = a_picture(alice, content=DATA)
    for query, disposition in (
        ("", "inline"),
        ("?download", f'attachment; filename="venice-{image.pk}.webp"'),
    ):
        status, headers, body = browser.ask(f"/images/{image.pk}/original{query}")
        assert (status, body == DATA) == (200, True)
        assert headers["content-disposition"] == [disposition]

    stranger = Browser(browser.host, "")
    status, headers, _ = stranger.ask(address)
    assert (status, headers["location"]) == (302, [f"/accounts/login/?next={address}"])
    for guessed in (f"/stored/{NAME}", "/stored/", "/not-there"):
        assert browser.ask(guessed)[0] == 404
    missing = thumbnail_name("0" * 64, 512)
    status, _, body = browser.ask(f"/media/{missing}")
    assert status == 404
    assert b"<Error>" not in body
    status, _, body = browser.ask("/queue/")
    assert (status, b"<title>" in body) == (200, True)
