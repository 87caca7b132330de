"""What Chromium paints of a picture's bytes: its size, and the mean colours of 8 × 8 cells on white and on black."""

import base64
from dataclasses import dataclass

from playwright.sync_api import Page

Color = tuple[float, float, float]

_PAINT = """
async (address) => {
  const image = new Image();
  image.src = address;
  const isLoaded = await new Promise(done => { image.onload = () => done(true); image.onerror = () => done(false); });
  if (!isLoaded || !image.naturalWidth) return null;
  const width = image.naturalWidth, height = image.naturalHeight, cells = [];
  for (const back of ["#fff", "#000"]) {
    const board = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
    board.fillStyle = back;
    board.fillRect(0, 0, width, height);
    board.drawImage(image, 0, 0);
    const data = board.getImageData(0, 0, width, height).data;
    const span = (n, whole) => [Math.floor(n * whole / 8),
      Math.max(Math.floor(n * whole / 8) + 1, Math.floor((n + 1) * whole / 8))];
    for (let row = 0; row < 8; row++) for (let column = 0; column < 8; column++) {
      const [top, bottom] = span(row, height), [left, right] = span(column, width), sum = [0, 0, 0];
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++)
        for (let band = 0; band < 3; band++) sum[band] += data[4 * (y * width + x) + band];
      cells.push(sum.map(value => value / ((bottom - top) * (right - left))));
    }
  }
  return {width, height, cells};
}
"""


@dataclass(frozen=True, slots=True)
class Painted:
    """Size as a browser sees it; 64 cells on white and 64 on black, red, green and blue from 0 to 255."""

    width: int
    height: int
    cells: tuple[Color, ...]


def painted(page: Page, data: bytes, kind: str) -> Painted | None:
    """What `page` paints of `data`, served as image/`kind`; None when it shows a broken picture."""
    found = page.evaluate(_PAINT, f"data:image/{kind};base64,{base64.b64encode(data).decode()}")
    if found is None:
        return None
    return Painted(found["width"], found["height"], tuple(tuple(cell) for cell in found["cells"]))


def difference(one: Painted, other: Painted) -> float:
    """The largest difference between cells that lie at the same place, as ΔE of CIE 1976."""
    pairs = zip(one.cells, other.cells, strict=True)
    return max(sum((a - b) ** 2 for a, b in zip(lab(x), lab(y), strict=True)) ** 0.5 for x, y in pairs)


def lab(color: Color) -> Color:
    """CIE L*a*b* of an sRGB colour."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (band / 255 for band in color)
    )
    x, y, z = (
        value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116
        for value in (
            (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
            0.2126 * red + 0.7152 * green + 0.0722 * blue,
            (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
