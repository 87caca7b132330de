"""One search document for each picture: its prompt's words and what filters ask for, in one index."""

from django.db import migrations, models
from django.db.models import Max

import gallery.models.document
from gallery.search import index


def create(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        # It makes no trigger while checks of changed rows wait.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", None)

    def execute(sql):
        schema_editor.execute(sql, None)

    index.create(execute, connection.vendor)
    newest = apps.get_model("gallery", "Image").objects.aggregate(newest=Max("pk"))["newest"] or 0
    index.rebuild(connection, newest)
    if connection.vendor == "postgresql":
        # SQLite's come when all migrations are through (gallery/schema.py): with them it makes no table anew.
        index.follow(execute, connection.vendor)


def drop(apps, schema_editor):
    index.drop(lambda sql: schema_editor.execute(sql, None), schema_editor.connection.vendor)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0040_sort_price")]

    operations = [
        migrations.CreateModel(
            name="SearchTerm",
            fields=[("term", models.CharField(max_length=200, primary_key=True, serialize=False))],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Day",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("lowest", models.BigIntegerField()),
                ("highest", models.BigIntegerField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="ImageDocument",
            fields=[
                (
                    "image",
                    models.OneToOneField(
                        db_column="rowid",
                        db_constraint=False,
                        on_delete=models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="document",
                        serialize=False,
                        to="gallery.image",
                    ),
                ),
                ("terms", gallery.models.document.TermsField()),
            ],
            options={"db_table": "gallery_image_document", "default_permissions": (), "managed": False},
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["seed", "-id"], name="image_of_seed"),
        ),
        migrations.RunPython(create, drop),
    ]
