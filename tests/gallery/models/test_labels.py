"""Tags and collections: one for all spellings of a name."""

import pytest
from django.core.exceptions import ValidationError

from gallery.models import Collection, Image, Tag
from tests.gallery.generations import a_member, a_picture


@pytest.mark.django_db
@pytest.mark.parametrize("table", [Tag, Collection])
def test_every_spelling_is_the_same_one(table: type[Tag] | type[Collection]) -> None:
    ana = a_member("ana")
    first = table.objects.called("Caf\u00e9  au lait", ana)
    for text in ("cafe\u0301 AU LAIT", " Café au\tlait\u200b", "\u202ecafé au lait"):
        assert table.objects.called(text, ana) == first
    assert first.name == "Café au lait"
    # Another word, not another spelling.
    assert table.objects.called("cafe au lait", ana) != first


@pytest.mark.django_db
@pytest.mark.parametrize("table", [Tag, Collection])
@pytest.mark.parametrize(
    "text",
    ["", " \t", "\u200b\u202e", "\u3164", "\u2800 \u115f", "\uffa0\u1160", "x" * 10_000, "\0", "\ufdfa" * 50],
)
def test_what_is_no_name_is_refused(table: type[Tag] | type[Collection], text: str) -> None:
    with pytest.raises(ValidationError):
        table.objects.called(text, a_member("ana"))
    assert not table.objects.exists()


@pytest.mark.django_db
def test_a_tag_is_on_a_picture_once() -> None:
    ana, ben = a_member("ana"), a_member("ben")
    picture = a_picture(ana)
    tag = Tag.objects.called("hero", ana)
    assert tag.add([picture.pk], ana) == [picture.pk]
    assert tag.add([picture.pk, picture.pk + 7], ben) == [picture.pk]
    assert [link.tagged_by for link in picture.tag_links.all()] == [ana]
    assert tag.remove([picture.pk]) == 1
    assert tag.remove([picture.pk]) == 0


@pytest.mark.django_db
def test_a_collection_keeps_its_own_order() -> None:
    ana = a_member("ana")
    one, two, three = (a_picture(ana, text) for text in ("one", "two", "three"))
    collection = Collection.objects.called("Spring", ana)
    collection.add([two.pk, one.pk], ana)
    collection.add([one.pk, three.pk], ana)
    order = collection.entries.order_by("position").values_list("image", flat=True)
    assert list(order) == [two.pk, one.pk, three.pk]
    Image.objects.trash([three.pk], ana)
    collection.remove([three.pk])
    assert collection.add([three.pk], ana) == []
