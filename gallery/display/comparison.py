"""Pictures beside each other: only what differs between them, and their prompts word by word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from gallery.display import details
from gallery.display.word_diff import Difference, Piece, difference, tokens
from gallery.formats import mean, sides, usd
from gallery.models import Image

NOTHING = "-"
# Told by the picture itself.
_OF_THE_PICTURE = {"model", "seed", "width", "height", "variants"}
# Of a picture's own words so many stand in its line, and so many characters.
_MOST_WORDS, _LONGEST = 4, 40
# How high the bar below a picture is, in CSS pixels: its name, and a row of buttons.
_BAR = 92


@dataclass(frozen=True, slots=True)
class Row:
    """One fact, and what each picture has of it, in their order; `is_moment` when the cells are moments."""

    label: str
    cells: list[str | datetime]
    is_moment: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A text of each picture: the first one's as it is, the others with what has become of it."""

    label: str
    cells: list[Difference]

    @property
    def is_coarse(self) -> bool:
        """Whether some were too different to be compared word by word."""
        return any(cell.is_coarse for cell in self.cells)


def rows(images: Sequence[Image]) -> list[Row]:
    """The facts of which these pictures do not all have the same."""
    facts = [_facts(image) for image in images]
    labels = dict.fromkeys(label for each in facts for label in each)
    table = [Row(label, [each.get(label, NOTHING) for each in facts]) for label in labels]
    table.append(Row("When", [image.created_at for image in images], is_moment=True))
    return [row for row in table if len(set(row.cells)) > 1]


def words(images: Sequence[Image]) -> list[Words]:
    """The texts that differ; a text that several have is compared once."""
    requests = [image.generation for image in images]
    texts = {
        "Prompt": [image.prompt.text if image.prompt else "" for image in images],
        "Negative prompt": [each.negative_prompt for each in requests],
        "As Venice enhanced it": [each.enhanced_prompt for each in requests],
    }
    return [_words(label, own) for label, own in texts.items() if len(set(own)) > 1]


def names(images: Sequence[Image]) -> list[str]:
    """What each is told by: its model, and of its prompt the words that not all have; else its seed."""
    texts = [tokens(image.prompt.text) if image.prompt else [] for image in images]
    shared = set(texts[0]).intersection(*texts[1:])
    labels = [_own_words(text, shared) for text in texts]
    if len({(image.model, own) for image, own in zip(images, labels, strict=True)}) == 1:
        labels = ["" if image.seed is None else f"seed {image.seed}" for image in images]
    return [" · ".join(filter(None, (image.model, own))) for image, own in zip(images, labels, strict=True)]


def _own_words(text: list[str], shared: set[str]) -> str:
    own = list(dict.fromkeys(word for word in text if word not in shared and word[0].isalnum()))
    words = " ".join(own[:_MOST_WORDS])
    is_cut = len(own) > _MOST_WORDS or len(words) > _LONGEST
    return f"{words[:_LONGEST].rstrip()} …" if is_cut else words


def columns(images: Sequence[Image], width: int, height: int) -> int:
    """In how many columns the pictures come out largest, in a room of that many pixels, each above its own bar."""
    shape = sum(image.width / image.height for image in images) / len(images)

    def tall(across: int) -> float:
        return min(width / across / shape, height / ceil(len(images) / across) - _BAR)

    return max(range(1, len(images) + 1), key=tall)


def _words(label: str, texts: list[str]) -> Words:
    first = texts[0]
    differences = {first: Difference([Piece("same", first)], is_coarse=False)}
    for text in texts:
        if text not in differences:
            differences[text] = difference(first, text)
    return Words(label, [differences[text] for text in texts])


def _facts(image: Image) -> dict[str, str | datetime]:
    asked = [row for row in details.request_rows(image.generation) if row.name not in _OF_THE_PICTURE]
    price = usd(image.attempt.price) or "unknown"
    judged = {"Rating": NOTHING, "Favourites": str(image.favourite_count)}
    if image.rating_count:
        judged["Rating"] = f"{mean(image.mean_rating)} of {image.rating_count}"
    return {
        "Model": image.model,
        "Seed": "none is told" if image.seed is None else str(image.seed),
        "Size": sides(image.width, image.height),
        **{row.label: row.value for row in asked},
        "Price": f"{price} for {image.stack_size}" if image.stack_size > 1 else price,
        "Made by": image.owner.get_username(),
        **judged,
    }
