"""One search document for each picture: its prompt's words and what filters ask for, in one index.

All of it is as the index was when this was written: what search/index.py makes today may read what later migrations
add. The triggers by which documents follow come when all migrations are through (gallery/models/schema.py).
"""

from django.db import migrations, models
from django.db.models import Max

PORTION = 20_000
CREATE = {
    "sqlite": [
        # Everything but a space is of a word, as in the index of prompts.
        """CREATE VIRTUAL TABLE gallery_image_document USING fts5(terms, prefix='2 3',
        tokenize="unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'")"""
    ],
    "postgresql": [
        # It makes no index while checks of changed rows wait.
        "SET CONSTRAINTS ALL IMMEDIATE",
        "CREATE TABLE gallery_image_document (rowid bigint PRIMARY KEY, terms tsvector NOT NULL)",
        # Without a list of what is pending: each search would read it from end to end.
        """CREATE INDEX gallery_image_document_terms ON gallery_image_document
        USING gin (terms) WITH (fastupdate = off)""",
    ],
}
SIZE, PRICE = "':size:' || i.width || 'x' || i.height", "':price:' || i.sort_price"
STEPS, CFG = "':steps:' || g.steps", "':cfg:' || g.cfg_scale"
TERMS = f"""
    trim(coalesce(p.words, '') || ' :image :model:' || replace(i.model, ' ', '_') || ' :owner:' || i.owner_id
    || ' :style:' || replace(i.style_preset, ' ', '_') || ' :kind:' || g.kind || ' :format:' || i.format
    || ' ' || {SIZE} || ' ' || {PRICE} || coalesce(' ' || {STEPS}, '') || coalesce(' ' || {CFG}, '')
    || CASE WHEN i.is_cover THEN ' :cover' ELSE '' END || CASE WHEN i.stack_size > 1 THEN ' :stacked' ELSE '' END
    || CASE WHEN g.is_content_violation THEN ' :moderated' ELSE '' END
    || CASE WHEN g.is_blurred THEN ' :blurred' ELSE '' END
    || CASE WHEN g.negative_prompt <> '' THEN ' :negative' ELSE '' END)"""
ROWS = """FROM gallery_image i JOIN gallery_generation g ON g.id = i.generation_id
    LEFT JOIN gallery_prompt p ON p.id = i.prompt_id WHERE i.id > %(low)s AND i.id <= %(high)s"""
NUMBERS = " UNION ".join(f"SELECT {number} AS term {ROWS}" for number in (SIZE, PRICE, STEPS, CFG))
DOCUMENT = {"sqlite": TERMS, "postgresql": f"array_to_tsvector(string_to_array({TERMS}, ' '))"}
DAY = {"sqlite": "date(i.created_at)", "postgresql": "(i.created_at AT TIME ZONE 'UTC')::date"}
LEAST, MOST = {"sqlite": "min", "postgresql": "least"}, {"sqlite": "max", "postgresql": "greatest"}


def fill(vendor):
    """The statements that write what belongs to the pictures of ids above `low`, up to `high`."""
    yield f"INSERT INTO gallery_image_document (rowid, terms) SELECT i.id, {DOCUMENT[vendor]} {ROWS}"
    yield f"""INSERT INTO gallery_searchterm (term) SELECT term FROM ({NUMBERS}) found
        WHERE term IS NOT NULL ON CONFLICT (term) DO NOTHING"""
    yield f"""INSERT INTO gallery_day (day, lowest, highest)
        SELECT {DAY[vendor]}, min(i.id), max(i.id) FROM gallery_image i
        WHERE i.id > %(low)s AND i.id <= %(high)s GROUP BY 1
        ON CONFLICT (day) DO UPDATE SET lowest = {LEAST[vendor]}(gallery_day.lowest, excluded.lowest),
        highest = {MOST[vendor]}(gallery_day.highest, excluded.highest)"""


def create(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in CREATE[vendor]:
        schema_editor.execute(statement, None)
    newest = apps.get_model("gallery", "Image").objects.aggregate(newest=Max("pk"))["newest"] or 0
    with schema_editor.connection.cursor() as cursor:
        for low in range(0, newest, PORTION):
            for statement in fill(vendor):
                cursor.execute(statement, {"low": low, "high": low + PORTION})


def drop(apps, schema_editor):
    """With the triggers by which it was followed, whatever they are by then."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'gallery%document'")
            drops = [f"DROP TRIGGER {name}" for (name,) in cursor.fetchall()]
        else:
            cursor.execute(
                """SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname = current_schema() AND p.proname LIKE 'gallery%document'"""
            )
            drops = [f"DROP FUNCTION {name} CASCADE" for (name,) in cursor.fetchall()]
        for statement in (*drops, "DROP TABLE gallery_image_document"):
            cursor.execute(statement)


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
                ("terms", models.TextField()),
            ],
            options={"db_table": "gallery_image_document", "default_permissions": (), "managed": False},
        ),
        migrations.AddIndex(
            model_name="image",
            index=models.Index(fields=["seed", "-id"], name="image_of_seed"),
        ),
        migrations.RunPython(create, drop),
    ]
