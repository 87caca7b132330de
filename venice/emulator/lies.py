"""Answers that arrive whole and bring their pictures, but say in headers or body what no reader expects."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from venice.emulator.replies import JSON, Reply

#: Just below the 64 KiB at which `http.client` gives a header line up.
LONG = "i" * 60_000
#: Text of the terminal, of C and of nobody: as much as a header line may hold without ending.
CONTROLS = "ray\0\x01\x1b[31m\x7f\x85"
#: How many lists, of two or three bytes each.
LISTS = 1_000_000

HEADERS = {
    "limits-huge": {
        "x-ratelimit-limit-requests": "999999999999",
        "x-ratelimit-remaining-requests": "999999999999",
        "x-ratelimit-reset-requests": "253402300799999",
    },
    "balance-huge": {"x-venice-balance-usd": "99999999.9999999"},
    "balance-nan": {"x-venice-balance-usd": "NaN"},
    "balance-endless": {"x-venice-balance-usd": "1e999"},
    "ids-controls": {"CF-RAY": CONTROLS, "x-request-id": CONTROLS},
    "ids-long": {"CF-RAY": LONG, "x-request-id": LONG},
}
BODIES: dict[str, dict[str, Any]] = {
    "ids-controls": {"id": CONTROLS},
    "ids-long": {"id": LONG},
    "timing-words": {
        "timing": {
            "inferenceDuration": "soon",
            "inferencePreprocessingTime": float("nan"),
            "inferenceQueueTime": float("-inf"),
            "total": 10**30,
        }
    },
}
IMAGES = {
    "images-deep": b"[" * LISTS + b"]" * LISTS,
}
_PLACEHOLDER = "<images>"


def with_lies(reply: Reply, names: Iterable[str]) -> Reply:
    """`reply` as the faults of these names tell it; a body that is no JSON object stays as it is."""
    for name in names:
        reply = replace(reply, headers={**reply.headers, **HEADERS.get(name, {})})
        if reply.content_type == JSON and (name in BODIES or name in IMAGES):
            reply = replace(reply, body=_spoilt_body(json.loads(reply.body), name))
    return reply


def _spoilt_body(body: dict[str, Any], name: str) -> bytes:
    body |= BODIES.get(name, {})
    if name in IMAGES:
        body["images" if "images" in body else "data"] = _PLACEHOLDER
    text = json.dumps(body, separators=(",", ":")).encode()
    # No encoder goes a million lists deep.
    return text.replace(json.dumps(_PLACEHOLDER).encode(), IMAGES[name]) if name in IMAGES else text
