"""Names of tags and collections: one for all spellings, within what their column holds."""

from django.core.exceptions import ValidationError

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
