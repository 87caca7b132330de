"""The index of pictures: one search document for each, kept by triggers of the database whoever changes a row.

A document is the prompt's words and, behind them, each thing that filters ask as a tag: a term that begins with a
colon, which no word does. A picture in the trash has none: no list but the trash shows it. SQLite keeps the documents
in FTS5, PostgreSQL as a tsvector with a GIN index. Both read the newest first out of the index, by the document's
key, which is the picture's id. Two small tables go with it: every term of a number that occurs, and for each day (UTC)
the lowest and highest id of its pictures, so that a date is a range of ids.

Migration 0041 has made the tables and the first documents, by SQL of its own. Whoever adds a term adds it here; when
there are rows that have it already, the migration that comes with it writes those documents itself.
"""

# ruff: noqa: S608 - the SQL is made of constants
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from gallery.formats import MAX_ID

TABLE = "gallery_image_document"
#: Every document has it: what is left when something is taken away from all.
ALL = ":image"

Execute = Callable[[str], Any]
#: SQL that writes what tells of some rows, from how their id is compared: `= new.id`, `IN (…)`.
Body = Callable[[str], str]

# From here on SQL that both databases read. `i` is the picture, `g` its generation, `p` its prompt.
_SIZE = "':size:' || i.width || 'x' || i.height"
_PRICE = "':price:' || i.sort_price"
_STEPS = "':steps:' || g.steps"
_CFG = "':cfg:' || g.cfg_scale"
_TERMS = f"""
    trim(coalesce(p.words, '') || ' {ALL} :model:' || replace(i.model, ' ', '_') || ' :owner:' || i.owner_id
    || ' :style:' || replace(i.style_preset, ' ', '_') || ' :kind:' || g.kind || ' :format:' || i.format
    || ' ' || {_SIZE} || ' ' || {_PRICE} || coalesce(' ' || {_STEPS}, '') || coalesce(' ' || {_CFG}, '')
    || CASE WHEN i.is_cover THEN ' :cover' ELSE '' END || CASE WHEN i.stack_size > 1 THEN ' :stacked' ELSE '' END
    || CASE WHEN g.is_content_violation THEN ' :moderated' ELSE '' END
    || CASE WHEN g.is_blurred THEN ' :blurred' ELSE '' END
    || CASE WHEN g.negative_prompt <> '' THEN ' :negative' ELSE '' END
    || CASE WHEN g.enhanced_prompt <> '' THEN ' :enhanced' ELSE '' END)"""
_JOINED = "{} i JOIN gallery_generation g ON g.id = i.generation_id LEFT JOIN gallery_prompt p ON p.id = i.prompt_id"
_NUMBERS = (_SIZE, _PRICE, _STEPS, _CFG)

_IMAGE_COLUMNS = (
    *("model", "owner_id", "style_preset", "format", "width", "height", "sort_price"),
    *("is_cover", "stack_size", "prompt_id", "generation_id", "trashed_at"),
)
_NUMBER_COLUMNS = ("width", "height", "sort_price", "generation_id")
_GENERATION_COLUMNS = (
    *(
        "kind",
        "steps",
        "cfg_scale",
        "is_content_violation",
        "is_blurred",
        "negative_prompt",
        "enhanced_prompt",
    ),
)


def _documents(images: str, condition: str, vendor: str) -> str:
    """Write the documents of the rows of `images` (a table, or a trigger's rows) anew."""
    terms, insert, end = _TERMS, f"INSERT OR REPLACE INTO {TABLE} (rowid, terms)", ""
    if vendor == "postgresql":
        terms = f"array_to_tsvector(string_to_array({_TERMS}, ' '))"
        insert, end = (
            insert.replace("OR REPLACE ", ""),
            " ON CONFLICT (rowid) DO UPDATE SET terms = excluded.terms",
        )
    kept = f"{condition} AND i.trashed_at IS NULL"
    return f"{insert} SELECT i.id, {terms} FROM {_JOINED.format(images)} WHERE {kept}{end};"


def _numbers(images: str, condition: str) -> str:
    """Write down the numbers of these rows that have not occurred before."""
    numbers = " UNION ".join(
        f"SELECT {number} AS term FROM {_JOINED.format(images)} WHERE {condition}" for number in _NUMBERS
    )
    return f"""INSERT INTO gallery_searchterm (term) SELECT term FROM ({numbers}) found
        WHERE term IS NOT NULL ON CONFLICT (term) DO NOTHING;"""


def _day(vendor: str) -> str:
    return "date(i.created_at)" if vendor == "sqlite" else "(i.created_at AT TIME ZONE 'UTC')::date"


def _days(images: str, condition: str, vendor: str) -> str:
    """Widen the days of these rows to their ids."""
    least, most = ("min", "max") if vendor == "sqlite" else ("least", "greatest")
    # In order, so that two who write several days wait for each other, and not in a circle.
    return f"""INSERT INTO gallery_day (day, lowest, highest)
        SELECT {_day(vendor)}, min(i.id), max(i.id) FROM {images} i WHERE {condition} GROUP BY 1 ORDER BY 1
        ON CONFLICT (day) DO UPDATE SET lowest = {least}(gallery_day.lowest, excluded.lowest),
        highest = {most}(gallery_day.highest, excluded.highest);"""


def _all(images: str, condition: str, vendor: str) -> str:
    return "\n".join(
        [
            _documents(images, condition, vendor),
            _numbers(images, condition),
            _days(images, condition, vendor),
        ]
    )


def _changed(columns: Sequence[str], sign: str) -> str:
    return " OR ".join(
        f"{_document_value('old', column)} {sign} {_document_value('new', column)}" for column in columns
    )


def _document_value(row: str, column: str) -> str:
    """What a document says of a column: of a stack not more than that there is one."""
    return f"({row}.{column} > 1)" if column == "stack_size" else f"{row}.{column}"


def _triggers(vendor: str) -> list[str]:
    """What follows every change of a row that a document tells something of."""
    image = "gallery_image"

    def documents(condition: str) -> str:
        return _documents(image, condition, vendor)

    def numbers(condition: str) -> str:
        return _numbers(image, condition)

    # Each for what it tells of alone: whoever throws away, or takes back, changes no number and no day.
    of_images: dict[str, tuple[Sequence[str], Body, str]] = {
        "updated": (_IMAGE_COLUMNS, lambda which: documents(f"i.id {which}"), "trashed_at IS NULL"),
        "trashed": (
            ("trashed_at",),
            lambda which: f"DELETE FROM {TABLE} WHERE rowid {which};",
            "trashed_at IS NOT NULL",
        ),
        "numbered": (_NUMBER_COLUMNS, lambda which: numbers(f"i.id {which}"), ""),
        "dated": (("created_at",), lambda which: _days(image, f"i.id {which}", vendor), ""),
    }
    make = _sqlite_update if vendor == "sqlite" else _postgresql_updates
    updates = [
        statement
        for name, parts in of_images.items()
        for statement in make(f"gallery_image_{name}_document", image, *parts)
    ]
    # Few of these change at once, and often: for each row that does, without a look at the others.
    make = _sqlite_update if vendor == "sqlite" else _postgresql_update
    updates += make(
        "gallery_generation_updated_document",
        "gallery_generation",
        _GENERATION_COLUMNS,
        lambda which: documents(f"i.generation_id {which}") + numbers(f"i.generation_id {which}"),
    )
    updates += make(
        "gallery_prompt_updated_document",
        "gallery_prompt",
        ("words",),
        lambda which: documents(f"i.prompt_id {which}"),
    )
    if vendor == "sqlite":
        return [
            *updates,
            f"""CREATE TRIGGER IF NOT EXISTS gallery_image_inserted_document AFTER INSERT ON {image} BEGIN
                {_all(image, "i.id = new.id", vendor)} END""",
            f"""CREATE TRIGGER IF NOT EXISTS gallery_image_deleted_document AFTER DELETE ON {image} BEGIN
                DELETE FROM {TABLE} WHERE rowid = old.id; END""",
        ]
    removed = f"DELETE FROM {TABLE} WHERE rowid IN (SELECT id FROM removed);"
    return [
        *updates,
        *_postgresql(
            "gallery_image_inserted_document",
            f"AFTER INSERT ON {image} REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
            _all("added", "true", vendor),
        ),
        *_postgresql(
            "gallery_image_deleted_document",
            f"AFTER DELETE ON {image} REFERENCING OLD TABLE AS removed FOR EACH STATEMENT",
            removed,
        ),
        *_postgresql(
            "gallery_image_emptied_document",
            f"AFTER TRUNCATE ON {image} FOR EACH STATEMENT",
            f"TRUNCATE {TABLE};",
        ),
    ]


def _sqlite_update(name: str, table: str, columns: Sequence[str], body: Body, when: str = "") -> list[str]:
    also = f"new.{when} AND " if when else ""
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {name} AFTER UPDATE OF {", ".join(columns)} ON {table}
            WHEN {also}({_changed(columns, "IS NOT")}) BEGIN {body("= new.id")} END"""
    ]


def _postgresql_update(
    name: str, table: str, columns: Sequence[str], body: Body, when: str = ""
) -> list[str]:
    also = f"new.{when} AND " if when else ""
    event = f"AFTER UPDATE OF {', '.join(columns)} ON {table} FOR EACH ROW"
    return _postgresql(
        name, f"{event} WHEN ({also}({_changed(columns, 'IS DISTINCT FROM')}))", body("= new.id")
    )


def _postgresql_updates(
    name: str, table: str, columns: Sequence[str], body: Body, when: str = ""
) -> list[str]:
    """Once for all rows that a statement has written, of which those that it has changed are looked at.

    By a set's difference: a plan is kept that was made for the first statement, mostly of one row, and a join of both
    tables would then compare each row of a large one with every other.
    """
    names = [*dict.fromkeys(("id", *columns))]
    new, old = (
        ", ".join(f"{_document_value(row, name)} AS {name}" for name in names)
        for row in ("renewed", "former")
    )
    changed = f"SELECT n.id FROM (SELECT {new} FROM renewed EXCEPT SELECT {old} FROM former) n"
    changed += f" WHERE n.{when}" if when else ""
    event = f"AFTER UPDATE ON {table} REFERENCING OLD TABLE AS former NEW TABLE AS renewed FOR EACH STATEMENT"
    return _postgresql(name, event, f"IF EXISTS ({changed}) THEN {body(f'IN ({changed})')} END IF;")


def _postgresql(name: str, event: str, body: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN {body} RETURN NULL; END $$""",
        f"CREATE OR REPLACE TRIGGER {name} {event} EXECUTE FUNCTION {name}()",
    ]


def follow(execute: Execute, vendor: str) -> None:
    """Make the triggers that are missing: on SQLite they go whenever a migration makes their table anew."""
    for statement in _triggers(vendor):
        execute(statement)


def follow_anew(connection: BaseDatabaseWrapper) -> None:
    """The same, in place of those of an older version, which SQLite would let stand."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")
            existing = {sql for (sql,) in cursor.fetchall()}
            if all(statement.replace("IF NOT EXISTS ", "") in existing for statement in _triggers("sqlite")):
                return
            unfollow(cursor.execute, connection.vendor)
        follow(cursor.execute, connection.vendor)


def unfollow(execute: Execute, vendor: str) -> None:
    """Take the triggers away: SQLite makes no table anew that a trigger of another one reads."""
    names = (
        *("image_updated", "image_trashed", "image_numbered", "image_dated"),
        *("image_inserted", "image_deleted", "generation_updated", "prompt_updated"),
    )
    for name in (*names, *(("image_emptied",) if vendor == "postgresql" else ())):
        name = f"gallery_{name}_document"
        execute(
            f"DROP TRIGGER IF EXISTS {name}"
            if vendor == "sqlite"
            else f"DROP FUNCTION IF EXISTS {name} CASCADE"
        )


def write(execute: Execute, vendor: str, ranges: Iterable[tuple[int, int]]) -> None:
    """Write the documents of all pictures with ids above the first and up to the second of each range."""
    for low, high in ranges:
        for statement in _all("gallery_image", f"i.id > {int(low)} AND i.id <= {int(high)}", vendor).split(
            ";\n"
        ):
            execute(statement.rstrip(";"))


def wrong_documents(vendor: str) -> str:
    """SQL of the ids above `low` and up to `high` whose document is missing, another one, or of no listed picture."""
    terms = _TERMS if vendor == "sqlite" else f"array_to_tsvector(string_to_array({_TERMS}, ' '))"
    rows = f"{_JOINED.format('gallery_image')} LEFT JOIN {TABLE} d ON d.rowid = i.id"
    is_other = f"d.terms IS {'NOT' if vendor == 'sqlite' else 'DISTINCT FROM'} {terms}"
    return f"""SELECT i.id, d.rowid IS NULL, false FROM {rows}
        WHERE i.id > %(low)s AND i.id <= %(high)s AND i.trashed_at IS NULL AND {is_other}
        UNION ALL SELECT d.rowid, false, true FROM {TABLE} d WHERE d.rowid > %(low)s AND d.rowid <= %(high)s
        AND NOT EXISTS (SELECT 1 FROM gallery_image i WHERE i.id = d.rowid AND i.trashed_at IS NULL) ORDER BY 1"""


def unknown_numbers() -> str:
    """SQL of the numbers that occur and are not written down, each with a picture that has it."""
    numbers = " UNION ALL ".join(
        f"SELECT {number} AS term, i.id FROM {_JOINED.format('gallery_image')}" for number in _NUMBERS
    )
    return f"""SELECT term, min(id) FROM ({numbers}) found WHERE term IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM gallery_searchterm known WHERE known.term = found.term) GROUP BY term"""


def narrow_days(vendor: str) -> str:
    """SQL of the days that leave some of their pictures out, each with its first and last one."""
    return f"""SELECT found.day, found.low, found.high FROM (
        SELECT {_day(vendor)} AS day, min(i.id) AS low, max(i.id) AS high FROM gallery_image i GROUP BY 1) found
        LEFT JOIN gallery_day d ON d.day = found.day
        WHERE d.day IS NULL OR d.lowest > found.low OR d.highest < found.high ORDER BY 1"""


@contextmanager
def in_bulk(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """While very many pictures are added: PostgreSQL gathers what it writes, and looks at it all at the end."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER INDEX {TABLE}_terms SET (fastupdate = on, gin_pending_list_limit = 262144)")
        try:
            yield
        finally:
            cursor.execute(f"ALTER INDEX {TABLE}_terms SET (fastupdate = off)")
            cursor.execute(f"SELECT gin_clean_pending_list('{TABLE}_terms')")


@contextmanager
def at_once(connection: BaseDatabaseWrapper, newest: int) -> Iterator[None]:
    """Within a transaction that adds many pictures, of ids above `newest`: SQLite writes their documents together."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER gallery_image_inserted_document")
        yield
        write(cursor.execute, connection.vendor, [(newest, MAX_ID)])
        follow(cursor.execute, connection.vendor)


def rebuild(connection: BaseDatabaseWrapper, newest: int, portion: int = 20_000) -> None:
    """Write the whole index anew, in portions, for pictures of ids up to `newest`."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE}")
        write(cursor.execute, connection.vendor, ((n, n + portion) for n in range(0, newest, portion)))
