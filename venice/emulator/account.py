"""What an account may do and has: its limits, the log of those it hit, its balance."""

from datetime import UTC, datetime, timedelta

from venice.emulator.access import authenticate, authenticate_admin
from venice.emulator.calls import ADDRESS
from venice.emulator.replies import Reply
from venice.emulator.state import Request, State


def rate_limits(state: State, request: Request) -> Reply:
    """GET /api_keys/rate_limits: what may be asked of each model, and the balance; needs no ADMIN key."""
    authenticate(request.headers, state.key, f"{ADDRESS}/api_keys/rate_limits")
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    balance = state.ledger.balance
    limits = [{"amount": state.rate_limit, "type": "RPM"}]
    data = {
        "accessPermitted": balance > 0,
        "apiTier": {"id": "paid", "isCharged": True},
        "balances": {"USD": float(balance), "DIEM": 0},
        "keyExpiration": None,
        "nextEpochBegins": tomorrow.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "rateLimits": [{"apiModelId": name, "rateLimits": limits} for name in state.models],
    }
    return Reply.json({"data": data})


def rate_limit_log(state: State, request: Request) -> Reply:
    """GET /api_keys/rate_limits/log: the last 50 calls that a limit stopped, newest first."""
    authenticate_admin(request.headers, state.key, f"{ADDRESS}/api_keys/rate_limits/log")
    return Reply.json({"data": list(reversed(state.hits)), "object": "list"})


def balance(state: State, request: Request) -> Reply:
    """GET /billing/balance. The emulator has US dollars only; what is not positive is null."""
    authenticate_admin(request.headers, state.key, f"{ADDRESS}/billing/balance")
    usd = state.ledger.balance
    body = {
        "canConsume": usd > 0,
        "consumptionCurrency": "USD" if usd > 0 else None,
        "balances": {"diem": None, "usd": float(usd) if usd > 0 else None},
        "diemEpochAllocation": 0,
    }
    return Reply.json(body)
