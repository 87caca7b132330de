"""The index of pictures tells whether Venice has enhanced the prompt: `enhanced:` looks into the words of those alone."""

from django.db import migrations

TABLE = "gallery_image_document"
_THOSE = """rowid IN (SELECT i.id FROM gallery_generation g JOIN gallery_image i ON i.generation_id = g.id
    WHERE g.enhanced_prompt <> '')"""
ADDED = {
    "sqlite": f"UPDATE {TABLE} SET terms = terms || ' :enhanced' WHERE {_THOSE}",
    "postgresql": f"UPDATE {TABLE} SET terms = terms || array_to_tsvector(ARRAY[':enhanced']) WHERE {_THOSE}",
}
TAKEN_AWAY = {
    "sqlite": f"UPDATE {TABLE} SET terms = replace(terms, ' :enhanced', '') WHERE {_THOSE}",
    "postgresql": f"UPDATE {TABLE} SET terms = ts_delete(terms, ':enhanced') WHERE {_THOSE}",
}


def add(apps, schema_editor):
    """The documents of what is there already; the triggers of those that come are made after all migrations."""
    schema_editor.execute(ADDED[schema_editor.connection.vendor])


def take_away(apps, schema_editor):
    """As they were."""
    schema_editor.execute(TAKEN_AWAY[schema_editor.connection.vendor])


class Migration(migrations.Migration):
    dependencies = [("gallery", "0058_prompt_ratings")]

    operations = [migrations.RunPython(add, take_away)]
