"""Money: a balance that is charged, and one line for each POST that may cost something."""

import threading
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any


@dataclass(slots=True, kw_only=True)
class Entry:
    """One POST to a paid route. `status` is None while it runs; `charged_usd` is 0 unless it succeeded."""

    id: str
    time: str
    path: str
    key_id: str | None = None
    model: str | None = None
    prompt: str | None = None
    seed: int | None = None
    variants: int = 1
    charged_usd: Decimal = Decimal(0)
    status: int | None = None
    faults: list[str] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    #: Digests of the pictures that it started from, of what has no prompt.
    inputs: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "charged_usd": float(self.charged_usd)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Money taken for one entry, at the moment it was: what the account's usage history tells."""

    at: datetime
    entry_id: str
    key_id: str | None
    model: str
    units: int
    usd: Decimal


class Ledger:
    """The account of all keys together. Thread safe."""

    def __init__(self, balance: Decimal) -> None:
        self._balance = balance
        self._entries: list[Entry] = []
        self._charges: list[Charge] = []
        self._lock = threading.Lock()

    @property
    def balance(self) -> Decimal:
        """US dollars left, without what running requests hold."""
        with self._lock:
            return self._balance

    @balance.setter
    def balance(self, usd: Decimal) -> None:
        with self._lock:
            self._balance = usd

    def open(self, path: str) -> Entry:
        """Write down that a request has come; the caller fills the entry in."""
        with self._lock:
            number = len(self._entries) + 1
            time = datetime.now(UTC).isoformat(timespec="milliseconds")
            entry = Entry(id=f"generate-image-{number:010d}", time=time, path=path)
            self._entries.append(entry)
            return entry

    def hold(self, usd: Decimal) -> bool:
        """Set the price aside before inference; False when the balance does not cover it."""
        with self._lock:
            if usd > self._balance:
                return False
            self._balance -= usd
            return True

    def settle(self, entry: Entry, reserved: Decimal, charged: Decimal) -> None:
        """Charge the entry and give back the rest of what was reserved."""
        with self._lock:
            self._balance += reserved - charged
            entry.charged_usd = charged
            if charged > 0:
                self._charges.append(_charge(entry, charged))

    def charges(self) -> list[Charge]:
        """All that was charged, oldest first; the list only grows at its end."""
        with self._lock:
            return list(self._charges)

    def entries(self) -> list[dict[str, Any]]:
        """All entries, oldest first, as plain JSON values."""
        with self._lock:
            return [entry.as_json() for entry in self._entries]


def _charge(entry: Entry, usd: Decimal) -> Charge:
    return Charge(
        at=datetime.now(UTC),
        entry_id=entry.id,
        key_id=entry.key_id,
        model=entry.model or "",
        units=entry.variants,
        usd=usd,
    )
