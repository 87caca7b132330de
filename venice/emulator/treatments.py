"""What a style preset does: another palette before the scene is painted, another surface after it."""

from collections.abc import Callable
from random import Random

from PIL import Image

from venice.emulator import surfaces as s
from venice.emulator.canvas import Canvas
from venice.emulator.palettes import PALETTES, Palette

Surface = Callable[[Canvas], Image.Image]


def prepare(style: str | None, palette: Palette) -> Palette:
    """The palette in the style's key: its own, or the prompt's with the hue turned by the style's angle."""
    if style is None:
        return palette
    own = _random(style)
    if style in OWN_PALETTE:
        return PALETTES[OWN_PALETTE[style]].turned(own.uniform(-8, 8))
    return palette.turned(own.uniform(-28, 28), own.uniform(0.88, 1.18), own.uniform(0.94, 1.04))


def treat(style: str | None, canvas: Canvas) -> Image.Image:
    """The painted picture with the surface of the style; as it is without one."""
    if style is None:
        return canvas.image
    surface = SURFACES.get(style) or OTHERS[_random(style).randrange(len(OTHERS))]
    return surface(canvas)


def _random(style: str) -> Random:
    return Random(style)  # noqa: S311 (pictures, not secrets)


OWN_PALETTE = {
    "Neon Punk": "neon",
    "Neon Noir": "neon",
    "Techwear Fashion": "storm",
    "Disco": "orchid",
    "Space": "night",
    "Nautical": "lagoon",
    "Steampunk": "golden",
    "Minimalist": "ivory",
    "Horror": "ember",
    "Gothic": "plum",
    "Dystopian": "storm",
    "Food Photography": "citrus",
    "Real Estate": "sage",
    "Alien": "aurora",
    "Super Mario": "noon",
    "Pokemon": "noon",
    "Fairy Tale": "lilac",
    "Renaissance": "golden",
    "Tribal": "terracotta",
}
_GROUPS: tuple[tuple[Surface, str], ...] = (
    (s.film, "Analog Film|Photographic|Advertising|GTA"),
    (s.cinema, "Cinematic|Steampunk|RPG Fantasy Game|Strategy Game|Real Estate"),
    (s.monochrome, "Film Noir|Monochrome"),
    (s.duotone, "Pop Art|Tribal|Minimalist"),
    (s.silhouette, "Silhouette"),
    (s.comic, "Comic Book|Fighting Game|Street Fighter|Graffiti"),
    (s.anime, "Anime|Pokemon|Legend of Zelda|Super Mario"),
    (s.pixels, "Pixel Art|Retro Arcade|Retro Game"),
    (s.blocks, "Minecraft"),
    (s.lowpoly, "Lowpoly|Origami|Cubist"),
    (s.stained, "Stained Glass"),
    (s.watercolour, "Watercolor"),
    (s.brush, "Impressionist|Renaissance"),
    (s.dabs, "Pointillism"),
    (s.sketch, "Line Art|Zentangle|Architectural|Typography"),
    (s.neon, "Neon Punk|Neon Noir|Disco|Techwear Fashion"),
    (
        s.paper,
        "Flat Papercut|Kirigami|Paper Quilling|Papercut Shadow Box|Stacked Papercut|Thick Layered Papercut",
    ),
    (s.clay, "Craft Clay|Paper Mache|3D Model|Isometric Style"),
    (s.weave, "Texture|Nautical"),
    (s.tilt, "Tilt-Shift|Food Photography"),
    (s.long_exposure, "Long Exposure"),
    (s.clear, "HDR|Enhance|Hyperrealism|Digital Art|Space"),
    (s.dream, "Dreamscape|Fairy Tale|Fantasy Art|Surrealist"),
    (s.gloom, "Horror|Gothic|Dystopian|Grunge"),
    (s.cycle, "Psychedelic|Abstract|Alien"),
    (s.collage, "Collage|Papercut Collage"),
)
SURFACES: dict[str, Surface] = {name: surface for surface, names in _GROUPS for name in names.split("|")}
#: For styles that Venice may add.
OTHERS: tuple[Surface, ...] = (s.film, s.cinema, s.clear, s.dream, s.weave)
