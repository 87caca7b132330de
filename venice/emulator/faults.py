"""Misbehaviour on demand: by a marker in the prompt, or put in a queue by POST /_emulator/faults.

A marker is `[[fault:NAME]]`, with arguments after colons: a bare number is seconds (of waiting, or of
Retry-After) or megabytes, `charged` makes a failure cost what a success would, `times=2` lets the third try of the same
prompt pass: `[[fault:slow:3]]`, `[[fault:429-retry-after:7:times=2]]`. A prompt may hold several.
"""

import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

#: Every fault, and what it does to the call.
FAULTS = {
    "400": "400, a provider's refusal with a request_id",
    "details-string": "400 whose `details` is a string",
    "401": "401 Authentication failed",
    "401-pro": "401, a model for Pro users",
    "402": "402, the balance is too low",
    "402-limit": "402, the key's spend limit",
    "403": "403 Unauthorized access",
    "403-html": "403 as a page of a firewall",
    "404": "404, a model that is gone",
    "410": "410, a retired endpoint",
    "413": "413 PAYLOAD_TOO_LARGE",
    "415": "415 Invalid request content-type",
    "422": "422, the content policy",
    "429": "429 Rate limit exceeded, without Retry-After; the reset header says when (1 s)",
    "429-retry-after": "429, the model is overloaded, with Retry-After (30)",
    "429-blocked": "429 Too many failed attempts, with x-ratelimit-resets",
    "500": "500 Inference processing failed",
    "500-html": "500 as a page of a gateway",
    "502": "502 as a page of a gateway",
    "503": "503, at capacity",
    "503-offline": "503, temporarily offline",
    "504": "504, timed out",
    "slow": "wait (5 s) before the answer",
    "drip": "the body in small pieces over (5 s)",
    "truncated": "half of the body, then close",
    "reset": "the connection is reset after inference",
    "empty": "200 with an empty list of images, or an empty body",
    "html-200": "200 with a page instead of what was asked for",
    "cut-picture": "200, and the file of the (last) picture ends in its middle",
    "litter": "200 with (80) MB of empty lists instead of images",
    "long-head": "(4) MB of headers that mean nothing before the body",
    "wrong-format": "bytes of another format than asked for",
    "violation": "200, black pictures, x-venice-is-content-violation, not charged; edits answer 422",
    "blurred": "200, blurred pictures, x-venice-is-blurred",
    "deprecated": "200 with the headers of a deprecated model",
    "styles-list": "GET /image/styles as a bare list",
    "limits-huge": "200 whose headers allow 999999999999 requests until the year 9999",
    "balance-huge": "200 whose header tells a balance of 99999999.9999999",
    "balance-nan": "200 whose header tells a balance of NaN",
    "balance-endless": "200 whose header tells a balance of 1e999",
    "ids-controls": "200 whose ids, in headers and body, hold NUL and other controls",
    "ids-long": "200 whose ids, in headers and body, are 60 kB long",
    "timing-words": "200 whose timings are no numbers, or absurd ones",
    "images-deep": "200 with a million lists inside each other instead of pictures",
}
#: Faults of these carry out no inference and come before the balance is looked at.
REFUSALS = frozenset(name for name in FAULTS if name.startswith("4")) | {"details-string"}
SERVER_FAILURES = frozenset({"500", "500-html", "502", "503", "503-offline", "504"})
ALIASES = {
    "429-retry": "429-retry-after",
    "overloaded": "429-retry-after",
    "blocked": "429-blocked",
    "502-html": "502",
    "html-502": "502",
    "html": "502",
    "truncate": "truncated",
    "blur": "blurred",
    "content-violation": "violation",
    "wrong-bytes": "wrong-format",
    "list-styles": "styles-list",
    "styles": "styles-list",
    "string-details": "details-string",
    "deprecation": "deprecated",
    "images-wide": "litter",
}
DEFAULT_SECONDS = {
    "429": 1.0,
    "429-retry-after": 30.0,
    "429-blocked": 30.0,
    "slow": 5.0,
    "drip": 5.0,
    "litter": 80.0,
    "long-head": 4.0,
}
GENERATE = "/image/generate"
_MARKER = re.compile(r"\[\[fault:([^\[\]]+)\]\]")


class UnknownFault(ValueError):
    """No such fault, or an argument that it does not take. The message says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One misbehaviour. `times` is how often it happens: None for always; sizes in MB stand in `seconds`."""

    name: str
    seconds: float = 0
    charged: bool = False
    times: int | None = None
    path: str = GENERATE

    @classmethod
    def of(cls, name: str, **arguments: Any) -> "Fault":
        """Read names and arguments leniently. Raises UnknownFault."""
        name = str(name).strip().lower().replace("_", "-")
        name = ALIASES.get(name, name)
        if name not in FAULTS:
            raise UnknownFault(f"no fault is called {name!r}; there are: {', '.join(FAULTS)}")
        unknown = set(arguments) - {"seconds", "retry_after", "charged", "times", "path"}
        if unknown:
            raise UnknownFault(f"a fault takes no {sorted(unknown)[0]!r}")
        default_path = "/image/styles" if name == "styles-list" else GENERATE
        try:
            seconds = arguments.get("seconds", arguments.get("retry_after"))
            times = arguments.get("times")
            return cls(
                name=name,
                seconds=DEFAULT_SECONDS.get(name, 0.0) if seconds is None else float(seconds),
                charged=bool(arguments.get("charged", False)),
                times=None if times is None or int(times) < 0 else int(times),
                path=str(arguments.get("path") or default_path),
            )
        except (TypeError, ValueError) as error:
            raise UnknownFault(f"{name}: seconds and times are numbers") from error


def marked_faults(prompt: str) -> list[Fault]:
    """The faults that the prompt's markers ask for; a marker that cannot be read is ignored."""
    faults = []
    for match in _MARKER.finditer(prompt):
        name, *arguments = match[1].split(":")
        try:
            faults.append(Fault.of(name, **_arguments(arguments)))
        except UnknownFault:
            continue
    return faults


def without_markers(prompt: str) -> str:
    return _MARKER.sub("", prompt).strip()


def _arguments(texts: list[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for text in texts:
        name, given, value = (part.strip() for part in text.partition("="))
        if given:
            arguments[name.replace("-", "_")] = value
        elif name == "charged":
            arguments["charged"] = True
        else:
            arguments["seconds"] = name
    return arguments


class FaultDesk:
    """Which faults the next calls get. Thread safe."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._seen: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue it for the next calls of its path: once unless it says how often; -1 is for ever."""
        with self._lock:
            self._queue.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()
            self._seen.clear()

    def waiting(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"fault": fault.name, "seconds": fault.seconds, "times": fault.times, "path": fault.path}
                for fault in self._queue
            ]

    def take(self, path: str, prompt: str = "") -> list[Fault]:
        """The faults for one call: those marked in its prompt, and the first that waits for its path."""
        with self._lock:
            faults = [fault for fault in marked_faults(prompt) if self._still_due(fault, prompt)]
            for index, fault in enumerate(self._queue):
                if fault.path == path:
                    faults.append(fault)
                    self._use_up(index, fault)
                    break
            return faults

    def _still_due(self, fault: Fault, prompt: str) -> bool:
        self._seen[fault.name, prompt] += 1
        return fault.times is None or self._seen[fault.name, prompt] <= fault.times

    def _use_up(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._queue[index] = replace(fault, times=fault.times - 1)
        else:
            del self._queue[index]


def fault_from_json(body: Mapping[str, Any]) -> Fault:
    """`{"fault": NAME, "times": 2, "seconds": 3, "charged": true, "path": "/models"}`; times is 1 when not
    given and -1 for ever. Raises UnknownFault."""
    arguments = {name: value for name, value in body.items() if name != "fault"}
    arguments.setdefault("times", 1)
    return Fault.of(body.get("fault", ""), **arguments)
