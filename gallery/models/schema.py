"""Whether this code and the database belong together: neither a newer nor, for who serves, an older one is touched.

What a newer version wrote looks healthy until a page fails or a call is paid that cannot be stored.
"""

import pkgutil
from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.signals import post_migrate, pre_migrate

from gallery.search import index

APP = "gallery"


class NewerDatabase(ImproperlyConfigured):
    """A newer version of this program has migrated the database; the message says what to do."""


class OlderDatabase(ImproperlyConfigured):
    """The database lacks migrations of this version; the message says what to do."""


def watch() -> None:
    """Check the first connection of this process, whichever command opens it, before anything is asked of it."""
    connection_created.connect(_on_first_connection, dispatch_uid="gallery.models.schema")
    pre_migrate.connect(_before_migrations, dispatch_uid="gallery.models.schema")
    post_migrate.connect(_after_migrations, dispatch_uid="gallery.models.schema")


def _before_migrations(app_config: AppConfig, using: str, plan: list[Any], **kwargs: Any) -> None:
    """SQLite makes a table anew for a new column, and cannot while a trigger of another table reads it.

    Nor may a trigger of today stay when the database goes back to what was before its columns.
    """
    database = connections[using]
    goes_back = any(is_backwards for _, is_backwards in plan)
    if plan and app_config.name == APP and (database.vendor == "sqlite" or goes_back):
        with database.cursor() as cursor:
            index.unfollow(cursor.execute, database.vendor)


def _after_migrations(app_config: AppConfig, using: str, **kwargs: Any) -> None:
    """The index of pictures is followed again, by what reads columns of the newest migrations."""
    database = connections[using]
    if app_config.name == APP and _own_migrations() <= _applied(database):
        index.follow_anew(database)


def _on_first_connection(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    connection_created.disconnect(dispatch_uid="gallery.models.schema")
    try:
        refuse_newer(connection)
    except NewerDatabase:
        # Whoever catches this and tries again is refused again.
        watch()
        connection.close()
        raise


def refuse_newer(connection: BaseDatabaseWrapper) -> None:
    """Raise NewerDatabase when migrations of ours are applied that this code does not have."""
    unknown = _applied(connection) - _own_migrations()
    if unknown:
        unknown -= _replaced()
    if unknown:
        raise NewerDatabase(
            f"The database was written by a newer version of this program (it has {max(unknown)}). "
            "Install that version, or restore the database from before. Nothing was changed."
        )


def refuse_older() -> None:
    """Raise OlderDatabase when a migration of this code is not applied: for who serves, but does not migrate."""
    missing = _own_migrations() - _applied(connection)
    if missing:
        raise OlderDatabase(
            f"The database is older than this program (it lacks {min(missing)}). "
            "Run `manage.py migrate`, or start `manage.py serve` once."
        )


def _applied(connection: Any) -> set[str]:
    """The names of our migrations in the database; none where it has no tables yet."""
    recorder = MigrationRecorder(connection)
    if not recorder.has_table():
        return set()
    rows = recorder.migration_qs.filter(app=APP)
    try:
        return set(rows.values_list("name", flat=True))
    except DatabaseError:
        return set()


def _own_migrations() -> set[str]:
    from gallery import migrations

    return {module.name for module in pkgutil.iter_modules(migrations.__path__) if module.name[0] not in "_~"}


def _replaced() -> set[str]:
    """Names that squashed migrations of ours stand for."""
    loader = MigrationLoader(None)
    ours = (migration for (app, _), migration in loader.disk_migrations.items() if app == APP)
    return {name for migration in ours for app, name in migration.replaces if app == APP}
