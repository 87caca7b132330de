"""The WSGI entry point that the web server runs."""

import os

from django.core.wsgi import get_wsgi_application

# As in manage.py: whoever serves this may create the database's files.
os.umask(0o077)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gallery.settings")

application = get_wsgi_application()
