"""The styles as people choose among them: each with a picture of the team's own."""

from dataclasses import dataclass

from gallery.forms.catalog import Catalog
from gallery.listing import examples
from gallery.models import Image
from gallery.text import fold


@dataclass(frozen=True, slots=True)
class StyleCard:
    """One style by its exact name; without an example while nothing was made in it."""

    name: str
    example: Image | None = None

    @property
    def words(self) -> str:
        """What it is found by, folded."""
        return fold(self.name)


def style_cards(catalog: Catalog, words: str = "") -> list[StyleCard]:
    """All styles in Venice's order, or those that have all of `words`; two queries."""
    wanted = fold(words).split()
    names = [name for name in catalog.styles if all(word in fold(name) for word in wanted)]
    pictures = examples.of_styles(names)
    return [StyleCard(name, pictures.get(name)) for name in names]
