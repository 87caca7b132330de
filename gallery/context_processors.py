"""What every template may use beside its own context."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from gallery.display.header import InQueue
from gallery.http import closed_gates, site_status

_HTMX = {
    "selfRequestsOnly": True,
    "allowEval": False,
    "allowScriptTags": False,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "includeIndicatorStyles": False,
    # Without "style": the policy forbids it, and nothing of ours has one.
    "attributesToSettle": ["class", "width", "height"],
    # A form with messages comes as 422 and is swapped; other refusals leave the page as it is and are announced.
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


# For an attribute; the template escapes it.
HTMX_CONFIG = json.dumps(_HTMX)


def site(request: HttpRequest) -> dict[str, Any]:
    """The banners' reasons, the queue's count (asked for only where they are shown), and htmx' settings."""
    in_queue: Any = SimpleLazyObject(lambda: InQueue.of(site_status(request)))
    return {
        "emulated": settings.VENICE_EMULATED,
        "gates": SimpleLazyObject(lambda: closed_gates(request).of_everything),
        "in_queue": in_queue,
        "queue_seen": SimpleLazyObject(
            lambda: in_queue.seen(closed_gates(request), getattr(request.user, "draft_revision", 0))
        ),
        "htmx_config": HTMX_CONFIG,
    }
