"""Pictures that others hand out: addresses in a bucket that open for a while, and what the server in front is told."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import LazySettings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from gallery.media import delivery
from gallery.media.bucket import WINDOW, Bucket, window_of
from gallery.media.storage import CACHE, original_name, thumbnail_name
from gallery.models import User
from tests.bucket import SECRET_KEY
from tests.gallery.generations import a_picture

DATA = b"RIFF\x10\x00\x00\x00WEBP and what is in it"
DIGEST = hashlib.sha256(DATA).hexdigest()
NAME = thumbnail_name(DIGEST, 512)
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"

# As its own setting names it.
AMAZON = Bucket(
    name="gallery",
    prefix="",
    endpoint="https://s3.eu-central-1.amazonaws.com",
    region="eu-central-1",
    access_key="AKIA",
    secret_key=SECRET_KEY,
    in_host=True,
)
ANOTHER = Bucket(
    name="gallery",
    prefix="a/b/",
    endpoint="http://minio:9000",
    region="us-east-1",
    access_key="minio+=/",
    secret_key="another",
)


class Opened:
    """What an address answers, to whoever has it."""

    def __init__(self, address: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> None:
        asking = urllib.request.Request(address, method=method, headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(asking, timeout=30) as answer:
                self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                self.status, self.headers, self.body = error.code, error.headers, error.read()


@pytest.fixture
def stored(bucket: Bucket) -> str:
    return default_storage.save(NAME, ContentFile(DATA))


@pytest.mark.parametrize("bucket", [AMAZON, ANOTHER], ids=["amazon", "another"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_address_is_what_amazons_own_client_makes(
    bucket: Bucket, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from botocore.config import Config

    at = datetime(2026, 3, 1, 23, 59, 7, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: at)
    config = Config(
        signature_version="s3v4", s3={"addressing_style": "virtual" if bucket.in_host else "path"}
    )
    client = boto3.client(
        "s3",
        endpoint_url=bucket.endpoint,
        region_name=bucket.region,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=config,
    )
    disposition = 'attachment; filename="venice-7 ü.png"'
    asked = {"Bucket": bucket.name, "Key": bucket.key(NAME), "ResponseContentDisposition": disposition}
    theirs = client.generate_presigned_url(
        f"{method.lower()}_object", Params=asked, ExpiresIn=2 * WINDOW, HttpMethod=method
    )

    says = {"response-content-disposition": disposition}
    ours = bucket.origin + bucket.signed(NAME, method=method, at=int(at.timestamp()), says=says)

    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)


def test_a_bucket_does_not_show_its_key() -> None:
    assert SECRET_KEY not in repr(AMAZON)


def test_a_member_is_sent_to_the_bucket(member: Client, stored: str, bucket: Bucket) -> None:
    response = member.get(f"/media/{stored}?2")

    assert response.status_code == 302
    assert response["Location"].startswith(f"{bucket.endpoint}/{bucket.name}/{bucket.key(stored)}?")
    assert response["Content-Security-Policy"] == SANDBOX
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Content-Length"] == "0"
    assert SECRET_KEY not in str(response.headers)
    opened = Opened(response["Location"])
    assert (opened.status, opened.body) == (200, DATA)
    assert opened.headers["Content-Type"] == "image/webp"
    assert opened.headers["Cache-Control"] == CACHE
    assert opened.headers["Content-Disposition"] == "inline"


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [("bytes=0-3", 206, DATA[:4]), ("bytes=-2", 206, DATA[-2:]), ("bytes=999-", 416, None)],
)
def test_the_bucket_answers_for_parts(
    member: Client, stored: str, header: str, status: int, part: bytes | None
) -> None:
    asked = {"Range": header}
    response = member.get(f"/media/{stored}", headers=asked)
    assert response.status_code == 302

    opened = Opened(response["Location"], headers=asked)

    assert opened.status == status
    assert part is None or opened.body == part


def test_head_is_opened_by_head(member: Client, stored: str) -> None:
    response = member.head(f"/media/{stored}")
    assert response.status_code == 302
    assert response["Location"] != member.get(f"/media/{stored}")["Location"], "the method is signed too"

    opened = Opened(response["Location"], "HEAD")

    assert (opened.status, opened.body) == (200, b"")
    assert opened.headers["Content-Length"] == str(len(DATA))
    assert opened.headers["Content-Type"] == "image/webp"


def test_what_the_browser_has_is_not_sent_again(member: Client, stored: str) -> None:
    etag = Opened(member.get(f"/media/{stored}")["Location"]).headers["ETag"]
    again = Opened(member.get(f"/media/{stored}")["Location"], headers={"If-None-Match": etag})
    assert again.status == 304
    # Nor what it has from before the pictures went into a bucket.
    assert member.get(f"/media/{stored}", headers={"If-None-Match": f'"{DIGEST}-512"'}).status_code == 304


def test_an_address_stays_the_same_within_its_window_and_outlives_the_redirect(
    member: Client, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, _ = window_of(stored, 1_790_000_000)
    seen = []
    for second in (0, 1, WINDOW // 2, WINDOW - 1, WINDOW):
        monkeypatch.setattr(delivery, "time", Clock(began + second))
        response = member.get(f"/media/{stored}")
        fields = parse_qs(urlsplit(response["Location"]).query)
        signed_at = datetime.strptime(fields["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        kept, _, seconds = response["Cache-Control"].partition(", max-age=")
        ends = signed_at.timestamp() + int(fields["X-Amz-Expires"][0])
        assert signed_at.timestamp() <= began + second
        assert kept == "private"
        assert began + second + int(seconds) + WINDOW == ends, "it opens for a window more"
        seen.append(response["Location"])
    assert len(set(seen[:4])) == 1
    assert seen[4] != seen[0]


class Clock:
    def __init__(self, now: float) -> None:
        self.time = lambda: now


def test_not_all_windows_begin_at_once() -> None:
    begun = {window_of(thumbnail_name(f"{number:064x}", 512), 1_790_000_000)[0] for number in range(60)}
    assert len(begun) > 50


def test_an_original_is_opened_or_downloaded(member: Client, alice: User, bucket: Bucket) -> None:
    image = a_picture(alice, content=DATA)

    shown = Opened(member.get(f"/images/{image.pk}/original")["Location"])
    taken = Opened(member.get(f"/images/{image.pk}/original?download")["Location"])

    assert shown.body == taken.body == DATA
    assert shown.headers["Content-Disposition"] == "inline"
    assert taken.headers["Content-Disposition"] == f'attachment; filename="venice-{image.pk}.webp"'


@pytest.mark.parametrize("name", ["../secret", "spool/1.raw", f"original/00/00/{'0' * 64}.svg", "trial", ""])
def test_no_other_name_gets_an_address(member: Client, stored: str, name: str) -> None:
    assert member.get(f"/media/{name}").status_code == 404


def test_a_stranger_gets_no_address(client: Client, stored: str, db: None) -> None:
    for address in (f"/media/{stored}", "/images/1/original"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


@pytest.fixture
def accelerated(settings: LazySettings) -> None:
    settings.X_ACCEL_PREFIX = "/stored/"


@pytest.mark.usefixtures("accelerated")
@pytest.mark.parametrize("method", ["get", "head"])
def test_the_server_in_front_is_told_where_a_file_lies(member: Client, method: str) -> None:
    default_storage.save(NAME, ContentFile(DATA))

    response = getattr(member, method)(f"/media/{NAME}", headers={"Range": "bytes=0-1"})

    assert (response.status_code, response.content) == (200, b"")
    assert response["X-Accel-Redirect"] == f"/stored/{NAME}"
    assert response["Content-Type"] == "image/webp"
    assert response["Content-Disposition"] == "inline"
    assert response["Cache-Control"] == CACHE
    assert response["Content-Security-Policy"] == SANDBOX


@pytest.mark.usefixtures("accelerated")
def test_what_is_not_there_is_our_own_page(member: Client) -> None:
    response = member.get(f"/media/{NAME}")
    assert (response.status_code, response.has_header("X-Accel-Redirect")) == (404, False)


@pytest.mark.usefixtures("accelerated")
def test_a_download_keeps_its_name(member: Client, alice: User) -> None:
    image = a_picture(alice, content=DATA)
    response = member.get(f"/images/{image.pk}/original?download")
    assert response["Content-Disposition"] == f'attachment; filename="venice-{image.pk}.webp"'
    assert response["X-Accel-Redirect"] == f"/stored/{original_name(DIGEST, 'webp')}"


@pytest.mark.usefixtures("accelerated")
def test_the_server_in_front_may_fetch_from_the_bucket(member: Client, stored: str, bucket: Bucket) -> None:
    response: Any = member.get(f"/media/{stored}")

    where = response["X-Accel-Redirect"]
    assert where.startswith(f"/stored/{bucket.name}/{bucket.key(stored)}?")
    assert response["Cache-Control"] == CACHE
    opened = Opened(f"{bucket.endpoint}/{where.removeprefix('/stored/')}")
    assert (opened.status, opened.body) == (200, DATA)
