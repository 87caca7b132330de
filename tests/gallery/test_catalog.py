"""The catalogue as Venice tells it: what cannot be used is left out, and the last good one is never lost."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import Count
from django.test import Client as Browser
from django.utils import timezone
from PIL import Image as Pillow

from gallery import catalog
from gallery.models import CatalogModel, CatalogStyle, User
from tests.gallery.page import Page
from tests.venice.conftest import Script, answer, script
from venice import Client, Edit, RemoveBackground, Upscale, VeniceError, bundled_models, bundled_styles
from venice.catalog import MAX_STYLES

__all__ = ["script"]

pytestmark = pytest.mark.django_db

GOOD = bundled_models()[0].raw
_file = BytesIO()
Pillow.new("RGB", (320, 256)).save(_file, "PNG")
PICTURE = _file.getvalue()
MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture
def venice(script: Script) -> Iterator[Client]:
    with Client("test-key", script.url) as running:
        yield running


def others() -> list[list[Any]]:
    """Good lists of the other kinds of models, in the order in which they are asked for."""
    return [
        [model.raw for model in bundled_models() if model.type == kind] for kind in ("inpaint", "upscale")
    ]


def answer_with(script: Script, models: Any, styles: Any = ()) -> None:
    for data in (models, *others(), styles or ["Anime"]):
        script.plays(answer(json.dumps({"data": data}).encode()))


def constrained(**constraints: Any) -> dict[str, Any]:
    spec = {**GOOD["model_spec"], "constraints": {**GOOD["model_spec"]["constraints"], **constraints}}
    return {**GOOD, "model_spec": spec}


ODD_MODELS = {
    "no constraints": {**GOOD, "model_spec": {"name": "Bare"}},
    "no spec": {"id": "bare", "type": "image"},
    "a limit below zero": constrained(promptCharacterLimit=-1),
    "a limit in words": constrained(promptCharacterLimit="many"),
    "an id with markup": {**GOOD, "id": MARKUP},
    "a name with markup": {**GOOD, "model_spec": {**GOOD["model_spec"], "name": MARKUP}},
    "a zero byte in it": {**GOOD, "model_spec": {**GOOD["model_spec"], "description": "a\0b"}},
    "half a character": {**GOOD, "model_spec": {**GOOD["model_spec"], "description": "\ud800"}},
    "a huge number": constrained(promptCharacterLimit=10**30),
    "not a number": constrained(aspect=float("nan"), other=float("inf")),
    "a very long name": {**GOOD, "model_spec": {**GOOD["model_spec"], "name": "x" * 10_000}},
    "no object": 7,
    "null": None,
}


@pytest.mark.parametrize("entry", ODD_MODELS.values(), ids=ODD_MODELS.keys())
def test_an_odd_model_harms_no_other(
    venice: Client, script: Script, entry: Any, client: Browser, alice: User
) -> None:
    good = [model.raw for model in bundled_models()[1:4]]
    answer_with(script, [entry, *good, good[0]])

    catalog.sync(venice)

    kept = set(CatalogModel.objects.listed().values_list("model_id", flat=True))
    assert {raw["id"] for raw in good} <= kept
    client.force_login(alice)
    page = client.get("/create/").content.decode()
    assert MARKUP not in page
    assert good[0]["id"] in page


USELESS: dict[str, bytes] = {
    "empty": answer(b""),
    "no JSON": answer(b"<html>busy</html>"),
    "no list": answer(b'{"data": {"a": 1}}'),
    "an empty list": answer(b'{"data": []}'),
    "nothing usable": answer(b'{"data": [1, null, {}]}'),
    "only texts": answer(b'{"data": [{"id": "x", "type": "text", "model_spec": {}}]}'),
    "10 MB of rubbish": answer(b'{"data": "' + b"x" * 10_000_000 + b'"}'),
    "deep": answer(b"[" * 100_000),
    "a refusal": answer(b'{"error": "Rate limit exceeded"}', 429),
}


@pytest.mark.parametrize("useless", USELESS.values(), ids=USELESS.keys())
@pytest.mark.usefixtures("models_known")
def test_a_useless_list_of_models_leaves_the_last_good_one(
    venice: Client, script: Script, useless: bytes
) -> None:
    before = list(CatalogModel.objects.listed().values_list("model_id", flat=True))
    script.plays(useless)

    with pytest.raises((VeniceError, catalog.CatalogueUnusable)):
        catalog.sync(venice)

    assert list(CatalogModel.objects.listed().values_list("model_id", flat=True)) == before != []


ODD_STYLES = {
    "no list": {"a": 1},
    "10 000": ["Anime", *(f"Style {number}" for number in range(10_000))],
    "a name of 1 MB": ["x" * 1_000_000, "Anime"],
    "markup": [MARKUP, "Anime"],
    "twice": ["Anime", "Anime", "Anime"],
    "a zero byte": ["An\0ime", "Anime"],
    "numbers": [1, None, "Anime"],
}


@pytest.mark.parametrize("styles", ODD_STYLES.values(), ids=ODD_STYLES.keys())
@pytest.mark.usefixtures("models_known")
def test_odd_styles_break_nothing(
    venice: Client, script: Script, styles: Any, client: Browser, alice: User
) -> None:
    answer_with(script, [model.raw for model in bundled_models()[:3]], styles)
    try:
        catalog.sync(venice)
    except VeniceError:
        assert CatalogStyle.objects.filter(listed=True).count() == len(bundled_styles())

    client.force_login(alice)
    page = client.get("/create/").content.decode()
    assert MARKUP not in page
    assert "Anime" in page
    assert CatalogStyle.objects.filter(listed=True).count() <= MAX_STYLES


@pytest.mark.usefixtures("models_known")
def test_staff_see_that_a_catalogue_grows_old(client: Browser, sally: User) -> None:
    client.force_login(sally)
    assert "catalogue of models is from" not in client.get("/admin/").content.decode()

    CatalogModel.objects.update(synced_at=timezone.now() - timedelta(days=2))

    assert "catalogue of models is from" in client.get("/admin/").content.decode()


def refused(status: int = 500) -> bytes:
    return answer(b'{"error": "Inference processing failed"}', status)


@pytest.mark.parametrize("lost", ["image", "inpaint", "upscale", "styles"])
@pytest.mark.parametrize("how", ["refused", "empty"])
def test_a_list_that_cannot_be_read_undoes_no_other(
    venice: Client, script: Script, lost: str, how: str
) -> None:
    """Nothing was known before; and what is missing is asked for again soon."""
    lists = [
        *([model.raw for model in bundled_models() if model.type == kind] for kind in catalog.LISTS),
        ["Anime"],
    ]
    for name, data in zip([*catalog.LISTS, "styles"], lists, strict=True):
        bad = refused() if how == "refused" else answer(b'{"data": []}')
        script.plays(bad if name == lost else answer(json.dumps({"data": data}).encode()))

    if (lost, how) == ("styles", "empty"):
        catalog.sync(venice)
    else:
        with pytest.raises((VeniceError, catalog.CatalogueUnusable)):
            catalog.sync(venice)

    kept = set(CatalogModel.objects.listed().order_by("type").values_list("type", flat=True).distinct())
    assert kept == set(catalog.LISTS) - {lost}
    assert CatalogStyle.objects.filter(listed=True).exists() == (lost != "styles")
    assert catalog.is_due() == (lost in catalog.LISTS)


def test_each_list_loses_only_what_it_no_longer_has(venice: Client, script: Script) -> None:
    good = [model.raw for model in bundled_models() if model.type == "image"]
    answer_with(script, good)
    edits, upscalers = others()
    for data in (good[:5], edits[:3], upscalers, ["Anime"]):
        script.plays(answer(json.dumps({"data": data}).encode()))

    catalog.sync(venice)
    assert CatalogModel.objects.listed().count() == len(bundled_models())
    catalog.sync(venice)

    counts = CatalogModel.objects.filter(listed=True).order_by().values_list("type").annotate(Count("pk"))
    assert dict(counts) == {"image": 5, "inpaint": 3, "upscale": 1}
    assert CatalogModel.objects.count() == len(bundled_models()), "the rest stays for old pictures"


@pytest.mark.usefixtures("models_known")
def test_only_what_makes_pictures_from_text_is_offered(client: Browser, alice: User) -> None:
    offered = CatalogModel.objects.for_images()
    assert {entry.spec.takes_generate for entry in offered} == {True}
    client.force_login(alice)
    values = set(Page(client.get("/create/").content).values("value"))
    assert values >= {entry.model_id for entry in offered}
    assert not values & {entry.model_id for entry in CatalogModel.objects.exclude(pk__in=offered)}


@pytest.mark.usefixtures("models_known")
@pytest.mark.parametrize(
    ("operation", "usd"),
    [
        (Edit(image=PICTURE, prompt="x"), "0.04"),
        (Upscale(image=PICTURE, scale=2), "0.02"),
        (Upscale(image=PICTURE, scale=4), "0.08"),
        (RemoveBackground(image=PICTURE), "0.03"),
    ],
)
def test_every_kind_has_its_price_by_its_entry(operation: Any, usd: str) -> None:
    assert CatalogModel.objects.price(operation) == Decimal(usd)


@pytest.mark.one_in(5)
@pytest.mark.parametrize("levels", [60, 400, 900, 980, 5_000])
def test_an_entry_nested_deep_is_no_failure_of_sync_now(
    script: Script, client: Browser, sally: User, levels: int, settings: LazySettings
) -> None:
    """By the button, whose request stands on a stack of its own already."""
    settings.VENICE_BASE_URL, settings.VENICE_API_KEY = script.url, "test-key"
    deep = json.dumps({**GOOD, "extra": "DEEP"}).replace('"DEEP"', '{"a":' * levels + "1" + "}" * levels)
    other_bodies = [json.dumps({"data": data}) for data in (*others(), ["Anime"])]
    good = json.dumps(bundled_models()[1].raw)
    for body in (f'{{"data": [{deep}, {good}]}}', *other_bodies):
        script.plays(answer(body.encode()))
    client.force_login(sally)

    pressed = client.post("/admin/gallery/catalogmodel/sync/", follow=True)

    assert pressed.status_code == 200
    for entry in CatalogModel.objects.filter(type="image"):
        assert client.get(f"/admin/gallery/catalogmodel/{entry.pk}/change/").status_code == 200
    assert client.get("/create/").status_code == 200
