"""The catalogue of models and styles: free GETs, kept in the database."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from gallery.models import CatalogModel, CatalogStyle, columns
from venice import Client, Model

log = logging.getLogger(__name__)

MAX_AGE = timedelta(days=1)
# How long it may take to ask again before anybody need know.
PATIENCE = timedelta(hours=1)


class CatalogueUnusable(Exception):
    """Venice answered, but without a single usable model; the last good catalogue is kept."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many models and styles are offered now."""

    models: int
    styles: int


def is_due() -> bool:
    """Whether the catalogue is empty or older than a day."""
    newest = _told_at()
    return newest is None or timezone.now() - newest > MAX_AGE


def grown_old() -> datetime | None:
    """When the catalogue was told, if that is so long ago that asking again must have failed."""
    newest = _told_at()
    return newest if newest and timezone.now() - newest > MAX_AGE + PATIENCE else None


def _told_at() -> datetime | None:
    newest_first = CatalogModel.objects.listed().order_by("-synced_at")
    return newest_first.values_list("synced_at", flat=True).first()


def expire() -> None:
    """Ask anew at the next look: Venice does not know a model that we offer."""
    CatalogModel.objects.update(synced_at=timezone.now() - MAX_AGE)


def sync(client: Client | None = None) -> SyncReport:
    """Fetch models and styles and keep them; what Venice no longer lists stays, unlisted, for old pictures.

    Raises venice.VeniceError when Venice does not answer and CatalogueUnusable when the answer holds no model.
    """
    if client is None:
        with Client(settings.VENICE_API_KEY or None, settings.VENICE_BASE_URL) as own:
            return sync(own)
    models = client.models("image")
    if not any(model.takes_generate for model in models):
        raise CatalogueUnusable("Venice's list holds no model that makes images; the last good one is kept.")
    styles = client.styles()
    with transaction.atomic():
        _keep_models(models)
        if styles:
            _keep_styles(styles)
    log.info("catalogue: %d models, %d styles", len(models), len(styles))
    return SyncReport(len(models), len(styles))


def _keep_models(models: list[Model]) -> None:
    now = timezone.now()
    rows = [
        CatalogModel(
            **columns.held(
                CatalogModel,
                model_id=model.id,
                name=model.name,
                type=model.type,
                privacy=model.privacy,
                makes_images=model.takes_generate,
                offline=model.offline,
                position=position,
                raw=model.raw,
            ),
            listed=True,
            synced_at=now,
        )
        for position, model in enumerate(models)
    ]
    changed = ["name", "type", "privacy", "makes_images", "offline", "listed", "position", "raw", "synced_at"]
    CatalogModel.objects.update(listed=False)
    CatalogModel.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["model_id"], update_fields=changed
    )


def _keep_styles(names: list[str]) -> None:
    now = timezone.now()
    rows = [
        CatalogStyle(**columns.held(CatalogStyle, name=name, position=position), synced_at=now)
        for position, name in enumerate(names)
    ]
    CatalogStyle.objects.update(listed=False)
    CatalogStyle.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["position", "listed", "synced_at"]
    )
