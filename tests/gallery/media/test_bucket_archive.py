"""A selection that lies in a bucket, taken home as one ZIP: whole, with a hole, and while nothing answers."""

import zipfile
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Pillow

from gallery.downloads import archive
from gallery.downloads.sidecars import MISSING
from gallery.media import s3
from gallery.media.bucket import Bucket
from gallery.models import Image, User
from tests.bucket import BadLine, objects_in
from tests.gallery.generations import a_picture
from tests.odd_pictures import encoded, scene

pytestmark = pytest.mark.long


def made(owner: User, count: int) -> list[Image]:
    """Pictures with files of their own."""
    contents = [
        encoded(scene(size=(64, 48)), "WEBP", exif=Pillow.Exif().tobytes() + bytes([number]))
        for number in range(count)
    ]
    return [a_picture(owner, f"picture {number}", content=data) for number, data in enumerate(contents)]


def taken(member: Client, images: list[Image]) -> zipfile.ZipFile:
    answer: Any = member.post("/selection/download/", {"image": [each.pk for each in images]})
    assert answer.status_code == 200
    found = zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert found.testzip() is None
    return found


def pictures_in(found: zipfile.ZipFile) -> list[bytes]:
    return [found.read(name) for name in found.namelist() if name.endswith(".webp")]


def test_a_selection_in_a_bucket_is_taken_home(member: Client, alice: User, bucket: Bucket) -> None:
    member.post("/account/", {"copies_carry": "as-sent", "download_name": "{id}"})
    images = made(alice, 5)
    kept = objects_in(bucket)
    found = taken(member, images)
    assert sorted(pictures_in(found)) == sorted(kept[bucket.key(each.name)] for each in images)
    default_storage.delete(images[2].name)
    found = taken(member, images)
    assert len(pictures_in(found)) == 4
    assert found.read(MISSING).decode().split("\t")[1] == f"picture {images[2].pk}"


@pytest.mark.parametrize("how", ["refuses", "cut"])
@pytest.mark.parametrize("comes_back", [True, False])
def test_a_bucket_that_is_silent_for_a_moment_is_awaited(
    member: Client, alice: User, line: BadLine, monkeypatch: pytest.MonkeyPatch, how: str, comes_back: bool
) -> None:
    monkeypatch.setattr(s3, "_PAUSE", 0.05)
    monkeypatch.setattr(archive, "WAITS", (0.1, 0.1))
    images = made(alice, 6)
    spoilt = line.cut if how == "cut" else line.answering(503, "SlowDown")
    bad: list[str] = []

    def mode(handler: BaseHTTPRequestHandler) -> bool:
        # The client itself tries once more.
        if comes_back and len(bad) >= 2:
            return False
        bad.append(handler.path)
        return spoilt(handler)

    line.mode = mode
    found = taken(member, images)
    assert bad
    if comes_back:
        assert len(pictures_in(found)) == len(images)
        assert MISSING not in found.namelist()
    else:
        assert pictures_in(found) == []
        assert len(found.read(MISSING).decode().splitlines()) == len(images)
