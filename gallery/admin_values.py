"""Values that staff send to the admin: what no row can have is refused, wherever the admin would pass it to a database.

Django checks what its forms send, but little of what stands in an address. The frame puts `CheckedAdmin` before each
table that is registered, those of other packages too.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError, NotSupportedError, ProgrammingError
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from gallery.search import MAX_QUERY

NUL = "\0"
# What is searched for: a zero byte in it is dropped. `term` is what boxes that complete a name ask for.
_WORDS = (SEARCH_VAR, "term")
# Other than what a filter offers, a pattern can keep a processor busy for hours; several keys of JSON are a list,
# which no address can hold: each letter would be one, and none at all is a broken query.
_NEVER_ALLOWED = ("__regex", "__iregex", "__has_keys", "__has_any_keys")
# What Python or a database says of a value that it cannot compare a column with; a range has no second end.
_UNCOMPARABLE = (
    ValueError,
    OverflowError,
    TypeError,
    IndexError,
    DataError,
    ProgrammingError,
    NotSupportedError,
)


def checked(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """`view`, behind a refusal of zero bytes in its address: no column of any table holds one."""

    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked = [
            text for name in request.GET if name not in _WORDS for text in (name, *request.GET.getlist(name))
        ]
        if any(NUL in str(text) for text in (*asked, *args, *kwargs.values())):
            raise BadRequest("The address holds a zero byte, which nothing here can have.")
        return view(request, *args, **kwargs)

    return update_wrapper(guarded, view)


class _SearchWords(forms.CharField):
    """What was typed, without zero bytes: Django would refuse all of it, and show every row.

    More than a search has is refused in words: Django's own box, unlike a member's, takes text of any length.
    """

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace(NUL, "")


class _SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = _SearchWords(max_length=MAX_QUERY, required=False, strip=False)


class CheckedList(ChangeList):
    """A list whose filters are tried where Django can still turn back, to the list without them.

    Django asks the database when the page is drawn, and there what it does not take is an error of the server.
    """

    search_form_class = _SearchForm

    def get_filters(self, request: HttpRequest) -> Any:
        """Django's; a date at the end of time has none after it."""
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """Django's; of a search that is refused no row, where Django shows all of them, each with its box to tick."""
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows if self.search_form_class(request.GET).is_valid() else rows.none()

    def get_results(self, request: HttpRequest) -> None:
        """Count the rows and read those of the page; without filters, whatever fails is our fault and stays one."""
        if not self.get_filters_params():
            super().get_results(request)
            return
        try:
            super().get_results(request)
            len(self.result_list)
        except _UNCOMPARABLE as error:
            raise IncorrectLookupParameters(error) from error


class CheckedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What every table of the admin has before its own ways."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The one that tries its filters."""
        return CheckedList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """As Django or the table says, but for patterns and lists of keys."""
        return not lookup.endswith(_NEVER_ALLOWED) and super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Django's; a key that is named in an address without a name is the usual one."""
        return super().get_object(request, object_id, from_field or None)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse | None:
        """Django's, once every chosen row is one that there may be; BadRequest otherwise, and nothing is done."""
        if not all(_could_be(self.opts.pk, chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise BadRequest("A row was chosen that there cannot be. Nothing was done.")
        return super().response_action(request, *args, **kwargs)


def _could_be(key: Any, text: str) -> bool:
    field: Field[Any, Any] = getattr(key, "target_field", key)
    try:
        field.run_validators(field.to_python(text))
    except ValidationError:
        return False
    return NUL not in text
