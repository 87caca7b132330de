"""A page as a reader sees it: its elements with their attributes, and its words."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_SILENT = {"script", "style", "title"}
# Never closed: nothing stands within them.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(frozen=True)
class Element:
    """One element: its name, its attributes, the words within it, and the elements within it as they begin."""

    name: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    inner: list["Element"] = field(default_factory=list, repr=False)

    @property
    def text(self) -> str:
        """With every space and line that the page has."""
        return "".join(self.pieces)

    @property
    def words(self) -> str:
        """With one space where the page has several."""
        return " ".join(self.text.split())

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    def __contains__(self, attribute: str) -> bool:
        return attribute in self.attributes

    def has(self, attribute: str, value: str | None) -> bool:
        """Whether it has the attribute; with a value, whether it has that one, or all of these classes."""
        if value is None or attribute not in self:
            return attribute in self
        if attribute == "class":
            return set(value.split()) <= set(self[attribute].split())
        return self[attribute] == value

    def all(self, name: str = "", /, **attributes: str | None) -> list["Element"]:
        """The elements within it of that name that have these attributes; None stands for any value.

        Underscores are taken for hyphens, and one at the end goes: `data_image`, `class_`. Of the classes of an
        element those that are named count.
        """
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            each
            for each in self.inner
            if name in ("", each.name) and all(each.has(key, value) for key, value in wanted.items())
        ]

    def one(self, name: str = "", /, **attributes: str | None) -> "Element":
        """The only such element."""
        (element,) = self.all(name, **attributes)
        return element

    def values(self, attribute: str, start: str = "") -> list[str]:
        """What that attribute says wherever it stands within it, if it starts so."""
        texts = [each.attributes[attribute] for each in self.inner if attribute in each.attributes]
        return [text for text in texts if text.startswith(start)]


class Page(HTMLParser):
    """Reads HTML when it is made; every element stays, in the order in which they begin."""

    def __init__(self, html: str | bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]
        self.feed(html.decode() if isinstance(html, bytes) else html)
        self.close()
        self.all, self.one, self.values = self.root.all, self.root.one, self.root.values

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        for each in self._open:
            each.inner.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while any(each.name == tag for each in self._open) and self._open.pop().name != tag:
            pass

    def handle_data(self, data: str) -> None:
        # What is not drawn is only its own element's.
        silent = self._open[-1].name in _SILENT
        for each in self._open[-1:] if silent else self._open:
            each.pieces.append(data)

    @property
    def elements(self) -> list[Element]:
        """Every one."""
        return self.root.inner

    @property
    def text(self) -> str:
        """All that is to be read, with every space and line that the page has."""
        return self.root.text

    @property
    def words(self) -> str:
        """All that is to be read."""
        return self.root.words

    @property
    def csrf_token(self) -> str:
        """That of its first form."""
        return self.all("input", name="csrfmiddlewaretoken")[0]["value"]


def shown(page: Page) -> list[int]:
    """The pictures of the page, in their order."""
    return [int(each["data-image"]) for each in page.all(data_image=None)]
