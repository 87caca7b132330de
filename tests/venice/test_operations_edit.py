"""Edits of one image and of several: bodies by Venice's schema, and what each model refuses."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import tried
from tests.venice.heads import jpeg, png
from tests.venice.schemas import body_schema
from venice import Edit, InvalidRequest, Model, MultiEdit, bundled_models

EVERY = {model.id: model for model in bundled_models()}
MODELS = [model for model in EVERY.values() if model.takes_edit]
PICTURE, OTHER = png(512, 512), jpeg(300, 400)
URL = "https://example.org/a.png"
ONE, SEVERAL = body_schema("EditImageRequest"), body_schema("MultiEditImageRequest")


def _text() -> st.SearchStrategy[str]:
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)


def _common(draw: st.DrawFn, model: Model) -> dict[str, Any]:
    flags = st.none() | st.booleans()
    return {
        "model": model.id,
        "prompt": draw(_text()),
        "aspect_ratio": draw(st.none() | st.sampled_from(model.aspect_ratios)),
        "resolution": draw(st.none() | st.sampled_from(model.resolutions)) if model.resolutions else None,
        "output_format": draw(st.none() | st.sampled_from(["jpeg", "jpg", "png", "webp"])),
        "safe_mode": draw(flags),
        "enhance_prompt": draw(flags),
        "disable_prompt_optimization_thinking": draw(flags),
    }


@st.composite
def edits(draw: st.DrawFn, model: Model) -> Edit:
    return Edit(image=draw(st.sampled_from([PICTURE, OTHER, URL])), **_common(draw, model))


@st.composite
def multi_edits(draw: st.DrawFn, model: Model) -> MultiEdit:
    images = st.lists(st.sampled_from([PICTURE, OTHER, URL]), min_size=1, max_size=model.max_input_images)
    quality = draw(st.none() | st.sampled_from(model.qualities)) if model.qualities else None
    return MultiEdit(images=draw(images), quality=quality, **_common(draw, model))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)
@tried(4)
@given(data=st.data())
def test_it_builds_bodies_that_the_schema_accepts(model: Model, data: st.DataObject) -> None:
    one, several = data.draw(edits(model)), data.draw(multi_edits(model))
    ONE.validate(one.payload())
    SEVERAL.validate(several.payload())
    assert one.problems(model) == several.problems(model) == {}
    assert one.image_count == several.image_count == 1


def test_the_schema_still_tells_a_bad_body() -> None:
    for validator, bad in (
        (ONE, {"image": "x", "prompt": "p", "quality": "low"}),
        (ONE, {"image": "x", "prompt": "p", "aspect_ratio": "5:7"}),
        (SEVERAL, {"images": [], "prompt": "p"}),
        (SEVERAL, {"images": ["x"], "prompt": "p", "model": "m"}),
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(bad)


def test_each_names_its_model_as_its_endpoint_does() -> None:
    assert Edit(image=PICTURE, prompt="p").payload()["model"] == "firered-image-edit"
    body = MultiEdit(images=[PICTURE], prompt="p", model="m", anon_user_id="u").payload()
    assert body["modelId"] == "m"
    assert body["anon_user_id"] == "u"
    assert "model" not in body


#: Fields, model, and what the message of which field holds for an edit and for a multi-edit; nothing: allowed.
PROBLEMS: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("firered-image-edit", {"prompt": "x" * 1500}, "prompt", "", ""),
    ("firered-image-edit", {"prompt": "x" * 1501}, "prompt", "1500", "1500"),
    ("nano-banana-2-edit", {"prompt": "x" * 32_768}, "prompt", "", ""),
    ("firered-image-edit", {"resolution": "2K"}, "resolution", "leave it out", ""),
    ("gpt-image-2-edit", {"resolution": "8K"}, "resolution", "1K, 2K, 4K", "1K, 2K, 4K"),
    ("gpt-image-2-edit", {"aspect_ratio": "auto"}, "aspect_ratio", "Leave it out", "Leave it out"),
    ("qwen-image-2-edit", {"aspect_ratio": "auto"}, "aspect_ratio", "Leave it out", "Leave it out"),
    ("wan-2-7-pro-edit", {"aspect_ratio": "1:1"}, "aspect_ratio", "auto", "auto"),
    ("wan-2-7-pro-edit", {"aspect_ratio": "auto"}, "aspect_ratio", "", ""),
    ("firered-image-edit", {"aspect_ratio": "4:3"}, "aspect_ratio", "16:9", "16:9"),
    ("z-image-turbo", {}, "model", "does not edit", "does not edit"),
    ("upscaler", {}, "model", "does not edit", "does not edit"),
]


@pytest.mark.parametrize(("model", "fields", "field", "one", "several"), PROBLEMS)
def test_it_tells_what_the_model_refuses(
    model: str, fields: dict[str, Any], field: str, one: str, several: str
) -> None:
    given = {"prompt": "p", "model": model, **fields}
    for operation, words in (
        (Edit(image=PICTURE, **given), one),
        (MultiEdit(images=[URL], **given), several),
    ):
        problems = operation.problems(EVERY[model])
        assert list(problems) == ([field] if words else [])
        assert words in problems.get(field, "")


@pytest.mark.parametrize(
    ("model", "most"),
    [("luma-uni-1-edit", 1), ("firered-image-edit", 3), ("gpt-image-2-edit", 6), ("seedream-v4-edit", 6)],
)
def test_each_model_takes_so_many_images(model: str, most: int) -> None:
    allowed = MultiEdit(images=[URL] * most, prompt="p", model=model)
    assert allowed.problems(EVERY[model]) == {}
    above = MultiEdit(images=[URL] * (most + 1), prompt="p", model=model).problems(EVERY[model])
    assert list(above) == ["images"]
    assert f"at most {most} image" in above["images"]


def test_a_quality_is_for_models_that_have_one() -> None:
    model = EVERY["grok-imagine-image-2-0-edit"]
    operation = MultiEdit(images=[URL], prompt="p", model=model.id, quality="high")
    assert "low, medium" in operation.problems(model)["quality"]
    with pytest.raises(TypeError):
        Edit(image=URL, prompt="p", quality="low")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("prompt", ["", "  ", None, 3, "a\ud800b", "x" * 32_769]),
        ("model", ["", None, 3]),
        ("aspect_ratio", [1, "", "x" * 11]),
        ("resolution", [1, "", "x" * 11]),
        ("output_format", ["gif", "PNG", 1, []]),
        ("safe_mode", [1, "yes"]),
        ("enhance_prompt", [0]),
        ("disable_prompt_optimization_thinking", ["no"]),
        ("anon_user_id", ["", "x" * 129, "a||b", "ü", "a\nb", 7]),
        ("strict", [None, 0]),
    ],
)
def test_it_refuses_what_venice_refuses_for_every_model(field: str, values: list[Any]) -> None:
    makers: list[Callable[..., Any]] = [
        lambda **fields: Edit(**{"image": URL, "prompt": "p", **fields}),
        lambda **fields: MultiEdit(**{"images": [URL], "prompt": "p", **fields}),
    ]
    for make in makers:
        for value in values:
            with pytest.raises(InvalidRequest) as caught:
                make(**{field: value})
            assert list(caught.value.field_errors) == [field]


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([], "1 to 10"),
        ([URL] * 11, "1 to 10"),
        (URL, "a list"),
        (PICTURE, "a list"),
        (None, "a list"),
        (7, "a list"),
        ([URL, b"nonsense"], "image 2 "),
        ([URL, png(5, 5)], "image 2 "),
        ([png(64, 1024, b"\x00" * 13_000_000)] * 3, "together"),
    ],
    ids=range(9),
)
def test_it_refuses_images_that_cannot_be_sent(images: Any, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        MultiEdit(images=images, prompt="p")
    assert list(caught.value.field_errors) == ["images"]
    assert words in caught.value.field_errors["images"]


def test_several_things_that_are_wrong_are_listed_together() -> None:
    with pytest.raises(InvalidRequest) as caught:
        Edit(image=b"", prompt="", output_format="gif")
    assert set(caught.value.field_errors) == {"image", "prompt", "output_format"}


def test_not_being_strict_checks_types_only() -> None:
    loose = Edit(
        image=URL,
        prompt="x" * 40_000,
        resolution="x" * 20,
        output_format="avif",
        anon_user_id="ü",
        strict=False,
    )
    assert loose.payload()["output_format"] == "avif"
    assert "strict" not in loose.payload()
    assert MultiEdit(images=[URL] * 20, prompt="p", quality="best", strict=False)
    for wrong in ({"prompt": 3}, {"safe_mode": "yes"}, {"output_format": 1}, {"prompt": "\ud800"}):
        with pytest.raises(InvalidRequest):
            Edit(**{"image": URL, "prompt": "p", "strict": False, **wrong})  # type: ignore[arg-type]
