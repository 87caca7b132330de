"""A picture that one can see through stands on the page's own ground, dark or light."""

from io import BytesIO
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator

from tests.e2e.conftest import Site, signed_in

STORED = """
from io import BytesIO
from dataclasses import asdict
from PIL import Image as Pillow
from gallery.media import pictures
from gallery.media.thumbnails import decode
from gallery.models import Image, User
from tests.gallery.generations import a_picture
picture = Pillow.new("RGBA", (600, 600), (255, 0, 0, 0))
picture.paste((255, 0, 0, 255), (200, 200, 400, 400))
file = BytesIO()
picture.save(file, "PNG")
row = a_picture(User.objects.get(username="admin"), "a red square on nothing")
stored = asdict(pictures.store(file.getvalue(), decode(file.getvalue())))
Image.objects.filter(pk=row.pk).update(**stored)
print(row.pk)
"""


def corner_and_middle(picture: Locator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    with Image.open(BytesIO(picture.screenshot())) as shot:
        seen = shot.convert("RGB")
        pixels = [
            seen.getpixel(place)
            for place in ((seen.width // 6, seen.height // 6), (seen.width // 2, seen.height // 2))
        ]
    first, second = (pixel for pixel in pixels if isinstance(pixel, tuple))
    return first, second


@pytest.mark.one_in(2)
@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_stands_on_the_ground_of_the_page(
    site: Site, browser: Browser, scheme: Literal["dark", "light"]
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = signed_in(site, context, path=None)
    number = site.manage("shell", "-c", STORED).split()[-1]
    for path in ("/", f"/images/{number}/"):
        page.goto(f"{site.url}{path}")
        picture = page.locator(f'[data-image="{number}"] img, img[data-image="{number}"]').first
        picture.scroll_into_view_if_needed()
        picture.evaluate("img => img.decode()")
        corner, middle = corner_and_middle(picture)
        assert middle[0] > 240
        assert max(middle[1:]) < 20
        body = page.evaluate(GROUND)
        assert max(abs(a - b) for a, b in zip(corner, body, strict=True)) <= 2, path
    context.close()


GROUND = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const on = (place) => getComputedStyle(document.querySelector(place)).backgroundColor;
  for (const place of ["html", "body", ".stage"]) {
    if (!document.querySelector(place)) continue;
    context.fillStyle = on(place);
    context.fillRect(0, 0, 1, 1);
  }
  return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""
