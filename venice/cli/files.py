"""Where images go: names from a pattern that is checked before anything is paid, and no file is ever replaced."""

import os
import string
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from venice.cli.output import say, silence
from venice.cli.saved import Saved
from venice.errors import InvalidRequest
from venice.images import ImageBytes, write_new
from venice.operations import FORMATS

PLACEHOLDERS = ("seed", "index", "n", "format", "model", "id")
_SUFFIXES = {
    ".png": "png",
    ".webp": "webp",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jpe": "jpeg",
    ".jfif": "jpeg",
}
#: Names of what Venice never sends.
_OTHER_SUFFIXES = (
    *(
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".avif",
        ".jxl",
        ".jp2",
        ".ico",
        ".svg",
        ".psd",
        ".pdf",
    ),
    *(".apng", ".tga", ".exr", ".pnm", ".ppm", ".qoi", ".raw", ".mp4", ".webm", ".json", ".zip", ".txt"),
)
_SUFFIXES |= {suffix: suffix[1:] for suffix in _OTHER_SUFFIXES}
STDOUT = "-"
#: Seconds for which an answer waits for room, and between two looks.
PATIENCE, LOOK_EVERY = 600.0, 2.0
_MEMORY = "/dev/shm"  # noqa: S108 - the last resort, and never an existing file
_UNSAFE = {"/": "-", "\\": "-", "\0": ""}


class Pattern:
    """A file name with placeholders: {seed}, {index} (from 0), {n} (from 1), {format}, {model}, {id}; or `-`.

    Raises InvalidRequest for a placeholder that does not exist and for a folder that is not there or not ours.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        try:
            parsed = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError:
            parsed = [("?", "", None)]
        placeholders = {name for name, _, _ in parsed}
        # A width or a conversion is of no use here, and could be a gigabyte wide.
        if not text or not placeholders <= set(PLACEHOLDERS) or any(form or how for _, form, how in parsed):
            raise _wrong(f"may hold {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)} and no other braces.")
        folder = Path(text).parent
        if "{" in str(folder):
            raise _wrong("may hold braces in the file's name only.")
        try:
            is_folder = text.endswith(("/", os.sep)) or Path(text).is_dir()
            is_writable = folder.is_dir() and os.access(folder, os.W_OK)
        except (OSError, ValueError):
            # A name that is too long, or of bytes that no name may hold.
            raise _wrong("cannot be the name of a file here.") from None
        if is_folder:
            raise _wrong("must name a file, not a folder.")
        if not is_writable:
            raise _wrong(f"is in {folder}, which is no folder that can be written to.")
        self._has_number = bool(placeholders & {"index", "n"})
        self._has_suffix = "format" in placeholders or bool(Path(text).suffix)

    @property
    def is_stdout(self) -> bool:
        """Whether the image goes to stdout and not to a file."""
        return self._text == STDOUT

    def check_stdout(self, count: int, *, as_json: bool) -> None:
        """InvalidRequest when stdout is wanted and cannot take so many images."""
        if not self.is_stdout:
            return
        if count > 1:
            raise _wrong(f"- is stdout, which takes one image; these would be {count}.")
        if as_json:
            raise _wrong("- is stdout, where --json writes too.")
        if sys.stdout is None or sys.stdout.isatty():
            raise _wrong("- is stdout, which is no place for an image here.")

    @property
    def format(self) -> str | None:
        """The format that the name promises, if it promises one that can be asked for."""
        promised = _SUFFIXES.get(Path(self._text).suffix.lower())
        return promised if promised in FORMATS else None

    @property
    def _file_name(self) -> str:
        return "image" if self.is_stdout else self._text

    def path(self, image: ImageBytes, count: int, parameters: Mapping[str, object]) -> Path:
        """The name for one of `count` images; a number or a format without a placeholder is added."""
        values = {**parameters, "index": image.index, "n": image.index + 1, "format": image.format}
        path = Path(self._file_name.format_map({name: _safe(values.get(name, "")) for name in PLACEHOLDERS}))
        suffix = path.suffix if self._has_suffix else f".{image.format}"
        # A name must not promise what the bytes are not.
        if _SUFFIXES.get(suffix.lower(), image.format) != image.format:
            suffix = f".{image.format}"
        stem = path.stem if self._has_suffix else path.name
        return path.with_name(
            f"{stem}{'' if count == 1 or self._has_number else f'-{image.index + 1}'}{suffix}"
        )

    def answer_path(self, parameters: Mapping[str, object]) -> Path:
        """The name for an answer of which some could not be read: as that of an image, ending in `.bin`."""
        values = {**parameters, "index": "answer", "n": "answer", "format": "bin"}
        path = Path(self._file_name.format_map({name: _safe(values.get(name, "")) for name in PLACEHOLDERS}))
        return path.with_name(f"{path.stem if self._has_suffix else path.name}.bin")


def save(
    images: Sequence[ImageBytes], body: bytes, pattern: Pattern, parameters: Mapping[str, object]
) -> Saved:
    """Write each image, and the answer's `body` unless it is empty, beside what is there already.

    It is paid for: what cannot be written where it was wanted goes elsewhere, or waits for room. OSError when
    there is none for a long time.
    """
    saved = Saved()
    if pattern.is_stdout and images and _to_stdout(images[0].data):
        images = images[1:]
    for image in images:
        wanted = pattern.path(image, len(images), parameters)
        saved.images.append(_write(wanted, f"venice-{image.index}.{image.format}", image.data))
    if body:
        saved.answer = _write(pattern.answer_path(parameters), "venice-answer.bin", body)
    return saved


def _to_stdout(data: bytes) -> bool:
    """Whether stdout took all of it."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        silence(sys.stdout)
        say(f"stdout: {error.strerror}; the image goes to a file.")
        return False
    return True


def _write(wanted: Path, spare: str, data: bytes) -> Path:
    """Write `data` where it was wanted or, in turn, to this folder, that for temporary files, and memory."""
    paths = [wanted, *(Path(folder) / spare for folder in ("", tempfile.gettempdir(), _MEMORY))]
    deadline = time.monotonic() + PATIENCE
    while True:
        reasons = []
        for path in paths:
            try:
                written = write_new(path, data)
            except OSError as error:
                reasons.append(f"{path}: {error.strerror}")
                lost = error
                continue
            if reasons:
                say(f"{'; '.join(reasons)}; it goes elsewhere: {written}.")
            return written
        if time.monotonic() >= deadline:
            raise lost
        say(f"{'; '.join(reasons)}. It is paid for, so I wait for room; Ctrl-C gives it up.")
        time.sleep(LOOK_EVERY)


def _safe(value: object) -> str:
    """Part of a file's name: no folders, whatever an id holds."""
    text = str(value)
    for sign, better in _UNSAFE.items():
        text = text.replace(sign, better)
    return text


def _wrong(message: str) -> InvalidRequest:
    return InvalidRequest(f"--out {message}", field_errors={"out": message})
