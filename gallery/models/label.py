"""Names of tags and collections: one for all spellings, within what their column holds."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from gallery.text import clean_label, is_blank, label_key


def checked(text: str, most: int, *, noun: str, blank: str) -> str:
    """The name as it is kept, of at most so many characters. ValidationError, in words, for what cannot be one."""
    name = clean_label(text)
    if is_blank(name):
        raise ValidationError(blank)
    # Its key may be the longer one.
    if max(len(name), len(label_key(name))) > most:
        raise ValidationError(f"{noun} has at most {most} characters; this one has {len(name)}.")
    return name


def begin(row: Any) -> bool:
    """Within a transaction: a `row` of a new name is stored, or is the one of whoever was quicker.

    False when it is stored already. Whoever finds no picture for it then takes the transaction back.
    """
    if row.pk is not None:
        return False
    values = {"name": row.name, "created_by": row.created_by}
    row.pk = type(row).objects.get_or_create(folded=row.folded, defaults=values)[0].pk
    return True


def hold(rows: "QuerySet[Any]", name: str) -> None:
    """Within a transaction: what `rows` finds, called `name`, stays until its end. ValidationError when it is gone."""
    if rows.select_for_update(no_key=True).order_by().values_list("pk").first() is None:
        raise ValidationError(f"“{name}” was deleted, or has become another one, just now. Choose again.")
