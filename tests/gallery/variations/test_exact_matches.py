"""What was made already is found, and nothing else is taken for it."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gallery.models import Image, User
from gallery.variations.exact_matches import existing
from tests.gallery.generations import a_picture, pictures
from venice import Generate, bundled_models

pytestmark = pytest.mark.django_db

MODELS = {model.id: model for model in bundled_models()}
ASKED = Generate(model="venice-sd35", prompt="fog", seed=7, width=1024, height=1024)


def made(owner: User, request: dict[str, Any] | None = None, prompt: str = "fog") -> Image:
    """A picture of ASKED, or of what `request` changes in it."""
    picture = a_picture(owner, prompt)
    asked = {**picture.generation.request, **(request or {})}
    type(picture.generation).objects.filter(pk=picture.generation_id).update(request=asked)
    changed = {name: asked[name] for name in ("seed", "model")}
    Image.objects.filter(pk=picture.pk).update(**changed)
    picture.refresh_from_db()
    return picture


def test_the_newest_picture_of_the_same_request(alice: User) -> None:
    made(alice)
    newest = made(alice, {"safe_mode": True, "steps": MODELS["venice-sd35"].steps_default})
    found = existing([ASKED, replace(ASKED, seed=8), ASKED], MODELS)
    assert {place: image.pk for place, image in found.items()} == {0: newest.pk, 2: newest.pk}
    assert found[0].thumbnail_256 == newest.thumbnail_256
    assert found[0].created_at == newest.created_at


@pytest.mark.parametrize(
    "other",
    [{"seed": 8}, {"cfg_scale": 7.5}, {"model": "lustify-sdxl"}, {"style_preset": "Anime"}, {"width": 512}],
)
def test_another_request_is_another(alice: User, other: dict[str, Any]) -> None:
    made(alice, other)
    assert existing([ASKED], MODELS) == {}


def test_the_first_of_several_is_the_same_picture(alice: User) -> None:
    first, *_ = pictures(alice, "fog", count=4)
    assert existing([ASKED], MODELS)[0].pk == first.pk
    assert existing([replace(ASKED, variants=4)], MODELS) == {}


def test_what_is_in_the_trash_is_not_there(alice: User) -> None:
    Image.objects.trash([made(alice).pk], alice)
    assert existing([ASKED], MODELS) == {}


def test_what_was_pretended_is_not_venices(alice: User, settings: Any) -> None:
    made(alice)
    settings.VENICE_EMULATED = not settings.VENICE_EMULATED
    assert existing([ASKED], MODELS) == {}


@pytest.mark.parametrize(
    "asked",
    [
        replace(ASKED, seed=None),
        replace(ASKED, enhance_prompt=True),
        replace(ASKED, model="gpt-image-2", width=None, height=None),
    ],
)
def test_what_does_not_come_again_is_never_there(alice: User, asked: Generate) -> None:
    made(alice, {"model": asked.model, "enhance_prompt": bool(asked.enhance_prompt)})
    assert existing([asked], MODELS) == {}


def test_five_hundred_cost_no_more_queries_than_one(alice: User) -> None:
    made(alice)
    with CaptureQueriesContext(connection) as one:
        existing([ASKED], MODELS)
    with CaptureQueriesContext(connection) as many:
        found = existing([replace(ASKED, seed=seed) for seed in range(1, 501)], MODELS)
    assert len(one) == len(many) <= 3
    assert list(found) == [6]
