"""Bodies that name their images elsewhere, and operations that are made from them again."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import tried
from tests.venice.heads import png
from venice import (
    Edit,
    Generate,
    InvalidRequest,
    MultiEdit,
    OpenAIGenerate,
    Operation,
    RemoveBackground,
    StyleReference,
    Upscale,
)
from venice.operations import KINDS, operation_from

FIRST, SECOND, THIRD = png(256, 256), png(300, 300), png(320, 256)
URL = "https://example.org/a.png"

EVERY: dict[str, Operation] = {
    "generate": Generate(
        model="m",
        prompt="p",
        seed=7,
        style_references=[
            StyleReference(image=FIRST, strength=0.5),
            StyleReference(image=URL),
            StyleReference(image=SECOND),
        ],
    ),
    "openai-generate": OpenAIGenerate(model="m", prompt="p", size="auto"),
    "edit": Edit(image=FIRST, prompt="p", resolution="1K"),
    "multi-edit": MultiEdit(images=[FIRST, URL, SECOND, THIRD], prompt="p", model="m", quality="low"),
    "upscale": Upscale(image=FIRST, scale=4),
    "remove-background": RemoveBackground(image=FIRST, anon_user_id="u"),
}


def test_each_operation_has_a_kind() -> None:
    assert set(EVERY) == set(KINDS)
    assert {kind: operation.kind for kind, operation in EVERY.items()} == {kind: kind for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_body_makes_the_operation_again(kind: str) -> None:
    operation = EVERY[kind]
    body = json.loads(json.dumps(operation.payload()))

    assert operation_from(kind, body) == operation


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_without_images_and_the_images_make_it_again(kind: str) -> None:
    operation = EVERY[kind]
    body = json.loads(json.dumps(operation.payload(images=False)))

    assert len(json.dumps(body)) < 300
    made = operation_from(kind, body, [each.image.data for each in operation.inputs])
    assert made == operation
    assert made.payload() == operation.payload()


def test_the_roles_say_what_an_image_is_to_its_operation() -> None:
    roles = {kind: [each.role for each in operation.inputs] for kind, operation in EVERY.items()}

    assert roles == {
        "generate": ["style-reference", "style-reference"],
        "openai-generate": [],
        "edit": ["source"],
        "multi-edit": ["source", "layer", "layer"],
        "upscale": ["source"],
        "remove-background": ["source"],
    }


def test_an_image_at_a_url_stays_in_the_body() -> None:
    for operation in (Edit(image=URL, prompt="p"), RemoveBackground(image=URL)):
        assert operation.inputs == ()
        assert operation_from(operation.kind, operation.payload(images=False)) == operation


@pytest.mark.parametrize("kind", KINDS)
def test_images_that_are_missing_or_too_many_are_refused(kind: str) -> None:
    operation = EVERY[kind]
    body, images = operation.payload(images=False), [each.image.data for each in operation.inputs]

    with pytest.raises(TypeError):
        operation_from(kind, body, [*images, FIRST])
    if images:
        with pytest.raises(TypeError):
            operation_from(kind, body, images[:-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [{"extra": {}}, {"strict": False}])
def test_keys_that_no_body_has_are_refused(kind: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        operation_from(kind, EVERY[kind].payload() | wrong)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="no operation of the kind"):
        operation_from("sing", {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["image", "images", "image_url", "model", "modelId", "prompt", "style_references", "scale", "seed", "new"]
)


@tried(100)
@given(kind=st.sampled_from(KINDS), body=st.dictionaries(KEYS, JSON, max_size=5))
def test_any_body_is_read_or_refused_in_stated_ways(kind: str, body: dict[str, Any]) -> None:
    try:
        operation = operation_from(kind, body)
    except (TypeError, InvalidRequest):
        return
    assert operation.kind == kind
