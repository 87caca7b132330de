"""The index of pictures follows every change of a row, whoever makes it, and can be written anew."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from gallery import search
from gallery.models import Day, Generation, Image, ImageDocument, Prompt, SearchTerm, User
from gallery.models.schema import APP
from gallery.models.vocabulary import read_query
from gallery.search import index
from gallery.synthetic import fill
from tests.gallery.generations import a_picture, pictures

pytestmark = pytest.mark.django_db


def found(text: str, member: User) -> list[int]:
    return sorted(Image.objects.matching(read_query(text, member)).values_list("pk", flat=True))


def documents() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid, terms FROM {index.TABLE} ORDER BY rowid")
        return cursor.fetchall()


def rebuild() -> None:
    index.rebuild(connection, Image.objects.aggregate(newest=Max("pk"))["newest"] or 0, portion=3)


IMAGE_CHANGES = [
    ("model", "qwen-image", "model:qwen-image"),
    ("style_preset", "3D Model", 'style:"3D Model"'),
    ("format", "png", "format:png"),
    ("width", 333, "width:333"),
    ("height", 333, "height:<400"),
    ("sort_price", 250_000, "price:0.25"),
    ("stack_size", 3, "is:stacked"),
]
GENERATION_CHANGES = [
    ("kind", "upscale", "kind:upscale"),
    ("steps", 17, "steps:17"),
    ("cfg_scale", 4.0, "cfg:4"),
    ("cfg_scale", 4.25, "cfg:4..4.5"),
    ("is_content_violation", True, "is:moderated"),
    ("is_blurred", True, "is:blurred"),
    ("negative_prompt", "blurry", "negative:blurry"),
    ("enhanced_prompt", "A misty heron", "enhanced:HERON"),
]


@pytest.mark.parametrize(("column", "value", "text"), IMAGE_CHANGES)
def test_a_change_of_a_picture_is_found(
    models_known: None, alice: User, column: str, value: Any, text: str
) -> None:
    changed, other = a_picture(alice), a_picture(alice)
    assert found(text, alice) == []
    assert found(f"cat -{text}", alice) == [changed.pk, other.pk]
    Image.objects.filter(pk=changed.pk).update(**{column: value})
    assert found(text, alice) == [changed.pk]
    assert found(f"cat -{text}", alice) == [other.pk]
    Image.objects.filter(pk=changed.pk).update(**{column: getattr(other, column)})
    assert found(text, alice) == []


@pytest.mark.parametrize(("column", "value", "text"), GENERATION_CHANGES)
def test_a_change_of_its_generation_is_found(
    models_known: None, alice: User, column: str, value: Any, text: str
) -> None:
    first, second = pictures(alice, count=2)
    other = a_picture(alice)
    assert found(text, alice) == []
    generations = Generation.objects.filter(pk=first.generation_id)
    generations.update(**{column: value})
    assert found(text, alice) == [first.pk, second.pk]
    assert found(f"-{text}", alice) == [other.pk]
    generations.update(**{column: getattr(other.generation, column)})
    assert found(text, alice) == []


def test_another_owner_another_prompt_and_other_words_are_found(alice: User, bob: User) -> None:
    cat, dog = a_picture(alice, "a cat"), a_picture(alice, "a dog")
    Image.objects.filter(pk=cat.pk).update(owner=bob)
    assert found("by:bob", alice) == [cat.pk]
    Image.objects.filter(pk=cat.pk).update(prompt=dog.prompt)
    assert found("dog", alice) == [cat.pk, dog.pk]
    assert found("cat", alice) == []
    Prompt.objects.filter(pk=dog.prompt_id).update(**search.columns("a zebra"))
    assert found("zebra", alice) == [cat.pk, dog.pk]
    assert found("dog", alice) == []


def test_what_is_gone_is_found_no_more_and_its_number_is_free(alice: User) -> None:
    kept, gone = a_picture(alice, "a cat"), a_picture(alice, "a cat")
    Image.objects.filter(pk=gone.pk).delete()
    assert found("cat", alice) == [kept.pk]
    assert [pk for pk, _ in documents()] == [kept.pk]
    kept.delete()
    assert documents() == []


def test_written_anew_it_is_the_same(alice: User) -> None:
    for place in range(7):
        pictures(alice, f"a cat, number {place}", count=2)
    before = documents()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {index.TABLE}")
    SearchTerm.objects.all().delete()
    Day.objects.all().delete()
    assert found("cat", alice) == []
    call_command("rebuild_search")
    assert documents() == before
    assert found("cat size:1024x768 on:today", alice) == [pk for pk, _ in before]
    rebuild()
    assert documents() == before


@pytest.mark.long
def test_what_was_filled_together_is_the_same_as_what_came_one_by_one(db: None) -> None:
    fill(60, 1)
    before = documents()
    assert len(before) == 60
    rebuild()
    assert documents() == before


def test_a_day_is_a_range_of_ids_and_who_stands_elsewhere_is_found_too(alice: User) -> None:
    made = [a_picture(alice, "a cat") for _ in range(6)]
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for place, image in enumerate(made):
        Image.objects.filter(pk=image.pk).update(created_at=start + timedelta(days=place))
    pks = [image.pk for image in made]
    low, high = Day.objects.ids(start + timedelta(days=1), start + timedelta(days=3)) or (0, 0)
    assert pks[0] <= low <= pks[1]
    assert pks[3] <= high <= made[5].pk
    with timezone.override("UTC"):
        assert found("on:2026-03-02", alice) == [pks[1]]
        assert found("after:2026-03-03 before:2026-03-05", alice) == pks[2:4]
        assert found("-after:2026-03-03", alice) == pks[:2]
        assert found("-before:2026-03-05 cat", alice) == pks[4:]
        assert found("-on:2026-03-02", alice) == [pks[0], *pks[2:]]
        # The newest picture is the oldest by its date.
        Image.objects.filter(pk=pks[5]).update(created_at=start)
        assert found("on:2026-03-01", alice) == [pks[0], pks[5]]
        assert found("before:2026-03-02 cat", alice) == [pks[0], pks[5]]
        assert found("on:2019", alice) == []


@pytest.mark.parametrize(
    "text", ["cat", "-cat", "cat -model:qwen", '"a cat" -"a dog"', "width:9", "on:today", "c++"]
)
def test_as_many_are_counted_as_are_found(models_known: None, alice: User, text: str) -> None:
    pictures(alice, "a cat", count=3)
    pictures(alice, "a dog, c++", count=2)
    a_picture(alice, "a cat and a dog")
    query = read_query(text, alice)
    assert ImageDocument.objects.of_covers(query).count() == Image.objects.covers().matching(query).count()


def test_names_with_signs_are_found_as_they_are(alice: User) -> None:
    image, other = a_picture(alice, "a cat"), a_picture(alice, "a cat")
    for style in ('90\'s \\ "Retro"', "a  b", ":model:", "Ünder Grün", "(x | y) & !z"):
        Image.objects.filter(pk=image.pk).update(style_preset=style)
        tag = f":style:{style.replace(' ', '_')}"
        each = search.Filter(search.Query("").condition, (tag,))
        assert list(Image.objects.matching(search.Query("x", filters=(each,)))) == [image]
        assert list(Image.objects.matching(search.Query("x", filters=(each.opposite(),)))) == [other]


def test_the_beginning_of_a_word_is_no_tag(alice: User) -> None:
    a_picture(alice, "a cat")
    assert found("mod*", alice) == []
    assert found("image*", alice) == []
    assert found("ow", alice) == []


def test_one_less_in_a_stack_writes_no_document_anew(alice: User) -> None:
    image = a_picture(alice, "fog")
    Image.objects.filter(pk=image.pk).update(stack_size=4)

    def writes() -> Any:
        """What a document's row has of who wrote it, on PostgreSQL; rows that were written so far, on SQLite."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT total_changes()"
                if connection.vendor == "sqlite"
                else f"SELECT ctid::text FROM {index.TABLE} WHERE rowid = {image.pk}"
            )
            return cursor.fetchone()[0]

    before = writes()
    Image.objects.filter(pk=image.pk).update(stack_size=3)
    after = writes()
    assert after == (before + 1 if connection.vendor == "sqlite" else before)
    assert found("is:stacked", alice) == [image.pk]


def test_triggers_of_an_older_version_are_replaced(alice: User) -> None:
    if connection.vendor == "sqlite":
        older = "AFTER UPDATE OF model ON gallery_image BEGIN SELECT 1; END"
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER gallery_image_updated_document")
            cursor.execute(f"CREATE TRIGGER gallery_image_updated_document {older}")
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION gallery_image_updated_document() RETURNS trigger LANGUAGE plpgsql "
                "AS $$ BEGIN RETURN NULL; END $$"
            )
    index.follow_anew(connection)
    image = a_picture(alice, "fog")
    Image.objects.filter(pk=image.pk).update(model="qwen-image")
    assert found("model:qwen-image", alice) == [image.pk]


def test_triggers_that_went_with_their_table_come_back(alice: User) -> None:
    """A migration that changes a table makes it anew on SQLite."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL changes tables in place")
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%document' ORDER BY name"
    with connection.cursor() as cursor:
        before = cursor.execute(names).fetchall()
        assert len(before) == 8
        for (name,) in before:
            cursor.execute(f"DROP TRIGGER {name}")
        call_command("migrate", APP, verbosity=0)
        assert cursor.execute(names).fetchall() == before
    image = a_picture(alice, "a cat")
    assert found("cat", alice) == [image.pk]


@pytest.mark.parametrize("text", ["cat", "cat dog", "-cat", "model:venice-sd35", "cat -dog kind:generate"])
def test_the_newest_come_out_of_the_index_in_order(models_known: None, alice: User, text: str) -> None:
    a_picture(alice, "a cat and a dog")
    rows = Image.objects.covers().matching(read_query(text, alice))
    plan = rows.filter(**{f"{rows.key}__lte": 10**6}).order_by(f"-{rows.key}")[:61].explain().lower()
    if connection.vendor == "sqlite":
        assert "scan gallery_image_document virtual table" in plan
        assert "temp b-tree" not in plan
    else:
        assert "gallery_image_document" in plan
