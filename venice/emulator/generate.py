"""POST /image/generate, from the checks in Venice's order to the charged reply."""

import json
import secrets
import time
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from venice import pricing
from venice.catalog import Model
from venice.emulator.access import authenticate
from venice.emulator.failures import LOW_BALANCE, RATE_LIMITED, blocked, failure, too_large
from venice.emulator.faults import GENERATE, REFUSALS, SERVER_FAILURES, Fault, without_markers
from venice.emulator.ledger import Entry
from venice.emulator.pictures import Pictures, make_pictures
from venice.emulator.replies import Refusal, Reply, refuse, refuse_parameters
from venice.emulator.sizing import chosen_ratio
from venice.emulator.state import Request, State
from venice.emulator.validation import model_issues, schema_issues
from venice.operations import Generate

DEFAULT_CFG_SCALE = 7.5
ENHANCEMENT = ", soft volumetric light, layered depth, considered composition, fine detail"


def generate(state: State, request: Request) -> Reply:
    """Answer one paid POST and write its ledger line, whatever becomes of it."""
    entry = state.ledger.open(GENERATE)
    call = _Call(state, request, entry)
    try:
        reply = call.answer()
    except Refusal as refusal:
        reply = refusal.reply
        call.count_failure(reply.status)
    entry.status = reply.status
    return reply.with_headers(call.headers)


class _Call:
    """One request on its way through the checks. `headers` grows with what is known of it."""

    def __init__(self, state: State, request: Request, entry: Entry) -> None:
        self.state = state
        self.request = request
        self.entry = entry
        self.headers: dict[str, str] = {}
        self.budget_key: tuple[str, str] | None = None

    def answer(self) -> Reply:
        token = authenticate(self.request.headers, self.state.key, "https://api.venice.ai/api/v1" + GENERATE)
        self._tell_balance()
        payload = self._read()
        self._check_error_budget(token, payload)
        model = self._check(payload)
        faults = self._faults(payload["prompt"])
        usd = self._admit(token, payload, model, faults)
        charged = Decimal(0)
        try:
            reply, charged = self._infer(payload, model, faults, usd)
        except Refusal:
            charged = usd if any(fault.charged for fault in faults) else Decimal(0)
            raise
        finally:
            self.state.ledger.settle(self.entry, usd, charged)
        return reply

    def count_failure(self, status: int) -> None:
        """Refusals use up the error budget; rate limits and the server's own failures do not."""
        if self.budget_key and 400 <= status < 500 and status != 429:
            self.state.errors.failed(self.budget_key)

    def _tell_balance(self) -> None:
        self.headers["x-venice-balance-usd"] = f"{self.state.ledger.balance:f}"
        self.headers["x-venice-balance-diem"] = "0"

    def _read(self) -> dict[str, Any]:
        if self.request.headers.get_content_type() != "application/json":
            raise refuse(400, "'Content-Type' must be 'application/json'")
        if self.request.too_large:
            raise too_large()
        try:
            payload = json.loads(self.request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise refuse(400, "Invalid JSON request") from None
        return payload if isinstance(payload, dict) else {}

    def _check_error_budget(self, token: str, payload: dict[str, Any]) -> None:
        self.entry.model = _text_or_none(payload.get("model"))
        self.entry.prompt = _text_or_none(payload.get("prompt"))
        key = (token, self.entry.model or "")
        until = self.state.errors.blocked_until(key)
        if until is not None:
            raise blocked(self.state.errors.limit, self.state.errors.seconds, until)
        self.budget_key = key

    def _check(self, payload: dict[str, Any]) -> Model:
        asked = payload.get("model")
        if asked is None or asked == "":
            raise refuse(400, "model is required")
        if not isinstance(asked, str):
            raise refuse(400, "model must be a string")
        issues = schema_issues(payload)
        if issues:
            raise refuse_parameters(issues)
        self.entry.variants = int(payload.get("variants", 1))
        model = self.state.models.get(self.state.traits().get(asked, asked))
        if model is None or model.type != "image":
            raise refuse(404, f"Specified model not found: {asked}")
        if not model.takes_generate:
            raise refuse(400, "Invalid model specified")
        self.headers.update({"x-venice-model-id": model.id, "x-venice-model-name": model.name})
        issues = model_issues(payload, model, self.state.styles)
        if issues:
            raise refuse_parameters(issues)
        return model

    def _faults(self, prompt: str) -> list[Fault]:
        faults = self.state.faults.take(GENERATE, prompt)
        self.entry.faults = [fault.name for fault in faults]
        for fault in faults:
            if fault.name in REFUSALS:
                raise failure(fault)
        return faults

    def _admit(self, token: str, payload: dict[str, Any], model: Model, faults: list[Fault]) -> Decimal:
        """The price, held, when the balance and the rate allow the call."""
        usd = _price(payload, model)
        if not self.state.ledger.hold(usd):
            raise refuse(402, LOW_BALANCE)
        allowance = self.state.rates.take((token, model.id), self.entry.variants)
        self.headers.update(allowance.headers())
        if not allowance.granted:
            self.state.ledger.settle(self.entry, usd, Decimal(0))
            raise refuse(429, RATE_LIMITED, x_ratelimit_type="user")
        return usd

    def _infer(
        self, payload: dict[str, Any], model: Model, faults: list[Fault], usd: Decimal
    ) -> tuple[Reply, Decimal]:
        names = {fault.name: fault for fault in faults}
        if "slow" in names:
            self.state.wait(names["slow"].seconds)
        failing = next((fault for fault in faults if fault.name in SERVER_FAILURES), None)
        if failing:
            self.state.wait(self.state.latency_ms / 1000)
            raise failure(failing)
        data = _filled(payload, model)
        self.entry.seed = data["seed"]
        if payload.get("enhance_prompt") and "violation" not in names:
            room = model.prompt_limit
            data["prompt"] = (payload["prompt"] + ENHANCEMENT)[:room]
            self.headers["x-venice-enhanced-prompt"] = quote(data["prompt"], safe="", errors="replace")
        pictures = make_pictures(self.state, model, data, frozenset(names), self.request.received)
        self.entry.images = pictures.described
        self._tell_outcome(names)
        charged = Decimal(0) if "violation" in names else usd
        return self._reply(payload, data, pictures, names), charged

    def _tell_outcome(self, names: dict[str, Fault]) -> None:
        self.headers["x-venice-is-blurred"] = str("blurred" in names).lower()
        self.headers["x-venice-is-content-violation"] = str("violation" in names).lower()
        if "deprecated" in names:
            self.headers |= {
                "x-venice-model-deprecation-warning": "This model is deprecated and will be removed.",
                "x-venice-model-deprecation-date": "2027-01-31T00:00:00.000Z",
                "x-venice-deprecated": "true",
                "x-venice-deprecated-replacement": "z-image-turbo",
            }

    def _reply(
        self, payload: dict[str, Any], data: dict[str, Any], pictures: Pictures, names: dict[str, Fault]
    ) -> Reply:
        if "html-200" in names:
            reply = Reply(body=b"<html><body>Please wait</body></html>", content_type="text/html")
        elif payload.get("return_binary"):
            reply = Reply(body=pictures.files[0], content_type=f"image/{pictures.format}")
        else:
            echo = {name: value for name, value in data.items() if name != "style_references"}
            body = {
                "id": self.entry.id,
                "images": [] if "empty" in names else pictures.encoded,
                "request": {"success": True, "data": echo},
                "timing": pictures.timing(time.monotonic()),
            }
            reply = Reply.json(body)
        drip = names["drip"].seconds if "drip" in names else 0
        return Reply(
            body=reply.body,
            content_type=reply.content_type,
            drip_s=drip,
            cut="truncated" in names,
            reset="reset" in names,
        )


def _filled(payload: dict[str, Any], model: Model) -> dict[str, Any]:
    """The request as it is understood: with the defaults of the schema and the model, and a seed."""
    data: dict[str, Any] = {
        "variants": 1,
        "format": "webp",
        "safe_mode": True,
        "hide_watermark": False,
        "embed_exif_metadata": False,
        "return_binary": False,
        "enhance_prompt": False,
        "cfg_scale": DEFAULT_CFG_SCALE,
        "steps": min(model.steps_max, 20),
        "seed": secrets.randbelow(999_999_999) + 1,
    }
    if model.sizing == "pixels":
        data |= {"width": 1024, "height": 1024}
    data |= payload
    if model.sizing == "ratio":
        data["aspect_ratio"] = chosen_ratio(payload, model)
    if model.resolutions:
        data.setdefault("resolution", model.default_resolution)
    if model.qualities:
        data.setdefault("quality", model.default_quality)
    for name in ("seed", "width", "height", "steps", "variants"):
        if name in data:
            data[name] = int(data[name])
    return data


def _price(payload: dict[str, Any], model: Model) -> Decimal:
    """In US dollars; 0 for a model that has no price."""
    priced = ("resolution", "quality", "variants", "enhance_prompt")
    asked = {name: payload[name] for name in priced if name in payload}
    operation = Generate(model=model.id, prompt=without_markers(payload["prompt"]) or "-", **asked)
    return pricing.price(operation, model) or Decimal(0)


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
