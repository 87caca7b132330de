"""Bodies against Venice's own schema, and what is refused before it costs anything."""

import math
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import tried
from tests.venice.schemas import request_schema
from venice import Generate, InvalidRequest, Model, NotSent, bundled_models, bundled_styles
from venice.operations import KINDS, PARAMETER, PARAMETERS, parameters_of

MODELS = [model for model in bundled_models() if model.takes_generate]


REQUEST = request_schema("GenerateImageRequest")
VALIDATORS: dict[int, Any] = {}


def _validator(model: Model) -> Any:
    """The schema is printed for one model; the length of prompts is each model's own."""
    if model.prompt_limit not in VALIDATORS:
        limits = {"maxLength": model.prompt_limit}
        texts = {name: REQUEST["properties"][name] | limits for name in ("prompt", "negative_prompt")}
        schema = REQUEST | {"properties": REQUEST["properties"] | texts}
        VALIDATORS[model.prompt_limit] = jsonschema.Draft202012Validator(schema)
    return VALIDATORS[model.prompt_limit]


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def operations(draw: st.DrawFn, model: Model) -> Generate:
    text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    side = st.integers(1, 1280 // model.divisor).map(lambda number: number * model.divisor)
    flags = st.none() | st.booleans()
    binary = draw(flags)
    return Generate(
        model=draw(st.just(model.id) | st.just("default")),
        prompt=draw(text.filter(str.strip)),
        negative_prompt=draw(_maybe(text)),
        width=draw(_maybe(side)),
        height=draw(_maybe(side)),
        aspect_ratio=draw(_maybe(st.sampled_from(model.aspect_ratios or ("1:1", "auto")))),
        resolution=draw(_maybe(st.sampled_from(model.resolutions or ("1K", "2K")))),
        quality=draw(_maybe(st.sampled_from(model.qualities or ("low", "medium", "high")))),
        steps=draw(_maybe(st.integers(1, model.steps_max))),
        cfg_scale=draw(_maybe(st.floats(0, 20, exclude_min=True) | st.integers(1, 20))),
        seed=draw(_maybe(st.integers(-999999999, 999999999))),
        style_preset=draw(_maybe(st.sampled_from(bundled_styles()))),
        variants=None if binary else draw(_maybe(st.integers(1, 4))),
        format=draw(_maybe(st.sampled_from(["jpeg", "jpg", "png", "webp"]))),
        safe_mode=draw(flags),
        hide_watermark=draw(flags),
        embed_exif_metadata=draw(flags),
        enhance_prompt=draw(flags),
        enable_web_search=draw(flags),
        disable_prompt_optimization_thinking=draw(flags),
        lora_strength=draw(_maybe(st.integers(0, 100))),
        return_binary=binary,
    )


@pytest.mark.one_in(4)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@tried(5)
@given(data=st.data())
def test_it_builds_bodies_that_the_schema_accepts(model: Model, data: st.DataObject) -> None:
    operation = data.draw(operations(model)).for_model(model)
    body = operation.payload()

    _validator(model).validate(body)
    assert operation.problems(model) == {}
    assert Generate.from_payload(body) == operation
    assert operation.for_model(model) == operation
    assert not {"width", "height"} & body.keys() or model.sizing == "pixels"
    assert not {"aspect_ratio", "resolution", "quality"} & body.keys() or model.sizing == "ratio"


def test_the_schema_still_tells_a_bad_body() -> None:
    for bad in ({"width": 0}, {"cfg_scale": 0}, {"format": "jpg"}, {"nonsense": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(REQUEST).validate({"model": "m", "prompt": "p", **bad})


def _model(name: str) -> Model:
    return next(model for model in MODELS if model.id == name)


FULL = Generate(
    model="x",
    prompt="p",
    negative_prompt="n",
    width=1024,
    height=512,
    aspect_ratio="1:1",
    resolution="1K",
    quality="low",
    steps=8,
    cfg_scale=7,
    seed=3,
    enable_web_search=True,
)


@pytest.mark.parametrize(
    ("model", "kept"),
    [
        ("venice-sd35", {"width", "height", "steps", "negative_prompt"}),
        ("z-image-turbo", {"width", "height"}),
        ("qwen-image-2", {"aspect_ratio", "negative_prompt"}),
        ("nano-banana-2", {"aspect_ratio", "resolution", "enable_web_search"}),
        ("gpt-image-2", {"aspect_ratio", "resolution", "quality"}),
        ("recraft-v4", {"aspect_ratio"}),
    ],
)
def test_it_drops_what_the_model_does_not_take(model: str, kept: set[str]) -> None:
    fields = set(FULL.for_model(_model(model)).payload())

    assert fields == kept | {"model", "prompt", "cfg_scale", "seed"}
    assert FULL.for_model(_model(model)).model == model


@pytest.mark.parametrize(
    ("model", "fields", "wrong", "number"),
    [
        ("venice-sd35", {"prompt": "x" * 1501}, "prompt", "1500"),
        ("venice-sd35", {"prompt": "😀" * 1501}, "prompt", "1501"),
        ("venice-sd35", {"negative_prompt": "x" * 1501}, "negative_prompt", "1500"),
        ("venice-sd35", {"width": 1000}, "width", "16"),
        ("venice-sd35", {"height": 8}, "height", "16"),
        ("venice-sd35", {"steps": 31}, "steps", "30"),
        ("recraft-v4", {"width": 1024}, "width", "aspect ratio"),
        ("recraft-v4", {"aspect_ratio": "4:3"}, "aspect_ratio", "16:9"),
        ("gpt-image-2", {"resolution": "8K"}, "resolution", "4K"),
        ("gpt-image-2", {"resolution": "4k"}, "resolution", "4K"),
        ("grok-imagine-image-2-0", {"quality": "high"}, "quality", "medium"),
    ],
)
def test_it_tells_what_the_model_refuses(model: str, fields: dict[str, Any], wrong: str, number: str) -> None:
    problems = Generate(**{"model": model, "prompt": "p", **fields}).problems(_model(model))

    assert list(problems) == [wrong]
    assert number in problems[wrong]


def test_it_counts_code_points() -> None:
    assert Generate(model="venice-sd35", prompt="😀" * 1500).problems(_model("venice-sd35")) == {}


def test_a_model_for_other_work_is_a_problem() -> None:
    for model in bundled_models():
        if not model.takes_generate:
            assert "model" in Generate(model=model.id, prompt="p").problems(model)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("model", ["", " ", None, 3]),
        ("prompt", ["", "  \n", None, 3, "a\ud800b"]),
        ("negative_prompt", [3, "\udfff"]),
        ("width", [0, -1, 1281, 1.5, True, "8"]),
        ("height", [0, 1281]),
        ("steps", [0, -1, 1.5]),
        ("cfg_scale", [0, -1, 20.01, math.nan, math.inf, True, "7"]),
        ("seed", [10**9, -(10**9), 10**30, 1.5, True]),
        ("variants", [0, 5, True]),
        ("format", ["gif", "PNG", 1]),
        ("lora_strength", [-1, 101]),
        ("safe_mode", [1, "yes"]),
        ("style_preset", [1]),
    ],
)
def test_it_refuses_what_venice_refuses_for_every_model(field: str, values: list[Any]) -> None:
    for value in values:
        fields: dict[str, Any] = {"model": "m", "prompt": "p", field: value}
        with pytest.raises(InvalidRequest) as caught:
            Generate(**fields)
        assert list(caught.value.field_errors) == [field]
        assert isinstance(caught.value, NotSent)


def test_variants_exclude_a_binary_answer() -> None:
    with pytest.raises(InvalidRequest) as caught:
        Generate(model="m", prompt="p", variants=2, return_binary=True)
    assert "variants" in caught.value.field_errors


def test_it_takes_the_other_spellings() -> None:
    operation = Generate(model="m", prompt="p", format="jpg", cfg_scale=Decimal("7.5"))  # type: ignore[arg-type]
    assert operation.payload() == {"model": "m", "prompt": "p", "format": "jpeg", "cfg_scale": 7.5}


def test_it_counts_its_images() -> None:
    assert Generate(model="m", prompt="p").image_count == 1
    assert Generate(model="m", prompt="p", variants=3).image_count == 3


def test_an_unknown_key_is_kept_and_a_missing_one_refused() -> None:
    kept = Generate.from_payload({"model": "m", "prompt": "p", "mbed_exif_metadata": True})
    assert kept.extra == {"mbed_exif_metadata": True}
    with pytest.raises(TypeError):
        Generate.from_payload({"model": "m", "mbed_exif_metadata": True})


def test_the_table_says_which_models_take_a_parameter_and_its_default() -> None:
    by_id = {model.id: model for model in MODELS}
    pixels, tiers = by_id["venice-sd35"], by_id["gpt-image-2"]

    def taken(model: Model) -> set[str]:
        return {each.name for each in PARAMETERS if (each.sizing or each.offer) and each.taken_by(model)}

    assert taken(pixels) == {"width", "height", "steps", "negative_prompt"}
    assert {"aspect_ratio", "resolution", "quality"} <= taken(tiers)
    assert not {"width", "height", "steps"} & taken(tiers)
    asked = Generate(
        model="-", prompt="fog", **dict.fromkeys(("width", "height", "steps"), 64), quality="low"
    )
    assert asked.for_model(tiers).payload().keys() == {"model", "prompt", "quality"}
    assert PARAMETER["quality"].default_of(tiers) == tiers.default_quality
    assert (PARAMETER["steps"].default_of(pixels), PARAMETER["width"].default_of(pixels)) == (25, 1024)


def test_the_parameters_of_an_operation_are_those_of_its_fields() -> None:
    assert [each.name for each in parameters_of("upscale")] == ["scale", "creativity"]
    assert PARAMETER["quality"] in parameters_of("multi-edit")
    assert PARAMETER["quality"] not in parameters_of("edit")
    assert {each.name for kind in KINDS for each in parameters_of(kind)} == PARAMETER.keys() - {"modelId"}
    with pytest.raises(ValueError, match="no operation"):
        parameters_of("draw")
