"""Pictures keep what their request cost, since lists sort by it."""

from django.db import migrations, models
from django.db.models import Max

BATCH = 20_000
# Of the newest picture down; what the ledger does not tell stays -1.
FILL = """
    UPDATE gallery_image SET sort_price = (
        SELECT CAST(ROUND(price * 1000000) AS bigint) FROM gallery_attempt WHERE gallery_attempt.id = attempt_id)
    WHERE id > %s AND id <= %s AND EXISTS (
        SELECT 1 FROM gallery_attempt WHERE gallery_attempt.id = attempt_id AND price IS NOT NULL)
"""


def fill(apps, schema_editor):
    newest = apps.get_model("gallery", "Image").objects.aggregate(newest=Max("pk"))["newest"] or 0
    with schema_editor.connection.cursor() as cursor:
        for start in range(0, newest, BATCH):
            cursor.execute(FILL, [start, start + BATCH])
        if schema_editor.connection.vendor == "postgresql":
            # It builds no index while checks of changed rows wait.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("gallery", "0033_time_zone")]

    operations = [
        migrations.AddField(
            model_name="image",
            name="sort_price",
            field=models.BigIntegerField(
                default=-1,
                help_text="What its whole request cost, in millionths of a USD; -1 when unknown. Lists sort by it.",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                fields=["-sort_price", "-generation", "-id"],
                name="image_dearest_cover",
                condition=models.Q(is_cover=True),
            ),
        ),
    ]
