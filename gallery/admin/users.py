"""Members in the admin: invited by a link, with or without a password; deactivated rather than deleted."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, BaseUserCreationForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from gallery.accounts import make_link
from gallery.admin.read_only import StaffAdmin
from gallery.models import User

MOST_LINKS = 20
_RIGHTS = ("is_active", "is_staff", "is_superuser")


class NewMemberForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """A name is enough: a member without a password signs in by a link."""

    class Meta(BaseUserCreationForm.Meta):
        model = User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = "Leave empty for a member who signs in by a link."

    def validate_passwords(self, *args: Any, **kwargs: Any) -> None:
        """Both or neither, and the same."""
        first, second = (self.cleaned_data.get(name) for name in ("password1", "password2"))
        if (first or second) and first != second:
            self.add_error("password2", forms.ValidationError(self.error_messages["password_mismatch"]))

    def set_password_and_save(self, user: User, *args: Any, commit: bool = True, **kwargs: Any) -> User:
        """An empty password is none at all, not the empty one."""
        user.set_password(self.cleaned_data["password1"] or None)
        if commit:
            user.save()
        return user


class PasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """A new password, or none."""

    def save(self, commit: bool = True) -> User:
        """Write that alone: the member's row may be written by others meanwhile."""
        user: User = super().save(commit=False)
        if commit:
            user.save(update_fields=["password"])
        return user


@admin.register(User)
class UserAdmin(StaffAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Staff look after members; superusers look after staff too."""

    add_form = NewMemberForm
    change_password_form = PasswordForm
    add_form_template = "admin/gallery/user/add_form.html"
    change_form_template = "admin/gallery/user/change_form.html"
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "password1", "password2")}),)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Called", {"fields": ("first_name", "last_name")}),
        ("Rights", {"fields": _RIGHTS}),
        ("Limits", {"fields": ("click_limit",)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "is_active", "is_staff", "has_password", "last_login", "date_joined")
    list_filter = _RIGHTS
    search_fields = ("username", "first_name", "last_name")
    filter_horizontal = ()
    actions = ("make_signin_links",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """All staff may invite."""
        return request.user.is_staff

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Else staff would make themselves superusers by a link for one."""
        return request.user.is_superuser or (request.user.is_staff and (obj is None or not _has_rights(obj)))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only who made nothing, one at a time: what people made stays theirs, so others are deactivated."""
        if obj is None or obj == request.user or not request.user.is_superuser:
            return False
        return not obj.generations.exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Rights are the superusers' to give, and nobody can lock out themselves."""
        fixed: tuple[str, ...] = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj == request.user:
            return (*fixed, *_RIGHTS)
        return fixed if request.user.is_superuser else (*fixed, "is_staff", "is_superuser")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Of a member that is there, write what was changed: what they set, or draft, meanwhile stays."""
        obj.save(update_fields=form.changed_data if change else None)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and the address of the button for a link."""
        link = path(
            "<int:pk>/signin-link/",
            self.admin_site.admin_view(self.signin_link),
            name="gallery_user_signin_link",
        )
        return [link, *super().get_urls()]

    @method_decorator(require_POST)
    def signin_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button on a member's page."""
        self.make_signin_links(request, User.objects.filter(pk=pk))
        return redirect("admin:gallery_user_change", pk)

    @admin.action(description="Make a sign-in link", permissions=["view"])
    def make_signin_links(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Show each link once; nothing keeps it."""
        chosen = list(queryset.order_by("username")[: MOST_LINKS + 1])
        if len(chosen) > MOST_LINKS:
            messages.error(request, f"At most {MOST_LINKS} links at once; none was made.")
            return
        for user in chosen:
            if not user.is_active or not self.has_change_permission(request, user):
                why = "is deactivated" if not user.is_active else "is staff: a superuser makes that link"
                messages.warning(request, f"No link for {user.username}, who {why}.")
                continue
            self.log_change(request, user, "Made a sign-in link.")
            hours = settings.SIGNIN_LINK_HOURS
            text = "For {}, once, within {} hours: <code>{}</code>"
            messages.success(request, format_html(text, user.username, hours, make_link(user)))

    @admin.display(boolean=True, description="password")
    def has_password(self, user: User) -> bool:
        """Whether they can sign in without a link."""
        return user.has_usable_password()


def _has_rights(user: User) -> bool:
    return user.is_staff or user.is_superuser
