"""Prices in every shape in which the catalogue tells them."""

from decimal import Decimal
from typing import Any

import pytest

from venice import Generate, Model, bundled_models, price
from venice.pricing import edit_price

MODELS = {model.id: model for model in bundled_models()}


@pytest.mark.parametrize(
    ("model", "fields", "usd"),
    [
        ("z-image-turbo", {}, "0.01"),
        ("z-image-turbo", {"variants": 4}, "0.04"),
        ("z-image-turbo", {"variants": 4, "enhance_prompt": True}, "0.08"),
        ("z-image-turbo", {"resolution": "4K", "quality": "high"}, "0.01"),
        ("wan-2-7-pro-text-to-image", {}, "0.09375"),
        ("nano-banana-2", {}, "0.10"),
        ("nano-banana-2", {"resolution": "4K"}, "0.19"),
        ("nano-banana-2", {"resolution": "4k", "enable_web_search": True}, "0.19"),
        ("gpt-image-2", {}, "0.26"),
        ("gpt-image-2", {"quality": "low"}, "0.02"),
        ("gpt-image-2", {"quality": "medium", "resolution": "1K", "variants": 2}, "0.14"),
        ("grok-imagine-image-2-0", {}, "0.07"),
        ("grok-imagine-image-2-0", {"quality": "low", "resolution": "2K"}, "0.07"),
    ],
)
def test_it_reads_the_price(model: str, fields: dict[str, Any], usd: str) -> None:
    found = price(Generate(model=model, prompt="p", **fields), MODELS[model])
    assert found == Decimal(usd)
    assert found is not None
    assert found.as_tuple().exponent == -6


def test_every_image_model_has_a_price() -> None:
    for model in MODELS.values():
        if model.takes_generate:
            found = price(Generate(model=model.id, prompt="p"), model)
            assert found is not None
            assert found > 0


@pytest.mark.parametrize(
    "pricing",
    [
        None,
        {},
        [],
        {"generation": None},
        {"generation": {}},
        {"generation": {"usd": "0.1"}},
        {"generation": {"usd": float("nan")}},
        {"generation": {"usd": float("inf")}},
        {"generation": {"usd": -1}},
        {"generation": {"usd": True}},
        {"resolutions": {"2K": {"usd": 1}}},
        {"quality": [], "resolutions": []},
    ],
)
def test_no_price_is_better_than_a_wrong_one(pricing: Any) -> None:
    model = Model.from_entry({"id": "m", "type": "image", "model_spec": {"pricing": pricing}})
    assert price(Generate(model="m", prompt="p"), model) is None


def test_a_quality_without_a_price_has_none() -> None:
    operation = Generate(model="grok-imagine-image-2-0", prompt="p", quality="high")
    assert price(operation, MODELS["grok-imagine-image-2-0"]) is None


def test_floats_are_rounded() -> None:
    entry = {
        "id": "m",
        "type": "image",
        "model_spec": {"pricing": {"generation": {"usd": 0.028060000000000005}}},
    }
    assert price(Generate(model="m", prompt="p"), Model.from_entry(entry)) == Decimal("0.02806")


@pytest.mark.parametrize(
    ("model", "fields", "usd"),
    [
        ("firered-image-edit", {}, None),
        ("luma-uni-1-edit", {}, "0.06"),
        ("nano-banana-2-edit", {"resolution": "2K"}, "0.14"),
        ("seedream-v5-pro-edit", {"input_images": 3, "resolution": "2K"}, "0.1169"),
        ("grok-imagine-quality-edit", {"input_images": 1}, "0.0715"),
        ("wan-2-7-pro-edit", {"resolution": "2K"}, "0.094"),
    ],
)
def test_it_reads_the_price_of_an_edit(model: str, fields: dict[str, Any], usd: str | None) -> None:
    found = edit_price(MODELS[model], **fields)
    if usd is None:
        assert found is not None
    else:
        assert found == Decimal(usd)
