"""Room on PostgreSQL's pages for a picture that changes.

A count that no index has is then written beside the row as it was, and none of a picture's indexes is written with it.
"""

from django.db import migrations


def on_postgresql(statement):
    """`statement`, where the database is one that writes rows anew."""

    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("gallery", "0060_sensitive_index")]

    operations = [
        migrations.RunPython(
            on_postgresql("ALTER TABLE gallery_image SET (fillfactor = 50)"),
            on_postgresql("ALTER TABLE gallery_image RESET (fillfactor)"),
        ),
    ]
