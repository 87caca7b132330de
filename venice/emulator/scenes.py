"""Which scene a prompt is painted as."""

import re
from collections.abc import Callable
from random import Random

from venice.emulator import landscapes
from venice.emulator.canvas import Canvas

Scene = Callable[[Canvas], None]

#: Words of the prompt, and the scenes that suit them; the first rule that matches wins.
WORDS: tuple[tuple[str, tuple[Scene, ...]], ...] = (
    (
        r"aurora|northern lights|polar|arctic|glacier\w*|winter|snow\w*",
        (landscapes.aurora, landscapes.ridges),
    ),
    (r"desert|dunes?|sahara|sand\w*|mars", (landscapes.dunes,)),
    (r"sea|ocean|beach|wave\w*|coast\w*|sail\w*|boat\w*|ship\w*|lagoon|island\w*", (landscapes.sea,)),
    (
        r"field\w*|lavender|tulip\w*|meadow\w*|farm\w*|countryside|vineyard\w*|poppy|poppies",
        (landscapes.meadow,),
    ),
    (
        r"mountain\w*|alps|valley|peak\w*|hill\w*|landscape|mist\w*|fog\w*|volcan\w*|lake",
        (landscapes.ridges,),
    ),
)
ANY: tuple[Scene, ...] = (
    landscapes.ridges,
    landscapes.sea,
    landscapes.dunes,
    landscapes.aurora,
    landscapes.meadow,
)


def choose_scene(prompt: str, form: Random) -> Scene:
    """By the words of the prompt; by the prompt as a whole when they say nothing."""
    lower = prompt.lower()
    for words, scenes in WORDS:
        if re.search(rf"\b(?:{words})\b", lower):
            return form.choice(scenes)
    return form.choice(ANY)
