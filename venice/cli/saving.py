"""Where images go: names from a pattern that is checked before anything is paid, and no file is ever replaced."""

import os
import string
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from venice.cli.output import say
from venice.errors import InvalidRequest
from venice.images import ImageBytes

PLACES = ("seed", "index", "n", "format", "model", "id")
_SUFFIXES = {".png": "png", ".webp": "webp", ".jpg": "jpeg", ".jpeg": "jpeg"}
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
        folder = Path(text).parent
        if "{" in str(folder):
            raise _wrong("may hold braces in the file's name only.")
        try:
            is_folder = text.endswith(("/", os.sep)) or Path(text).is_dir()
            has_place = folder.is_dir() and os.access(folder, os.W_OK)
        except (OSError, ValueError):
            # A name that is too long, or of bytes that no name may hold.
            raise _wrong("cannot be the name of a file here.") from None
        if is_folder:
            raise _wrong("must name a file, not a folder.")
        if not has_place:
            raise _wrong(f"is in {folder}, which is no folder that can be written to.")
        self._has_number = bool(places & {"index", "n"})
        self._has_suffix = "format" in places or bool(Path(text).suffix)

    @property
    def format(self) -> str | None:
        """The format that the name promises, if it promises one."""
        return _SUFFIXES.get(Path(self._text).suffix.lower())

    def path(self, image: ImageBytes, count: int, known: Mapping[str, object]) -> Path:
        """The name for one of `count` images; without a place for its number or its format, these are added."""
        values = {**known, "index": image.index, "n": image.index + 1, "format": image.format}
        path = Path(self._text.format_map({name: _safe(values.get(name, "")) for name in PLACES}))
        suffix = path.suffix if self._has_suffix else f".{image.format}"
        # A name must not promise what the bytes are not.
        if _SUFFIXES.get(suffix.lower(), image.format) != image.format:
            suffix = f".{image.format}"
        stem = path.stem if self._has_suffix else path.name
        return path.with_name(
            f"{stem}{'' if count == 1 or self._has_number else f'-{image.index + 1}'}{suffix}"
        )


def save(images: Sequence[ImageBytes], pattern: Pattern, known: Mapping[str, object]) -> list[Path]:
    """Write each image beside what is there already; returns the files. It is paid for: what cannot be written
    where it was wanted goes to this folder or to that for temporary files. OSError when it fits nowhere."""
    saved, lost = [], None
    for image in images:
        wanted = pattern.path(image, len(images), known)
        spare = f"venice-{image.index}.{image.format}"
        for path in (wanted, Path(spare), Path(tempfile.gettempdir()) / spare):
            try:
                saved.append(_write_new(path, image.data))
                break
            except OSError as error:
                say(f"{path}: {error.strerror}; the image goes elsewhere.")
                reason = error
        else:
            lost = reason
    if lost:
        raise lost
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
