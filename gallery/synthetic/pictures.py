"""A pool of pictures, drawn when it is needed and shared by many rows: files are stored by content."""

from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from gallery.media import pictures, thumbnails
from gallery.synthetic.words import phrases

Shape = tuple[int, int]
# The columns of an Image row that tell of its file.
Picture = dict[str, Any]


def draw_pool(shapes: Sequence[Shape], each: int, random: Random) -> dict[Shape, list[Picture]]:
    """`each` pictures of every shape, in DATA_DIR/media with both thumbnails; some 0.3 s for one."""
    prompts = phrases(random)
    return {
        shape: [_draw(next(prompts), shape, random.randrange(1, 1_000_000)) for _ in range(each)]
        for shape in shapes
    }


def _draw(prompt: str, shape: Shape, seed: int) -> Picture:
    from venice.emulator.painter import Brief, paint
    from venice.emulator.pictures import encode

    width, height = shape
    brief = Brief(model="synthetic", prompt=prompt, seed=seed, width=width, height=height)
    data = encode(paint(brief), "webp")
    return asdict(pictures.store(data, thumbnails.decode(data)))
