"""Palettes, and how the words of a prompt choose one."""

import re
from dataclasses import dataclass
from random import Random

from venice.emulator.colour import Colour, rgb, turn


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one light: a sky from zenith to horizon, land from far to near, a lamp, and accents."""

    name: str
    sky: tuple[Colour, ...]
    far: Colour
    near: Colour
    light: Colour
    accents: tuple[Colour, ...]

    def turned(self, degrees: float, saturation: float = 1, value: float = 1) -> "Palette":
        """The same harmony in another key."""

        def all_of(colours: tuple[Colour, ...]) -> tuple[Colour, ...]:
            return tuple(turn(colour, degrees, saturation, value) for colour in colours)

        far, near, light = all_of((self.far, self.near, self.light))
        return Palette(self.name, all_of(self.sky), far, near, light, all_of(self.accents))

    @property
    def dark(self) -> bool:
        """Whether it is a night."""
        return sum(self.sky[0]) + sum(self.sky[-1]) < 420


#: Name | sky from zenith to horizon | far land, near land, lamp | accents.
TABLE = """
dusk       | 1e1b4b 5b3b8c c75b8a f79b72 ffdca8 | b0708f 1b1433 fff1cf | ff6f61 ffd166 7b5cd6
dawn       | 5f8fc4 9cb9dc f0c7c4 fbd9b5 fff0d6 | b9a9bf 33406b fffbe8 | f08a7b f4c26b 6a8fc9
blue-hour  | 0a1433 14295c 2a4f8f 6f86b8 e0a98c | 41598f 080f24 ffd9a0 | ffb25b 3f7fd6 d66a8b
golden     | 6d4a3a b5713f e9a24a f9cf7d fff0c4 | d39a5c 3b2013 fff6d8 | d9542b f2b632 5b7a57
night      | 05060f 0b1330 152450 2b3f74 4d628f | 22345f 04060f f4f1e4 | f2c879 7fa8ff c58bff
noon       | 2c74c9 5aa4e6 9accf2 cfe8f7 f6f4e6 | 8fb3c2 2a4f3d fffdf0 | e8633f f2bf3a 2f8f83
storm      | 1d2833 364754 5f7480 93a3a6 cfcfc2 | 6d7f85 151d22 f5ecd0 | d98a4b 4b8a8f b7c4b4
ember      | 14080f 3a0d1d 7d1a24 cf4a24 f9a03f | 8a2f2a 12060a ffe3a3 | ff5a36 ffb347 7a1f3d
moss       | 23403a 46705a 86a878 c9d6a0 f3efcd | 7fa088 12261f fff7d1 | d9b24a 7a9a3f b5593c
lagoon     | 06343f 0d5c66 1f8f8f 7cc9b7 f2ead0 | 3f8f92 04222b fff2cf | ff8a5c f2cf63 2fb5a8
rose       | 5a2a4b 9c4a6f d9808f f4b9ad fde6d3 | c78796 3a1830 fff4e4 | e2557a f7c59f 7e5a9b
lilac      | 3d3a78 6f66b0 a99ad6 dcc6e8 fbe9ee | 9a8fc4 262252 fffaf0 | f29bb5 8fd3e8 f4d58d
neon       | 0a0320 23084f 5a0f8c c21fa0 ff5fa2 | 56178c 08021a 9ffcff | 00e5ff ff2d95 ffe14d
terracotta | 7fb2b5 b9d2c4 ecd9b8 e9b48a d98a62 | cf8a66 5c2b22 fff3da | c4502f f2c14e 2f6f73
ivory      | c9c2b4 dcd5c6 ebe5d8 f5f0e6 fffaf0 | bfb5a3 4a4238 ffffff | b8694a 6f8a86 d9b46a
ice        | 0f2d4a 2d6187 6fa5c4 b5d6e3 f0f7f8 | 8db5cb 17334d ffffff | 57c4d9 b58fe0 f2b8a0
aurora     | 030a1c 06203a 0b4a55 1f8a74 8fe3a8 | 12504f 020812 eafff2 | 3df2a0 7a5cff 35c9e8
citrus     | f2764b f79a4f fbc15c fde08a fff6cf | ee9a4e 7a2c2f fffbe0 | e8413a 3fa7a0 f7d13d
plum       | 1c0f2b 3f1d4f 743a70 b56a84 efb59b | 7b4674 160a22 ffe8cc | f2a65a d94f70 6a5acd
sage       | 6f8f8a 9bb5a8 c7d3bf e6e5d0 f8f3e3 | 9fb5a6 2c443f fffdf2 | c77f52 dcb35c 5f8f9b
cobalt     | 0b1e6b 1d3fae 3f74e0 8fb5f5 f4e9d8 | 4a74c9 071242 fff3cf | ffb03a ff6a4d 8fe0e8
coral      | 2f6f8f 6fa8b0 f2c9a8 f79b82 ee6a6a | d9857c 3f2440 fff2dc | f25f5c ffe066 247ba0
mars       | 3a1712 7a2f1d b55a33 dd8f5a f3c998 | b86a45 2a0d0a fff0d8 | e8a04b 8f3b2a 6fa0a8
orchid     | 2b0f45 6a1f7a b53f9a ef7fb0 ffd0d6 | a34f9f 1f0a33 fff0f6 | ff8fab ffcf70 6fd6e8
"""


def _palette(line: str) -> Palette:
    name, *parts = line.split("|")
    sky, land, accents = (tuple(rgb(text) for text in part.split()) for part in parts)
    far, near, light = land
    return Palette(name.strip(), sky, far, near, light, accents)


PALETTES = {palette.name: palette for palette in map(_palette, TABLE.strip().splitlines())}

#: A word of the prompt, and the palettes that suit it; the first rule that matches wins.
WORDS: tuple[tuple[str, str], ...] = (
    (r"aurora|northern lights|polar", "aurora"),
    (r"neon|cyber\w*|synthwave|vaporwave|hologra\w*|rave|disco", "neon orchid"),
    (r"blue hour|twilight", "blue-hour lilac"),
    (r"red|scarlet|crimson|ruby|wine", "ember coral"),
    (r"blue|cobalt|sapphire|indigo|azul\w*", "cobalt noon blue-hour"),
    (r"orange|lemon|yellow|sunflower\w*|citrus", "citrus golden"),
    (r"turquoise|teal|cyan", "lagoon ice"),
    (r"green|emerald|jade", "moss lagoon sage"),
    (r"purple|violet|lavender", "lilac orchid plum"),
    (r"pink|peony|roses?|sakura|cherry|blossom\w*", "rose orchid lilac"),
    (r"golden hour|gold\w*|amber|honey|autumn|harvest|wheat", "golden citrus"),
    (r"lantern\w*|festival|candle\w*|bokeh|street|alley|umbrella", "blue-hour plum night ember"),
    (r"sunset|dusk|evening", "dusk ember coral plum"),
    (r"sunrise|dawn|morning|pastel", "dawn rose lilac"),
    (r"noon|spring|sunny|daylight|clear sky", "noon coral sage"),
    (r"midnight|night\w*|moon\w*|star\w*|dark|noir", "night blue-hour cobalt"),
    (r"galax\w*|nebula\w*|cosm\w*|space|planet\w*|astronaut\w*", "orchid night cobalt plum"),
    (r"fire|lava|volcan\w*|ember\w*|dragon\w*|hell|forge", "ember mars"),
    (r"mars|desert|dunes?|sahara|canyon|sand\w*|rust\w*", "mars golden terracotta"),
    (r"storm\w*|rain\w*|fog\w*|mist\w*|moody|grey|gray|brutalis\w*", "storm sage ice"),
    (r"snow\w*|ice|icy|winter|arctic|glacier\w*|frozen|frost\w*", "ice dawn lilac"),
    (r"forest|jungle|moss|fern|green|garden|leaf|leaves|botanic\w*", "moss sage lagoon"),
    (r"ocean|sea|underwater|lagoon|turquoise|teal|reef|mermaid", "lagoon noon coral"),
    (r"beach|summer|tropic\w*|mediterranean|greek", "noon coral terracotta"),
    (r"rose|pink|love|cherry|sakura|blossom\w*|peony|romantic", "rose orchid lilac"),
    (r"lavender|violet|purple|iris|dream\w*|fairy\w*|magic\w*", "lilac orchid plum"),
    (r"marble|white|minimal\w*|porcelain|ivory|linen|paper|stone", "ivory sage terracotta"),
    (r"luxury|elegan\w*|velvet|perfume|whisk\w*|black", "plum night ember"),
)


def choose_palette(prompt: str, form: Random) -> Palette:
    """A palette that suits the words; any, by the prompt, when they say nothing. A small turn of the hue
    keeps two prompts with the same words apart."""
    lower = prompt.lower()
    for words, names in WORDS:
        if re.search(rf"\b(?:{words})\b", lower):
            name = form.choice(names.split())
            break
    else:
        name = form.choice(sorted(PALETTES))
    return PALETTES[name].turned(form.uniform(-9, 9), form.uniform(0.92, 1.06))
