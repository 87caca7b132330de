"""The create form: drawn from a model's constraints, strict in what it reads, exact in what it asks for."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict

from gallery.forms import Catalog, GenerateForm
from gallery.forms.fields import said
from venice import Model, bundled_models, bundled_styles, price

CATALOG = Catalog(
    models=tuple(model for model in bundled_models() if model.takes_generate), styles=tuple(bundled_styles())
)
PIXELS, SMALL_LIMIT, RATIO = "z-image-turbo", "venice-sd35", "qwen-image"
TIERS, QUALITIES, SEARCHES = "grok-imagine-image", "gpt-image-2", "nano-banana-2"
ALWAYS = {
    "model",
    "prompt",
    "alternatives",
    "count",
    "style_preset",
    "seed",
    "variants",
    "cfg_scale",
    "format",
    "safe_mode",
} | {
    "hide_watermark",
    "embed_exif_metadata",
    "enhance_prompt",
}


def filled(**fields: Any) -> GenerateForm:
    """The form as a script sends it: a model and a prompt, and whatever else."""
    query = QueryDict(mutable=True)
    for name, value in {"model": PIXELS, "prompt": "A bridge", **fields}.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return GenerateForm(CATALOG, query)


def asked(**fields: Any) -> dict[str, Any]:
    form = filled(**fields)
    assert form.is_valid(), form.errors
    return form.operation.payload()


def refused(field: str, **fields: Any) -> str:
    """The message at `field`, the only wrong one."""
    form = filled(**fields)
    assert set(form.errors) == {field}
    return str(form.errors[field][0])


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (PIXELS, {"width", "height"}),
        (SMALL_LIMIT, {"width", "height", "negative_prompt", "steps"}),
        (RATIO, {"aspect_ratio"}),
        (TIERS, {"aspect_ratio", "resolution"}),
        (QUALITIES, {"aspect_ratio", "resolution", "quality"}),
        (SEARCHES, {"aspect_ratio", "resolution", "enable_web_search"}),
    ],
)
def test_it_shows_what_the_model_takes_and_nothing_else(model: str, fields: set[str]) -> None:
    form = GenerateForm(CATALOG, initial={"model": model})

    assert set(form.fields) == ALWAYS | fields


def test_every_model_of_the_catalogue_has_a_form_whose_defaults_are_sendable() -> None:
    for model in CATALOG.models:
        form = filled(model=model.id)
        assert form.is_valid(), (model.id, form.errors)
        assert form.operation.problems(model) == {}
        assert form.quote == price(form.operation, model)


def test_the_default_model_is_the_one_that_venice_calls_so() -> None:
    assert CATALOG.default is not None
    assert CATALOG.default.id == PIXELS
    offline = tuple(replace(model, offline=model.id == PIXELS) for model in CATALOG.models)
    assert Catalog(models=offline).default == CATALOG.models[0]
    assert Catalog(models=CATALOG.models[1:2]).default == CATALOG.models[1]
    assert Catalog().default is None


def test_a_script_that_sends_a_model_and_a_prompt_gets_the_defaults() -> None:
    payload = asked()

    assert 1 <= payload.pop("seed") <= 999_999_999
    assert payload == {
        "model": PIXELS,
        "prompt": "A bridge",
        "width": 1024,
        "height": 1024,
        "variants": 1,
        "format": "webp",
        "safe_mode": True,
    }


def test_the_defaults_of_a_model_with_tiers_are_its_own() -> None:
    payload = asked(model=QUALITIES)

    assert (payload["aspect_ratio"], payload["resolution"], payload["quality"]) == ("1:1", "1K", "high")
    assert asked(model=SMALL_LIMIT)["steps"] == 25


def test_a_drawn_seed_differs_each_time() -> None:
    assert len({asked()["seed"] for _ in range(5)}) == 5


@pytest.mark.parametrize("blank", ["", "   ", "\r\n \n", "\u200b", "\ufeff", "\u2060\u00ad", "\x00\x1b"])
def test_a_prompt_of_which_nothing_is_seen_is_required(blank: str) -> None:
    assert "required" in refused("prompt", prompt=blank)


def test_what_else_is_wrong_is_told_where_there_is_no_prompt() -> None:
    form = filled(prompt="", width="1001", cfg_scale="99", alternatives="on")

    assert set(form.errors) == {"prompt", "width", "cfg_scale"}
    assert [len(messages) for messages in form.errors.values()] == [1, 1, 1]
    assert form.quote == filled().quote


def test_a_prompt_is_cleaned_before_it_is_asked_for() -> None:
    hostile = '<script>alert(1)</script> {{7*7}} {% debug %} <div hx-get="/admin/" hx-trigger="load"> \u202ebidi\u2069'

    assert asked(prompt="red\x1b[31m\x07\x9b sky ")["prompt"] == "red[31m sky"
    assert asked(prompt=hostile)["prompt"] == hostile


def test_a_prompt_is_counted_in_code_points_with_one_for_a_line_end() -> None:
    assert len(asked(prompt="😀" * 7500)["prompt"]) == 7500
    assert asked(prompt="ab\r\n" * 2500)["prompt"] == ("ab\n" * 2500).strip()
    assert asked(prompt="e\u0301" * 7500)["prompt"] == "é" * 7500
    assert asked(prompt="Z" + "\u0335" * 300)["prompt"].startswith("Z")
    assert "7500" in refused("prompt", prompt="x" * 7501)
    assert "1500" in refused("prompt", prompt="x" * 1501, model=SMALL_LIMIT)


def test_a_negative_prompt_has_the_same_limit_and_cleaning() -> None:
    assert "1500" in refused("negative_prompt", model=SMALL_LIMIT, negative_prompt="x" * 7501)
    assert asked(model=SMALL_LIMIT, negative_prompt=" fog\x07 ")["negative_prompt"] == "fog"
    assert "negative_prompt" not in asked(negative_prompt="fog")


def test_text_that_is_half_a_character_is_refused() -> None:
    assert "invalid text" in refused("prompt", prompt="a \ud800")
    form = GenerateForm(CATALOG, {"model": PIXELS, "prompt": "\ufffd"}, unreadable=frozenset({"prompt", "x"}))
    assert "invalid text" in form.errors["prompt"][0]


@pytest.mark.parametrize(
    ("typed", "seed"),
    [(" 7 ", 7), ("0", 0), ("-0", 0), ("+5", 5), ("-42", -42), ("007", 7), ("999999999", 999_999_999)],
)
def test_a_seed_becomes_one_whole_number(typed: str, seed: int) -> None:
    assert asked(seed=typed)["seed"] == seed


@pytest.mark.parametrize(
    "typed",
    [
        *("abc", "1.5", "1e3", "1.0", "1_000", "١٢٣", "0x10", "１２", "--5", "1 2", "nan"),
        *("1000000000", "-1000000000", str(2**31), str(2**40), str(10**30), "9" * 5000),
    ],
)
def test_what_is_no_seed_is_refused(typed: str) -> None:
    assert "999999999" in refused("seed", seed=typed)


@pytest.mark.parametrize(
    "typed", ["nan", "inf", "1e400", "-1", "0", "0.0", "20.01", "7,5", "1e1", "٧", "1_0", "x"]
)
def test_what_is_no_cfg_scale_is_refused(typed: str) -> None:
    assert "20" in refused("cfg_scale", cfg_scale=typed)


def test_a_cfg_scale_is_asked_for_only_when_given() -> None:
    assert "cfg_scale" not in asked(cfg_scale=" ")
    assert asked(cfg_scale="7.5")["cfg_scale"] == 7.5
    assert asked(cfg_scale="20")["cfg_scale"] == 20


@pytest.mark.parametrize("side", ["width", "height"])
@pytest.mark.parametrize("typed", ["0", "-1", "1281", "1.5", "1e9", "1023", "1e3", "1 024", "١٠٢٤"])
def test_what_is_no_side_is_refused(side: str, typed: str) -> None:
    assert refused(side, **{side: typed}) == "Must be a multiple of 8 from 8 to 1280."


def test_sides_keep_to_the_divisor_of_the_model() -> None:
    assert asked(width="1280", height="8")["width"] == 1280
    assert "16" in refused("width", model=SMALL_LIMIT, width="1000")
    odd = Catalog(models=(replace(CATALOG.models[0], divisor=24),))
    assert GenerateForm(odd).fields["width"].initial == 1008


def test_pixels_and_ratios_are_never_sent_together() -> None:
    ratio = asked(model=RATIO, width="1280", height="x", aspect_ratio="16:9", resolution="2K")
    pixels = asked(width="512", height="512", aspect_ratio="nonsense", resolution="2K", quality="high")

    assert ratio.keys() & {"width", "height", "resolution"} == set()
    assert ratio["aspect_ratio"] == "16:9"
    assert pixels.keys() & {"aspect_ratio", "resolution", "quality"} == set()


@pytest.mark.parametrize("typed", ["0:0", "1:", "16:9;DROP", "61", "16:9 "])
def test_a_ratio_that_is_not_offered_is_refused(typed: str) -> None:
    assert "16:9" in refused("aspect_ratio", model=RATIO, aspect_ratio=typed)


@pytest.mark.parametrize("typed", ["8K", "4k", "4K", "1k"])
def test_a_resolution_that_is_not_offered_is_refused(typed: str) -> None:
    assert refused("resolution", model=TIERS, resolution=typed) == "Must be one of 1K, 2K."


def test_a_quality_that_is_not_offered_is_refused() -> None:
    assert refused("quality", model=QUALITIES, quality="HIGH") == "Must be one of low, medium, high."


@pytest.mark.parametrize(
    "typed", ["nope", "", "../x", "x" * 10_000, "firered-image-edit", "bria-bg-remover", "Z-IMAGE-TURBO"]
)
def test_a_model_that_is_not_offered_is_refused(typed: str) -> None:
    assert "list" in refused("model", model=typed)


def test_without_models_nothing_can_be_asked_for() -> None:
    form = GenerateForm(Catalog(), {"model": PIXELS, "prompt": "A bridge"})

    assert not form.is_valid()
    assert "no models" in str(form.errors)
    assert form.quote is None


def test_unknown_fields_change_nothing() -> None:
    more = {
        "is_staff": "1",
        "owner": "2",
        "state": "done",
        "price_estimate": "0",
        "return_binary": "1",
        "lora_strength": "9",
    }

    assert {**asked(seed="5", **more)} == asked(seed="5")


def test_the_last_of_two_values_is_the_one_that_is_checked_and_used() -> None:
    assert asked(seed=["abc", "7"])["seed"] == 7
    assert asked(safe_mode=["on", "off"])["safe_mode"] is False
    assert "list" in refused("model", model=[PIXELS, "nope"])
    assert len(asked(prompt=["a", "b"])["prompt"]) == 1


def test_an_absent_box_is_unticked_only_where_the_form_showed_it() -> None:
    boxes = GenerateForm(CATALOG).boxes

    assert "safe_mode" in boxes.split()
    assert asked()["safe_mode"] is True
    assert asked(boxes=boxes)["safe_mode"] is False
    assert asked(boxes=boxes, safe_mode="on", enhance_prompt="on")["enhance_prompt"] is True
    assert asked(safe_mode="false")["safe_mode"] is False
    assert "on or off" in refused("safe_mode", safe_mode="maybe")


def test_a_style_is_spelled_as_venice_spells_it() -> None:
    assert asked(style_preset=" Film Noir ")["style_preset"] == "Film Noir"
    assert "style_preset" not in asked(style_preset="")
    assert asked(style_preset="film noir")["style_preset"] == "Film Noir"
    assert "Did you mean Film Noir?" in refused("style_preset", style_preset="film noire")
    assert "Choose one" in refused("style_preset", style_preset="<b>" * 5000)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("variants", "0"),
        ("variants", "5"),
        ("variants", "1.0"),
        ("format", "gif"),
        ("format", "PNG"),
        ("steps", "31"),
        ("steps", "0"),
    ],
)
def test_what_is_out_of_bounds_is_refused(field: str, typed: str) -> None:
    refused(field, model=SMALL_LIMIT, **{field: typed})


def test_all_messages_come_at_once() -> None:
    form = filled(model=SMALL_LIMIT, prompt="x" * 1501, seed="abc", width="1000", cfg_scale="99")

    assert set(form.errors) == {"prompt", "seed", "width", "cfg_scale"}


@pytest.mark.parametrize("typed", ["x", "123", "{0051391a-5d21-4926-a157-3700595830b9}", "٠" * 36, "0" * 32])
def test_a_garbled_submission_is_refused_and_nothing_is_spent(typed: str) -> None:
    assert "press Generate again" in refused("__all__", submission=typed)


def test_a_missing_submission_is_always_new() -> None:
    assert filled().submission is None
    form = filled(submission="0051391A-5d21-4926-a157-3700595830b9")
    assert form.is_valid()
    assert str(form.submission) == "0051391a-5d21-4926-a157-3700595830b9"


@pytest.mark.parametrize(
    ("fields", "usd"),
    [
        ({}, "0.01"),
        ({"variants": "4"}, "0.04"),
        ({"variants": "2", "enhance_prompt": "on"}, "0.06"),
        ({"model": TIERS, "resolution": "2K"}, "0.04"),
        ({"model": QUALITIES, "quality": "low", "variants": "4"}, "0.08"),
        ({"variants": "99", "prompt": "", "seed": "abc"}, "0.01"),
    ],
)
def test_the_price_follows_the_form(fields: dict[str, str], usd: str) -> None:
    assert filled(**fields).quote == Decimal(usd)


def test_a_model_in_the_list_tells_price_and_traits() -> None:
    assert CATALOG.default is not None
    unpriced = Model(id="new", type="image", name="New", offline=True)
    catalog = Catalog(models=(CATALOG.default, replace(unpriced, privacy="private"), unpriced))
    assert catalog.choices == [
        (
            "Private",
            [
                (CATALOG.default.id, "Z-Image Turbo · $0.01 · default, fastest"),
                ("new", "New · offline at the last look"),
            ],
        ),
        ("Other", [("new", "New · offline at the last look")]),
    ]


def test_another_model_keeps_what_was_typed_and_brings_its_own_defaults() -> None:
    sent = {
        "model": "lustify-v8",
        "drawn-for": SMALL_LIMIT,
        "prompt": "A bridge",
        "steps": "25",
        "width": "512",
        "seed": "abc",
        "boxes": "safe_mode",
    }

    form = GenerateForm.redrawn(CATALOG, sent)

    assert form["prompt"].value() == "A bridge"
    assert (form["steps"].value(), form["width"].value(), form["seed"].value()) == (30, "512", "abc")
    assert "checked" not in str(form["safe_mode"])


def test_what_another_model_does_not_offer_becomes_its_default() -> None:
    form = GenerateForm.redrawn(
        CATALOG, {"model": TIERS, "aspect_ratio": "21:9", "resolution": "4K", "width": "8"}
    )

    assert (form["aspect_ratio"].value(), form["resolution"].value()) == ("1:1", "1K")
    assert "width" not in form.fields


def test_the_folded_part_opens_when_something_in_it_is_set() -> None:
    assert not GenerateForm(CATALOG).advanced_is_used
    assert not GenerateForm(CATALOG, initial={"model": SMALL_LIMIT, "steps": "25"}).advanced_is_used
    assert GenerateForm(CATALOG, initial={"format": "png"}).advanced_is_used
    assert GenerateForm(CATALOG, initial={"safe_mode": "off"}).advanced_is_used
    assert filled(cfg_scale="99").advanced_is_used


def test_a_payload_is_json() -> None:
    assert json.loads(json.dumps(asked(cfg_scale="3.5")))["cfg_scale"] == 3.5


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (0, 0),
        (0.0, 0.0),
        (5, 5),
        ("x", "x"),
        (True, True),
        ("", None),
        (False, None),
        (None, None),
        ([], None),
    ],
)
def test_a_nought_is_a_value_and_nothing_is_none(value: object, meant: object) -> None:
    assert (said(value), type(said(value))) == (meant, type(meant))
