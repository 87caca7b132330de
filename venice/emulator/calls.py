"""One paid POST: the checks in Venice's order, the charge, and the faults on the reply's way."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from venice.catalog import Model
from venice.emulator.access import authenticate
from venice.emulator.bodies import read_body
from venice.emulator.failures import CONTENT_POLICY, LOW_BALANCE, RATE_LIMITED, blocked, failure
from venice.emulator.faults import REFUSALS, SERVER_FAILURES, Fault
from venice.emulator.ledger import Entry
from venice.emulator.lies import with_lies
from venice.emulator.replies import JSON, Refusal, Reply, refuse
from venice.emulator.state import Request, State

ADDRESS = "https://api.venice.ai/api/v1"
PAGE = b"<html><body>Please wait</body></html>"
_HEADER = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A request that passed its checks: what it costs, and what makes its reply.

    `make` gets the names of the faults. `moderation` says what the fault `violation` comes to: black
    pictures that cost nothing, a refusal, or nothing where Venice looks at no content.
    """

    model: Model
    usd: Decimal
    make: Callable[[frozenset[str]], Reply]
    prompt: str = ""
    images: int = 1
    moderation: str = "none"


@dataclass(slots=True, kw_only=True)
class Call:
    """What is known of one request on its way. `headers` are sent whatever becomes of it."""

    state: State
    request: Request
    entry: Entry
    headers: dict[str, str] = field(default_factory=dict)
    token: str = ""
    budget_key: tuple[str, str] | None = None

    def set_model(self, model: Model) -> None:
        """Write down which model answers."""
        self.entry.model = model.id
        self.headers.update({"x-venice-model-id": model.id, "x-venice-model-name": model.name})

    def refuse_failed(self, status: int) -> None:
        """Refusals use up the error budget; rate limits and the server's own failures do not."""
        if self.budget_key and 400 <= status < 500 and status != 429:
            self.state.errors.failed(self.budget_key)


Prepare = Callable[[Call, dict[str, Any]], Job]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidRoute:
    """The handler of one paid address.

    `prepare` checks the body and raises Refusal or gives the job; `model_of` names the model for the
    error budget, which comes before any check of the body.
    """

    path: str
    prepare: Prepare
    model_of: Callable[[dict[str, Any]], Any]
    forms: bool = False
    #: An empty body is refused as one of an unknown type.
    empty_is_415: bool = False

    def __call__(self, state: State, request: Request) -> Reply:
        """Answer one POST and write its ledger line, whatever becomes of it."""
        call = Call(state=state, request=request, entry=state.ledger.open(self.path))
        try:
            reply = self._answer(call)
        except Refusal as refusal:
            reply = refusal.reply
            call.refuse_failed(reply.status)
        call.entry.status = reply.status
        return reply.with_headers(call.headers)

    def _answer(self, call: Call) -> Reply:
        state, request = call.state, call.request
        call.token = authenticate(request.headers, state.key, ADDRESS + self.path, inference=True)
        call.entry.key_id = state.key_id(call.token)
        call.headers["x-venice-balance-usd"] = f"{state.ledger.balance:f}"
        call.headers["x-venice-balance-diem"] = "0"
        if self.empty_is_415 and not request.body and not request.too_large:
            raise refuse(415, "Invalid request content-type")
        payload = read_body(request, forms=self.forms)
        self._check_error_budget(call, payload)
        job = self.prepare(call, payload)
        faults = self._faults(call, job)
        self._admit(call, job)
        charged = Decimal(0)
        try:
            reply = self._infer(call, job, faults)
            free = job.moderation == "black" and any(fault.name == "violation" for fault in faults)
            charged = Decimal(0) if free else job.usd
        except Refusal:
            charged = job.usd if any(fault.charged for fault in faults) else Decimal(0)
            raise
        finally:
            state.ledger.settle(call.entry, job.usd, charged)
        return reply

    def _check_error_budget(self, call: Call, payload: dict[str, Any]) -> None:
        entry, errors = call.entry, call.state.errors
        entry.model = _text_or_none(self.model_of(payload))
        entry.prompt = _text_or_none(payload.get("prompt"))
        entry.seed = _integer_or_none(payload.get("seed"))
        user = _text_or_none(payload.get("user")) or ""
        key = (call.token, f"{entry.model or ''}\0{user}" if user else entry.model or "")
        until = errors.blocked_until(key)
        if until is not None:
            call.state.limit_hit(call.token, entry.model, "FAILED_REQUESTS")
            raise blocked(errors.limit, errors.seconds, until)
        call.budget_key = key

    def _faults(self, call: Call, job: Job) -> list[Fault]:
        faults = call.state.faults.take(self.path, job.prompt)
        call.entry.faults = [fault.name for fault in faults]
        for fault in faults:
            if fault.name in REFUSALS:
                raise failure(fault, self.path, call.state.rates.limit)
            if fault.name == "violation" and job.moderation == "refuse":
                raise refuse(422, CONTENT_POLICY)
        return faults

    def _admit(self, call: Call, job: Job) -> None:
        """Hold the price, when the balance and the rate allow the call."""
        state = call.state
        call.entry.variants = job.images
        if not state.ledger.hold(job.usd):
            raise refuse(402, LOW_BALANCE)
        allowance = state.rates.take((call.token, job.model.id), job.images)
        call.headers.update(allowance.headers())
        if not allowance.granted:
            state.ledger.settle(call.entry, job.usd, Decimal(0))
            state.limit_hit(call.token, job.model.id, "RPM")
            raise refuse(429, RATE_LIMITED, x_ratelimit_type="user")

    def _infer(self, call: Call, job: Job, faults: list[Fault]) -> Reply:
        names = {fault.name: fault for fault in faults}
        if "slow" in names:
            call.state.wait(names["slow"].seconds)
        failing = next((fault for fault in faults if fault.name in SERVER_FAILURES), None)
        if failing:
            call.state.queue(job.model.id)
            raise failure(failing, self.path)
        reply = job.make(frozenset(names))
        if job.moderation != "none":
            call.headers["x-venice-is-blurred"] = str("blurred" in names).lower()
            call.headers["x-venice-is-content-violation"] = str("violation" in names).lower()
        if "deprecated" in names:
            call.headers |= _deprecation(job.model)
        return _spoilt(reply, names)


def _spoilt(reply: Reply, names: dict[str, Fault]) -> Reply:
    """The reply as badly as the faults let it travel."""
    if "html-200" in names:
        reply = Reply(body=PAGE, content_type="text/html")
    reply = with_lies(reply, names)
    if "litter" in names:
        count = int(names["litter"].seconds * 1_000_000 / 3)
        reply = replace(reply, body=b'{"images":[' + b"[]," * count + b"[]]}", content_type=JSON)
    if "long-head" in names:
        # Lines that other clients take as well.
        numbers = range(math.ceil(names["long-head"].seconds * 1_000_000 / _HEADER))
        reply = replace(reply, headers=reply.headers | {f"x-litter-{n}": "v" * _HEADER for n in numbers})
    drip = names["drip"].seconds if "drip" in names else 0
    return replace(reply, drip_s=drip, cut="truncated" in names, reset="reset" in names)


def _deprecation(model: Model) -> dict[str, str]:
    other = "firered-image-edit" if model.type == "inpaint" else "z-image-turbo"
    return {
        "x-venice-model-deprecation-warning": "This model is deprecated and will be removed.",
        "x-venice-model-deprecation-date": "2027-01-31T00:00:00.000Z",
        "x-venice-deprecated": "true",
        "x-venice-deprecated-replacement": other,
    }


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer_or_none(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
