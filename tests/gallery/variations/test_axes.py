"""Values as people type them: lists, ranges, names, words; what is wrong is said with the piece."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.variations.axes import MOST, Axis, WrongValues, read_axis
from tests.examples import tried
from venice import bundled_models, bundled_styles

MODELS = {model.id: model for model in bundled_models() if model.takes_generate}
STYLES = bundled_styles()


def read(name: str, text: str, prompt: str = "fog over a canal, fog") -> Axis | None:
    return read_axis(name, text, models=MODELS, styles=STYLES, prompt=prompt)


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("seed", "1..4", (1, 2, 3, 4)),
        ("seed", "5, 7;9\n11 12", (5, 7, 9, 11, 12)),
        ("seed", "1..9 step 4, 5, 100", (1, 5, 9, 100)),
        ("seed", "3..1", (3, 2, 1)),
        ("seed", "-2..1", (-2, -1, 0, 1)),
        ("cfg_scale", "5..9 step 2", (5.0, 7.0, 9.0)),
        ("cfg_scale", "1..2 step 0.25", (1.0, 1.25, 1.5, 1.75, 2.0)),
        ("cfg_scale", "7, 7.0", (7.0,)),
        ("steps", "10, 20, 30", (10, 20, 30)),
        ("style_preset", f"none, {STYLES[0].upper()}", (None, STYLES[0])),
        ("model", "chroma\nz-image-turbo", ("chroma", "z-image-turbo")),
        ("size", "1024x768, 16 : 9, 512 × 512", ("1024×768", "16:9", "512×512")),
        ("prompt", "fog | rain | snow", ("fog", "rain", "snow")),
        ("prompt", "fog|", None),
        ("prompt", "fog | | snow", ("fog", "", "snow")),
    ],
)
def test_what_is_typed(name: str, text: str, values: tuple[Any, ...] | None) -> None:
    if values is None:
        with pytest.raises(WrongValues):
            read(name, text)
        return
    axis = read(name, text)
    assert axis
    assert axis.values == values


@pytest.mark.parametrize("name", ["seed", "cfg_scale", "steps", "style_preset", "model", "size", "prompt"])
def test_nothing_typed_is_no_axis(name: str) -> None:
    assert read(name, " \n") is None


@pytest.mark.parametrize(
    ("name", "text", "piece"),
    [
        ("seed", "1, x7, 3", "“x7”"),
        ("seed", "1.5", "“1.5”"),
        ("seed", "1..9999999", "9999999 values"),
        ("seed", "1..8 step 0", "“1..8 step 0”"),
        ("seed", "99999999999", "“99999999999”"),
        ("seed", "1000000000", "from -999999999 to 999999999"),
        ("seed", "٣", "“٣”"),
        ("cfg_scale", "0", "above 0"),
        ("cfg_scale", "21", "at most 20"),
        ("cfg_scale", "1e3", "“1e3”"),
        ("steps", "0", "from 1"),
        ("style_preset", "Anyme", "Did you mean Anime?"),
        ("model", "chrome", "Did you mean chroma?"),
        ("size", "0x5", "“0x5”"),
        ("size", "large", "“large”"),
        ("prompt", "mist | rain", "“mist”"),
        ("prompt", "fog", "Nothing comes"),
    ],
)
def test_what_is_wrong_is_quoted(name: str, text: str, piece: str) -> None:
    with pytest.raises(WrongValues) as wrong:
        read(name, text)
    assert piece in str(wrong.value)


@tried(100)
@given(
    name=st.sampled_from(["seed", "cfg_scale", "steps", "size", "prompt", "model", "style_preset"]),
    text=st.text(alphabet=st.sampled_from(list("0159.,;|x×:…- \nstepfogby\x00٣é"))) | st.text(),
)
def test_anything_typed_is_read_or_refused_in_words(name: str, text: str) -> None:
    try:
        axis = read(name, text)
    except WrongValues:
        return
    if axis:
        assert 0 < len(axis.values) <= MOST
        assert len(axis.labels) == len(set(axis.values)) == len(axis.values)
