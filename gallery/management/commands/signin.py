"""`manage.py signin USER`: a one-time sign-in link, for who has a shell."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, IntegrityError

from gallery.accounts import make_link
from gallery.logs import database_refusal
from gallery.models import User
from gallery.text import clean_name


class Command(BaseCommand):
    """Prints one line on stdout: the link."""

    help = f"Print a link that signs USER in once, within {settings.SIGNIN_LINK_HOURS} hours."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--create", action="store_true", help="make an absent USER, as a superuser")

    def handle(self, *args: Any, user: str, create: bool, **options: Any) -> None:
        """Exit status 1, with one line on stderr, when there can be no link."""
        name = clean_name(user)
        try:
            User._meta.get_field("username").clean(name, None)
            person = _find_or_make(name, create)
        except ValidationError as error:
            raise CommandError(f"{user[:40]!a} is no user name. {' '.join(error.messages)}") from None
        except DatabaseError as error:
            raise CommandError(database_refusal(error)) from None
        if person is None:
            raise CommandError(f"There is no user {name}; --create makes one.")
        if not person.is_active:
            raise CommandError(f"{person.username} is deactivated.")
        self.stdout.write(make_link(person))


def _find_or_make(name: str, create: bool) -> User | None:
    user = User.objects.filter(username__iexact=name).first()
    if user or not create:
        return user
    try:
        return User.objects.create_superuser(name)
    except IntegrityError:
        # Another process was quicker.
        return User.objects.get(username__iexact=name)
