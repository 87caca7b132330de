"""A form's values on another model: shapes stand for one another, and whatever is not as it was is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.forms.model_change import carried, nearest_pixels, nearest_ratio, proportion
from venice import Generate, Model, bundled_models
from venice.operations import MAX_SIDE

MODELS = [model for model in bundled_models() if model.takes_generate]
BY_ID = {model.id: model for model in MODELS}
RATIOS = sorted({ratio for model in MODELS for ratio in model.aspect_ratios if proportion(ratio)})
SD35, TURBO, GROK = BY_ID["venice-sd35"], BY_ID["z-image-turbo"], BY_ID["grok-imagine-image"]


@pytest.mark.parametrize("divisor", [1, 8, 16, 32])
@pytest.mark.parametrize("ratio", RATIOS)
def test_a_ratio_and_its_pixels_stand_for_one_another(ratio: str, divisor: int) -> None:
    pixels = nearest_pixels(ratio, divisor)

    assert pixels
    assert all(0 < side <= MAX_SIDE and side % divisor == 0 for side in pixels)
    assert nearest_ratio(*pixels, RATIOS) == ratio


@pytest.mark.parametrize(
    "ratio", ["", "auto", "16", "0:1", "1:0", ":", "-1:2", "1.5:1", "٣:٢", "9" * 9000 + ":x"]
)
def test_what_is_no_shape_has_no_pixels(ratio: str) -> None:
    assert nearest_pixels(ratio) is None
    assert nearest_ratio(4, 3, [ratio]) is None


@given(st.integers(1, 999_999), st.integers(1, 999_999), st.integers(1, 5000))
def test_any_shape_has_pixels_that_venice_takes(across: int, down: int, divisor: int) -> None:
    pixels = nearest_pixels(f"{across}:{down}", divisor)

    assert pixels
    assert all(1 <= side <= MAX_SIDE for side in pixels)


@st.composite
def forms(draw: st.DrawFn) -> tuple[Model, dict[str, Any], Model]:
    """A model, values as its form has them, and another model."""
    source, target = draw(st.sampled_from(MODELS)), draw(st.sampled_from(MODELS))
    values: dict[str, Any] = {"prompt": "A bridge", "seed": 5, "variants": draw(st.integers(1, 4))}
    if source.sizing == "pixels":
        sides = range(source.divisor, MAX_SIDE + 1, source.divisor)
        values |= {"width": draw(st.sampled_from(sides)), "height": draw(st.sampled_from(sides))}
    for name, offered in (
        ("aspect_ratio", source.aspect_ratios),
        ("resolution", source.resolutions),
        ("quality", source.qualities),
    ):
        if offered:
            values[name] = draw(st.sampled_from(offered))
    if source.uses_steps:
        values["steps"] = draw(st.integers(1, source.steps_max))
    if source.uses_negative_prompt:
        values["negative_prompt"] = draw(st.sampled_from(["", "fog"]))
    if source.supports_web_search:
        values["enable_web_search"] = draw(st.booleans())
    return source, values, target


@given(forms())
def test_whatever_is_carried_can_be_asked_of_the_other_model(
    drawn: tuple[Model, dict[str, Any], Model],
) -> None:
    source, values, target = drawn
    there = carried(values, source, target)

    asked = Generate(**{**there.values, "model": target.id})
    asked = asked.for_model(target)
    assert asked.problems(target) == {}
    # Nothing is dropped without a word.
    for name in ("negative_prompt", "enable_web_search"):
        if values.get(name) and not getattr(asked, name):
            assert there.notes
    if "steps" in values and values["steps"] not in (source.steps_default, asked.steps):
        assert any("steps" in note for note in there.notes)


def test_on_the_same_model_nothing_changes() -> None:
    values = {"width": 512, "height": 513, "steps": 3}

    assert carried(values, SD35, SD35).values == values
    assert carried(values, SD35, SD35).notes == ()


def test_what_is_not_as_it_was_is_said_in_a_few_words() -> None:
    values = {"width": 1280, "height": 700, "steps": 12, "negative_prompt": "fog"}

    there = carried(values, SD35, GROK)

    assert there.values["aspect_ratio"] == "16:9"
    assert there.notes == ("1280 × 700 becomes 16:9", "takes no steps", "takes no negative prompt")
    assert carried({"aspect_ratio": "16:9", "resolution": "2K"}, GROK, TURBO).notes == (
        "16:9 becomes 1280 × 720",
        "takes no resolution",
    )


def test_a_default_becomes_the_other_models_default_without_a_word() -> None:
    there = carried({"width": 1024, "height": 1024, "steps": SD35.steps_default}, SD35, GROK)

    assert there.notes == ()
    assert there.values["aspect_ratio"] == "1:1"
