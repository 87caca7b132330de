"""GET /billing/usage-analytics: sums of what was charged, by day, model and key."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from venice.emulator.access import authenticate_admin
from venice.emulator.calls import ADDRESS
from venice.emulator.ledger import Charge
from venice.emulator.replies import Issue, Reply, refuse_parameters
from venice.emulator.state import Request, State

MAX_DAYS = 90
TOP = 8
_LOOKBACK = re.compile(r"[1-9][0-9]{0,8}d")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def usage_analytics(state: State, request: Request) -> Reply:
    """For `lookback` days (7 by default, 90 at most), or from `startDate` to `endDate`, both included."""
    authenticate_admin(request.headers, state.key, f"{ADDRESS}/billing/usage-analytics")
    first, last, lookback = _span(request.query)
    charges = [charge for charge in state.ledger.charges() if first <= charge.at.date() <= last]
    names = {charge.model: _name(state, charge.model) for charge in charges}
    models = _top(charges, lambda charge: names[charge.model])
    keys = _top(charges, lambda charge: charge.key_id or "Web App")
    days: dict[date, float] = defaultdict(float)
    for charge in charges:
        days[charge.at.date()] += float(charge.usd)
    body = {
        "lookback": lookback,
        "byDate": [
            {"date": day.isoformat(), "USD": _usd(usd), "DIEM": 0} for day, usd in sorted(days.items())
        ],
        "byModel": [_by_model(name, charged) for name, charged in models.items()],
        "byModelDaily": _daily(models),
        "topModels": list(models)[:TOP],
        "byKey": [
            {"apiKeyId": name, "description": name, **_totals(charged)} for name, charged in keys.items()
        ],
        "byKeyDaily": _daily(keys),
        "topKeyNames": list(keys)[:TOP],
    }
    return Reply.json(body)


def _span(query: dict[str, str]) -> tuple[date, date, str]:
    today = datetime.now(UTC).date()
    if "startDate" in query or "endDate" in query:
        dates = [_date(name, query) for name in ("startDate", "endDate")]
        return dates[0], dates[1], f"{max(1, (dates[1] - dates[0]).days + 1)}d"
    lookback = query.get("lookback", "7d")
    if not _LOOKBACK.fullmatch(lookback):
        raise refuse_parameters([Issue("lookback", "Invalid", "invalid_string", {"validation": "regex"})])
    days = min(MAX_DAYS, int(lookback[:-1]))
    return today - timedelta(days=days - 1), today, f"{days}d"


def _date(name: str, query: dict[str, str]) -> date:
    given = query.get(name, "")
    try:
        if _DATE.fullmatch(given):
            return date.fromisoformat(given)
    except ValueError:
        pass
    message = "Invalid date" if name in query else "startDate and endDate must be given together"
    raise refuse_parameters([Issue(name, message, "invalid_string")])


def _top(charges: list[Charge], name_of: Callable[[Charge], str]) -> dict[str, list[Charge]]:
    """The charges of each name, the dearest name first."""
    groups: dict[str, list[Charge]] = defaultdict(list)
    for charge in charges:
        groups[name_of(charge)].append(charge)
    return dict(sorted(groups.items(), key=lambda item: -sum(charge.usd for charge in item[1])))


def _totals(charges: list[Charge]) -> dict[str, float]:
    usd = sum(charge.usd for charge in charges)
    return {"totalUsd": _usd(float(usd)), "totalDiem": 0, "totalUnits": sum(c.units for c in charges)}


def _by_model(name: str, charges: list[Charge]) -> dict[str, Any]:
    return {"modelName": name, "unitType": "images", "modelType": "Image", **_totals(charges)}


def _daily(groups: dict[str, list[Charge]]) -> list[dict[str, float]]:
    """One entry for each day: its beginning in Unix milliseconds, and dollars by name."""
    days: dict[date, dict[str, float]] = defaultdict(dict)
    for name, charges in list(groups.items())[:TOP]:
        for charge in charges:
            day = days[charge.at.date()]
            day[name] = _usd(day.get(name, 0) + float(charge.usd))
    return [
        {"date": datetime.combine(day, time(), UTC).timestamp() * 1000, **sums}
        for day, sums in sorted(days.items())
    ]


def _name(state: State, model: str) -> str:
    entry = state.models.get(model)
    return entry.name if entry else model


def _usd(amount: float) -> float:
    return round(amount, 6)
