"""Each prompt counts its pictures and what it has cost, so that the history can be in that order."""

from importlib import import_module

from django.db import migrations, models

COUNT = """
    UPDATE gallery_prompt SET
        picture_count = (SELECT COUNT(*) FROM gallery_image i WHERE i.prompt_id = gallery_prompt.id),
        spent_micros = {spent},
        pretended_micros = {pretended}
"""
PAID = """COALESCE((
    SELECT CAST(ROUND(SUM(a.price) * 1000000) AS bigint) FROM gallery_generation g JOIN gallery_attempt a ON a.generation_id = g.id
    WHERE g.prompt_id = gallery_prompt.id AND a.outcome IN ('ok', 'unknown') AND {condition}), 0)"""


def triggers():
    return [
        statement
        for statement in import_module("gallery.migrations.0032_search").SQLITE
        if "CREATE TRIGGER" in statement
    ]


def drop_triggers(apps, schema_editor):
    """SQLite has a new table for each new column, and would lose what keeps the index in step without a word."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in triggers():
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {statement.split()[2]}", None)


def create_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for statement in triggers():
            schema_editor.execute(statement, None)


def count(apps, schema_editor):
    spent, pretended = (PAID.format(condition=condition) for condition in ("NOT a.emulated", "a.emulated"))
    schema_editor.execute(COUNT.format(spent=spent, pretended=pretended), None)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0046_saved_search")]

    operations = [
        migrations.RunPython(drop_triggers, create_triggers),
        migrations.AddField("prompt", "picture_count", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "prompt",
            "spent_micros",
            models.BigIntegerField(
                default=0, help_text="Millionths of a USD; what may have been charged included."
            ),
        ),
        migrations.AddField(
            "prompt",
            "pretended_micros",
            models.BigIntegerField(default=0, help_text="The same at the emulator: no money."),
        ),
        migrations.RunPython(create_triggers, drop_triggers),
        migrations.AddIndex(
            "generation", models.Index(fields=["prompt", "model", "owner"], name="generation_prompt_users")
        ),
        migrations.AddIndex(
            "generation", models.Index(fields=["owner", "prompt"], name="generation_owner_prompts")
        ),
        migrations.AddIndex(
            "generation", models.Index(fields=["model", "prompt"], name="generation_model_prompts")
        ),
        migrations.AddIndex(
            "image", models.Index(fields=["prompt", "seed", "id"], name="image_of_prompt_seed")
        ),
        migrations.AddIndex(
            "prompt", models.Index(fields=["-generation_count", "-id"], name="prompt_most_used")
        ),
        migrations.AddIndex("prompt", models.Index(fields=["-spent_micros", "-id"], name="prompt_dearest")),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
