#!/usr/bin/env python
"""Django's command line for Venice Gallery."""

import os
import sys

# Where nothing was ever served from they have nothing to do, and must leave nothing behind that looks like a site.
_OF_NO_USE_ALONE = frozenset(
    {
        "changepassword",
        "check_integrity",
        "clearsessions",
        "createsuperuser",
        "dbshell",
        "dumpdata",
        "fill_gallery",
        "remake_thumbnails",
        "showmigrations",
        "signin",
        "sync_catalog",
    }
)

_OWN_PYTHON = ".venv/bin/python"


def main() -> None:
    """Run a management command; what a person must mend first stops it with one line and exit status 2."""
    # What we write is secret or was paid for. Only static files are neither, and a web server may want them.
    os.umask(0o022 if sys.argv[1:2] == ["collectstatic"] else 0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery.settings")
    try:
        from gallery import environment
    except ModuleNotFoundError as error:
        # Another Python than the site's: the first thing that somebody types who has read the name of a command.
        sys.exit(_one_line(f"{error}: make run installs what it needs; then it is {_OWN_PYTHON} manage.py"))

    environment.only_tells = sys.argv[1:2] in ([], ["help"]) or not {"-h", "--help"}.isdisjoint(sys.argv)
    is_of_use = _OF_NO_USE_ALONE.isdisjoint(sys.argv[1:2]) or environment.only_tells
    environment.needs_installation = not is_of_use
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from gallery import logs

    logs.log_everything(as_objects=os.environ.get("LOG_FORMAT") == "json")
    try:
        # Django's own command line swallows a settings error for some commands; look first.
        logs.log_everything(as_objects=settings.LOG_FORMAT == "json")
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(_one_line(str(error)))
    except Exception as error:
        # What a person must mend is said in one line; what we must mend keeps its traceback.
        if not (words := logs.outage(error)):
            raise
        sys.exit(_one_line(words))


def _one_line(words: str) -> int:
    sys.stderr.write(f"manage.py: {' '.join(words.split())}\n")
    return 2


if __name__ == "__main__":
    main()
