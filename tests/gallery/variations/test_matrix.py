"""Every combination once, in its place; what is there, is asked for twice or cannot be made costs nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gallery.models import Generation, User
from gallery.variations.axes import Axis
from gallery.variations.matrix import draw, missing
from tests.gallery.generations import a_generation, a_picture
from venice import Generate, bundled_models
from venice.pricing import generate_price, total

pytestmark = pytest.mark.django_db

MODELS = {model.id: model for model in bundled_models() if model.takes_generate}
BASE = Generate(model="venice-sd35", prompt="fog over a canal, fog", seed=7, width=1024, height=1024)


def test_columns_change_fastest_then_rows_then_pages() -> None:
    layout = [Axis("seed", (1, 2)), Axis("cfg_scale", (5.0, 7.0, 9.0)), Axis("prompt", ("fog", "rain"))]
    matrix = draw(BASE, layout, MODELS)

    asked = [(cell.operation.seed, cell.operation.cfg_scale) for cell in matrix.cells if cell.operation]
    assert asked[:6] == [(1, 5.0), (2, 5.0), (1, 7.0), (2, 7.0), (1, 9.0), (2, 9.0)]
    assert [cell.operation.prompt for cell in matrix.row(1, 2) if cell.operation] == [
        "rain over a canal, rain"
    ] * 2
    assert [cell.index for cell in matrix.row(1, 2)] == [10, 11]
    assert (len(matrix.cells), matrix.title) == (12, "Seed × CFG scale × Words")
    assert matrix.page_labels == ("fog", "rain")
    price = generate_price(MODELS["venice-sd35"])
    assert price is not None
    assert total(cell.price for cell in missing(matrix.cells)) == 12 * price


def test_what_is_there_or_on_its_way_is_not_missing(alice: User) -> None:
    picture = a_picture(alice, BASE.prompt)
    waiting = a_generation(alice, BASE.prompt, request={"seed": 8})
    matrix = draw(BASE, [Axis("seed", (7, 8, 9))], MODELS)

    there, on_way, rest = matrix.cells
    assert there.picture
    assert there.picture.pk == picture.pk
    assert on_way.generation == waiting.pk
    assert missing(matrix.cells) == [rest]
    Generation.objects.filter(pk=waiting.pk).update(state="failed")
    assert len(missing(draw(BASE, [Axis("seed", (7, 8, 9))], MODELS).cells)) == 2


def test_cells_that_ask_for_the_same_are_paid_for_once() -> None:
    base = replace(BASE, model="z-image-turbo")
    matrix = draw(base, [Axis("steps", (10, 20)), Axis("model", ("z-image-turbo", "venice-sd35"))], MODELS)

    assert [cell.alike for cell in matrix.cells] == [None, 0, None, None]
    assert len(missing(matrix.cells)) == 3


def test_a_size_in_the_terms_of_each_model() -> None:
    models = ("venice-sd35", "nano-banana-2")
    matrix = draw(BASE, [Axis("size", ("16:9", "1024×1024", "7:3")), Axis("model", models)], MODELS)

    pixels, ratios = matrix.row(0, 0), matrix.row(0, 1)
    assert pixels[0].operation
    assert (pixels[0].operation.width or 0) > (pixels[0].operation.height or 0)
    assert ratios[0].operation
    assert ratios[0].operation.aspect_ratio == "16:9"
    assert ratios[1].operation
    assert ratios[1].operation.aspect_ratio == "1:1"
    assert ratios[1].operation.width is None
    assert not ratios[2].operation
    assert "has no 7:3" in ratios[2].problem


def test_another_model_takes_what_it_can() -> None:
    base = replace(BASE, width=1024, height=576, steps=25, negative_prompt="mud")
    models = ("venice-sd35", "nano-banana-2")
    first, second = draw(base, [Axis("model", models)], MODELS).cells
    assert first.operation == base
    assert second.operation == Generate(
        model="nano-banana-2", prompt=BASE.prompt, seed=7, aspect_ratio="16:9"
    )
    assert second.price == generate_price(MODELS["nano-banana-2"])


def test_what_a_model_refuses_is_a_problem_of_its_cell() -> None:
    matrix = draw(BASE, [Axis("steps", (20, 900)), Axis("size", ("1024×1024", "1001×1001"))], MODELS)
    assert [bool(cell.problem) for cell in matrix.cells] == [False, True, True, True]
    assert total(cell.price for cell in missing(matrix.cells)) == Decimal("0.01")


def test_the_same_matrix_has_the_same_digest() -> None:
    layout = [Axis("seed", (1, 2))]
    assert draw(BASE, layout, MODELS).digest == draw(BASE, layout, MODELS).digest
    assert draw(BASE, layout, MODELS).digest != draw(BASE, [Axis("seed", (1, 3))], MODELS).digest
    assert draw(BASE, layout, MODELS).digest != draw(replace(BASE, prompt="x"), layout, MODELS).digest
