"""What one emulator holds while it runs; all of it is lost when it ends."""

import hashlib
import itertools
import os
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.message import Message
from random import Random

from venice.catalog import Model, bundled_models, bundled_styles
from venice.emulator.faults import FaultDesk
from venice.emulator.ledger import Ledger
from venice.emulator.limits import ErrorBudget, RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request, read whole. `received` is of time.monotonic()."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes
    too_large: bool
    received: float


@dataclass(kw_only=True)
class State:
    """Settings, catalogue, money and limits. Times are in seconds unless the name says milliseconds."""

    key: str | None = None
    latency_ms: float = 0
    balance_usd: Decimal = Decimal(50)
    rate_limit: int = 20
    error_budget: int = 20
    rate_window_s: float = 60
    error_window_s: float = 30
    models: dict[str, Model] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.models = self.models or {model.id: model for model in bundled_models()}
        self.styles = self.styles or bundled_styles()
        self.ledger = Ledger(self.balance_usd)
        self.rates = RateLimit(self.rate_limit, self.rate_window_s)
        self.errors = ErrorBudget(self.error_budget, self.error_window_s)
        self.faults = FaultDesk()
        self.hits: deque[dict[str, str]] = deque(maxlen=50)
        self.stopping = threading.Event()
        self._calls = itertools.count()
        # Painting is bound to the processor: more at once would only take more memory.
        self.easels = threading.BoundedSemaphore(os.cpu_count() or 1)

    def traits(self) -> dict[str, str]:
        """Trait to model id, the first model that carries it."""
        traits: dict[str, str] = {}
        for model in self.models.values():
            if model.type == "image":
                for trait in model.traits:
                    traits.setdefault(trait, model.id)
        return dict(sorted(traits.items()))

    @staticmethod
    def key_id(token: str) -> str:
        """What the account calls a key, which never shows the key."""
        return f"key_{hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()[:12]}"

    def limit_hit(self, token: str, model: str | None, kind: str) -> None:
        """Write into the log of limits that a call was stopped by one."""
        self.hits.append(
            {
                "apiKeyId": self.key_id(token),
                "modelId": model or "",
                "rateLimitTier": "paid",
                "rateLimitType": kind,
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            }
        )

    def queue(self, model: str) -> None:
        """Wait as long as this model lets one wait: `latency_ms` at the least.

        Up to twice as long by the model, and up to half as long again by the number of the call: each emulator
        repeats the same waits.
        """
        if not self.latency_ms:
            return
        fastest = self.traits().get("fastest")
        slower = 0.0 if model == fastest else Random(f"model {model}").random()  # noqa: S311 - no secret
        chance = Random(f"call {next(self._calls)}").random() / 2  # noqa: S311 - no secret
        self.wait(self.latency_ms / 1000 * (1 + slower) * (1 + chance))

    def wait(self, seconds: float) -> None:
        """Sleep, but not beyond the end of the server."""
        if seconds > 0:
            self.stopping.wait(seconds)
