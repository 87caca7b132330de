"""Pictures of every kind, made here: depths, modes, profiles, turns, animations; and sound ones that were damaged."""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

from gallery.media.profiles import from_cicp, from_gamma

SIZE = (640, 480)


@cache
def scene(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """Strong colours, a different one in each corner; with holes and veils where there is an alpha channel."""
    width, height = size
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    picture = Image.merge("RGB", (across, down, across.point(lambda v: 255 - v)))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, width * 3 // 8, height // 4), "#e02010")
    pen.ellipse((width // 2, height // 2, width * 7 // 8, height), "#10c030")
    if mode in ("RGBA", "LA"):
        veil = Image.linear_gradient("L").rotate(180).resize(size)
        ImageDraw.Draw(veil).rectangle((0, 0, width // 4, height), 0)
        picture.putalpha(veil)
    return picture.convert(mode)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


@cache
def palette() -> Image.Image:
    """The scene in 64 colours."""
    return scene().quantize(64)


@cache
def usual(form: str) -> bytes:
    """The scene as it is written without more being said; WebP with its veils."""
    if form == "GIF":
        return encoded(palette(), form)
    quality = {"JPEG": {"quality": 90}, "WEBP": {"quality": 90}, "AVIF": {"quality": 80}}.get(form, {})
    return encoded(scene("RGBA" if form == "WEBP" else "RGB"), form, **quality)


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunks(png: bytes, *chunks: bytes) -> bytes:
    """A PNG with these behind its head."""
    return png[:33] + b"".join(chunks) + png[33:]


def before_end(png: bytes, *chunks: bytes) -> bytes:
    return png[:-12] + b"".join(chunks) + png[-12:]


def without_checksum(made: bytes) -> bytes:
    return made[:-4] + bytes((made[-4] ^ 255, *made[-3:]))


def raw_png(
    kind: int, depth: int, rows: Iterable[bytes], *chunks: bytes, size: tuple[int, int], lace: int = 0
) -> bytes:
    """A PNG of lines as they are, for what Pillow does not write."""
    head = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, lace)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *chunks, chunk(b"IDAT", data), chunk(b"IEND", b""))
    )


def deep_png(mode: str, *chunks: bytes) -> bytes:
    """16 bits for each band; the lower ones are not those of the upper."""
    picture = scene(mode)
    kind = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}[mode]
    data, line = picture.tobytes(), picture.width * len(picture.getbands())
    rows = (
        bytes(v for byte in data[start : start + line] for v in (byte, 93))
        for start in range(0, len(data), line)
    )
    return raw_png(kind, 16, rows, *chunks, size=picture.size)


def shallow_png(depth: int, *chunks: bytes) -> bytes:
    """Grey of 1, 2 or 4 bits."""
    picture = scene("L")
    data, width, per = picture.tobytes(), picture.width, 8 // depth
    rows = []
    for start in range(0, len(data), width):
        small = [value >> (8 - depth) for value in data[start : start + width]]
        rows.append(
            bytes(
                sum(value << (8 - depth * (n + 1)) for n, value in enumerate(small[place : place + per]))
                for place in range(0, width, per)
            )
        )
    return raw_png(0, depth, rows, *chunks, size=picture.size)


def laced_png() -> bytes:
    """Adam7: seven passes, each finer."""
    picture = scene()
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = []
    for left, top, across, down in passes:
        for y in range(top, picture.height, down):
            line = picture.crop((0, y, picture.width, y + 1)).tobytes()
            rows.append(b"".join(line[3 * x : 3 * x + 3] for x in range(left, picture.width, across)))
    return raw_png(2, 8, rows, size=picture.size, lace=1)


def turned(form: str, orientation: int, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(scene(), form, exif=exif, **options)


@cache
def library_profile(name: str) -> bytes:
    """p3, srgb or cmyk as libvips ships them."""
    import pyvips

    return bytes(pyvips.Image.profile_load(name))


def grey_profile(gamma: float) -> bytes:
    xyz = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    head = struct.pack(">IxxxxI4s4s4s", 156 + 36, 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head += struct.pack(">6H4s28x3i", 2000, 1, 1, 0, 0, 0, b"acsp", 63190, 65536, 54061)
    table = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, 16)
    return head.ljust(128, b"\0") + table + xyz + curve


def packed(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))


def gamma(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


WIDE = chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600))
NARROW = chunk(b"cHRM", struct.pack(">8I", 34570, 35850, 60000, 33000, 30000, 58000, 17000, 8000))


def with_transform(jpeg: bytes, transform: int | None) -> bytes:
    """A JPEG of four bands whose Adobe mark says this of its colours; None: without the mark."""
    start = jpeg.index(b"\xff\xee")
    if transform is None:
        return jpeg[:start] + jpeg[start + 16 :]
    return jpeg[: start + 15] + bytes((transform,)) + jpeg[start + 16 :]


def animated_png(*, is_first_apart: bool) -> bytes:
    """Three frames; with `is_first_apart` the picture for those who know no animations is none of them."""
    frames = [scene(), scene().rotate(180), scene().convert("L").convert("RGB")]
    return encoded(
        frames[0],
        "PNG",
        save_all=True,
        append_images=frames[1:],
        default_image=is_first_apart,
        duration=60_000,
    )


def animated(form: str, mode: str = "RGB", **options: object) -> bytes:
    later = [scene(mode).rotate(180), scene(mode).convert("L").convert(mode)]
    return encoded(scene(mode), form, save_all=True, append_images=later, duration=60_000, **options)


def gif_with_a_small_frame() -> bytes:
    """A canvas of 640 × 480 whose first frame covers the middle of it."""
    small = encoded(scene().resize((320, 240)).quantize(64), "GIF")
    frame = small.index(b"\x2c\0\0\0\0" + struct.pack("<HH", 320, 240))
    return (
        small[:6]
        + struct.pack("<HH", 640, 480)
        + small[10 : frame + 1]
        + struct.pack("<HH", 160, 120)
        + small[frame + 5 :]
    )


def _with_a_hole() -> Image.Image:
    picture = scene().convert("RGBA")
    picture.paste((0, 0, 0, 0), (160, 120, 320, 360))
    return picture


def with_colors(avif: bytes, primaries: int, transfer: int) -> bytes:
    place = avif.index(b"colrnclx") + 8
    return avif[:place] + struct.pack(">HH", primaries, transfer) + avif[place + 4 :]


def _pngs() -> dict[str, Callable[[], bytes]]:
    plain, grey, clear = usual("PNG"), scene("L"), scene("RGBA")
    linear, p3 = from_gamma(1.0) or b"", library_profile("p3")
    red = clear.getpixel((600, 470)) and scene().getpixel((5, 5))
    assert isinstance(red, tuple)
    return {
        "rgb": lambda: plain,
        "rgba": lambda: encoded(clear, "PNG"),
        "grey": lambda: encoded(grey, "PNG"),
        "grey and alpha": lambda: encoded(scene("LA"), "PNG"),
        "black and white": lambda: encoded(scene("1"), "PNG"),
        "2 bits": lambda: shallow_png(2),
        "4 bits": lambda: shallow_png(4),
        "16 bits, grey": lambda: deep_png("L"),
        "16 bits, rgb": lambda: deep_png("RGB"),
        "16 bits, grey and alpha": lambda: deep_png("LA"),
        "16 bits, rgba": lambda: deep_png("RGBA"),
        "palette": lambda: encoded(palette(), "PNG"),
        "palette of 16": lambda: encoded(scene().quantize(16), "PNG", bits=4),
        "palette, one transparent": lambda: encoded(palette(), "PNG", transparency=3),
        "palette, veils": lambda: encoded(palette(), "PNG", transparency=bytes(range(0, 256, 4))),
        "grey, one transparent": lambda: encoded(grey, "PNG", transparency=grey.getpixel((5, 5))),
        "1 bit, one transparent": lambda: shallow_png(1, chunk(b"tRNS", b"\0\1")),
        "4 bits, one transparent": lambda: shallow_png(4, chunk(b"tRNS", b"\0\7")),
        "16 bits, grey, one transparent": lambda: deep_png(
            "L",
            chunk(b"tRNS", bytes((0 * grey.width + int(grey.getpixel((5, 5))), 93))),  # type: ignore[arg-type]
        ),
        "rgb, one transparent": lambda: encoded(scene(), "PNG", transparency=red),
        "16 bits, rgb, one transparent": lambda: deep_png(
            "RGB", chunk(b"tRNS", bytes(v for band in red for v in (band, 93)))
        ),
        "wholly transparent": lambda: encoded(Image.new("RGBA", (64, 64), (200, 30, 40, 0)), "PNG"),
        "interlaced": laced_png,
        "gamma 1": lambda: with_chunks(plain, gamma(100_000)),
        "gamma 1, grey": lambda: with_chunks(encoded(grey, "PNG"), gamma(100_000)),
        "gamma 1, palette": lambda: with_chunks(encoded(palette(), "PNG"), gamma(100_000)),
        "gamma 1, rgba": lambda: with_chunks(encoded(clear, "PNG"), gamma(100_000)),
        "gamma as usual": lambda: with_chunks(plain, gamma(45_455)),
        "gamma nearly as usual": lambda: with_chunks(plain, gamma(47_000)),
        "gamma of old Macs": lambda: with_chunks(plain, gamma(55_556)),
        "gamma of nothing": lambda: with_chunks(plain, gamma(0)),
        "primaries alone": lambda: with_chunks(plain, WIDE),
        "primaries, wide": lambda: with_chunks(plain, gamma(45_455), WIDE),
        "primaries, narrow, other white": lambda: with_chunks(plain, gamma(60_000), NARROW),
        "primaries of nothing": lambda: with_chunks(plain, gamma(45_455), chunk(b"cHRM", bytes(32))),
        "said to be sRGB": lambda: with_chunks(plain, chunk(b"sRGB", b"\0"), gamma(100_000), WIDE),
        "cicp, Display P3": lambda: with_chunks(plain, chunk(b"cICP", bytes((12, 13, 0, 1)))),
        "cicp, BT.709": lambda: with_chunks(plain, chunk(b"cICP", bytes((1, 1, 0, 1)))),
        "cicp before a profile": lambda: with_chunks(
            plain, packed(library_profile("srgb")), chunk(b"cICP", bytes((9, 14, 0, 1)))
        ),
        "gamma behind the pixels": lambda: before_end(plain, gamma(100_000)),
        "Display P3": lambda: encoded(scene(), "PNG", icc_profile=p3),
        "Display P3, rgba": lambda: encoded(clear, "PNG", icc_profile=p3),
        "Display P3, palette": lambda: encoded(palette(), "PNG", icc_profile=p3),
        "Display P3, grey": lambda: encoded(grey, "PNG", icc_profile=p3),
        "sRGB profile": lambda: encoded(scene(), "PNG", icc_profile=library_profile("srgb")),
        "linear profile": lambda: encoded(scene(), "PNG", icc_profile=linear),
        "linear profile, grey": lambda: encoded(grey, "PNG", icc_profile=linear),
        "grey profile": lambda: encoded(grey, "PNG", icc_profile=grey_profile(1.0)),
        "grey profile, alpha": lambda: encoded(scene("LA"), "PNG", icc_profile=grey_profile(1.0)),
        "grey profile, 16 bits": lambda: deep_png("L", packed(grey_profile(1.0))),
        "grey profile of colours": lambda: encoded(scene(), "PNG", icc_profile=grey_profile(1.0)),
        "press profile of colours": lambda: encoded(scene(), "PNG", icc_profile=library_profile("cmyk")),
        "broken profile, then gamma": lambda: with_chunks(plain, packed(p3[:200]), gamma(100_000)),
        "animated": lambda: animated_png(is_first_apart=False),
        "animated, another for the rest": lambda: animated_png(is_first_apart=True),
        "thin": lambda: encoded(scene(size=(1, 4000)), "PNG"),
        "flat": lambda: encoded(scene(size=(4000, 1)), "PNG"),
        "one pixel": lambda: encoded(Image.new("RGB", (1, 1), "#40a0e0"), "PNG"),
        "turned in XMP alone": lambda: with_chunks(
            plain,
            chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<rdf:Description tiff:Orientation="6"/>'),
        ),
        **{f"turned {n}": lambda n=n: turned("PNG", n) for n in (2, 3, 6, 8)},
    }


def _jpegs() -> dict[str, Callable[[], bytes]]:
    ink = scene().convert("CMYK")
    press = library_profile("cmyk")
    return {
        "rgb": lambda: encoded(scene(), "JPEG", quality=90),
        "grey": lambda: encoded(scene("L"), "JPEG", quality=90),
        "progressive": lambda: encoded(scene(), "JPEG", quality=90, progressive=True),
        "rgb as it is": lambda: encoded(scene(), "JPEG", quality=90, keep_rgb=True),
        "cmyk": lambda: encoded(ink, "JPEG", quality=90),
        "cmyk without Adobe's mark": lambda: with_transform(encoded(ink, "JPEG", quality=90), None),
        "ycck": lambda: with_transform(
            encoded(Image.merge("CMYK", (*scene("YCbCr").split(), scene("L"))), "JPEG", quality=90), 2
        ),
        "cmyk, press profile": lambda: encoded(ink, "JPEG", quality=90, icc_profile=press),
        "cmyk, profile of colours": lambda: encoded(
            ink, "JPEG", quality=90, icc_profile=library_profile("p3")
        ),
        "Display P3": lambda: encoded(scene(), "JPEG", quality=90, icc_profile=library_profile("p3")),
        "wide and linear": lambda: encoded(scene(), "JPEG", quality=90, icc_profile=from_cicp(9, 8)),
        "grey profile": lambda: encoded(scene("L"), "JPEG", quality=90, icc_profile=grey_profile(1.0)),
        "cmyk, turned": lambda: encoded(ink, "JPEG", quality=90, exif=_exif(6)),
        "large": lambda: encoded(scene(size=(4800, 3600)), "JPEG", quality=90),
        "several in one": lambda: animated("MPO"),
        **{f"turned {n}": lambda n=n: turned("JPEG", n, quality=90) for n in range(1, 9)},
    }


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _others() -> dict[str, tuple[str, Callable[[], bytes]]]:
    p3 = library_profile("p3")
    return {
        "webp: rgb": ("webp", lambda: encoded(scene(), "WEBP", quality=90)),
        "webp: rgba": ("webp", lambda: encoded(scene("RGBA"), "WEBP", quality=90)),
        "webp: lossless": ("webp", lambda: encoded(scene("RGBA"), "WEBP", lossless=True)),
        "webp: turned 6": ("webp", lambda: turned("WEBP", 6, quality=90)),
        "webp: Display P3": ("webp", lambda: encoded(scene(), "WEBP", quality=90, icc_profile=p3)),
        "webp: Display P3, rgba": (
            "webp",
            lambda: encoded(scene("RGBA"), "WEBP", quality=90, icc_profile=p3),
        ),
        "webp: animated": ("webp", lambda: animated("WEBP", quality=90)),
        "webp: animated, rgba": ("webp", lambda: animated("WEBP", "RGBA", quality=90)),
        "gif": ("gif", lambda: encoded(palette(), "GIF")),
        "gif: grey": ("gif", lambda: encoded(scene("L"), "GIF")),
        "gif: transparent": ("gif", lambda: encoded(palette(), "GIF", transparency=3)),
        "gif: animated": ("gif", lambda: animated("GIF")),
        "gif: small first frame": ("gif", gif_with_a_small_frame),
        "avif": ("avif", lambda: encoded(scene(), "AVIF", quality=80)),
        "avif: grey": ("avif", lambda: encoded(scene("L"), "AVIF", quality=80)),
        # Of veils, and of animations in full range, Chromium and libavif do not think alike.
        "avif: with a hole": ("avif", lambda: encoded(_with_a_hole(), "AVIF", quality=80)),
        "avif: Display P3": ("avif", lambda: encoded(scene(), "AVIF", quality=80, icc_profile=p3)),
        "avif: primaries of Display P3": (
            "avif",
            lambda: with_colors(encoded(scene(), "AVIF", quality=80), 12, 13),
        ),
        "avif: animated": ("avif", lambda: animated("AVIF", quality=80, range="limited")),
        **{f"avif: turned {n}": ("avif", lambda n=n: turned("AVIF", n, quality=80)) for n in (2, 5, 6, 8)},
    }


@dataclass(frozen=True)
class Damaged:
    """A sound picture, and what was made of it."""

    form: str
    sound: bytes
    damaged: bytes


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def _with_pieces(webp: bytes, *pieces: tuple[bytes, bytes], length: int | None = None) -> bytes:
    """A WebP with more chunks at its end, saying that it is `length` long."""
    body = webp[8:]
    for name, content in pieces:
        body += name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def _damaged_pngs() -> Iterable[tuple[str, bytes]]:
    png, lorem = usual("PNG"), b"LoremIpsum"
    text = chunk(b"tEXt", b"Comment\0hello")
    # Quickly made: what is in it is the same.
    bomb = zlib.compress(bytes(80_000_000), 1)
    yield "text of a wrong checksum", with_chunks(png, without_checksum(text))
    yield "text of a wrong checksum behind the pixels", before_end(png, without_checksum(text))
    yield "time of a wrong checksum", with_chunks(png, without_checksum(chunk(b"tIME", bytes(7))))
    yield "gamma of a wrong checksum", with_chunks(png, without_checksum(gamma(100_000)))
    yield "profile of a wrong checksum", with_chunks(png, without_checksum(packed(library_profile("p3"))))
    yield (
        "turn of a wrong checksum",
        with_chunks(png, without_checksum(chunk(b"eXIf", _exif(6).tobytes()[6:]))),
    )
    yield "unknown chunk of a wrong checksum", with_chunks(png, without_checksum(chunk(b"veNd", lorem)))
    yield "garbage EXIF", with_chunks(png, chunk(b"eXIf", lorem))
    yield "garbage profile", with_chunks(png, chunk(b"iCCP", lorem))
    yield "garbage in a profile", with_chunks(png, packed(lorem * 100))
    yield (
        "short chunks",
        with_chunks(
            png,
            *(chunk(name, b"\1") for name in (b"gAMA", b"cHRM", b"pHYs", b"tIME", b"sRGB", b"iCCP", b"cICP")),
        ),
    )
    yield (
        "empty chunks",
        with_chunks(
            png,
            *(chunk(name, b"") for name in (b"gAMA", b"cHRM", b"pHYs", b"tIME", b"sRGB", b"eXIf", b"tEXt")),
        ),
    )
    yield "chunks twice", with_chunks(png, gamma(45_455), gamma(100_000), text, text)
    yield "text bomb", with_chunks(png, chunk(b"zTXt", b"a\0\0" + bomb))
    yield "international text bomb", with_chunks(png, chunk(b"iTXt", b"a\0\1\0\0\0" + bomb))
    yield "profile bomb", with_chunks(png, chunk(b"iCCP", b"x\0\0" + bomb))
    yield "huge text", with_chunks(png, chunk(b"tEXt", b"a\0" + b"x" * 3_000_000))
    yield "garbage in text", with_chunks(png, chunk(b"zTXt", b"a\0\0" + lorem))
    yield "garbage behind it", png + lorem * 1000
    yield "no end mark", png[:-12]
    yield "half an end mark", png[:-6]
    yield "garbage animation control", with_chunks(png, chunk(b"acTL", lorem))


def _damaged_jpegs() -> Iterable[tuple[str, bytes]]:
    jpeg, lorem = usual("JPEG"), b"LoremIpsum"
    exif = _exif(1).tobytes()
    for number in (1, 2, 3, 12, 13, 15):
        yield f"garbage APP{number}", _with_segments(jpeg, _segment(0xE0 + number, lorem))
    yield "garbage EXIF", _with_segments(jpeg, _segment(0xE1, b"Exif\0\0" + lorem))
    yield "EXIF that points at nothing", _with_segments(jpeg, _segment(0xE1, exif[:10] + b"\xff" * 4))
    yield "EXIF that is cut", _with_segments(jpeg, _segment(0xE1, exif[:20]))
    yield "large EXIF", _with_segments(jpeg, _segment(0xE1, exif.ljust(65_000, b"x")))
    yield "garbage profile", _with_segments(jpeg, _segment(0xE2, b"ICC_PROFILE\0\1\1" + lorem * 50))
    yield (
        "profile without its second half",
        _with_segments(jpeg, _segment(0xE2, b"ICC_PROFILE\0\1\2" + library_profile("p3"))),
    )
    yield "garbage of several pictures", _with_segments(jpeg, _segment(0xE2, b"MPF\0" + lorem))
    yield "cut list of several pictures", _with_segments(jpeg, _segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\3"))
    yield "garbage of Photoshop", _with_segments(jpeg, _segment(0xED, b"Photoshop 3.0\x008BIM\4\4" + lorem))
    yield "short marks", _with_segments(jpeg, _segment(0xE0, b"JFIF\0"), _segment(0xEE, b"Adobe"))
    yield "wrong density", jpeg[:13] + b"\xff" * 5 + jpeg[18:]
    yield "comments", _with_segments(jpeg, *[_segment(0xFE, b"\xff\xd9" * 30_000)] * 5)
    yield "garbage behind it", jpeg + lorem * 1000


def _damaged_webps() -> Iterable[tuple[str, bytes]]:
    webp, lorem = usual("WEBP"), b"LoremIpsum"
    yield "garbage EXIF", encoded(scene("RGBA"), "WEBP", quality=90, exif=b"Exif\0\0" + lorem)
    yield "garbage XMP", encoded(scene("RGBA"), "WEBP", quality=90, xmp=b"\xff\xfe" + lorem)
    yield "garbage profile", encoded(scene("RGBA"), "WEBP", quality=90, icc_profile=lorem * 50)
    yield "unknown chunks", _with_pieces(webp, (b"vend", lorem), (b"EXIF", lorem), (b"EXIF", lorem))
    yield "garbage behind it", webp + lorem * 1000
    yield "a length of too little", _with_pieces(webp, (b"vend", lorem), length=len(webp) - 8)


def damaged() -> dict[str, Damaged]:
    """Pictures with damage beside their pixels; Chromium says which of them it shows whole."""
    found = {}
    for form, sound_one, made in (
        ("png", usual("PNG"), _damaged_pngs()),
        ("jpeg", usual("JPEG"), _damaged_jpegs()),
        ("webp", usual("WEBP"), _damaged_webps()),
    ):
        found |= {f"{form}: {name}": Damaged(form, sound_one, data) for name, data in made}
    progressive = encoded(scene(), "JPEG", quality=90, progressive=True)
    found["jpeg: progressive, no end mark"] = Damaged("jpeg", progressive, progressive[:-2])
    avif, gif = usual("AVIF"), usual("GIF")
    found["avif: garbage EXIF"] = Damaged(
        "avif", avif, encoded(scene(), "AVIF", quality=80, exif=_avif_exif()).replace(b"MM\0*", b"Lore")
    )
    found["avif: garbage behind it"] = Damaged("avif", avif, avif + b"LoremIpsum" * 1000)
    found["gif: garbage behind it"] = Damaged("gif", gif, gif + b"LoremIpsum" * 1000)
    found["gif: no end mark"] = Damaged("gif", gif, gif[:-1])
    found["gif: garbage extension"] = Damaged(
        "gif", gif, gif.replace(b"\x2c\0\0\0\0", b"!\xff\4Lore\0,\0\0\0\0", 1)
    )
    return found


def _avif_exif() -> Image.Exif:
    exif = _exif(1)
    exif[0x010F] = "Maker"
    return exif


def complete() -> dict[str, Damaged]:
    """Pictures of which Chromium shows less than there is: every pixel is there."""
    jpeg, webp = usual("JPEG"), usual("WEBP")
    restarts = encoded(scene(), "JPEG", quality=90, restart_marker_rows=4)
    grey = encoded(scene("L"), "JPEG", quality=90)
    exif = _segment(0xE1, b"Exif\0\0LoremIpsum")
    return {
        "jpeg: no end mark": Damaged("jpeg", jpeg, jpeg[:-2]),
        "jpeg: half an end mark": Damaged("jpeg", jpeg, jpeg[:-1]),
        "jpeg: no end mark and garbage EXIF": Damaged("jpeg", jpeg, _with_segments(jpeg, exif)[:-2]),
        "jpeg: no end mark, restarts": Damaged("jpeg", restarts, restarts[:-2]),
        "jpeg: no end mark, grey": Damaged("jpeg", grey, grey[:-2]),
        "webp: a length of too much": Damaged("webp", webp, _with_pieces(webp, length=len(webp) + 100)),
    }


def cut() -> dict[str, bytes]:
    """Pictures whose pixels are not all there, some of them with an end mark or without what tells it."""
    png, jpeg = usual("PNG"), usual("JPEG")
    progressive = encoded(scene(), "JPEG", quality=90, progressive=True)
    scans = [n for n in range(len(progressive)) if progressive[n : n + 2] == b"\xff\xda"]
    lossy, lossless = encoded(scene(), "WEBP", quality=90), encoded(scene(), "WEBP", lossless=True)
    avif, gif = usual("AVIF"), usual("GIF")
    files = {"png": png, "jpeg": jpeg, "progressive": progressive, "webp": lossy, "lossless": lossless}
    files |= {"avif": avif, "gif": gif}
    parts = {
        f"{name}: {part:.0%}": data[: int(len(data) * part)]
        for name, data in files.items()
        for part in (0.3, 0.9)
    }
    return parts | {
        "png: cut, with a wrong checksum": with_chunks(png, without_checksum(chunk(b"tEXt", b"a\0b")))[:-300],
        "png: cut and ended": before_end(png[:-400] + png[-12:]),
        "jpeg: without its last row": jpeg[:-200],
        "jpeg: without its last bytes": jpeg[:-10],
        "progressive: without its last scan": progressive[: scans[-1]],
        "progressive: without its last bytes": progressive[:-10],
        "webp: told shorter": lossy[:4] + struct.pack("<I", len(lossy) - 308) + lossy[8:-300],
    }


def sound() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Pictures that each browser shows: their format, and what makes them."""
    return {
        **{f"png: {name}": ("png", make) for name, make in _pngs().items()},
        **{f"jpeg: {name}": ("jpeg", make) for name, make in _jpegs().items()},
        **_others(),
    }
