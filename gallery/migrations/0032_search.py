"""Each prompt keeps its folded text and its words; both databases index those words, made by one function."""

from django.db import migrations, models

from gallery.search.document import columns

BATCH = 2_000
SQLITE_DROP = [
    "DROP TRIGGER gallery_prompt_fts_insert",
    "DROP TRIGGER gallery_prompt_fts_delete",
    "DROP TRIGGER gallery_prompt_fts_update",
    "DROP TABLE gallery_prompt_fts",
]
# The words are ready: everything but a space is of a word.
SQLITE = [
    """CREATE VIRTUAL TABLE gallery_prompt_fts USING fts5(
        words, content='gallery_prompt', content_rowid='id', prefix='2 3',
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")""",
    "INSERT INTO gallery_prompt_fts(gallery_prompt_fts) VALUES ('rebuild')",
    """CREATE TRIGGER gallery_prompt_fts_insert AFTER INSERT ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(rowid, words) VALUES (new.id, new.words); END""",
    """CREATE TRIGGER gallery_prompt_fts_delete AFTER DELETE ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(gallery_prompt_fts, rowid, words) VALUES ('delete', old.id, old.words); END""",
    """CREATE TRIGGER gallery_prompt_fts_update AFTER UPDATE OF words ON gallery_prompt BEGIN
        INSERT INTO gallery_prompt_fts(gallery_prompt_fts, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO gallery_prompt_fts(rowid, words) VALUES (new.id, new.words); END""",
]
POSTGRESQL_DROP = ["DROP INDEX gallery_prompt_words"]
POSTGRESQL = [
    """CREATE INDEX gallery_prompt_words ON gallery_prompt
        USING gin (array_to_tsvector(string_to_array(words, ' ')))"""
]


def run(sqlite, postgresql):
    def operation(apps, schema_editor):
        is_sqlite = schema_editor.connection.vendor == "sqlite"
        if not is_sqlite:
            # PostgreSQL builds no index while checks of changed rows wait.
            schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", None)
        for statement in sqlite if is_sqlite else postgresql:
            schema_editor.execute(statement, None)

    return operation


def restore(apps, schema_editor):
    """The index as migration 0002 has made it."""
    from importlib import import_module

    first = import_module("gallery.migrations.0002_prompt_search")
    run(
        [*first.SQLITE, "INSERT INTO gallery_prompt_fts(gallery_prompt_fts) VALUES ('rebuild')"], first.POSTGRESQL
    )(apps, schema_editor)


def fill(apps, schema_editor):
    prompts, last = apps.get_model("gallery", "Prompt").objects, 0
    while rows := list(prompts.filter(pk__gt=last).order_by("pk").only("pk", "text")[:BATCH]):
        for row in rows:
            for name, value in columns(row.text).items():
                setattr(row, name, value)
        prompts.bulk_update(rows, ["folded", "words"], batch_size=200)
        last = rows[-1].pk


class Migration(migrations.Migration):
    dependencies = [("gallery", "0031_rights_changes")]

    operations = [
        migrations.RunPython(run(SQLITE_DROP, POSTGRESQL_DROP), restore),
        migrations.AddField("prompt", "folded", models.TextField(default="", editable=False)),
        migrations.AddField("prompt", "words", models.TextField(default="", editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(run(SQLITE, POSTGRESQL), run(SQLITE_DROP, POSTGRESQL_DROP)),
    ]
