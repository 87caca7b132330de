"""What an older release made is remade: bit by bit, from originals that stay as they are."""

from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from PIL import Image as Pillow

from gallery.media.decoder import Decoder
from gallery.media.storage import thumbnail_name
from gallery.media.thumbnails import RECIPE
from gallery.models import Image, User
from gallery.pipeline import thumbnail_upgrade
from tests.gallery.generations import a_picture

pytestmark = pytest.mark.usefixtures("models_known")


def turned(color: str) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    out = BytesIO()
    Pillow.new("RGB", (1024, 768), color).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture
def old(alice: User) -> list[Image]:
    """Three pictures with the thumbnails that were made when no picture was turned."""
    images = [a_picture(alice, content=turned(color)) for color in ("red", "green", "blue")]
    for image in images:
        for size in (512, 256):
            out = BytesIO()
            Pillow.new("RGB", (size, size * 3 // 4)).save(out, "WEBP")
            default_storage.save(thumbnail_name(image.sha256, size), ContentFile(out.getvalue()))
    return images


def run() -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("remake_thumbnails", stdout=out, stderr=out)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue()
    return 0, out.getvalue()


def shape(image: Image, size: int) -> tuple[int, int]:
    with Pillow.open(default_storage.path(thumbnail_name(image.sha256, size))) as thumbnail:
        return thumbnail.size


def originals() -> dict[Path, tuple[bytes, int]]:
    files = (Path(settings.MEDIA_ROOT) / "original").rglob("*.webp")
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_thumbnails_sizes_and_colours_are_remade_and_originals_left_alone(old: list[Image]) -> None:
    before = originals()

    assert run() == (0, "3 remade, 0 could not be.\n")

    assert originals() == before
    for image in old:
        address = image.thumbnail_512
        image.refresh_from_db()
        assert (image.width, image.height, image.recipe) == (768, 1024, RECIPE)
        assert (shape(image, 512), shape(image, 256)) == ((384, 512), (192, 256))
        assert image.thumbnail_512 != address, "browsers keep the old one for a year"
    assert old[0].color[1:3] > "f0"
    assert run() == (0, "0 remade, 0 could not be.\n")


def test_a_remade_thumbnail_is_served(old: list[Image], alice: User, client: Client) -> None:
    client.force_login(alice)
    run()
    old[0].refresh_from_db()

    response = client.get(old[0].thumbnail_256)

    with Pillow.open(BytesIO(b"".join(response))) as thumbnail:
        assert thumbnail.size == (192, 256)


def test_it_may_be_stopped_and_goes_on(old: list[Image], monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> Iterator[Image]:
        yield next(pictures)
        raise KeyboardInterrupt

    pictures = thumbnail_upgrade.outdated()
    with monkeypatch.context() as patched:
        patched.setattr("gallery.management.commands.remake_thumbnails.outdated", stopped)
        assert run() == (130, "Stopped: 1 remade. Run it again to go on.\n")
    assert Image.objects.filter(recipe=RECIPE).count() == 1

    assert run() == (0, "2 remade, 0 could not be.\n")


def test_what_was_remade_but_not_recorded_is_remade_again(old: list[Image]) -> None:
    """Stopped between files and rows."""
    run()
    Image.objects.filter(pk=old[1].pk).update(recipe=1, width=1, height=1)

    assert run() == (0, "1 remade, 0 could not be.\n")

    old[1].refresh_from_db()
    assert (old[1].width, old[1].height) == (768, 1024)


@pytest.mark.parametrize("how", ["gone", "changed", "cut"])
def test_what_cannot_be_remade_is_reported_and_stays(old: list[Image], how: str) -> None:
    path = Path(default_storage.path(old[1].name))
    data = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(data[:-400] if how == "cut" else data + b"x")

    status, text = run()

    assert status == 1
    assert f"Picture {old[1].pk} " in text
    assert "2 remade, 1 could not be." in text
    old[1].refresh_from_db()
    assert (old[1].width, old[1].height, old[1].recipe) == (1024, 768, 1)
    assert shape(old[1], 512) == (512, 384)


def test_rows_of_one_content_change_together(old: list[Image], alice: User) -> None:
    twin = a_picture(alice, content=turned("red"))

    assert run() == (0, "3 remade, 0 could not be.\n")

    twin.refresh_from_db()
    assert (twin.width, twin.recipe) == (768, RECIPE)


def test_a_file_of_the_same_length_is_replaced(old: list[Image]) -> None:
    """Two thumbnails may well be of one length."""
    decoder = Decoder()
    try:
        thumbnail_upgrade.remake(old[0], decoder)
        name = thumbnail_name(old[0].sha256, 512)
        path = Path(default_storage.path(name))
        right = path.read_bytes()
        path.write_bytes(right[:-1] + bytes((right[-1] ^ 255,)))

        thumbnail_upgrade.remake(old[0], decoder)
    finally:
        decoder.close()

    assert path.read_bytes() == right
    before = path.stat().st_ino
    default_storage.save(name, ContentFile(right))
    assert path.stat().st_ino == before, "what is there already is not written again"
