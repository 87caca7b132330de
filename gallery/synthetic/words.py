"""A small grammar that makes prompts as people write them: from five words to a paragraph."""

from collections.abc import Iterator
from random import Random

# Searching wants a word whose share is known: it begins every twentieth prompt's subject and no other's.
RARE_WORD = "castle"
RARE_EVERY = 20


def _listed(text: str) -> list[str]:
    return " ".join(text.split()).split(" / ")


_MEDIA = _listed("""
    a photograph of / an oil painting of / a watercolour of / a macro shot of / an isometric view of
    / a poster of / a pencil sketch of / a wide shot of / a portrait of / a linocut of / a product
    photo of / concept art of / a paper cutout of / an aerial view of / a charcoal drawing of / a
    film still of / a mural of / a woodcut of
""")
_MOODS = _listed("""
    weathered / quiet / luminous / overgrown / tiny / colossal / forgotten / crystalline / mossy /
    gilded / rusty / translucent / sunlit / frozen / floating / mechanical / velvet / paper /
    ancient / futuristic / hand-painted / wind-worn / elegant / crooked / patchwork / marble /
    glowing / smoky / playful / austere / baroque / sleepy / electric / coral / indigo / amber
""")
_SUBJECTS = _listed("""
    lighthouse / fox / teapot / greenhouse / violinist / robot gardener / sailing boat / library /
    snow leopard / tram / octopus / bakery / astronaut / bonsai tree / bridge / typewriter / hot-air
    balloon / heron / market stall / clockmaker / whale / armchair / motorcycle / waterfall / street
    musician / jellyfish / observatory / cathedral / raven / tea house / submarine / orchard /
    dancer / chess set / windmill / paper crane / owl / harbour / train station / perfume bottle /
    dragon / cyclist / tortoise / villa / sneaker / mountain hut / beekeeper / carousel / canal
    house / wolf / mushroom village / pilot / salamander / glass vase / diner / piano / barn / koi
    pond / mask / kite / telescope / garden gate / sphinx / cafe terrace / deer
""")
_DOINGS = _listed("""
    waiting for the rain / covered in wild roses / reflected in still water / seen through a keyhole
    / half buried in sand / surrounded by fireflies / under a meteor shower / drifting through
    clouds / made of stained glass / lit from within / in the middle of a festival / with long
    shadows / before the storm / after the flood / at the edge of a cliff / among tall reeds /
    wrapped in morning mist / carved from a single stone / held together by ivy / casting coloured
    light / dusted with snow / at the end of the pier / balanced on a branch / behind rain-streaked
    glass
""")
_PLACES = _listed("""
    Lisbon / a Norwegian fjord / the Sahara / an alpine meadow / Kyoto / a flooded cathedral / the
    Scottish highlands / a neon alley / Venice at dawn / a bamboo forest / the Patagonian steppe / a
    Victorian conservatory / Marrakesh / an abandoned station / the deep sea / a salt flat / Havana
    / a birch wood / the surface of Mars / a rooftop garden / a volcanic island / the Ligurian coast
    / a winter village / an orbital station / a lavender field / Prague / a tide pool
""")
_LIGHTS = _listed("""
    golden hour / soft overcast light / hard noon sun / candlelight / blue hour / rim light /
    volumetric fog / moonlight / a single lantern / studio softbox / northern lights / dappled shade
    / sodium street lamps / backlit dust / low winter sun
""")
_LOOKS = _listed("""
    35 mm film grain / shallow depth of field / muted palette / bold flat shapes / intricate
    linework / high contrast / pastel colours / tilt-shift / long exposure / limited to three
    colours / risograph texture / wet-on-wet brushwork / art nouveau ornament / brutalist geometry /
    85 mm lens / wide angle / symmetrical composition / negative space / visible canvas /
    cross-hatching / duotone / cinematic framing / hyperdetailed / minimalist
""")
_ASIDES = (
    "A figure with a red umbrella stands far in the background, barely more than a brush stroke.",
    "The foreground is deliberately out of focus so that the eye travels inward.",
    "Leave a third of the frame empty for a headline at the top.",
    "Every surface shows small signs of use: scratches, fingerprints, faded paint.",
    "The colours stay within teal, cream and a single spot of vermilion.",
    "Nothing in the scene is perfectly straight; it should look drawn by hand.",
    "Birds cross the sky in a loose diagonal, echoing the line of the roofs.",
    "The weather is about to change, and one can almost smell it.",
    "No text, no border, no watermark.",
)
# Every fortieth prompt is of a script without spaces between its words.
UNSPACED_EVERY = 40
_HAN_SUBJECTS = ("橘猫", "灯塔", "古老的图书馆", "红色帆船", "机器人园丁", "雪豹", "茶馆", "天文台")
_HAN_DOINGS = ("坐在窗台上", "在雨中等待", "倒映在静水里", "被萤火虫环绕", "覆盖着积雪", "漂浮在云间")
_HAN_LIGHTS = ("黄金时刻", "柔和的阴天光线", "烛光", "月光", "北极光")


def phrases(random: Random) -> Iterator[str]:
    """Prompts without end, nearly always different ones."""
    number = 0
    while True:
        if number % UNSPACED_EVERY == UNSPACED_EVERY - 1:
            yield _unspaced_phrase(random)
        else:
            yield _phrase(random, rare=number % RARE_EVERY == RARE_EVERY // 2)
        number += 1


def _unspaced_phrase(random: Random) -> str:
    subject, doing, light = (random.choice(each) for each in (_HAN_SUBJECTS, _HAN_DOINGS, _HAN_LIGHTS))
    return f"一幅{random.randrange(1000)}号画：{subject}{doing}，{light}"


def _phrase(random: Random, *, rare: bool) -> str:
    choice, chance = random.choice, random.random
    subject = f"{choice(_MOODS)} {RARE_WORD if rare else choice(_SUBJECTS)}"
    article = "an" if subject[0] in "aeiou" else "a"
    opening = f"{choice(_MEDIA)} {article} {subject}" if chance() < 0.7 else subject
    parts = [f"{opening} {choice(_DOINGS)}"]
    if chance() < 0.7:
        parts[0] += f", {choice(_PLACES)}"
    if chance() < 0.75:
        parts.append(choice(_LIGHTS))
    parts.extend(random.sample(_LOOKS, random.randrange(4)))
    text = ", ".join(parts)
    if chance() < 0.15:
        text = ". ".join([text, *random.sample(_ASIDES, random.randrange(1, 5))])
    return text
