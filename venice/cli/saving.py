"""Where images go: names from a pattern that is checked before anything is paid, and no file is ever replaced."""

import os
import string
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from venice.cli.output import say
from venice.errors import InvalidRequest
from venice.results import ImageBytes

PLACES = ("seed", "index", "n", "format", "model", "id")
_UNSAFE = {"/": "-", "\\": "-", "\0": ""}


class Pattern:
    """A file name with places in braces: {seed}, {index} (from 0), {n} (from 1), {format}, {model}, {id}.

    Raises InvalidRequest for a place that does not exist and for a folder that is not there or not ours.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            parsed = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError:
            parsed = [("?", "", None)]
        places = {name for name, _, _ in parsed}
        # A width or a conversion is of no use here, and could be a gigabyte wide.
        if not text or not places <= set(PLACES) or any(form or how for _, form, how in parsed):
            raise _wrong(f"may hold {', '.join(f'{{{name}}}' for name in PLACES)} and no other braces.")
        if text.endswith(("/", os.sep)) or Path(text).is_dir():
            raise _wrong("must name a file, not a folder.")
        folder = Path(text).parent
        if "{" in str(folder):
            raise _wrong("may hold braces in the file's name only.")
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise _wrong(f"is in {folder}, which is no folder that can be written to.")
        self._has_number = bool(places & {"index", "n"})
        self._has_suffix = "format" in places or bool(Path(text).suffix)

    def path(self, image: ImageBytes, count: int, known: Mapping[str, object]) -> Path:
        """The name for one of `count` images; without a place for its number or its format, these are added."""
        values = {**known, "index": image.index, "n": image.index + 1, "format": image.format}
        path = Path(self._text.format_map({name: _safe(values.get(name, "")) for name in PLACES}))
        suffix = path.suffix if self._has_suffix else f".{image.format}"
        stem = path.stem if self._has_suffix else path.name
        return path.with_name(
            f"{stem}{'' if count == 1 or self._has_number else f'-{image.index + 1}'}{suffix}"
        )


def save(images: Sequence[ImageBytes], pattern: Pattern, known: Mapping[str, object]) -> list[Path]:
    """Write each image beside what is there already. What cannot be written there goes to the folder for
    temporary files: it is paid for."""
    saved = []
    for image in images:
        wanted = pattern.path(image, len(images), known)
        try:
            saved.append(_write_new(wanted, image.data))
        except OSError as error:
            say(f"{wanted}: {error.strerror}; the image is kept in another folder.")
            saved.append(_write_new(Path(tempfile.gettempdir()) / wanted.name[-100:], image.data))
    return saved


def _write_new(path: Path, data: bytes) -> Path:
    free, copy = path, 1
    while True:
        try:
            with free.open("xb") as file:
                file.write(data)
            return free
        except FileExistsError:
            free, copy = path.with_name(f"{path.stem}.{copy}{path.suffix}"), copy + 1
        except OSError:
            free.unlink(missing_ok=True)
            raise


def _safe(value: object) -> str:
    """Part of a file's name: no folders, whatever an id holds."""
    text = str(value)
    for sign, better in _UNSAFE.items():
        text = text.replace(sign, better)
    return text


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(f"--out {message}", field_errors={"out": message})
