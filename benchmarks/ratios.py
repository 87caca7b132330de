"""`python -m benchmarks.ratios`: writes static/css/ratios.css, shapes of pictures and heights of rows as classes."""

from pathlib import Path

SHEET = Path(__file__).resolve().parents[1] / "static" / "css" / "ratios.css"
#: Width over height in hundredths, 1:4 to 4:1.
SHAPES = range(25, 401)
#: Heights of a row in pixels, as a member may choose them.
HEIGHTS = range(110, 361, 10)
A_LINE = 6
HEAD = """\
/* Shapes: rN is N hundredths of width to height, 1:4 to 4:1. Pages know the shape before the picture, our policy
   refuses style attributes, and a row shares its room by a number that `width` and `height` do not give to CSS: so it
   comes as a class. So does the height of a row that a member has chosen: hN is N pixels.
   Written by `python -m benchmarks.ratios`. */
"""


def sheet() -> str:
    """The whole file."""
    rules = [f".r{shape}{{--r:{shape / 100:g}}}" for shape in SHAPES]
    rules += [f".h{height}{{--row:{height}px}}" for height in HEIGHTS]
    lines = ("".join(rules[start : start + A_LINE]) for start in range(0, len(rules), A_LINE))
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    SHEET.write_text(sheet(), encoding="utf-8")
