"""The language of fragments that are hot: Jinja2, as Django's own backend gives it to `templates/**/*.jinja`."""

from functools import lru_cache
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import reverse
from django.utils.text import capfirst
from django_htmx.jinja import htmx_script
from jinja2 import Environment
from markupsafe import escape

from gallery import access, formats
from gallery.display import shapes
from gallery.media.thumbnails import widths
from gallery.templatetags import kept, text
from gallery.templatetags.formats import new_submission


@lru_cache(maxsize=1000)
def _url(name: str, *args: Any) -> str:
    """The address of that name, which is the same each time."""
    return reverse(name, args=args)


# What many cells of many pages say: `e` with a memory, a fifth of its time.
_said = lru_cache(maxsize=4000)(escape)


def environment(**options: Any) -> Environment:
    """What Django's backend asks for; a line that holds only a tag leaves nothing behind."""
    jinja = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 (the backend escapes)
    jinja.globals.update(
        static=staticfiles_storage.url,
        url=_url,
        htmx_script=htmx_script,
        quote=text.quote,
        moment=text.moment,
        widths=widths,
        typed=kept.words_of,
        new_submission=new_submission,
    )
    jinja.filters.update(
        usd=formats.usd,
        amount=formats.amount,
        about=formats.about,
        counted=formats.counted,
        ordinal=formats.ordinal,
        size=formats.size,
        stars=formats.stars,
        capfirst=capfirst,
        milliseconds=formats.milliseconds,
        layout=shapes.layout,
        shape=shapes.shape,
        shape_of=shapes.shape_of,
        shape_of_all=shapes.shape_of_all,
        may_change=access.may_change,
        said=_said,
    )
    return jinja
