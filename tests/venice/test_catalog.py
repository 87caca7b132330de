"""Reading lists of models and styles, good and bad."""

from typing import Any

import pytest

from venice import CatalogError, Model, bundled_models, bundled_styles, parse_models, parse_styles


def _entry(**spec: Any) -> dict[str, Any]:
    return {"id": "new-model", "type": "image", "model_spec": spec}


def test_the_bundled_lists_are_whole() -> None:
    models = bundled_models()
    kinds = [model.type for model in models]
    assert (kinds.count("image"), kinds.count("inpaint"), kinds.count("upscale")) == (38, 21, 1)
    assert sum(model.takes_generate for model in models) == 37
    assert len(bundled_styles()) == 76


def test_it_reads_a_pixel_model() -> None:
    model = {model.id: model for model in bundled_models()}["venice-sd35"]
    assert (model.sizing, model.divisor, model.prompt_limit) == ("pixels", 16, 1500)
    assert (model.steps_default, model.steps_max, model.uses_steps) == (25, 30, True)
    assert (model.uses_negative_prompt, model.uses_seed) == (True, True)
    assert model.aspect_ratios == ()
    assert model.default_aspect_ratio is None


def test_it_reads_a_model_of_tiers_and_qualities() -> None:
    model = {model.id: model for model in bundled_models()}["gpt-image-2"]
    assert (model.sizing, model.default_aspect_ratio) == ("ratio", "1:1")
    assert (model.resolutions, model.default_resolution) == (("1K", "2K", "4K"), "1K")
    assert (model.qualities, model.default_quality) == (("low", "medium", "high"), "high")
    assert (model.uses_steps, model.uses_negative_prompt, model.uses_seed) == (False, False, False)


def test_only_pixel_models_are_sized_in_pixels() -> None:
    pixels = {model.id for model in bundled_models() if model.sizing == "pixels" and model.takes_generate}
    assert pixels == {
        "venice-sd35",
        "wai-Illustrious",
        "lustify-sdxl",
        "lustify-v7",
        "lustify-v8",
        "z-image-turbo",
        "chroma",
    }


def test_an_unknown_model_is_taken_at_its_best() -> None:
    model = Model.from_entry(_entry())
    assert (model.uses_seed, model.uses_negative_prompt, model.uses_steps) == (True, True, False)
    assert (model.prompt_limit, model.name, model.takes_generate) == (1500, "new-model", True)
    assert (model.sizing, model.aspect_ratios) == ("ratio", ())


def test_it_keeps_what_it_does_not_know() -> None:
    entry = _entry(name="New", future={"a": 1}) | {"novelty": True}
    assert Model.from_entry(entry).raw == entry


@pytest.mark.parametrize("limit", [-1, 0, "7500", None, True, 1.5, float("nan"), float("inf"), 10**20])
def test_a_senseless_limit_is_ignored(limit: Any) -> None:
    assert Model.from_entry(_entry(constraints={"promptCharacterLimit": limit})).prompt_limit == 1500


@pytest.mark.parametrize(
    "constraints",
    [
        None,
        [],
        "x",
        {"steps": 5},
        {"steps": {"max": "x"}},
        {"aspectRatios": "1:1"},
        {"aspectRatios": [1, None]},
        {"resolutions": {}},
        {"widthHeightDivisor": 0},
        {"qualities": [[]]},
    ],
)
def test_odd_constraints_never_break_it(constraints: Any) -> None:
    model = Model.from_entry(_entry(constraints=constraints, pricing=[], traits="x", name=5, privacy=None))
    assert model.divisor == 1
    assert model.pricing == {}


def test_a_default_that_is_not_offered_is_replaced() -> None:
    limits = {"aspectRatios": ["2:3", "1:1"], "defaultAspectRatio": "9:9"}
    model = Model.from_entry(_entry(constraints=limits))
    assert model.default_aspect_ratio == "2:3"


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        "x",
        {},
        {"id": 5, "type": "image"},
        {"id": "", "type": "image"},
        {"id": "<b>", "type": "image"},
        {"id": "a b", "type": "image"},
        {"id": "x" * 151, "type": "image"},
        {"id": "m"},
        {"id": "m", "type": None},
        {"id": "m\n", "type": "image"},
    ],
)
def test_an_entry_without_id_or_type_is_no_model(entry: Any) -> None:
    with pytest.raises(CatalogError):
        Model.from_entry(entry)


def test_bad_entries_and_repetitions_are_skipped() -> None:
    body = {"data": [_entry(name="first"), None, {"id": "<script>", "type": "image"}, _entry(name="second")]}
    assert [model.name for model in parse_models(body)] == ["first"]


def test_a_new_type_is_no_reason_to_fail() -> None:
    (model,) = parse_models([{"id": "m", "type": "decision"}])
    assert not model.takes_generate


@pytest.mark.parametrize("body", [None, {}, {"data": None}, {"data": {}}, "x", 5])
def test_what_is_no_list_is_refused(body: Any) -> None:
    with pytest.raises(CatalogError):
        parse_models(body)
    with pytest.raises(CatalogError):
        parse_styles(body)


def test_an_empty_list_is_a_list() -> None:
    assert parse_models({"data": []}) == []
    assert parse_styles([]) == []


def test_it_reads_styles_in_all_their_shapes() -> None:
    expected = ["Anime", "Cinematic"]
    assert parse_styles(expected) == expected
    assert parse_styles({"object": "list", "data": expected}) == expected
    assert parse_styles([{"name": name} for name in expected]) == expected


def test_bad_styles_are_skipped() -> None:
    styles = parse_styles(
        ["Anime", "Anime", "", None, 5, {}, "x" * 101, "with\x1b[31m", " padded ", "<b>bold</b>"]
    )
    assert styles == ["Anime", "<b>bold</b>"]


def test_the_number_of_styles_is_bounded() -> None:
    assert len(parse_styles([f"style {number}" for number in range(10_000)])) == 2000


def test_a_model_equals_none_of_another_name() -> None:
    assert hash(Model.from_entry(_entry())) == hash(Model.from_entry(_entry()))
    assert Model.from_entry(_entry()) != Model.from_entry(_entry(name="other"))
