"""A page as a reader sees it: its elements with their attributes, and its words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_SILENT = {"script", "style", "title"}


@dataclass(frozen=True)
class Element:
    """One element: its name, its attributes (underscores for hyphens are taken), and the words within it."""

    name: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """With one space where the page has several."""
        return " ".join("".join(self.pieces).split())

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]


class Page(HTMLParser):
    """Reads HTML when it is made; every element stays, in the order in which they begin."""

    def __init__(self, html: str | bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = [Element("", {})]
        self._open = [self.elements[0]]
        self.feed(html.decode() if isinstance(html, bytes) else html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while any(each.name == tag for each in self._open) and self._open.pop().name != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1].name not in _SILENT:
            for each in self._open:
                each.pieces.append(data)

    @property
    def words(self) -> str:
        """All that is to be read."""
        return self.elements[0].words

    def all(self, name: str = "", /, **attributes: str | None) -> list[Element]:
        """The elements of that name that have these attributes, `class_` among them; None stands for any value."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            each
            for each in self.elements
            if name in ("", each.name)
            and all(
                key in each.attributes and value in (None, each.attributes[key])
                for key, value in wanted.items()
            )
        ]

    def one(self, name: str = "", /, **attributes: str | None) -> Element:
        """The only such element."""
        (found,) = self.all(name, **attributes)
        return found
