"""What Venice tells of an account: its balance, and what was paid for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from venice.errors import BadResponse, InvalidRequest
from venice.text import clean_line

PAGE_SIZES = (10, 1000)
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,512}")
_MAX_AMOUNT = 10**12
_MAX_BALANCES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account can pay with. None for what Venice left out; `raw` is the answer as it came.

    `amounts` holds every balance under Venice's own name: `usd`, `diem`, `bundledCredits` …
    """

    can_consume: bool | None = None
    consumption_currency: str = ""
    amounts: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    diem_epoch_allocation: Decimal | None = None
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    @property
    def usd(self) -> Decimal | None:
        """None also when there is nothing left: Venice tells positive balances only."""
        return self.amounts.get("usd")

    @property
    def diem(self) -> Decimal | None:
        return self.amounts.get("diem")


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEntry:
    """One line of the account's bill. `amount` is negative for a charge, in `currency`."""

    timestamp: datetime | None = None
    sku: str = ""
    units: Decimal | None = None
    price_per_unit_usd: Decimal | None = None
    amount: Decimal | None = None
    currency: str = ""
    notes: str = ""
    request_id: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a key may ask of one model: unit such as RPM (requests a minute) or RPD (a day) -> how many."""

    model: str
    amounts: Mapping[str, Decimal]

    @property
    def requests_per_minute(self) -> int | None:
        return int(self.amounts["RPM"]) if "RPM" in self.amounts else None


class RateLimits(dict[str, Any]):
    """Limits and balances of a key: the answer as it came, and what is known of it as typed properties.

    None, or nothing, for what Venice left out or what makes no sense.
    """

    @property
    def is_permitted(self) -> bool | None:
        """Whether the key may be used at all."""
        permitted = self.get("accessPermitted")
        return permitted if isinstance(permitted, bool) else None

    @property
    def balances(self) -> dict[str, Decimal]:
        """Venice's name of each balance -> what is left of it."""
        balances = self.get("balances")
        items = list(balances.items())[:_MAX_BALANCES] if isinstance(balances, dict) else []
        return {
            clean_line(name, 40): amount for name, value in items if (amount := decimal(value)) is not None
        }

    @property
    def next_epoch(self) -> datetime | None:
        """When the daily allowance begins anew."""
        return _moment(self.get("nextEpochBegins"))

    @property
    def models(self) -> dict[str, ModelLimits]:
        """The limits of each model, by its id."""
        listed = self.get("rateLimits")
        read = [_model_limits(entry) for entry in listed] if isinstance(listed, list) else []
        return {limits.model: limits for limits in read if limits}


def _model_limits(entry: Any) -> ModelLimits | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("rateLimits"), list):
        return None
    limits = [limit for limit in entry["rateLimits"] if isinstance(limit, dict)]
    amounts = {
        clean_line(limit.get("type"), 40): amount
        for limit in limits
        if (amount := decimal(limit.get("amount"))) is not None
    }
    name = clean_line(entry.get("apiModelId"), 200)
    return ModelLimits(name, amounts) if name else None


def parse_balance(body: Any) -> Balance:
    """Read GET /billing/balance. BadResponse when it is no balance at all."""
    tree = body if isinstance(body, dict) else {}
    if isinstance(tree.get("data"), dict):
        tree = tree["data"]
    balances = tree.get("balances")
    if not isinstance(balances, dict) and "canConsume" not in tree:
        raise BadResponse("the answer holds no balance")
    items = list(balances.items())[:_MAX_BALANCES] if isinstance(balances, dict) else []
    amounts = {
        clean_line(name, 40): amount for name, value in items if (amount := decimal(value)) is not None
    }
    can_consume = tree.get("canConsume")
    return Balance(
        can_consume=can_consume if isinstance(can_consume, bool) else None,
        consumption_currency=clean_line(tree.get("consumptionCurrency"), 40),
        amounts=amounts,
        diem_epoch_allocation=decimal(tree.get("diemEpochAllocation")),
        raw=tree,
    )


def parse_usage(body: Any) -> tuple[list[UsageEntry], str]:
    """A page of GET /billing/usage-history: its readable entries, and the cursor of the next or nothing."""
    tree = body if isinstance(body, dict) else {}
    listed, cursor = tree.get("data"), tree.get("nextCursor")
    if not isinstance(listed, list):
        raise BadResponse("the answer holds no list of usage")
    if cursor is not None and not (isinstance(cursor, str) and _CURSOR.fullmatch(cursor)):
        raise BadResponse("the answer names a next page that cannot be asked for")
    return [_usage_entry(entry) for entry in listed if isinstance(entry, dict)], cursor or ""


def usage_query(
    currency: str | None, start: datetime | None, end: datetime | None, page_size: int | None
) -> dict[str, str]:
    """The query of the first page. InvalidRequest for what Venice would refuse."""
    query: dict[str, str] = {}
    wrong: dict[str, str] = {}
    if currency is not None:
        query["currency"] = currency
        if not (isinstance(currency, str) and re.fullmatch(r"[A-Z_]{1,40}", currency)):
            wrong["currency"] = "must be a name in capitals, such as USD or DIEM."
    for name, moment in (("start", start), ("end", end)):
        if moment is None:
            continue
        if not isinstance(moment, datetime) or moment.tzinfo is None:
            wrong[name] = "must be a time with its zone."
        else:
            query[f"{name}Timestamp"] = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if not wrong and start and end and start >= end:
        wrong["end"] = "must be after the start."
    if page_size is not None:
        query["pageSize"] = str(page_size)
        low, high = PAGE_SIZES
        if not isinstance(page_size, int) or isinstance(page_size, bool) or not low <= page_size <= high:
            wrong["page_size"] = f"must be a whole number from {low} to {high}."
    if wrong:
        raise InvalidRequest("; ".join(f"{name}: {text}" for name, text in wrong.items()), field_errors=wrong)
    return query


def decimal(value: Any) -> Decimal | None:
    """A number of a JSON answer as it was written; None for anything else, and for what no account holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN fails the comparison.
    return Decimal(str(value)) if abs(value) < _MAX_AMOUNT else None


def _usage_entry(entry: dict[str, Any]) -> UsageEntry:
    details = entry.get("inferenceDetails")
    return UsageEntry(
        timestamp=_moment(entry.get("timestamp")),
        sku=clean_line(entry.get("sku"), 200),
        units=decimal(entry.get("units")),
        price_per_unit_usd=decimal(entry.get("pricePerUnitUsd")),
        amount=decimal(entry.get("amount")),
        currency=clean_line(entry.get("currency"), 40),
        notes=clean_line(entry.get("notes"), 500),
        request_id=clean_line(details.get("requestId"), 200) if isinstance(details, dict) else "",
        raw=entry,
    )


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
