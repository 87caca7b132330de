"""Fewer indexes of pictures.

Each change of a picture writes all of them on PostgreSQL. Those of four foreign keys are the beginnings of longer ones;
who threw away and who marked as sensitive is asked of no list.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class DropIndex(migrations.AlterField):
    """AlterField to one without an index, and nothing else: in place, where Django would copy the table on SQLite."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model, field = self._of(app_label, from_state)
        connection = schema_editor.connection
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, model._meta.db_table)
        for name, facts in found.items():
            plain = facts["index"] and not (facts["unique"] or facts["primary_key"] or facts["foreign_key"])
            if plain and facts["columns"] == [field.column] and not name.startswith("image_"):
                schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(name)}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model, field = self._of(app_label, to_state)
        schema_editor.execute(schema_editor._create_index_sql(model, fields=[field]))

    def _of(self, app_label, state):
        model = state.apps.get_model(app_label, self.model_name)
        return model, model._meta.get_field(self.name)


class Migration(migrations.Migration):
    dependencies = [("gallery", "0056_verification")]

    operations = [
        DropIndex(
            model_name="image",
            name="attempt",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="gallery.attempt",
            ),
        ),
        DropIndex(
            model_name="image",
            name="generation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="gallery.generation",
            ),
        ),
        DropIndex(
            model_name="image",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        DropIndex(
            model_name="image",
            name="prompt",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="gallery.prompt",
            ),
        ),
        DropIndex(
            model_name="image",
            name="sensitive_set_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        DropIndex(
            model_name="image",
            name="trashed_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
