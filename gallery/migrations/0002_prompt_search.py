"""Full-text search over prompts: FTS5 with triggers on SQLite, an expression index on PostgreSQL."""

from django.db import migrations

SQLITE = [
    """CREATE VIRTUAL TABLE gallery_prompt_fts USING fts5(
        text, content='gallery_prompt', content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
    """CREATE TRIGGER gallery_prompt_fts_insert AFTER INSERT ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER gallery_prompt_fts_delete AFTER DELETE ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(gallery_prompt_fts, rowid, text) VALUES ('delete', old.id, old.text); END""",
    """CREATE TRIGGER gallery_prompt_fts_update AFTER UPDATE OF text ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(gallery_prompt_fts, rowid, text) VALUES ('delete', old.id, old.text);
        INSERT INTO gallery_prompt_fts(rowid, text) VALUES (new.id, new.text); END""",
]
SQLITE_UNDO = [
    "DROP TRIGGER gallery_prompt_fts_insert",
    "DROP TRIGGER gallery_prompt_fts_delete",
    "DROP TRIGGER gallery_prompt_fts_update",
    "DROP TABLE gallery_prompt_fts",
]
POSTGRESQL = [
    r"""CREATE INDEX gallery_prompt_words ON gallery_prompt USING gin (to_tsvector('simple', translate(
        text, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                ')))"""
]
POSTGRESQL_UNDO = ["DROP INDEX gallery_prompt_words"]


def run(sqlite, postgresql):
    def operation(apps, schema_editor):
        for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
            schema_editor.execute(statement, None)

    return operation


class Migration(migrations.Migration):
    dependencies = [("gallery", "0001_initial")]

    operations = [migrations.RunPython(run(SQLITE, POSTGRESQL), run(SQLITE_UNDO, POSTGRESQL_UNDO))]
