"""Each generation that there is gets a batch of its own, with its number, its form's id, and its price.

In portions, each one transaction of two statements: a million rows take no memory here, and whoever is stopped goes on
with the portion that was not committed. Backwards, what the tables of before cannot hold stops it.
"""

from django.db import migrations
from django.db.transaction import atomic
from django.db.models import Exists, Max, OuterRef, Q, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Left

PORTION = 50_000

BATCHES = """
    INSERT INTO gallery_batch (id, owner_id, submission, kind, axes, price, title, created_at)
    SELECT id, owner_id, submission, 'one', {empty}, price_estimate, '', created_at
    FROM gallery_generation WHERE batch_id IS NULL AND id > %s AND id <= %s"""
OWN_BATCH = "UPDATE gallery_generation SET batch_id = id WHERE batch_id IS NULL AND id > %s AND id <= %s"
# Ids were given, not drawn.
SEQUENCE = """
    SELECT setval(pg_get_serial_sequence('gallery_batch', 'id'), (SELECT max(id) FROM gallery_batch))
    WHERE EXISTS (SELECT 1 FROM gallery_batch)"""
SUBMISSIONS = """
    UPDATE gallery_generation SET submission =
        (SELECT submission FROM gallery_batch WHERE gallery_batch.id = gallery_generation.batch_id)
    WHERE position = 0 AND id > %s AND id <= %s"""


def portions(apps):
    """Bounds of ids."""
    newest = apps.get_model("gallery", "Generation").objects.aggregate(newest=Max("pk"))["newest"] or 0
    for start in range(0, newest, PORTION):
        yield start, start + PORTION


def give_batches(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    batches = BATCHES.format(empty="'{}'::jsonb" if is_postgresql else "'{}'")
    with schema_editor.connection.cursor() as cursor:
        for bounds in portions(apps):
            with atomic(schema_editor.connection.alias):
                cursor.execute(batches, bounds)
                cursor.execute(OWN_BATCH, bounds)
        if is_postgresql:
            cursor.execute(SEQUENCE)


def take_batches(apps, schema_editor):
    Generation, Input = apps.get_model("gallery", "Generation"), apps.get_model("gallery", "Input")
    new = Exists(Input.objects.filter(generation=OuterRef("pk")))
    lost = Generation.objects.filter(Q(prompt=None) | ~Q(kind="generate") | new).order_by("pk").first()
    if lost:
        raise RuntimeError(
            f"Generation {lost.pk} is of a kind, or starts from pictures, that the release before does not know."
        )
    kept = {name: Left(Coalesce(KT(f"request__{name}"), Value("")), 20) for name in ("resolution", "quality")}
    with schema_editor.connection.cursor() as cursor:
        for start, end in portions(apps):
            with atomic(schema_editor.connection.alias):
                cursor.execute(SUBMISSIONS, (start, end))
                Generation.objects.filter(pk__gt=start, pk__lte=end).update(**kept)


class Migration(migrations.Migration):
    # Each portion is a transaction of its own.
    atomic = False

    dependencies = [("gallery", "0010_kinds")]

    operations = [migrations.RunPython(give_batches, take_batches)]
