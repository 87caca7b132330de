import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0054_drafts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pin",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                ("pinned_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("is_cover", True), ("is_moderated", False), ("is_sensitive", False)),
                fields=["model", "emulated", "-score", "-id"],
                name="image_model_example",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("is_cover", True), ("is_moderated", False), ("is_sensitive", False)),
                fields=["style_preset", "emulated", "-score", "-id"],
                name="image_style_example",
            ),
        ),
        migrations.AddField(
            model_name="pin",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pins",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="pin",
            constraint=models.UniqueConstraint(fields=("user", "model"), name="pin_once"),
        ),
    ]
