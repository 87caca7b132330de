"""Where the images of an answer in JSON lie, and what stands beside them: looked through once, and not built."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from venice.scanner import Malformed, Scanner, Span

MAX_IMAGES = 64
TIMES = ("inferenceQueueTime", "inferencePreprocessingTime", "inferenceDuration", "total")


@dataclass(slots=True)
class Listed:
    """A list of images: the texts of the first MAX_IMAGES (None for what is no text), and how many there are in all."""

    entries: list[Span | None] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class Layout:
    """What was found. `is_whole` tells a text that is JSON to its end from one that is cut or spoilt somewhere."""

    images: Listed | None = None
    data: Listed | None = None
    id: Span | None = None
    timing: dict[str, float | bool | None] = field(default_factory=dict)
    is_whole: bool = False

    @property
    def listed(self) -> Listed:
        """Venice's list, or else that of OpenAI's way."""
        return self.images or self.data or Listed()


def read_layout(pieces: Iterator[bytes]) -> Layout:
    """Look through a JSON text. Never fails: of one that is cut, what comes before the cut is found."""
    layout = Layout()
    try:
        scanner = Scanner(pieces)
        if scanner.peek() == b"{":
            _read_object(scanner, layout)
        else:
            scanner.value()
        scanner.end()
    except Malformed:
        return layout
    layout.is_whole = True
    return layout


def _read_object(scanner: Scanner, layout: Layout) -> None:
    # Of names that come twice the last counts, whatever it holds.
    for name in scanner.members():
        if name == "images":
            layout.images = Listed()
            if not _read_list(scanner, layout.images, _image):
                layout.images = None
        elif name == "data":
            layout.data = Listed()
            if not _read_list(scanner, layout.data, _image_of_data):
                layout.data = None
        elif name == "id":
            value = scanner.value()
            layout.id = value if isinstance(value, Span) else None
        elif name == "timing":
            layout.timing = _timing(scanner)
        else:
            scanner.value()


def _read_list(scanner: Scanner, listed: Listed, read: Callable[[Scanner], Span | None]) -> bool:
    """Fill `listed`, also when the text is cut midway; False for what is no list."""
    if scanner.peek() != b"[":
        scanner.value()
        return False
    for _ in scanner.elements():
        if listed.count < MAX_IMAGES:
            listed.entries.append(read(scanner))
        else:
            listed.count += scanner.rest()
            scanner.value()
        listed.count += 1
    return True


def _image(scanner: Scanner) -> Span | None:
    value = scanner.value()
    return value if isinstance(value, Span) else None


def _image_of_data(scanner: Scanner) -> Span | None:
    if scanner.peek() != b"{":
        scanner.value()
        return None
    fields: dict[str, Span | bool] = {}
    for name in scanner.members():
        value = scanner.value()
        if name in ("b64_json", "url"):
            fields[name] = value
    chosen = fields.get("b64_json") or fields.get("url")
    return chosen if isinstance(chosen, Span) else None


def _timing(scanner: Scanner) -> dict[str, float | bool | None]:
    times: dict[str, float | bool | None] = {}
    if scanner.peek() != b"{":
        scanner.value()
        return times
    for name in scanner.members():
        if scanner.peek() in b'"[{':
            scanner.value()
            times[name if name in TIMES else ""] = None
        elif name in TIMES:
            times[name] = scanner.scalar()
        else:
            scanner.scalar()
    return times
