from decimal import Decimal

from django.db import migrations

# What SQLite once took although the column cannot hold it; to read such an amount raises.
LARGEST = {
    ("Attempt", "balance_before"): Decimal("99999999.999999"),
    ("Attempt", "price"): Decimal("999999.999999"),
    ("Generation", "price_estimate"): Decimal("999999.999999"),
    ("CatalogModel", "rate_limit"): 2147483647,
}


def forget_what_does_not_fit(apps, schema_editor):
    for (model, column), largest in LARGEST.items():
        rows = apps.get_model("gallery", model).objects
        rows.filter(**{f"{column}__gt": largest}).update(**{column: None})
        rows.filter(**{f"{column}__lt": -largest}).update(**{column: None})


class Migration(migrations.Migration):
    dependencies = [("gallery", "0004_gate_host")]

    operations = [migrations.RunPython(forget_what_does_not_fit, migrations.RunPython.noop)]
