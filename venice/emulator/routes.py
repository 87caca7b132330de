"""Which function answers which address."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from venice.emulator.account import balance, rate_limit_log, rate_limits
from venice.emulator.analytics import usage_analytics
from venice.emulator.background import remove_background
from venice.emulator.billing import usage, usage_history
from venice.emulator.checks import not_in
from venice.emulator.edits import edit, multi_edit
from venice.emulator.failures import failure
from venice.emulator.faults import REFUSALS, SERVER_FAILURES, UnknownFault, fault_from_json
from venice.emulator.generate import generate
from venice.emulator.generations import generations
from venice.emulator.replies import Refusal, Reply, refuse, refuse_parameters
from venice.emulator.state import Request, State
from venice.emulator.upscale import upscale

PREFIX = "/api/v1"
#: What a model may be, and what a list may be asked for beside that.
KINDS = ("asr", "decision", "embedding", "image", "inpaint", "music", "text", "tts", "upscale", "video")
TYPES = (*KINDS, "all", "code")
TEXT_MODEL: dict[str, Any] = {
    "created": 1727966436,
    "id": "llama-3.3-70b",
    "model_spec": {
        "name": "Llama 3.3 70B",
        "offline": False,
        "privacy": "private",
        "traits": ["default"],
        "pricing": {"input": {"usd": 0.7, "diem": 0.7}, "output": {"usd": 2.8, "diem": 2.8}},
    },
    "object": "model",
    "owned_by": "venice.ai",
    "type": "text",
    "context_length": 131072,
}


def answer(state: State, request: Request) -> Reply:
    """The reply to any request; a wrong address or method is answered as an express server does."""
    path = request.path.removeprefix(PREFIX)
    methods = ROUTES.get(path)
    has_prefix = request.path.startswith(PREFIX + "/") or path.startswith("/_emulator/")
    if methods is None or not has_prefix:
        return Reply.json({"error": f"Cannot {request.method} {request.path}"}, 404)
    method = "GET" if request.method == "HEAD" and "GET" in methods else request.method
    if method not in methods:
        return Reply.json({"error": "Method not allowed"}, 405, allow=", ".join(methods))
    try:
        if "GET" in methods and not path.startswith("/_emulator/"):
            _misbehave(state, path)
        return methods[method](state, request)
    except Refusal as refusal:
        return refusal.reply


def _misbehave(state: State, path: str) -> None:
    """Free routes know only the faults that are errors, and `slow`."""
    if path == "/image/styles":
        return
    for fault in state.faults.take(path):
        if fault.name == "slow":
            state.wait(fault.seconds)
        if fault.name in REFUSALS | SERVER_FAILURES:
            raise failure(fault)


def _models(state: State, request: Request) -> Reply:
    kind = _type_asked(request, "text")
    entries = [model.raw for model in state.models.values() if kind in ("all", model.type)]
    if kind in ("text", "all"):
        entries.insert(0, TEXT_MODEL)
    return Reply.json({"data": entries, "object": "list", "type": kind})


def _traits(state: State, request: Request) -> Reply:
    kind = _type_asked(request, "text")
    traits = {"image": state.traits(), "text": {"default": TEXT_MODEL["id"]}}.get(kind, {})
    return Reply.json({"data": traits, "object": "list", "type": kind})


def _compatibility(state: State, request: Request) -> Reply:
    kind = _type_asked(request, "text", KINDS)
    return Reply.json({"data": {}, "object": "list", "type": kind})


def _type_asked(request: Request, default: str, types: tuple[str, ...] = TYPES) -> str:
    kind = request.query.get("type", default)
    if kind not in types:
        raise refuse_parameters([not_in("type", types, kind)])
    return kind


def _styles(state: State, request: Request) -> Reply:
    for fault in state.faults.take("/image/styles"):
        if fault.name == "slow":
            state.wait(fault.seconds)
        if fault.name in REFUSALS | SERVER_FAILURES:
            raise failure(fault)
        if fault.name == "styles-list":
            return Reply.json(state.styles)
    return Reply.json({"data": state.styles, "object": "list"})


def _ledger(state: State, request: Request) -> Reply:
    usd = float(state.ledger.balance)
    return Reply.json({"entries": state.ledger.entries(), "balance_usd": usd})


def _waiting_faults(state: State, request: Request) -> Reply:
    return Reply.json({"faults": state.faults.waiting()})


def _set_faults(state: State, request: Request) -> Reply:
    """`{"fault": NAME, "times": 2, …}` queues one, `{"clear": true}` removes all; both may stand together."""
    body = _json_object(request)
    if body.pop("clear", False):
        state.faults.clear()
    if body:
        try:
            state.faults.add(fault_from_json(body))
        except UnknownFault as error:
            raise refuse(400, str(error)) from error
    return _waiting_faults(state, request)


def _set_account(state: State, request: Request) -> Reply:
    """`{"balance_usd": 5, "key": "k", "latency_ms": 100}`: change what the flags set at the start."""
    body = _json_object(request)
    try:
        if "balance_usd" in body:
            state.ledger.balance = Decimal(str(body["balance_usd"]))
        if "latency_ms" in body:
            state.latency_ms = float(body["latency_ms"])
    except (InvalidOperation, TypeError, ValueError) as error:
        raise refuse(400, "balance_usd and latency_ms are numbers") from error
    if "key" in body:
        state.key = None if body["key"] is None else str(body["key"])
    return Reply.json({"balance_usd": float(state.ledger.balance), "latency_ms": state.latency_ms})


def _json_object(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise refuse(400, "Invalid JSON request") from error
    if not isinstance(body, dict):
        raise refuse(400, "a JSON object is expected")
    return body


PAID = (generate, generations, edit, multi_edit, upscale, remove_background)
ROUTES: dict[str, dict[str, Callable[[State, Request], Reply]]] = {
    **{route.path: {"POST": route} for route in PAID},
    "/image/styles": {"GET": _styles},
    "/models": {"GET": _models},
    "/models/traits": {"GET": _traits},
    "/models/compatibility_mapping": {"GET": _compatibility},
    "/api_keys/rate_limits": {"GET": rate_limits},
    "/api_keys/rate_limits/log": {"GET": rate_limit_log},
    "/billing/balance": {"GET": balance},
    "/billing/usage": {"GET": usage},
    "/billing/usage-history": {"GET": usage_history},
    "/billing/usage-analytics": {"GET": usage_analytics},
    "/_emulator/ledger": {"GET": _ledger},
    "/_emulator/faults": {"GET": _waiting_faults, "POST": _set_faults},
    "/_emulator/account": {"POST": _set_account},
}
