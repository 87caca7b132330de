#!/usr/bin/env python
"""Django's command line for Venice Gallery."""

import os
import sys


def main() -> None:
    """Run a management command; a bad setting stops it with one line and exit status 2."""
    # What we write is secret or was paid for. Only static files are neither, and a web server may want them.
    os.umask(0o022 if sys.argv[1:2] == ["collectstatic"] else 0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # Django's own command line swallows a settings error for some commands; look first.
        _ = settings.DATABASES
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(_one_line(error))


def _one_line(error: Exception) -> int:
    sys.stderr.write(f"manage.py: {' '.join(str(error).split())}\n")
    return 2


if __name__ == "__main__":
    main()
