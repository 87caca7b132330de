"""Whatever an index of the search has that its rows do not say, or lacks, is found and mended; nothing else is told."""

import pytest
from django.db import connection

from gallery.models import Day, Image, Prompt, SearchTerm, User
from gallery.models.vocabulary import read_query
from gallery.pipeline import index_agreement
from gallery.search import index
from gallery.synthetic import fill
from tests.gallery.generations import a_picture, pictures

pytestmark = pytest.mark.django_db

SPOIL = {
    "document gone": f"DELETE FROM {index.TABLE} WHERE rowid = %s",
    "document changed": f"UPDATE {index.TABLE} SET terms = 'dog :image' WHERE rowid = %s",
    "term lost": {
        "sqlite": f"UPDATE {index.TABLE} SET terms = replace(terms, ':cover', '') WHERE rowid = %s",
        "postgresql": f"UPDATE {index.TABLE} SET terms = ts_delete(terms, ':cover') WHERE rowid = %s",
    },
}


def told() -> list[str]:
    return [words for words, _ in index_agreement.differences()]


def mend() -> None:
    for _, anew in index_agreement.differences():
        anew()


def execute(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.fixture
def cat(models_known: None, alice: User) -> Image:
    pictures(alice, "a dog", count=3)
    cat = a_picture(alice, "a cat")
    a_picture(alice, "a fox")
    assert told() == []
    return cat


@pytest.mark.parametrize("how", SPOIL)
def test_a_document_that_is_wrong(cat: Image, how: str) -> None:
    sql = SPOIL[how]
    execute(sql if isinstance(sql, str) else sql[connection.vendor], cat.pk)
    problem = "is missing" if how == "document gone" else "is not what its rows say"
    assert told() == [f"Picture {cat.pk}: its search document {problem}"]
    mend()
    assert told() == []
    assert list(Image.objects.matching(read_query("cat", cat.owner))) == [cat]


def test_a_document_of_no_picture(cat: Image) -> None:
    stray = cat.pk + 1_000
    terms = "'cat :image :cover'"
    execute(f"INSERT INTO {index.TABLE} (rowid, terms) VALUES (%s, {terms})", stray)
    assert told() == [f"Search document {stray} belongs to no picture outside the trash"]
    mend()
    assert told() == []


def test_a_number_that_is_not_known(cat: Image) -> None:
    first = Image.objects.earliest("pk")
    gone = f":size:{first.width}x{first.height}"
    SearchTerm.objects.filter(term=gone).delete()
    assert told() == [f"Search: the number {gone} occurs and is not known"]
    mend()
    assert told() == []
    assert SearchTerm.objects.filter(term=gone).exists()


@pytest.mark.parametrize("change", [{"lowest": 10**9, "highest": 10**9 + 1}, {"highest": 1}, None])
def test_a_day_that_leaves_pictures_out(cat: Image, change: dict[str, int] | None) -> None:
    day = Day.objects.get().day
    if change:
        Day.objects.update(**change)
    else:
        Day.objects.all().delete()
    (words,) = told()
    assert words.startswith(f"Search: the day {day} leaves out some of its pictures")
    mend()
    assert told() == []
    low, high = (getattr(Image.objects, which)("pk").pk for which in ("earliest", "latest"))
    assert Day.objects.get().lowest <= low
    assert Day.objects.get().highest >= high


def test_words_that_are_not_those_of_the_text(cat: Image) -> None:
    Prompt.objects.filter(pk=cat.prompt_id).update(words="zebra", folded="zebra")
    assert told() == [f"Prompt {cat.prompt_id}: its words are not those of its text"]
    mend()
    assert told() == []
    assert list(Image.objects.matching(read_query("cat", cat.owner))) == [cat]


@pytest.mark.parametrize("table", [index.TABLE, "gallery_prompt_fts"])
def test_a_full_text_index_that_is_not_that_of_its_rows(cat: Image, table: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its indexes itself")
    if table == index.TABLE:
        execute(f"DELETE FROM {table}_data WHERE id > 10")
    else:
        execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
    assert told() == [f"Search: the index {table} is not that of its rows"]
    mend()
    assert told() == []
    assert list(Image.objects.matching(read_query("cat", cat.owner))) == [cat]
    assert list(Prompt.objects.matching(read_query("cat", cat.owner))) == [cat.prompt]


@pytest.mark.long
def test_many_pictures_come_in_portions(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(60, 1)
    monkeypatch.setattr(index_agreement, "_PORTION", 7)
    assert told() == []
    wrong = list(Image.objects.order_by("pk").values_list("pk", flat=True))[3::9]
    execute(f"DELETE FROM {index.TABLE} WHERE rowid IN ({', '.join(map(str, wrong))})")
    assert told() == [f"Picture {pk}: its search document is missing" for pk in wrong]
    mend()
    assert told() == []
