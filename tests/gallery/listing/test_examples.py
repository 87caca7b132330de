"""The picture that stands for a model or a style is sought, never searched for: in an index made for it."""

import pytest
from django.db import connection

from gallery.listing import examples
from gallery.models import CatalogModel, CatalogStyle

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads a small table from end to end")
@pytest.mark.parametrize(
    ("entries", "key", "column", "index"),
    [
        (CatalogModel.objects.all(), "model_id", "model", "image_model_example"),
        (CatalogStyle.objects.all(), "name", "style_preset", "image_style_example"),
    ],
)
def test_each_example_is_a_seek(entries: object, key: str, column: str, index: str) -> None:
    plan = examples.sought(entries, key, column).values_list(key, "example").explain()  # type: ignore[arg-type]
    reads = [line for line in plan.splitlines() if "gallery_image" in line or "U0" in line]
    assert len(reads) == 6, plan
    assert all(f"SEARCH U0 USING INDEX {index} ({column}=? AND emulated=?" in line for line in reads), plan
