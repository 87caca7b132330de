from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0052_batch_paused")]

    operations = [
        # Empty where there is none, so that SQLite adds the column in place.
        migrations.AddField(
            model_name="attempt",
            name="purged_indexes",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="Places in the answer of pictures that were thrown away for good; empty for none.",
                null=True,
            ),
        ),
    ]
