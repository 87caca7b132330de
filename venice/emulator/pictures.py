"""The inference of the emulator: waits, paints, encodes, and says how long each took."""

import base64
import hashlib
import io
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from venice.catalog import Model
from venice.emulator.calls import Call
from venice.emulator.faults import without_markers
from venice.emulator.painter import Brief, blur, marked, paint
from venice.emulator.replies import Reply
from venice.emulator.sizes import pixel_size
from venice.emulator.state import State

EXIF_DESCRIPTION = 0x010E
EXIF_SOFTWARE = 0x0131
OTHER_FORMAT = {"webp": "jpeg", "jpeg": "png", "png": "jpeg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """What came of one request. Times are of time.monotonic(), durations in seconds."""

    files: list[bytes]
    format: str
    described: list[dict[str, Any]]
    encoded: list[str]
    received: float
    queued_s: float
    painting_s: float

    def timing(self, now: float) -> dict[str, int]:
        """In milliseconds. As in recorded replies, total = queue + preprocessing, and preprocessing holds
        the inference."""
        total = round((now - self.received) * 1000)
        queue = min(round(self.queued_s * 1000), total)
        return {
            "inferenceDuration": min(round(self.painting_s * 1000), total - queue),
            "inferencePreprocessingTime": total - queue,
            "inferenceQueueTime": queue,
            "total": total,
        }


def make_pictures(
    state: State, model: Model, data: dict[str, Any], faults: frozenset[str], received: float
) -> Pictures:
    """Paint all variants of a filled-in request. Image 0 follows the seed, the others are random."""
    waiting = time.monotonic()
    state.queue(model.id)
    with state.easels:
        started = time.monotonic()
        kind = _format(data, faults)
        seeds = [data["seed"]] + [secrets.randbelow(999_999_999) + 1 for _ in range(data["variants"] - 1)]
        pictures = [_picture(model, data, seed, faults) for seed in seeds]
        exif = _exif(data["prompt"]) if data["embed_exif_metadata"] else b""
        files = [encode(picture, kind, exif) for picture in pictures]
        painted = time.monotonic()
    described = [
        _described(seed, kind, picture, file)
        for seed, picture, file in zip(seeds, pictures, files, strict=True)
    ]
    files[-1] = _as_sent(files[-1], faults)
    return Pictures(
        files=files,
        format=kind,
        described=described,
        encoded=[] if data["return_binary"] else [base64.b64encode(file).decode() for file in files],
        received=received,
        queued_s=started - waiting,
        painting_s=painted - started,
    )


def developed(call: Call, work: Callable[[], Image.Image], kind: str, faults: frozenset[str]) -> Reply:
    """The reply of the routes that answer with the bytes of one picture."""
    call.state.queue(call.entry.model or "")
    with call.state.easels:
        picture = work()
        file = encode(picture if kind != "jpeg" else picture.convert("RGB"), kind)
    call.entry.images = [_described(None, kind, picture, file)]
    return Reply(body=b"" if "empty" in faults else _as_sent(file, faults), content_type=f"image/{kind}")


def encode(picture: Image.Image, kind: str, exif: bytes = b"") -> bytes:
    """The file's bytes. The settings are chosen for speed, not for size."""
    options: dict[str, dict[str, int]] = {
        "webp": {"quality": 82, "method": 2},
        "jpeg": {"quality": 88},
        "png": {"compress_level": 3},
    }
    out = io.BytesIO()
    picture.save(out, kind, exif=exif, **options[kind])
    return out.getvalue()


def _as_sent(file: bytes, faults: frozenset[str]) -> bytes:
    return file[: len(file) // 2] if "cut-picture" in faults else file


def _described(seed: int | None, kind: str, picture: Image.Image, file: bytes) -> dict[str, Any]:
    return {
        "seed": seed,
        "format": kind,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(file),
        "sha256": hashlib.sha256(file).hexdigest(),
    }


def _picture(model: Model, data: dict[str, Any], seed: int, faults: frozenset[str]) -> Image.Image:
    size = pixel_size(data, model)
    if "violation" in faults:
        return Image.new("RGB", size)
    brief = Brief(
        model=model.id,
        prompt=without_markers(data["prompt"]),
        seed=seed,
        cfg_scale=float(data["cfg_scale"]),
        style=data.get("style_preset"),
        width=size[0],
        height=size[1],
    )
    picture = blur(paint(brief)) if "blurred" in faults else paint(brief)
    return marked(picture) if _is_marked(model, data) else picture


def _is_marked(model: Model, data: dict[str, Any]) -> bool:
    """Only models that Venice runs itself, at one price for every size, draw a watermark."""
    runs_here = model.privacy == "private" and "generation" in model.pricing
    return runs_here and not data["hide_watermark"]


def _format(data: dict[str, Any], faults: frozenset[str]) -> str:
    if "violation" in faults and data["return_binary"]:
        return "png"
    asked = str(data["format"])
    return OTHER_FORMAT[asked] if "wrong-format" in faults else asked


def _exif(prompt: str) -> bytes:
    exif = Image.Exif()
    exif[EXIF_DESCRIPTION] = prompt.encode("ascii", "replace")[:2000].decode()
    exif[EXIF_SOFTWARE] = "Venice.ai"
    return exif.tobytes()
