"""The replies of the faults that are errors, in Venice's words and shapes."""

import time

from venice.emulator.faults import Fault
from venice.emulator.limits import Allowance
from venice.emulator.replies import Refusal, Reply, refuse

SUPPORT = "Visit https://venice.ai/settings/api to add credits."
GATEWAY_PAGE = (
    "<html>\r\n<head><title>{status} {text}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {text}</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
LOW_BALANCE = f"Insufficient USD or Diem balance to complete request. {SUPPORT}"
CONTENT_POLICY = "Your prompt violates the content policy of Venice.ai or the model provider"
RATE_LIMITED = "Rate limit exceeded"
#: What a failed inference is called where it is not the picture's.
FAILED = {
    "/image/edit": "Image edit failed",
    "/image/multi-edit": "Image edit failed",
    "/image/upscale": "Image upscaling failed",
}
TEXTS = {
    "401": (401, "Authentication failed"),
    "401-pro": (401, "This model is only available to Pro users"),
    "402": (402, LOW_BALANCE),
    "402-limit": (402, "API key USD spend limit exceeded. Raise the limit of the key to continue."),
    "403": (403, "Unauthorized access"),
    "404": (404, "Specified model not found: the model was retired, use z-image-turbo"),
    "410": (410, "This endpoint has been retired"),
    "415": (415, "Invalid request content-type"),
    "422": (422, CONTENT_POLICY),
    "500": (500, "Inference processing failed"),
    "503": (503, "The model is at capacity. Please try again later."),
    "503-offline": (503, "The model is temporarily offline. Please try again later."),
    "504": (504, "The request took too long to complete and was timed-out. Please try again later."),
}


def failure(fault: Fault, path: str = "", limit: int = 20) -> Refusal:
    """The refusal or server failure of that name, in the words of that route; `limit` is the images a minute."""
    name = fault.name
    if name == "500" and path in FAILED:
        return refuse(500, FAILED[path])
    if name in TEXTS:
        return refuse(*TEXTS[name])
    if name == "429":
        headers = Allowance(False, limit, 0, time.time() + fault.seconds).headers()
        return Refusal(Reply.json({"error": RATE_LIMITED}, 429, **headers, x_ratelimit_type="user"))
    if name == "429-retry-after":
        text = "The model is currently overloaded. Please try again later."
        return refuse(429, text, retry_after=f"{fault.seconds:g}")
    if name == "429-blocked":
        return blocked(20, fault.seconds, time.time() + fault.seconds)
    if name == "413":
        return too_large()
    if name == "details-string":
        body = {"error": "Invalid request parameters", "details": "The provider refused the picture size"}
        return Refusal(Reply.json(body, 400))
    if name == "400":
        text = "The provider rejected the request"
        return Refusal(Reply.json({"error": text, "request_id": "req_emulated"}, 400))
    return Refusal(gateway_page(int(name.partition("-")[0])))


def blocked(limit: int, seconds: float, until: float) -> Refusal:
    """The budget of failed requests is spent. `until` is in Unix seconds."""
    text = (
        f"Too many failed attempts (> {limit}) resulting in a non-success status code. "
        f"Please wait {seconds:g}s and try again."
    )
    resets = str(round(until * 1000))
    return refuse(429, text, x_ratelimit_remaining="0", x_ratelimit_resets=resets, x_ratelimit_type="user")


def too_large() -> Refusal:
    body = {"code": "PAYLOAD_TOO_LARGE", "error": "Request body exceeds the maximum allowed size of 35 MB."}
    return Refusal(Reply.json(body, 413))


def file_too_large() -> Refusal:
    body = {"code": "PAYLOAD_TOO_LARGE", "error": "File exceeds the maximum allowed size of 25 MB."}
    return Refusal(Reply.json(body, 413))


def gateway_page(status: int) -> Reply:
    """What stands in front of Venice answers in HTML when Venice does not."""
    text = {200: "OK", 403: "Forbidden", 502: "Bad Gateway"}.get(status, "Internal Server Error")
    page = GATEWAY_PAGE.format(status=status, text=text)
    return Reply(status=status, body=page.encode(), content_type="text/html")
