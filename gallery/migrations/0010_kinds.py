"""Tables for clicks, inputs and uploads; a generation may be any operation, with or without a prompt."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

ROLES = [("source", "Source"), ("layer", "Layer"), ("style-reference", "Style reference")]
KINDS = [
    ("generate", "Generate"),
    ("openai-generate", "Generate, OpenAI’s way"),
    ("edit", "Edit"),
    ("multi-edit", "Multi-edit"),
    ("upscale", "Upscale"),
    ("remove-background", "Remove background"),
]
BATCHES = [
    ("one", "One request"),
    ("count", "Several seeds"),
    ("models", "Several models"),
    ("words", "Several words"),
    ("matrix", "A matrix"),
]


def of_file():
    """The columns of a row that names a stored picture."""
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("sha256", models.CharField(db_index=True, max_length=64)),
        ("name", models.CharField(help_text="Its file, below DATA_DIR/media.", max_length=120)),
        ("format", models.CharField(help_text="As sniffed, whatever was asked for.", max_length=10)),
        ("width", models.PositiveIntegerField()),
        ("height", models.PositiveIntegerField()),
        ("bytes", models.PositiveBigIntegerField()),
        ("color", models.CharField(default="#808080", help_text="Dominant colour.", max_length=7)),
        (
            "recipe",
            models.PositiveSmallIntegerField(
                default=1,
                help_text="How thumbnails, size and colour were made; `remake_thumbnails` remakes older ones.",
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("gallery", "0009_worker_deaths")]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "submission",
                    models.UUIDField(
                        blank=True, help_text="The form that asked; a repeat is the same batch.", null=True
                    ),
                ),
                ("kind", models.CharField(choices=BATCHES, default="one", max_length=20)),
                (
                    "axes",
                    models.JSONField(
                        blank=True, default=dict, help_text="What was varied: names with their values."
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="USD in all, as shown and agreed",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "submission"), name="batch_submission_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                *of_file(),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "used_at",
                    models.DateTimeField(
                        db_index=True, default=django.utils.timezone.now, help_text="Brought or made from."
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("owner", "sha256"), name="upload_once")],
            },
        ),
        migrations.CreateModel(
            name="Input",
            fields=[
                *of_file(),
                ("position", models.PositiveSmallIntegerField(help_text="Place in the request.")),
                ("role", models.CharField(choices=ROLES, max_length=20)),
                (
                    "generation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inputs",
                        to="gallery.generation",
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        help_text="When it is one of ours.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uses",
                        to="gallery.image",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("generation", "position"), name="input_of_generation_once"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="generation",
            name="kind",
            field=models.CharField(choices=KINDS, default="generate", max_length=20),
        ),
        migrations.AddField(
            model_name="generation",
            name="position",
            field=models.PositiveSmallIntegerField(default=0, help_text="Place in its batch."),
        ),
        migrations.AddField(
            model_name="generation",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="gallery.batch",
            ),
        ),
        migrations.AlterField(
            model_name="generation",
            name="prompt",
            field=models.ForeignKey(
                blank=True,
                help_text="Some kinds have none.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="generations",
                to="gallery.prompt",
            ),
        ),
        migrations.AlterField(
            model_name="image",
            name="prompt",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="gallery.prompt",
            ),
        ),
        migrations.AlterField(
            model_name="generation",
            name="request",
            field=models.JSONField(help_text="The exact body that is sent, but for the bytes of its inputs."),
        ),
    ]
