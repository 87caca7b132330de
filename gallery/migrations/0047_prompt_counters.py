"""Each prompt counts its pictures and what it has cost, so that the history can be in that order."""

from django.db import migrations, models

COLUMNS = {"picture_count": "integer CHECK (picture_count >= 0)", "spent_micros": "bigint", "pretended_micros": "bigint"}
COUNT = """
    UPDATE gallery_prompt SET
        picture_count = (SELECT COUNT(*) FROM gallery_image i WHERE i.prompt_id = gallery_prompt.id),
        spent_micros = {spent},
        pretended_micros = {pretended}
"""
PAID = """COALESCE((
    SELECT CAST(ROUND(SUM(a.price) * 1000000) AS bigint) FROM gallery_generation g JOIN gallery_attempt a ON a.generation_id = g.id
    WHERE g.prompt_id = gallery_prompt.id AND a.outcome IN ('ok', 'unknown') AND {condition}), 0)"""


def add_columns(apps, schema_editor):
    """As they are: with AddField SQLite would have a new table, and lose the triggers that indexes follow it by."""
    for name, kind in COLUMNS.items():
        schema_editor.execute(f"ALTER TABLE gallery_prompt ADD COLUMN {name} {kind} NOT NULL DEFAULT 0", None)


def drop_columns(apps, schema_editor):
    for name in COLUMNS:
        schema_editor.execute(f"ALTER TABLE gallery_prompt DROP COLUMN {name}", None)


def count(apps, schema_editor):
    spent, pretended = (PAID.format(condition=condition) for condition in ("NOT a.emulated", "a.emulated"))
    schema_editor.execute(COUNT.format(spent=spent, pretended=pretended), None)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0046_saved_search")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_columns, drop_columns)],
            state_operations=[
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
            ],
        ),
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
            "prompt", models.Index(fields=["-generation_count", "-last_generation_id"], name="prompt_most_used")
        ),
        migrations.AddIndex("prompt", models.Index(fields=["-spent_micros", "-last_generation_id"], name="prompt_dearest")),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
