"""What a search sorts by itself no more: the dearest of a model, and the words of prompts.

PostgreSQL takes the making of terms out of words for a trifle, and looks through the prompts rather than into their
index: a function says what it costs. It is not for parallel workers either, who take longer to come than to read.
Django's second index of pictures' and prompts' digests, for beginnings of them, goes: nobody asks for these.
"""

from django.db import migrations, models

DROP = "DROP INDEX gallery_prompt_words"
PLAIN = """
    CREATE INDEX gallery_prompt_words ON gallery_prompt USING gin (array_to_tsvector(string_to_array(words, ' ')))
"""
FUNCTION = """
    CREATE FUNCTION gallery_prompt_terms(words text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT COST 100 AS $$
    BEGIN RETURN array_to_tsvector(string_to_array(words, ' ')); END $$
"""
PRICED = "CREATE INDEX gallery_prompt_words ON gallery_prompt USING gin (gallery_prompt_terms(words))"
# Without it the planner knows nothing of the words.
KNOWN = "ANALYZE gallery_prompt"


def on_postgresql(*statements):
    """These `statements`, where the database is one that plans."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor != "postgresql":
            return
        # PostgreSQL builds no index while checks of changed rows wait.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", None)
        for statement in statements:
            schema_editor.execute(statement, None)

    return run


def of_beginnings(apps, schema_editor):
    """The tables that had such an index, each with its column."""
    names = ("Image", "Prompt") if schema_editor.connection.vendor == "postgresql" else ()
    models = [apps.get_model("gallery", name) for name in names]
    return [(model, model._meta.get_field("sha256")) for model in models]


def drop_beginnings(apps, schema_editor):
    for model, field in of_beginnings(apps, schema_editor):
        for name in schema_editor._constraint_names(model, [field.column], index=True, unique=False):
            if name.endswith("_like"):
                schema_editor.execute(schema_editor._delete_index_sql(model, name))


def restore_beginnings(apps, schema_editor):
    for model, field in of_beginnings(apps, schema_editor):
        schema_editor.execute(schema_editor._create_like_index_sql(model, field))


class Migration(migrations.Migration):
    dependencies = [("gallery", "0061_room_beside_pictures")]

    operations = [
        migrations.AddIndex(
            "image",
            models.Index(
                fields=["model", "-sort_price", "-generation", "-id"],
                name="image_dearest_of_model",
                condition=models.Q(is_cover=True),
            ),
        ),
        migrations.RunPython(drop_beginnings, restore_beginnings),
        migrations.RunPython(
            on_postgresql(DROP, FUNCTION, PRICED, KNOWN),
            on_postgresql(DROP, "DROP FUNCTION gallery_prompt_terms(text)", PLAIN, KNOWN),
        ),
    ]
