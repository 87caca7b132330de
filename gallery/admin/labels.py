"""What members name and staff may name anew or delete, while others use it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from gallery.admin.read_only import ReadOnlyAdmin


class NamedForm(ModelForm):  # type: ignore[type-arg]
    """A name, unique in any case and form, and more; what is as the form was drawn is left as it is by now."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # Drawn, it sends what it showed; who sends nothing of that has seen the row as it is.
            field.show_hidden_initial = not self.is_bound or self.add_initial_prefix(name) in self.data

    def clean_name(self) -> str:
        if "name" in self.changed_data:
            self.instance.rename(self.cleaned_data["name"])
        return str(self.instance.name)


class NamedAdmin(ReadOnlyAdmin):
    """A table of names, each of them unique; a row that is being used waits for that, or is waited for."""

    #: The columns that each field of its form sets; others of the row may be written meanwhile.
    set_by_field: ClassVar[dict[str, tuple[str, ...]]] = {"name": ("name", "folded")}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing of it is a line of the ledger."""
        return request.user.is_staff

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The pictures that have it, or are in it, stay."""
        return request.user.is_staff

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The names alone: Django would tell each link of a hundred thousand."""
        names = [f"{each} (its pictures stay)" for each in objs]
        return names, {str(self.opts.verbose_name_plural): len(names)}, set(), []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; when its name was taken, or its row deleted, while it was saved, it is read again and says so."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            answer = super().changeform_view(request, object_id, form_url, extra_context)
            if answer.status_code == 200:
                answer.status_code = 409
            return answer

    def save_model(self, request: HttpRequest, obj: Any, form: "ModelForm[Any]", change: bool) -> None:
        """Write what was changed in the form. Never makes a row anew that somebody has deleted meanwhile."""
        rows = self.model._default_manager.filter(pk=obj.pk).select_for_update(no_key=True)
        if rows.values_list("pk").first() is None:
            raise IntegrityError(f"{obj} is gone")
        if "name" in form.changed_data:
            obj.tell_searches()
        obj.save(update_fields=[column for name in form.changed_data for column in self.set_by_field[name]])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.delete_queryset(request, self.model._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Who puts one on a picture, or a picture into one, is done by then, or finds it gone."""
        ids = list(queryset.values_list("pk", flat=True))
        rows = self.model._default_manager.filter(pk__in=ids)
        with transaction.atomic():
            list(rows.order_by("pk").select_for_update().values_list("pk"))
            rows.delete()
