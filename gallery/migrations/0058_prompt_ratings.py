"""Each prompt sums the ratings of its pictures, so that the history can be in that order."""

from importlib import import_module

from django.db import migrations, models

# In place on SQLite, where a copied table would lose the triggers that indexes follow it by.
AddColumn = import_module("gallery.migrations.0048_curation").AddColumn

SUM = """
    UPDATE gallery_prompt SET rating_count = told.ratings, rating_sum = told.given,
        score = (6000 + 1000 * told.given) / (2 + told.ratings)
    FROM (
        SELECT prompt_id AS id, SUM(rating_count) AS ratings, SUM(rating_sum) AS given
        FROM gallery_image WHERE rating_count > 0 AND trashed_at IS NULL GROUP BY prompt_id
    ) AS told
    WHERE gallery_prompt.id = told.id
"""


class Migration(migrations.Migration):
    dependencies = [("gallery", "0057_fewer_indexes")]

    operations = [
        AddColumn(
            model_name="prompt",
            name="rating_count",
            field=models.PositiveIntegerField(default=0, help_text="Of its pictures outside the trash."),
        ),
        AddColumn(model_name="prompt", name="rating_sum", field=models.PositiveIntegerField(default=0)),
        AddColumn(
            model_name="prompt",
            name="score",
            field=models.PositiveIntegerField(
                default=0, help_text="As of a picture, of all these ratings together. The history sorts by it."
            ),
        ),
        migrations.AddIndex(
            "image",
            models.Index(
                condition=models.Q(("rating_count__gt", 0), ("trashed_at__isnull", True)),
                fields=["prompt", "-score", "-id"],
                name="image_best_of_prompt",
            ),
        ),
        migrations.AddIndex(
            "prompt", models.Index(fields=["-score", "-last_generation_id"], name="prompt_best_rated")
        ),
        migrations.RunSQL(SUM, migrations.RunSQL.noop),
    ]
