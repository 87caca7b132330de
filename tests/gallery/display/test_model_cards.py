"""What the cards of the picker tell of a model: made from the table of parameters."""

from dataclasses import replace

from django.template.loader import render_to_string

from gallery.display.model_cards import facts
from venice import Model
from venice.catalog import bundled_models
from venice.operations import PARAMETERS
from venice.operations.parameters import MAX_SIDE

MODELS = {model.id: model for model in bundled_models()}
PIXELS, RATIO = MODELS["venice-sd35"], MODELS["gpt-image-2"]


def words(model: Model) -> list[str]:
    return [fact.words for fact in facts(model)]


def test_a_card_tells_shapes_first_and_flags_last() -> None:
    searching = replace(PIXELS, supports_web_search=True, max_style_references=3)
    assert words(searching) == [
        f"any size to {MAX_SIDE} px",
        "negative prompt",
        f"steps to {PIXELS.steps_max}",
        "3 style references",
        "follows seeds",
        "searches the web",
    ]
    assert words(RATIO) == [
        f"{len(RATIO.aspect_ratios)} shapes",
        f"up to {RATIO.resolutions[-1]}",
        f"quality {RATIO.qualities[0]} to {RATIO.qualities[-1]}",
        "ignores seeds",
    ]


def test_where_nothing_is_to_be_chosen_nothing_is_told() -> None:
    assert words(replace(RATIO, aspect_ratios=("1:1",), resolutions=("1K",), qualities=())) == [
        "ignores seeds"
    ]


def test_each_parameter_that_is_told_has_a_drawing() -> None:
    drawn = render_to_string("pickers/_signs.html")
    told = [each.name for each in PARAMETERS if each.tells]
    assert told
    assert [name for name in told if f'id="sign-{name}"' not in drawn] == []
