"""Models and styles as Venice lists them, read so that new keys, types and models never break the reader."""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any, Literal, Self

from venice.errors import CatalogError
from venice.text import clean_line

logger = logging.getLogger(__name__)

#: The strictest limit of any known model, for one that tells none.
DEFAULT_PROMPT_LIMIT = 1500
DEFAULT_STEPS = 20
#: What models take that do not say how many.
DEFAULT_INPUT_IMAGES = 3
DEFAULT_STYLE_REFERENCES = 3
MAX_MODELS = 5000
MAX_STYLES = 2000
MAX_STYLE_NAME = 100
_MAX_CHOICES = 50
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,149}")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# Listed as images because they answer with one, but they start from one too.
_NOT_FOR_GENERATE = ("bria-bg-remover", "*-bg-remover", "*background-remov*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model and what it takes. `raw` is the entry as Venice sent it, with everything not known here."""

    id: str
    type: str
    name: str = ""
    privacy: str = ""
    traits: tuple[str, ...] = ()
    offline: bool = False
    raw: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)
    prompt_limit: int = DEFAULT_PROMPT_LIMIT
    sizing: Literal["pixels", "ratio"] = "ratio"
    divisor: int = 1
    aspect_ratios: tuple[str, ...] = ()
    default_aspect_ratio: str | None = None
    resolutions: tuple[str, ...] = ()
    default_resolution: str | None = None
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None
    steps_default: int = DEFAULT_STEPS
    steps_max: int = DEFAULT_STEPS
    uses_steps: bool = False
    uses_negative_prompt: bool = True
    uses_seed: bool = True
    supports_web_search: bool = False
    supports_style_references: bool = False
    max_style_references: int = 0
    supports_style_strength: bool = True
    supports_prompt_thinking: bool = False
    #: How many images one edit may start from.
    max_input_images: int = 1
    pricing: dict[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def takes_generate(self) -> bool:
        """Whether POST /image/generate accepts it."""
        return self.type == "image" and not _matches(self.id, _NOT_FOR_GENERATE)

    @property
    def takes_edit(self) -> bool:
        """Whether POST /image/edit and /image/multi-edit accept it."""
        return self.type == "inpaint"

    @property
    def takes_upscale(self) -> bool:
        """Whether POST /image/upscale works with it."""
        return self.type == "upscale"

    @property
    def takes_background_removal(self) -> bool:
        """Whether POST /image/background-remove works with it."""
        return self.type == "image" and _matches(self.id, _NOT_FOR_GENERATE)

    @classmethod
    def from_entry(cls, entry: Any) -> Self:
        """Read an entry of GET /models. CatalogError only when there is no usable id or type."""
        entry = entry if isinstance(entry, dict) else {}
        model_id, kind = entry.get("id"), entry.get("type")
        if not (isinstance(model_id, str) and _ID.fullmatch(model_id)):
            raise CatalogError("a model without a usable id")
        if not (isinstance(kind, str) and _TYPE.fullmatch(kind)):
            raise CatalogError(f"the model {model_id} has no usable type")
        spec = _mapping(entry.get("model_spec"))
        uses_steps = says("uses_steps", model_id)
        return cls(
            id=model_id,
            type=kind,
            name=clean_line(spec.get("name"), 150) or model_id,
            privacy=clean_line(spec.get("privacy"), 40),
            traits=_texts(spec.get("traits")),
            offline=spec.get("offline") is True,
            raw=entry,
            uses_steps=uses_steps,
            uses_negative_prompt=says("uses_negative_prompt", model_id),
            uses_seed=not says("ignores_seed", model_id),
            supports_web_search=spec.get("supportsWebSearch") is True,
            supports_style_references=spec.get("supportsStyleReferences") is True,
            supports_prompt_thinking=spec.get("supportsOptimizePromptThinking") is True,
            pricing=_mapping(spec.get("pricing")),
            max_style_references=_style_references(spec),
            **_constraints(spec.get("constraints")),
        )


def _constraints(value: Any) -> dict[str, Any]:
    limits = _mapping(value)
    ratios, tiers = _texts(limits.get("aspectRatios")), _texts(limits.get("resolutions"))
    qualities = _texts(limits.get("qualities"))
    steps = _mapping(limits.get("steps"))
    steps_max = _count(steps.get("max"), DEFAULT_STEPS)
    return {
        "prompt_limit": _count(limits.get("promptCharacterLimit"), DEFAULT_PROMPT_LIMIT),
        # A model that tells nothing of its size is sent none: some models refuse width and height.
        "sizing": "pixels" if limits and not ratios and not tiers else "ratio",
        "divisor": _count(limits.get("widthHeightDivisor"), 1),
        "aspect_ratios": ratios,
        "default_aspect_ratio": _default(limits.get("defaultAspectRatio"), ratios),
        "resolutions": tiers,
        "default_resolution": _default(limits.get("defaultResolution"), tiers),
        "qualities": qualities,
        "default_quality": _default(limits.get("defaultQuality"), qualities),
        "supports_style_strength": limits.get("supportsStyleReferenceStrength") is not False,
        "max_input_images": _input_images(limits),
        "steps_max": steps_max,
        "steps_default": min(_count(steps.get("default"), DEFAULT_STEPS), steps_max),
    }


def _style_references(spec: dict[str, Any]) -> int:
    if spec.get("supportsStyleReferences") is not True:
        return 0
    return _count(_mapping(spec.get("constraints")).get("maxStyleReferences"), DEFAULT_STYLE_REFERENCES)


def _input_images(limits: dict[str, Any]) -> int:
    if limits.get("combineImages") is False:
        return 1
    return _count(limits.get("maxInputImages"), DEFAULT_INPUT_IMAGES)


def parse_models(body: Any) -> list[Model]:
    """The readable entries of an answer of GET /models, each id once. CatalogError when it is no list."""
    models: dict[str, Model] = {}
    for entry in _listed(body, "models")[:MAX_MODELS]:
        try:
            model = Model.from_entry(entry)
        except CatalogError as error:
            logger.warning("Skipped an entry of the catalogue: %s", error.message)
        else:
            models.setdefault(model.id, model)
    return list(models.values())


def parse_styles(body: Any) -> list[str]:
    """Style names in Venice's order. An entry may be a name or an object with one; bad ones are skipped."""
    names: dict[str, None] = {}
    for entry in _listed(body, "styles"):
        name = entry.get("name") if isinstance(entry, dict) else entry
        # Names are sent back exactly: one that cleaning would change is of no use.
        if (
            isinstance(name, str)
            and 0 < len(name) <= MAX_STYLE_NAME
            and clean_line(name, MAX_STYLE_NAME) == name
        ):
            names[name] = None
        if len(names) == MAX_STYLES:
            break
    return list(names)


def bundled_models() -> list[Model]:
    """The catalogue that comes with this package: models of August 2026, for use without a network."""
    return parse_models(_data("models.json"))


def bundled_styles() -> list[str]:
    return parse_styles(_data("styles.json"))


def says(fact: str, model_id: str) -> bool:
    """What data/facts.json tells of a model and the API does not: uses_steps, ignores_seed …"""
    facts = _facts()
    if _matches(model_id, tuple(facts[fact]["models"])):
        return True
    return bool(facts[fact]["unknown"]) and not _matches(model_id, tuple(facts["known"]["models"]))


@cache
def _facts() -> dict[str, Any]:
    facts: dict[str, Any] = _data("facts.json")
    return facts


def _data(name: str) -> Any:
    return json.loads(resources.files("venice.data").joinpath(name).read_text(encoding="utf-8"))


def _matches(model_id: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(model_id, pattern) for pattern in patterns)


def _listed(body: Any, what: str) -> list[Any]:
    entries = body.get("data") if isinstance(body, Mapping) else body
    if not isinstance(entries, list):
        raise CatalogError(f"the answer holds no list of {what}")
    return entries


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    texts = (item for item in items if isinstance(item, str) and item and clean_line(item, 40) == item)
    return tuple(dict.fromkeys(texts))[:_MAX_CHOICES]


def _default(value: Any, choices: tuple[str, ...]) -> str | None:
    if isinstance(value, str) and value in choices:
        return value
    return choices[0] if choices else None


def _count(value: Any, default: int) -> int:
    """A positive whole number, or the default."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    if isinstance(value, float) and not value.is_integer():
        return default
    return int(value) if 0 < value <= 10_000_000 else default
