#!/usr/bin/env python
"""Django's command line for Venice Gallery."""

import os
import sys


def main() -> None:
    """Run a management command; a bad setting stops it with one line and exit status 2."""
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
