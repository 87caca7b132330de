"""Thumbnail, size and colour are what Chromium paints of the original; and what it shows whole, we store."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from gallery.media.decoder import Decoder
from gallery.media.thumbnails import UnusablePicture
from tests.e2e.colours import difference, painted
from tests.odd_pictures import complete, cut, damaged, sound

SOUND, DAMAGED, COMPLETE, CUT = sound(), damaged(), complete(), cut()
#: What a careful eye sees between two cells that lie side by side is about 2.
MOST = 3.0


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    running = Decoder()
    yield running
    running.close()


@pytest.mark.one_in(8)
@pytest.mark.parametrize("name", SOUND)
def test_thumbnails_are_what_is_painted(page: Page, decoder: Decoder, name: str) -> None:
    kind, make = SOUND[name]
    data = make()
    original = painted(page, data, kind)
    assert original is not None, "Chromium does not show it: it proves nothing here"

    decoded = decoder.decode(data)

    assert (decoded.format, decoded.width, decoded.height) == (kind, original.width, original.height)
    for size, thumbnail in decoded.thumbnails.items():
        small = painted(page, thumbnail, "webp")
        assert small is not None
        assert max(small.width, small.height) == min(size, max(original.width, original.height))
        assert difference(original, small) <= MOST, size


@pytest.mark.one_in(8)
@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_shown_whole_is_stored(page: Page, decoder: Decoder, name: str) -> None:
    case = DAMAGED[name]
    expected, shown = (painted(page, data, case.form) for data in (case.sound, case.damaged))
    assert expected is not None
    assert shown is not None, "Chromium does not show it: it proves nothing here"
    assert difference(expected, shown) <= MOST, "Chromium does not show it whole"

    decoded = decoder.decode(case.damaged)

    assert (decoded.format, decoded.width, decoded.height) == (case.form, shown.width, shown.height)
    small = painted(page, decoded.thumbnails[512], "webp")
    assert small is not None
    assert difference(shown, small) <= MOST


@pytest.mark.one_in(4)
@pytest.mark.parametrize("name", COMPLETE)
def test_what_is_complete_is_stored(page: Page, decoder: Decoder, name: str) -> None:
    """It is paid for, and other programs show it."""
    case = COMPLETE[name]
    expected = painted(page, case.sound, case.form)
    assert expected is not None

    small = painted(page, decoder.decode(case.damaged).thumbnails[512], "webp")

    assert small is not None
    assert difference(expected, small) <= MOST


@pytest.mark.parametrize("data", CUT.values(), ids=CUT.keys())
def test_what_is_shown_in_part_is_refused(decoder: Decoder, data: bytes) -> None:
    with pytest.raises(UnusablePicture):
        decoder.decode(data)
