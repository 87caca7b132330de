"""Two requests are equal when they ask for the same, however they were written."""

from collections.abc import Sequence
from typing import Any

import pytest

from gallery.variations.canonical import form_of
from venice import Generate, Model, bundled_models

MODELS = {model.id: model for model in bundled_models()}
PIXELS, RATIOS = MODELS["venice-sd35"], MODELS["nano-banana-2"]


def of(request: dict[str, Any], model: Model = PIXELS, inputs: Sequence[str] = ()) -> str:
    return form_of("generate", model)({"model": model.id, "prompt": "fog", **request}, inputs)


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ({"width": 1024, "height": 1024}, PIXELS),
        ({"steps": PIXELS.steps_default}, PIXELS),
        ({"safe_mode": True, "hide_watermark": False, "format": "webp", "variants": 1}, PIXELS),
        ({"negative_prompt": "", "style_preset": ""}, PIXELS),
        ({"return_binary": True, "anon_user_id": "somebody"}, PIXELS),
        ({"aspect_ratio": RATIOS.default_aspect_ratio, "resolution": RATIOS.default_resolution}, RATIOS),
        # What the model does not take makes no difference.
        ({"width": 512, "height": 768, "steps": 9}, RATIOS),
        ({"aspect_ratio": "16:9"}, PIXELS),
    ],
)
def test_what_is_left_out_is_its_default(said: dict[str, Any], model: Model) -> None:
    assert of({"seed": 5} | said, model) == of({"seed": 5}, model)


@pytest.mark.parametrize(
    "said",
    [
        {"seed": 6},
        {"width": 512},
        {"steps": 3},
        {"safe_mode": False},
        {"format": "png"},
        {"cfg_scale": 7},
        {"style_preset": "Anime"},
        {"prompt": "rain"},
        {"negative_prompt": "mud"},
        {"something_new": 1},
    ],
)
def test_what_changes_the_picture_is_another_request(said: dict[str, Any]) -> None:
    assert of({"seed": 5} | said) != of({"seed": 5})


def test_order_and_type_of_numbers_make_no_difference() -> None:
    assert of({"seed": 5, "cfg_scale": 7}) == of({"cfg_scale": 7.0, "seed": 5})


def test_inputs_count_by_digest_and_order() -> None:
    references = {"style_references": [{"strength": 0.5}, {}]}
    assert of(references, inputs=["a", "b"]) != of(references, inputs=["b", "a"])
    assert of(references, inputs=["a", "b"]) == of(references, inputs=["a", "b"])


def test_an_operation_and_its_stored_request_are_one() -> None:
    operation = Generate(model=PIXELS.id, prompt="fog", seed=5, width=1024, cfg_scale=7, safe_mode=True)
    assert of(dict(operation.payload())) == of({"seed": 5, "cfg_scale": 7})


TEXTS = [
    (
        "generate",
        {"prompt": "fog"},
        None,
        '{"disable_prompt_optimization_thinking":false,"embed_exif_metadata":false,"enable_web_search":false,'
        '"enhance_prompt":false,"format":"webp","hide_watermark":false,"negative_prompt":"","prompt":"fog",'
        '"safe_mode":true,"style_preset":"","style_references":[],"variants":1.0}',
    ),
    (
        "generate",
        {"prompt": "fog", "seed": 5, "anon_user_id": "somebody"},
        PIXELS,
        '{"embed_exif_metadata":false,"enhance_prompt":false,"format":"webp","height":1024.0,'
        '"hide_watermark":false,"negative_prompt":"","prompt":"fog","safe_mode":true,"seed":5.0,"steps":25.0,'
        '"style_preset":"","style_references":[],"variants":1.0,"width":1024.0}',
    ),
    (
        "generate",
        {"prompt": "fog", "quality": "low"},
        RATIOS,
        '{"aspect_ratio":"1:1","embed_exif_metadata":false,"enable_web_search":false,"enhance_prompt":false,'
        '"format":"webp","hide_watermark":false,"prompt":"fog","resolution":"1K","safe_mode":true,'
        '"style_preset":"","style_references":[],"variants":1.0}',
    ),
    (
        "multi-edit",
        {"prompt": "fog"},
        None,
        '{"enhance_prompt":false,"model":"firered-image-edit","prompt":"fog","safe_mode":true,'
        '"style_references":[]}',
    ),
    ("upscale", {}, None, '{"creativity":0.0,"scale":2.0,"style_references":[]}'),
    ("remove-background", {}, None, '{"style_references":[]}'),
]


@pytest.mark.parametrize(("kind", "request_", "model", "text"), TEXTS)
def test_the_form_stays_as_it_is(kind: str, request_: dict[str, Any], model: Model | None, text: str) -> None:
    """Defaults come from the table of parameters: one that changes there changes what was made already."""
    assert form_of(kind, model)(request_, ()) == f'["{kind}",{text},[]]'
