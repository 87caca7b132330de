"""Both thumbnails of a 1024² WebP: our recipe, easy-thumbnails and pyvips in turn, with size and likeness."""

import argparse
import math
import os
import statistics
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import TYPE_CHECKING

from measure import in_turn, median, ratio, report, say, start_django, temporary_folder

if TYPE_CHECKING:
    from PIL import Image

PROMPTS = (
    "a lighthouse above the sea at golden hour",
    "a neon alley in the rain at night",
    "alpine meadow under a meteor shower",
    "abstract shapes in teal and cream",
)
SIZES = (512, 256)
QUALITY, EFFORT = 80, 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="for each of four pictures (default 15)")
    rounds = parser.parse_args().rounds
    # One thread each: what is compared is work, and a worker has the other core for its other calls.
    os.environ["VIPS_CONCURRENCY"] = "1"
    with temporary_folder() as data:
        start_django(data)
        pictures = [_picture(prompt) for prompt in PROMPTS]
        cases = _cases()
        taken: dict[str, list[float]] = {name: [] for name in cases}
        for number, picture in enumerate(pictures, 1):
            say(f"picture {number} of {len(pictures)}")
            for name, times in in_turn(_bound(cases, picture), rounds).items():
                taken[name] += times
        _report(taken, pictures)


def _report(taken: dict[str, list[float]], pictures: list[bytes]) -> None:
    from gallery.media import thumbnails

    both, easy, our512 = taken["both"], taken["easy_both"], taken["512"]
    report(
        "thumbnails",
        rounds=len(both),
        cpu_ms={name: median(times) for name, times in taken.items()},
        both_of_easy_thumbnails=ratio(both, easy),
        of_pyvips_512=ratio(our512, taken["pyvips_512"]),
        both_of_512=ratio(both, our512),
        source_kb=_kb(pictures),
        kb={
            "512": _kb([thumbnails.decode(picture).thumbnails[512] for picture in pictures]),
            "256": _kb([thumbnails.decode(picture).thumbnails[256] for picture in pictures]),
            "easy_512": _kb([easy_thumbnail(picture, 512) for picture in pictures]),
            "pyvips_512": _kb([pyvips_thumbnail(picture, 512) for picture in pictures]),
        },
        ssim_512={
            "ours": _likeness(our_512, pictures),
            "easy": _likeness(lambda picture: easy_thumbnail(picture, 512), pictures),
            "pyvips": _likeness(lambda picture: pyvips_thumbnail(picture, 512), pictures),
        },
        targets={"both_of_easy_thumbnails": 0.5, "of_pyvips_512": 1.1, "ssim_512": 0.94},
    )


def _cases() -> dict[str, Callable[[bytes], object]]:
    from gallery.media import thumbnails

    return {
        "both": thumbnails.decode,
        "512": our_512,
        "easy_both": lambda picture: [easy_thumbnail(picture, size) for size in SIZES],
        "easy_512": lambda picture: easy_thumbnail(picture, 512),
        "pyvips_both": lambda picture: [pyvips_thumbnail(picture, size) for size in SIZES],
        "pyvips_512": lambda picture: pyvips_thumbnail(picture, 512),
    }


def _bound(cases: dict[str, Callable[[bytes], object]], picture: bytes) -> dict[str, Callable[[], object]]:
    return {name: (lambda case=case: case(picture)) for name, case in cases.items()}


def our_512(data: bytes) -> bytes:
    """The first half of `thumbnails.decode`, to compare with what makes one size."""
    from PIL import Image

    from gallery.media.thumbnails import METHOD
    from gallery.media.thumbnails import QUALITY as OUR_QUALITY

    with Image.open(BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as picture:
        picture.load()
        picture.thumbnail((512, 512), Image.Resampling.BICUBIC, reducing_gap=2.0)
        out = BytesIO()
        picture.save(out, "WEBP", quality=OUR_QUALITY, method=METHOD)
    return out.getvalue()


def easy_thumbnail(data: bytes, size: int) -> bytes:
    """What easy-thumbnails does for one size: it opens the original for each."""
    from easy_thumbnails import engine

    options = {"size": (size, size)}
    image = engine.process_image(engine.generate_source_image(BytesIO(data), options), options)
    return bytes(engine.save_pil_image(image, filename="x.webp", quality=QUALITY).getvalue())


def pyvips_thumbnail(data: bytes, size: int) -> bytes:
    """libvips at the same quality and effort."""
    import pyvips

    image = pyvips.Image.thumbnail_buffer(data, size, height=size)
    return bytes(image.webpsave_buffer(Q=QUALITY, effort=EFFORT))


def _picture(prompt: str) -> bytes:
    """A painted scene under detail of every scale, for pictures from Venice have that and weigh some 200 KB."""
    from PIL import ImageChops

    from venice.emulator.painter import Brief, paint
    from venice.emulator.pictures import encode

    picture = paint(Brief(model="synthetic", prompt=prompt, seed=7))
    random = Random(prompt)
    for size in (16, 32, 64, 128, 256, 512):
        picture = ImageChops.add(picture, _detail(random, size, picture.size), 1, -128)
    return encode(picture, "webp")


def _detail(random: Random, size: int, whole: tuple[int, int]) -> "Image.Image":
    from PIL import Image

    noise = Image.frombytes("L", (size, size), random.randbytes(size * size))
    # Fine detail is fainter than coarse, as in photographs.
    depth = 3 + size / 32
    grey = noise.resize(whole, Image.Resampling.BICUBIC).point(
        [round(128 + (v - 128) / depth) for v in range(256)]
    )
    return Image.merge("RGB", (grey, grey, grey))


def _kb(files: list[bytes]) -> float:
    return round(statistics.fmean(len(file) for file in files) / 1000, 1)


def _likeness(make: Callable[[bytes], bytes], pictures: list[bytes]) -> float:
    return round(statistics.fmean(ssim_to_lanczos(picture, make(picture)) for picture in pictures), 4)


def ssim_to_lanczos(original: bytes, thumbnail: bytes) -> float:
    """Structural likeness (1 is the same) of luma to a LANCZOS reduction that no codec has touched; 8 × 8 windows."""
    from PIL import Image, ImageMath

    small = Image.open(BytesIO(thumbnail))
    reference = Image.open(BytesIO(original)).convert("RGB").resize(small.size, Image.Resampling.LANCZOS)
    x, y = (picture.convert("L").convert("F") for picture in (reference, small.convert("RGB")))

    def mean(picture: Image.Image) -> list[float]:
        return list(picture.reduce(8).get_flattened_data())

    def product(a: Image.Image, b: Image.Image) -> Image.Image:
        return ImageMath.lambda_eval(lambda bands: bands["a"] * bands["b"], a=a, b=b)

    first, second = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    windows = zip(
        mean(x), mean(y), mean(product(x, x)), mean(product(y, y)), mean(product(x, y)), strict=True
    )
    total = [
        (2 * mx * my + first)
        * (2 * (xy - mx * my) + second)
        / ((mx * mx + my * my + first) * (xx - mx * mx + yy - my * my + second))
        for mx, my, xx, yy, xy in windows
    ]
    return math.fsum(total) / len(total)


if __name__ == "__main__":
    main()
