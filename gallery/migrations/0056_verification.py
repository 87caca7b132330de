"""Pictures that were made again are compared with the first ones."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gallery", "0055_pickers")]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=200)),
                (
                    "emulated",
                    models.BooleanField(
                        default=False, help_text="The emulator's; counts in no score of Venice's."
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not compared yet"),
                            ("exact", "The same bytes"),
                            ("alike", "The same to the eye"),
                            ("different", "Different"),
                            ("none", "Not comparable"),
                        ],
                        default="",
                        max_length=12,
                    ),
                ),
                (
                    "distance",
                    models.PositiveSmallIntegerField(blank=True, help_text="Of 64, to the eye.", null=True),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("judged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "generation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="verification",
                        to="gallery.generation",
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        help_text="What it is compared with.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="verifications",
                        to="gallery.image",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["outcome", "id"], name="verification_due"),
                    models.Index(fields=["model", "emulated", "-id"], name="verification_of_model"),
                ],
            },
        ),
    ]
