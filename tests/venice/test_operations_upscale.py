"""Upscaling, cutting out, style references and OpenAI's way: bodies and refusals."""

import base64
from typing import Any

import jsonschema
import pytest

from tests.venice.heads import png
from tests.venice.schemas import body_schema
from venice import (
    Generate,
    InvalidRequest,
    OpenAIGenerate,
    RemoveBackground,
    StyleReference,
    Upscale,
    bundled_models,
)

EVERY = {model.id: model for model in bundled_models()}
PICTURE = png(512, 512)
ENCODED = base64.b64encode(PICTURE).decode()
URL = "https://example.org/a.png"
GENERATE, SIMPLE = body_schema("GenerateImageRequest"), body_schema("SimpleGenerateImageRequest")
UPSCALE, BACKGROUND = body_schema("UpscaleImageRequest"), body_schema("BackgroundRemoveImageRequest")


def _refused(kind: Any, **fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        kind(**fields)
    return caught.value.field_errors


@pytest.mark.parametrize("fields", [{}, {"scale": 2}, {"scale": 4, "creativity": 0.02}, {"scale": 2.5}])
def test_an_upscale_is_sent_as_bare_base64(fields: dict[str, Any]) -> None:
    for source in (PICTURE, f"data:image/png;base64,{ENCODED}"):
        body = Upscale(image=source, **fields).payload()
        UPSCALE.validate(body)
        assert body == {"image": ENCODED, **fields}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("image", [URL, b"", "/no/such/file"]),
        ("scale", [1, 1.99, 4.01, 0, -2, float("nan"), float("inf"), True, "2", 10**400]),
        ("creativity", [-0.01, 0.021, 1, float("nan"), True, "0"]),
    ],
)
def test_an_upscale_has_bounds(field: str, values: list[Any]) -> None:
    for value in values:
        assert list(_refused(Upscale, **{"image": PICTURE, field: value})) == [field]


@pytest.mark.parametrize(
    ("size", "scale", "effective"),
    [((512, 512), None, 2), ((1024, 1024), 4, 4), ((2048, 2048), 4, 2), ((4096, 4096), 2, 1)],
)
def test_venice_lowers_a_scale_that_does_not_fit(
    size: tuple[int, int], scale: float | None, effective: float
) -> None:
    assert Upscale(image=png(*size), scale=scale).effective_scale == effective


def test_not_being_strict_leaves_numbers_free() -> None:
    body = Upscale(image=PICTURE, scale=8, creativity=1, strict=False).payload()
    assert (body["scale"], body["creativity"]) == (8, 1)
    assert "image" in _refused(Upscale, image=URL, strict=False)
    assert "scale" in _refused(Upscale, image=PICTURE, scale=float("nan"), strict=False)


def test_a_background_is_removed_from_a_file_or_a_url() -> None:
    for source, body in ((PICTURE, {"image": ENCODED}), (URL, {"image_url": URL})):
        operation = RemoveBackground(image=source)
        BACKGROUND.validate(operation.payload())
        assert operation.payload() == body
        assert operation.image_count == 1
    assert RemoveBackground(image=URL, anon_user_id="u").payload()["anon_user_id"] == "u"
    assert "anon_user_id" in _refused(RemoveBackground, image=URL, anon_user_id="a||b")


def test_each_is_for_its_own_model() -> None:
    cut, larger = RemoveBackground(image=URL), Upscale(image=PICTURE)
    simple = OpenAIGenerate(model="m", prompt="p")
    assert cut.problems(EVERY[cut.model]) == larger.problems(EVERY[larger.model]) == {}
    assert simple.problems(EVERY["z-image-turbo"]) == {}
    for model in ("firered-image-edit", "upscaler"):
        assert "model" in cut.problems(EVERY[model])
        assert "model" in simple.problems(EVERY[model])
    assert "model" in larger.problems(EVERY["z-image-turbo"])


FULL: dict[str, Any] = {
    "n": 1,
    "size": "1024x1536",
    "response_format": "url",
    "output_format": "webp",
    "moderation": "low",
    "quality": "hd",
    "style": "vivid",
    "background": "opaque",
    "output_compression": 50,
    "user": "somebody",
}


def test_openai_s_way_has_openai_s_fields() -> None:
    operation = OpenAIGenerate(model="default", prompt="p", **FULL)
    SIMPLE.validate(operation.payload())
    assert operation.payload() == {"model": "default", "prompt": "p", **FULL}
    assert OpenAIGenerate(model="m", prompt="p", output_format="jpg").payload()["output_format"] == "jpeg"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("model", ["", None]),
        ("prompt", ["", " ", None, "x" * 1501, "\udfff"]),
        ("n", [0, 2, True, 1.0]),
        ("size", ["1024", "1280x1280", 1024]),
        ("response_format", ["b64"]),
        ("output_format", ["gif"]),
        ("moderation", ["off"]),
        ("quality", ["best"]),
        ("style", ["anime"]),
        ("background", ["red"]),
        ("output_compression", [-1, 101, 1.5]),
        ("user", [7]),
    ],
)
def test_openai_s_way_is_checked(field: str, values: list[Any]) -> None:
    for value in values:
        body = {"model": "m", "prompt": "p", field: value}
        assert list(_refused(OpenAIGenerate, **body)) == [field]
        # A blank prompt passes the schema, and so do whole floats; Venice says no to the first.
        if value not in ("", " ", 1.0, "\udfff", None):
            with pytest.raises(jsonschema.ValidationError):
                SIMPLE.validate(body)


def _styled(*references: StyleReference, model: str = "krea-v2-large") -> Generate:
    return Generate(model=model, prompt="p", style_references=references)


def test_style_references_are_sent_and_read_back() -> None:
    operation = _styled(StyleReference(image=PICTURE, strength=0.3), StyleReference(image=URL))
    body = operation.payload()
    GENERATE.validate(body)
    assert body["style_references"] == [{"image": ENCODED, "strength": 0.3}, {"image": URL}]
    assert Generate.from_payload(body) == operation
    assert hash(operation) == hash(Generate.from_payload(body))
    assert operation.for_model(EVERY["krea-v2-large"]) == operation


def test_style_references_are_for_models_that_take_them() -> None:
    three = [StyleReference(image=URL, strength=0.5)] * 3
    assert _styled(*three).problems(EVERY["krea-v2-large"]) == {}
    assert "at most 3" in _styled(*three, *three).problems(EVERY["krea-v2-large"])["style_references"]
    assert "no style references" in _styled(*three).problems(EVERY["z-image-turbo"])["style_references"]
    assert _styled(*three).for_model(EVERY["z-image-turbo"]).style_references is None
    fitted = _styled(*three).for_model(EVERY["luma-uni-1"]).payload()
    assert fitted["style_references"] == [{"image": URL}] * 3


@pytest.mark.parametrize("strength", [0, 0.09, 1.01, -1, float("nan"), True, "0.5"])
def test_a_strength_has_bounds(strength: Any) -> None:
    assert list(_refused(StyleReference, image=URL, strength=strength)) == ["strength"]


@pytest.mark.parametrize("references", [URL, PICTURE, [URL], 7, {"image": URL}])
def test_references_are_a_list_of_references(references: Any) -> None:
    assert list(_refused(Generate, model="m", prompt="p", style_references=references)) == [
        "style_references"
    ]


def test_references_are_bounded() -> None:
    assert "8 MB" in _refused(StyleReference, image=PICTURE + b"\x00" * 8 * 1024 * 1024)["image"]
    large = StyleReference(image=PICTURE + b"\x00" * (8 * 1024 * 1024 - len(PICTURE)))
    assert _styled(*[large] * 3)
    assert "style_references" in _refused(Generate, model="m", prompt="p", style_references=[large] * 4)


@pytest.mark.parametrize("value", ["", "x" * 129, "a||b", "ü", "a\tb", 7])
def test_an_anonymous_user_is_printable(value: Any) -> None:
    assert list(_refused(Generate, model="m", prompt="p", anon_user_id=value)) == ["anon_user_id"]


def test_generating_without_being_strict_checks_types_only() -> None:
    loose = Generate(
        model="m", prompt="p", width=4096, seed=10**12, cfg_scale=50, format="avif", strict=False
    )
    assert loose.payload()["width"] == 4096
    assert Generate.from_payload({"model": "m", "prompt": "p"}) == Generate(
        model="m", prompt="p", strict=False
    )
    for wrong in ({"width": "8"}, {"width": 10**400}, {"cfg_scale": float("inf")}, {"safe_mode": 1}):
        _refused(Generate, model="m", prompt="p", strict=False, **wrong)
    with pytest.raises(TypeError):
        Generate.from_payload({"model": "m", "prompt": "p", "strict": False})
