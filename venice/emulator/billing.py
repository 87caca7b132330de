"""GET /billing/usage and /billing/usage-history: what was charged, page by page."""

import base64
import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

from venice.emulator.access import authenticate_admin
from venice.emulator.calls import ADDRESS
from venice.emulator.checks import not_in, number
from venice.emulator.ledger import Charge
from venice.emulator.replies import Issue, Refusal, Reply, refuse, refuse_parameters
from venice.emulator.state import Request, State

CURRENCIES = ("USD", "DIEM", "BUNDLED_CREDITS")
MIN_PAGE, MAX_PAGE = 10, 1000
_CURSOR = re.compile(r"[A-Za-z0-9_-]{1,512}")
_FIRST_PAGE = ("currency", "startTimestamp", "endTimestamp", "pageSize")
_COLUMNS = ("timestamp", "sku", "units", "pricePerUnitUsd", "amount", "currency", "notes", "requestId")


def usage(state: State, request: Request) -> Reply:
    """GET /billing/usage: gone for everybody, whoever asks."""
    reply = Reply.json({"error": "This endpoint has been retired. Use /billing/usage-history instead."}, 410)
    return reply.with_headers(
        {
            "Deprecation": "@1783555200",
            "Sunset": "Wed, 16 Sep 2026 00:00:00 GMT",
            "Link": f'<{ADDRESS}/billing/usage-history>; rel="successor-version"',
        }
    )


def usage_history(state: State, request: Request) -> Reply:
    """Ascending, as JSON or as CSV; a page that is not the last tells where the next one begins."""
    authenticate_admin(request.headers, state.key, f"{ADDRESS}/billing/usage-history")
    asked = _continued(request.query) if "cursor" in request.query else _first(request.query)
    rows, following = _page(state.ledger.charges(), asked)
    cursor = None if following is None else _packed({**asked, "next": following})
    if "text/csv" in request.headers.get("Accept", "").lower():
        return _as_csv(rows, cursor)
    return Reply.json({"data": rows, "nextCursor": cursor})


def timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _page(charges: list[Charge], asked: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """The rows of a page, and the index of the row after it when there is one."""
    start, end = _moment(asked.get("start")), _moment(asked.get("end"))
    rows: list[dict[str, Any]] = []
    # The emulator charges US dollars only.
    if asked.get("currency", "USD") != "USD":
        return rows, None
    for index, charge in enumerate(charges[asked["next"] :], asked["next"]):
        if (start is None or charge.at >= start) and (end is None or charge.at < end):
            if len(rows) == asked["size"]:
                return rows, index
            rows.append(_row(charge))
    return rows, None


def _row(charge: Charge) -> dict[str, Any]:
    details = {
        "completionTokens": None,
        "inferenceExecutionTime": None,
        "promptTokens": None,
        "requestId": charge.entry_id,
    }
    return {
        "timestamp": timestamp(charge.at),
        "sku": f"{charge.model}-image-unit",
        "units": charge.units,
        "pricePerUnitUsd": float(charge.usd / charge.units),
        "amount": -float(charge.usd),
        "currency": "USD",
        "notes": "API Inference",
        "inferenceDetails": details,
    }


def _as_csv(rows: list[dict[str, Any]], cursor: str | None) -> Reply:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, _COLUMNS, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**row, "requestId": row["inferenceDetails"]["requestId"]} for row in rows)
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")[:-3]
    headers = {"Content-Disposition": f"attachment; filename=billing-usage-history-{now}Z.csv"}
    if cursor is not None:
        headers["x-next-cursor"] = cursor
    return Reply(body=out.getvalue().encode(), content_type="text/csv; charset=utf-8", headers=headers)


def _first(query: dict[str, str]) -> dict[str, Any]:
    asked: dict[str, Any] = {"next": 0, "size": MAX_PAGE}
    issues: list[Issue] = []
    if "currency" in query:
        asked["currency"] = query["currency"]
        if query["currency"] not in CURRENCIES:
            issues.append(not_in("currency", CURRENCIES, query["currency"]))
    for name, key in (("startTimestamp", "start"), ("endTimestamp", "end")):
        if name in query:
            asked[key] = query[name]
            if _moment(query[name]) is None:
                issues.append(Issue(name, "Invalid datetime", "invalid_string", {"validation": "datetime"}))
    if "pageSize" in query:
        size: Any = query["pageSize"]
        size = int(size) if re.fullmatch(r"-?[0-9]{1,9}", size) else size
        asked["size"] = size
        issues += number("pageSize", size, least=MIN_PAGE, most=MAX_PAGE)
    if issues:
        raise refuse_parameters(issues)
    return asked


def _continued(query: dict[str, str]) -> dict[str, Any]:
    for name in _FIRST_PAGE:
        if name in query:
            raise refuse_parameters([Issue(name, "A continuation takes only the cursor")])
    if not _CURSOR.fullmatch(query["cursor"]):
        raise _bad_cursor()
    try:
        asked = json.loads(base64.urlsafe_b64decode(query["cursor"] + "=" * (-len(query["cursor"]) % 4)))
        index, size = asked["next"], asked["size"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _bad_cursor() from None
    if type(index) is not int or type(size) is not int or index < 0 or not MIN_PAGE <= size <= MAX_PAGE:
        raise _bad_cursor()
    return dict(asked)


def _packed(asked: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(asked).encode()).decode().rstrip("=")


def _moment(text: Any) -> datetime | None:
    """An aware moment in ISO 8601, or None."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and len(text) <= 40 else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _bad_cursor() -> Refusal:
    return refuse(400, "Invalid cursor")
