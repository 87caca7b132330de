"""Prices in every shape in which the catalogue tells them."""

from decimal import Decimal
from typing import Any

import pytest

from tests.venice.heads import png
from venice import (
    Edit,
    Generate,
    Model,
    MultiEdit,
    OpenAIGenerate,
    RemoveBackground,
    StyleReference,
    Upscale,
    bundled_models,
    price,
)
from venice.pricing import total

MODELS = {model.id: model for model in bundled_models()}
PICTURE = png(512, 512)


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
    amount = price(Generate(model=model, prompt="p", **fields), MODELS[model])
    assert amount == Decimal(usd)
    assert amount is not None
    assert amount.as_tuple().exponent == -6


def test_every_image_model_has_a_price() -> None:
    for model in MODELS.values():
        if model.takes_generate:
            amount = price(Generate(model=model.id, prompt="p"), model)
            assert amount is not None
            assert amount > 0


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


def test_what_is_not_all_known_has_no_total() -> None:
    assert total([Decimal("0.01"), Decimal("0.0125")]) == Decimal("0.0225")
    assert total([Decimal("0.01"), Decimal(0)]) == Decimal("0.01")
    assert total(iter([])) == 0
    assert total(iter([Decimal("0.01"), None])) is None


@pytest.mark.parametrize(
    ("model", "images", "fields", "usd"),
    [
        ("firered-image-edit", 1, {}, "0.04"),
        ("firered-image-edit", 3, {"resolution": "4K"}, "0.04"),
        ("luma-uni-1-edit", 1, {}, "0.06"),
        ("nano-banana-2-edit", 1, {"resolution": "2K"}, "0.14"),
        ("nano-banana-2-edit", 1, {"resolution": "2K", "enhance_prompt": True}, "0.18"),
        ("seedream-v5-pro-edit", 1, {"resolution": "2K"}, "0.11"),
        ("seedream-v5-pro-edit", 3, {"resolution": "2K"}, "0.1169"),
        ("grok-imagine-quality-edit", 1, {}, "0.0715"),
        ("wan-2-7-pro-edit", 2, {"resolution": "2K"}, "0.094"),
        ("gpt-image-2-edit", 1, {}, "0.34"),
        ("gpt-image-2-edit", 2, {"quality": "low", "resolution": "4K"}, "0.0492"),
    ],
)
def test_it_reads_the_price_of_an_edit(model: str, images: int, fields: dict[str, Any], usd: str) -> None:
    several = MultiEdit(model=model, images=[PICTURE] * images, prompt="p", **fields)
    assert price(several, MODELS[model]) == Decimal(usd)
    if images == 1:
        assert price(Edit(model=model, image=PICTURE, prompt="p", **fields), MODELS[model]) == Decimal(usd)


@pytest.mark.parametrize(
    ("size", "scale", "usd"),
    [
        ((512, 512), None, "0.02"),
        ((512, 512), 2, "0.02"),
        ((512, 512), 2.5, "0.08"),
        ((512, 512), 4, "0.08"),
        ((1024, 1024), 4, "0.08"),
        ((2048, 2048), 4, "0.02"),
        ((4096, 4096), 4, "0.02"),
    ],
)
def test_upscaling_is_billed_by_the_scale_that_fits(
    size: tuple[int, int], scale: float | None, usd: str
) -> None:
    operation = Upscale(image=png(*size), scale=scale)
    assert price(operation, MODELS["upscaler"]) == Decimal(usd)


def test_the_price_of_the_rest() -> None:
    assert price(RemoveBackground(image=PICTURE), MODELS["bria-bg-remover"]) == Decimal("0.03")
    assert price(OpenAIGenerate(model="z-image-turbo", prompt="p"), MODELS["z-image-turbo"]) == Decimal(
        "0.01"
    )
    styled = Generate(
        model="luma-uni-1", prompt="p", variants=2, style_references=[StyleReference(image=PICTURE)]
    )
    assert price(styled, MODELS["luma-uni-1"]) == Decimal("0.10")


@pytest.mark.parametrize("pricing", [None, {}, {"upscale": None}, {"upscale": {"2x": {"usd": "x"}}}])
def test_an_upscaler_without_prices_has_none(pricing: Any) -> None:
    model = Model.from_entry({"id": "u", "type": "upscale", "model_spec": {"pricing": pricing}})
    assert price(Upscale(image=PICTURE), model) is None
