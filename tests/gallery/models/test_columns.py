"""What a column holds of a value from outside: on either database, for every column of every table."""

from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client

from gallery.models import Attempt, CatalogModel, CatalogStyle, Gate, Generation, Image, User, columns
from tests.gallery.generations import a_picture

KINDS = {"CharField", "TextField", "DecimalField", "FloatField", "BooleanField", "JSONField"}
LIARS: list[Any] = [
    *(None, True, "", "\0", "a\0b\ud800c", "x" * 70_000, "\U0001f3a8" * 900, b"bytes", [], {}, object()),
    *(-1, 2**15, 2**31, 2**63, 10**29, -(10**400), 1e308, float("nan"), float("-inf")),
    *(Decimal("99999999.9999999"), Decimal("1e9"), Decimal("-1e40"), Decimal("NaN"), Decimal("0.00000049")),
    {"\0": ["\ud800", float("inf")]},
]


def deep(levels: int) -> Any:
    tree: Any = 1
    for _ in range(levels):
        tree = [tree]
    return tree


def fields(model: type[Model]) -> list[Any]:
    """The columns that a reply could fill: no keys, nothing that must be unique or one of few."""
    kept = []
    for field in model._meta.concrete_fields:
        kind = field.get_internal_type()
        plain = not (field.unique or field.primary_key or field.is_relation or field.choices)
        if plain and (kind in KINDS or kind.endswith("IntegerField")):
            kept.append(field)
    return kept


@pytest.fixture
def rows(models_known: None, alice: User) -> dict[type[Model], Model]:
    generation = a_picture(alice).generation
    gate = Gate.objects.close(Gate.Kind.BUSY, "-", model="m")
    one: list[Any] = [generation, generation.attempts.get(), generation.images.first(), gate]
    one += [CatalogModel.objects.first(), CatalogStyle.objects.first()]
    return {type(row): row for row in one}


@pytest.mark.parametrize("model", [Generation, Attempt, Image, Gate, CatalogModel, CatalogStyle])
def test_every_column_holds_what_is_made_of_any_value(
    rows: dict[type[Model], Model], model: type[Model]
) -> None:
    row = rows[model]
    wanted = fields(model)
    assert wanted
    for value in [*LIARS, deep(2000)]:
        values = columns.fitted(model, **{field.name: value for field in wanted})
        # What neither fits nor may be unknown, and has no default, is never told from outside: sizes of pictures.
        values = {
            name: kept for name, kept in values.items() if kept is not None or _may_be_null(model, name)
        }
        model._default_manager.filter(pk=row.pk).update(**values)
        row.refresh_from_db()


def _may_be_null(model: type[Model], name: str) -> bool:
    return bool(getattr(model._meta.get_field(name), "null", False))


@pytest.mark.parametrize(
    ("model", "column", "value", "kept"),
    [
        (Attempt, "balance_before", Decimal("99999999.9999994"), Decimal("99999999.999999")),
        (Attempt, "balance_before", Decimal("99999999.9999999"), None),
        (Attempt, "balance_before", 4.25, Decimal("4.25")),
        (Attempt, "price", Decimal(10**9), None),
        (Attempt, "cf_ray", "a\0" + "x" * 300, "a" + "x" * 198 + "…"),
        (Attempt, "request_id", None, ""),
        (Attempt, "status", 2**31, None),
        (CatalogModel, "rate_limit", 99_999_999_999, None),
        (CatalogModel, "rate_limit", 2**31 - 1, 2**31 - 1),
        (CatalogModel, "position", -1, 0),
        (CatalogModel, "raw", {"a": float("inf")}, {"a": None}),
        (Generation, "is_blurred", "true", None),
    ],
)
def test_what_fits_is_kept_and_what_does_not_is_unknown(
    model: type[Model], column: str, value: Any, kept: Any
) -> None:
    assert columns.fitted(model, **{column: value}) == {column: kept}


def test_a_price_that_no_column_holds_does_not_keep_anybody_from_asking(
    models_known: None, alice: User
) -> None:
    operation = a_picture(alice).generation.operation
    generation, _ = Generation.objects.enqueue(alice, operation, price=Decimal(10**9))
    assert generation.price_estimate is None


def test_amounts_that_sqlite_took_before_are_forgotten(
    models_known: None, alice: User, sally: User, client: Client
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL never took them")
    generation = a_picture(alice).generation
    attempt = generation.attempts.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gallery_attempt SET balance_before = 99999999.9999999, price = 4000000000")
        cursor.execute("UPDATE gallery_generation SET price_estimate = 4000000000")
        cursor.execute("UPDATE gallery_catalogmodel SET rate_limit = 99999999999")

    import_module("gallery.migrations.0005_amounts_that_fit").forget_what_does_not_fit(apps, None)

    attempt.refresh_from_db()
    assert (attempt.balance_before, attempt.price) == (None, None)
    assert not CatalogModel.objects.exclude(rate_limit=None).exists()
    client.force_login(sally)
    for page in (f"/generations/{generation.pk}/", "/admin/gallery/attempt/", "/admin/gallery/generation/"):
        assert client.get(page).status_code == 200
