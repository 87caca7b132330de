"""The catalogue of models and styles: free GETs, kept in the database."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from gallery.formats import counted
from gallery.models import CatalogModel, CatalogStyle, columns
from venice import Client, Model, VeniceError
from venice.catalog import MAX_MODELS

log = logging.getLogger(__name__)

# What is asked for, and the test that shows a list to be one; the first is what the create page offers.
LISTS: dict[str, Callable[[Model], bool]] = {
    "image": lambda model: model.takes_generate,
    "inpaint": lambda model: model.takes_edit,
    "upscale": lambda model: model.takes_upscale,
}
MAX_AGE = timedelta(days=1)
# How long it may take to ask again before anybody need know.
PATIENCE = timedelta(hours=1)


class CatalogueUnusable(Exception):
    """Venice answered, but a list was without a single usable model; the last good one is kept."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many models, of every kind, and styles Venice has listed now; without a style the earlier ones stay."""

    models: int
    styles: int


def is_due() -> bool:
    """Whether a list of models is missing or older than MAX_AGE; styles are fetched with them."""
    synced = _synced_at()
    return any(kind not in synced or timezone.now() - synced[kind] > MAX_AGE for kind in LISTS)


def grown_old() -> datetime | None:
    """When the oldest list was fetched, if that is so long ago that asking again must have failed."""
    oldest = min(_synced_at().values(), default=None)
    return oldest if oldest and timezone.now() - oldest > MAX_AGE + PATIENCE else None


def _synced_at() -> dict[str, datetime]:
    """When each list was fetched last."""
    listed = CatalogModel.objects.filter(listed=True, type__in=LISTS).order_by()
    return dict(listed.values_list("type").annotate(Max("synced_at")))


def expire() -> None:
    """Ask anew at the next look: Venice does not know a model that we offer."""
    CatalogModel.objects.update(synced_at=timezone.now() - MAX_AGE)


def sync(client: Client | None = None) -> SyncReport:
    """Fetch models and styles and keep them; what Venice no longer lists stays, unlisted, for old pictures.

    A list that cannot be read undoes no other: the rest is kept, then its venice.VeniceError is raised, or
    CatalogueUnusable when it holds no model of its kind.
    """
    if client is None:
        with Client(settings.VENICE_API_KEY or None, settings.VENICE_BASE_URL) as own:
            return sync(own)
    troubles: list[VeniceError | CatalogueUnusable] = []
    models = sum(_sync_models(client, kind, troubles) for kind in LISTS)
    styles = _sync_styles(client, troubles)
    if troubles:
        raise troubles[0]
    log.info("catalogue: %s, %s", counted(models, "model"), counted(styles, "style"))
    return SyncReport(models, styles)


def _sync_models(client: Client, kind: str, troubles: list[VeniceError | CatalogueUnusable]) -> int:
    """Fetch and keep one list of models; how many they are. What went wrong is added to `troubles`."""
    try:
        models = client.models(kind)
        if not any(map(LISTS[kind], models)):
            words = f"Venice's list of models of the type {kind} holds none; the last good one is kept."
            raise CatalogueUnusable(words)
    except (VeniceError, CatalogueUnusable) as error:
        troubles.append(error)
        return 0
    with transaction.atomic():
        _keep_models(models, kind)
    return len(models)


def _sync_styles(client: Client, troubles: list[VeniceError | CatalogueUnusable]) -> int:
    try:
        styles = client.styles()
    except VeniceError as error:
        troubles.append(error)
        return 0
    if styles:
        with transaction.atomic():
            _keep_styles(styles)
    return len(styles)


def _keep_models(models: list[Model], kind: str = "image") -> None:
    """Make the list of this kind what `models` are. Their places follow those of the lists before."""
    now, first = timezone.now(), list(LISTS).index(kind) * MAX_MODELS
    rows = [
        CatalogModel(
            **columns.fitted(
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
        for position, model in enumerate(models, first)
    ]
    changed = ["name", "type", "privacy", "makes_images", "offline", "listed", "position", "raw", "synced_at"]
    CatalogModel.objects.filter(position__gte=first, position__lt=first + MAX_MODELS).update(listed=False)
    CatalogModel.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["model_id"], update_fields=changed
    )


def _keep_styles(names: list[str]) -> None:
    now = timezone.now()
    rows = [
        CatalogStyle(**columns.fitted(CatalogStyle, name=name, position=position), synced_at=now)
        for position, name in enumerate(names)
    ]
    CatalogStyle.objects.update(listed=False)
    CatalogStyle.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["position", "listed", "synced_at"]
    )
