"""A date leads to its pictures by a seek."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0044_density")]

    operations = [
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("is_cover", True)),
                fields=["created_at", "id"],
                name="image_cover_date",
            ),
        ),
    ]
