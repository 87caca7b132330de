"""What people choose: marks, tags, collections, the trash, and what is not for every eye."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class AddColumn(migrations.AddField):
    """AddField, but on SQLite in place: Django copies the whole table for each column that has a default."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        definition, params = schema_editor.column_sql(model, field)
        default = schema_editor.quote_value(schema_editor.effective_default(field))
        check = field.db_check(schema_editor.connection)
        definition += f" DEFAULT {default}" + (f" CHECK ({check})" if check else "")
        table, column = map(schema_editor.quote_name, (model._meta.db_table, field.column))
        schema_editor.execute(f"ALTER TABLE {table} ADD COLUMN {column} {definition}", params)


class Migration(migrations.Migration):
    dependencies = [
        ("gallery", "0047_prompt_counters"),
    ]

    operations = [
        migrations.CreateModel(
            name="Collection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "folded",
                    models.CharField(
                        editable=False,
                        help_text="The name without case and Unicode form.",
                        max_length=100,
                        unique=True,
                    ),
                ),
                ("notes", models.TextField(blank=True, max_length=10000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("folded",),
            },
        ),
        migrations.CreateModel(
            name="CollectionImage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField(help_text="Sorts the collection; with gaps between.")),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="ImageTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tagged_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_favourite", models.BooleanField(default=False)),
                (
                    "rating",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="1 to 5; 0: none.",
                        validators=[django.core.validators.MaxValueValidator(5)],
                    ),
                ),
                ("marked_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "folded",
                    models.CharField(
                        editable=False,
                        help_text="The name without case and Unicode form.",
                        max_length=60,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ("folded",),
            },
        ),
        AddColumn(
            model_name="generation",
            name="purged_count",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Pictures of it that were thrown away for good."
            ),
        ),
        AddColumn(
            model_name="image",
            name="favourite_count",
            field=models.PositiveIntegerField(default=0, help_text="Members whose favourite it is."),
        ),
        AddColumn(
            model_name="image",
            name="is_moderated",
            field=models.BooleanField(default=False, help_text="Venice drew it black or otherwise unusable."),
        ),
        AddColumn(
            model_name="image",
            name="is_sensitive",
            field=models.BooleanField(
                default=False, help_text="Blurred by Venice, or marked by a member: not for every eye."
            ),
        ),
        AddColumn(
            model_name="image",
            name="rating_count",
            field=models.PositiveIntegerField(default=0),
        ),
        AddColumn(
            model_name="image",
            name="rating_sum",
            field=models.PositiveIntegerField(default=0),
        ),
        AddColumn(
            model_name="image",
            name="score",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Thousandths of its mean rating, drawn towards 3 while few have rated; 0: nobody. Lists sort by it.",
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="sensitive_set_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="image",
            name="trashed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="image",
            name="trashed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="copies_carry",
            field=models.CharField(
                choices=[
                    ("parameters", "How it was made"),
                    ("nothing", "Nothing but the picture"),
                    ("as-sent", "Exactly what Venice sent"),
                ],
                default="parameters",
                help_text="What is written into copies that are taken home.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="download_name",
            field=models.CharField(
                default="{date}-{prompt}-{seed}",
                help_text="Of files that are taken home: {date} {time} {prompt} {seed} {model} {style} {id} {by}.",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="sensitive",
            field=models.CharField(
                choices=[("show", "Shown"), ("blur", "Blurred until pointed at"), ("hide", "Not in lists")],
                default="blur",
                help_text="What is seen of pictures that are not for every eye.",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("is_cover", True)),
                fields=["-score", "-generation", "-id"],
                name="image_rated_cover",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("rating_count__gt", 0)),
                fields=["-id", "rating_sum", "rating_count"],
                name="image_rated_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(
                condition=models.Q(("trashed_at__isnull", False)),
                fields=["-id", "trashed_at"],
                name="image_trashed",
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="cover",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: its first picture.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="gallery.image",
            ),
        ),
        migrations.AddField(
            model_name="collection",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="collections",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="destination",
            field=models.ForeignKey(
                blank=True,
                help_text="Its pictures go there when they arrive.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="gallery.collection",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="destination",
            field=models.ForeignKey(
                blank=True,
                help_text="All that is made goes there, until it is let go.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="gallery.collection",
            ),
        ),
        migrations.AddField(
            model_name="collectionimage",
            name="added_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="collectionimage",
            name="collection",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entries",
                to="gallery.collection",
            ),
        ),
        migrations.AddField(
            model_name="collectionimage",
            name="image",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="gallery.image"
            ),
        ),
        migrations.AddField(
            model_name="imagetag",
            name="image",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="tag_links", to="gallery.image"
            ),
        ),
        migrations.AddField(
            model_name="imagetag",
            name="tagged_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="mark",
            name="image",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="gallery.image"
            ),
        ),
        migrations.AddField(
            model_name="mark",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="marks",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tag",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="imagetag",
            name="tag",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="links",
                to="gallery.tag",
            ),
        ),
        migrations.AddIndex(
            model_name="collectionimage",
            index=models.Index(fields=["collection", "position", "image"], name="collection_order"),
        ),
        migrations.AddIndex(
            model_name="collectionimage",
            index=models.Index(fields=["collection", "-image"], name="collection_newest"),
        ),
        migrations.AddConstraint(
            model_name="collectionimage",
            constraint=models.UniqueConstraint(
                fields=("collection", "image"), name="image_in_collection_once"
            ),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                condition=models.Q(("is_favourite", True)), fields=["user", "-image"], name="mark_favourites"
            ),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                condition=models.Q(("rating__gt", 0)),
                fields=["user", "-image", "rating"],
                name="mark_ratings",
            ),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.UniqueConstraint(fields=("user", "image"), name="mark_once"),
        ),
        migrations.AddConstraint(
            model_name="mark",
            constraint=models.CheckConstraint(
                condition=models.Q(("rating__lte", 5)), name="mark_rating_range"
            ),
        ),
        migrations.AddIndex(
            model_name="imagetag",
            index=models.Index(fields=["tag", "-image"], name="tag_newest"),
        ),
        migrations.AddConstraint(
            model_name="imagetag",
            constraint=models.UniqueConstraint(fields=("tag", "image"), name="tag_of_image_once"),
        ),
    ]
