"""Where pictures are kept, read from the environment: a bad value is refused in one sentence that names it."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from gallery import checks, environment
from gallery.media.bucket import Bucket
from tests.bucket import SECRET_KEY
from tests.gallery.test_settings import show

GIVEN = {
    "MEDIA_STORAGE": "s3://gallery-1",
    "AWS_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL_S3": "",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
}


def bucket(monkeypatch: pytest.MonkeyPatch, **changes: str) -> Bucket | None:
    for name, value in (GIVEN | changes).items():
        monkeypatch.setenv(name, value)
    return environment.bucket()


def test_a_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bucket(monkeypatch, MEDIA_STORAGE="") is None
    assert bucket(monkeypatch, MEDIA_STORAGE="disk") is None


@pytest.mark.parametrize(
    ("changes", "origin", "path"),
    [
        ({}, "https://gallery-1.s3.eu-central-1.amazonaws.com", "/x"),
        ({"MEDIA_STORAGE": "s3://gallery-1/"}, "https://gallery-1.s3.eu-central-1.amazonaws.com", "/x"),
        (
            {"MEDIA_STORAGE": "s3://gallery-1/a/b_c.d/"},
            "https://gallery-1.s3.eu-central-1.amazonaws.com",
            "/a/b_c.d/x",
        ),
        ({"MEDIA_STORAGE": "s3://a.b"}, "https://s3.eu-central-1.amazonaws.com", "/a.b/x"),
        (
            {"AWS_ENDPOINT_URL_S3": "http://minio:9000/", "AWS_REGION": ""},
            "http://minio:9000",
            "/gallery-1/x",
        ),
        ({"AWS_ENDPOINT_URL_S3": "https://S3.example:443"}, "https://s3.example", "/gallery-1/x"),
    ],
)
def test_where_browsers_find_it(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], origin: str, path: str
) -> None:
    made = bucket(monkeypatch, **changes)
    assert made
    assert (made.origin, made.path("x")) == (origin, path)
    assert made.region == (changes.get("AWS_REGION", "eu-central-1") or "us-east-1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("MEDIA_STORAGE", value)
            for value in (
                *(
                    "s3",
                    "s3://",
                    "s3://ab",
                    "s3://Upper",
                    "s3://a..b/c",
                    "s3://under_score",
                    "Disk",
                    "/srv/media",
                ),
                *(
                    "s3://bucket/../other",
                    "s3://bucket//x",
                    "s3://bucket/ü",
                    "s3://bucket/a b",
                    "s3://bucket?x",
                ),
                *("https://bucket.s3.amazonaws.com", "s3://key:secret@bucket", "s3://bucket/.hidden"),
            )
        ),
        ("AWS_REGION", "EU Central"),
        ("AWS_REGION", ""),
        ("AWS_ENDPOINT_URL_S3", "minio:9000"),
        ("AWS_ENDPOINT_URL_S3", "https://storage.example/s3"),
        ("AWS_ENDPOINT_URL_S3", "https://0.0.0.0:9000"),
        ("AWS_ENDPOINT_URL_S3", "https://user:password@minio"),
        ("AWS_ENDPOINT_URL_S3", "https://" + "a" * 3000),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_SECRET_ACCESS_KEY", "two words"),
    ],
)
def test_a_bad_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        bucket(monkeypatch, **{name: value})
    assert "\n" not in str(caught.value)
    assert SECRET_KEY not in str(caught.value)


@pytest.mark.parametrize("value", ["", "/stored/", "/a/b-c/"])
def test_a_location_of_the_server_in_front(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_ACCEL_PREFIX", value)
    assert environment.internal_location() == value


@pytest.mark.parametrize(
    "value",
    [
        "stored",
        "/stored",
        "stored/",
        "/",
        "//",
        "/a/../b/",
        "/ü/",
        "/a?b/",
        "/a\nX: y/",
        "/@x/",
        "/media/",
        "/static/x/",
    ],
)
def test_what_is_no_location_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("X_ACCEL_PREFIX", value)
    with pytest.raises(ImproperlyConfigured, match="X_ACCEL_PREFIX"):
        environment.internal_location()


@pytest.mark.parametrize(
    ("more", "sources"),
    [
        ({"MEDIA_STORAGE": ""}, ["'self'"]),
        ({}, ["'self'", "https://gallery-1.s3.eu-central-1.amazonaws.com"]),
        ({"AWS_ENDPOINT_URL_S3": "https://s3.example"}, ["'self'", "https://s3.example"]),
        ({"X_ACCEL_PREFIX": "/stored/"}, ["'self'"]),
    ],
)
def test_pages_may_show_pictures_of_the_bucket_and_no_other(
    tmp_path: Any, more: dict[str, str], sources: list[str]
) -> None:
    directives = "settings.CONTENT_SECURITY_POLICY['DIRECTIVES']"
    others = f"[name for name in {directives} if 'http' in str({directives}[name])]"
    shown = show(tmp_path, f"{directives}['img-src'], {others}", **(GIVEN | more))
    assert shown == f"{sources} {['img-src'] if len(sources) > 1 else []}"


@pytest.mark.parametrize(
    ("engine", "has_bucket", "given", "warned"),
    [
        ("postgresql", True, False, True),
        ("postgresql", True, True, False),
        ("postgresql", False, False, False),
        ("sqlite3", True, False, False),
    ],
)
def test_several_hosts_are_told_to_share_their_key(
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    has_bucket: bool,
    given: bool,
    warned: bool,
) -> None:
    settings.MEDIA_BUCKET = bucket(monkeypatch) if has_bucket else None
    settings.SECRET_KEY_GIVEN = given
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")

    words = [check.msg for check in checks.key_of_one_host()]

    assert bool(words) == warned
    if warned:
        assert words[0].startswith("SECRET_KEY is not set")
