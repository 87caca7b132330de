"""What a picture or a prompt of the gallery fills the create form with."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404, QueryDict

from gallery import access
from gallery.models import Image, Prompt
from gallery.models.queue import COPIED_FIELDS

EVERYTHING = frozenset(
    {
        "prompt",
        *COPIED_FIELDS,
        *("resolution", "quality"),
        *("safe_mode", "hide_watermark", "embed_exif_metadata", "enhance_prompt", "enable_web_search"),
    }
)
# A size means something only to the model that takes it, so that the model comes along.
USES = {
    "prompt": frozenset({"prompt", "negative_prompt"}),
    "seed": frozenset({"seed"}),
    "size": frozenset({"model", "width", "height", "aspect_ratio", "resolution"}),
    "all": EVERYTHING,
    "remix": EVERYTHING - {"seed"},
}


def picture_named(sent: QueryDict) -> Image | None:
    """The picture that `?image=` or the hidden field names; None when it names none that is there."""
    text = sent.get("image") or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    try:
        return access.image_to_see(int(text))
    except Http404:
        return None


def values_of(image: Image, uses: Iterable[str]) -> dict[str, Any]:
    """The parameters of `image` that `uses` ask for. The seed is its own: a variant has none."""
    wanted = frozenset[str]().union(*(USES.get(use.strip(), frozenset()) for use in uses))
    sent = {**image.generation.request, "seed": image.seed}
    return {name: sent[name] for name in wanted if sent.get(name) is not None}


def values_asked(query: QueryDict, image: Image | None) -> dict[str, Any]:
    """What the address of the create page fills in: by reference first, then field by field."""
    values: dict[str, Any] = {}
    if image is not None:
        values |= values_of(image, (query.get("use") or "all").split(","))
    text = query.get("use_prompt") or ""
    if text.isascii() and text.isdigit() and len(text) <= 18:
        prompt = Prompt.objects.filter(pk=int(text)).first()
        values |= {"prompt": prompt.text} if prompt else {}
    return values | query.dict()
