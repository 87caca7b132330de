"""Which scene a prompt is painted as."""

import re
from collections.abc import Callable
from random import Random

from venice.emulator import abstracts, canal, cities, landscapes, nights
from venice.emulator.canvas import Canvas

Scene = Callable[[Canvas], None]

#: Words of the prompt, and the scenes that suit them; the first rule that matches wins.
WORDS: tuple[tuple[str, tuple[Scene, ...]], ...] = (
    (r"venice|venetian|gondola\w*|canals?|rialto|palazzo|doge\w*", (canal.canal,)),
    (r"aurora|northern lights|polar|arctic", (landscapes.aurora,)),
    (
        r"galax\w*|nebula\w*|cosm\w*|space\w*|planet\w*|astronaut\w*|alien\w*|starship|saturn",
        (nights.cosmos,),
    ),
    (r"rain\w*|bokeh|lantern\w*|umbrella|street|alley|festival", (nights.bokeh,)),
    (r"neon", (nights.bokeh, cities.skyline)),
    (r"city|skyline|skyscraper\w*|tokyo|york|metropolis|downtown|cyberpunk|futuristic", (cities.skyline,)),
    (r"stairs?|staircase|courtyard|villa|terrace|pool|mediterranean|greek|house", (cities.stairs,)),
    (
        r"arch\w*|temple|cathedral|corridor|interior|room|palace|museum|church|monument",
        (cities.arches, cities.stairs),
    ),
    (
        r"vase|fruit|bottle|perfume|still life|coffee|tea|food|table|kitchen|product|watch|cup",
        (nights.still_life,),
    ),
    (
        r"flowers?|roses?|sunflowers?|daisy|daisies|lily|lilies|orchid|peony|dahlia|lotus|blossom\w*|bouquet|floral"
        r"|mandala|botanical|garden",
        (abstracts.bloom,),
    ),
    (r"desert|dunes?|sahara|sand\w*|mars|camel\w*", (landscapes.dunes,)),
    (
        r"fields?|lavender|tulip\w*|meadow\w*|farm\w*|countryside|vineyard\w*|poppy|poppies",
        (landscapes.meadow,),
    ),
    (r"forest|woods?|trees?|jungle|deer|fox|wolf|bear|owl|fairy\w*|elf|path", (nights.forest,)),
    (
        r"sea|ocean|beach|waves?|coast\w*|sail\w*|boats?|ships?|lagoon|island\w*|lighthouse|harbo\w*",
        (landscapes.sea,),
    ),
    (
        r"mountains?|alps|alpine|valley|peaks?|hills?|landscape|mist\w*|fog\w*|volcan\w*|lake|snow\w*",
        (landscapes.ridges,),
    ),
    (
        r"silk|satin|fabric|ribbons?|dance\w*|motion|fashion|dress|velvet|portrait|woman|music",
        (abstracts.silk,),
    ),
    (r"marble|ink|liquid|fluid|paint\w*|oil|smoke|agate|swirl\w*", (abstracts.marble,)),
    (r"paper\w*|layers?|layered|canyon|topograph\w*|cave|coral|map", (abstracts.strata,)),
    (r"crystal\w*|gems?|diamond|geometr\w*|poly\w*|facet\w*|polygon\w*|glass|robot\w*", (abstracts.facets,)),
    (r"spheres?|orbs?|bubbles?|balls?|abstract|minimal\w*|3d|candy|toy\w*", (abstracts.orbs,)),
)
ANY: tuple[Scene, ...] = (
    landscapes.ridges,
    landscapes.sea,
    landscapes.dunes,
    landscapes.meadow,
    landscapes.aurora,
    canal.canal,
    cities.skyline,
    cities.arches,
    cities.stairs,
    abstracts.orbs,
    abstracts.silk,
    abstracts.marble,
    abstracts.strata,
    abstracts.facets,
    abstracts.bloom,
    nights.cosmos,
    nights.forest,
    nights.bokeh,
    nights.still_life,
)


def choose_scene(prompt: str, form: Random) -> Scene:
    """By the words of the prompt; by the prompt as a whole when they say nothing."""
    lower = prompt.lower()
    for words, scenes in WORDS:
        if re.search(rf"\b(?:{words})\b", lower):
            return form.choice(scenes)
    return form.choice(ANY)
