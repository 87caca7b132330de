"""Every public name of the package in use, for the type checker: nothing here is run.

`tests/venice/test_typing.py` sees to it that mypy accepts this file and that no name is missing.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import assert_type

import venice

base_url: str = venice.clean_base_url(venice.DEFAULT_BASE_URL)
api_key: str = venice.clean_api_key("key")
models: list[venice.Model] = venice.parse_models({"data": []}) + venice.bundled_models()
styles: list[str] = venice.parse_styles({"data": []}) + venice.bundled_styles()
deadlines = venice.Deadlines(total=600)

source: venice.ImageSource = Path("picture.png")
picture: venice.InputImage = venice.Edit(image=source, prompt="p").picture
style = venice.StyleReference(image="https://example.org/style.png", strength=0.5)
operations: list[venice.Operation] = [
    venice.Generate(model="m", prompt="p", style_references=[style], anon_user_id="u", strict=False),
    venice.OpenAIGenerate(model="m", prompt="p", n=1, size="auto"),
    venice.Edit(image=b"bytes", prompt="p", aspect_ratio="1:1"),
    venice.MultiEdit(images=[source, b"bytes", "data:;base64,AA=="], prompt="p", quality="low"),
    venice.Upscale(image=picture, scale=2),
    venice.RemoveBackground(image=source),
]


def use(client: venice.Client) -> None:
    for operation in operations:
        assert_type(client.run(operation), venice.Result)
        assert_type(client.send(operation, BytesIO()), venice.Reply)
        assert_type(venice.price(operation, models[0]), Decimal | None)
        assert_type(operation.problems(models[0]), dict[str, str])
        assert_type(operation.image_count, int)
    assert_type(client.models("inpaint"), list[venice.Model])
    assert_type(client.styles(), list[str])
    assert_type(client.traits(), dict[str, str])
    assert_type(client.compatibility_mapping("text"), dict[str, str])
    assert_type(client.rate_limits(), venice.RateLimits)
    assert_type(client.rate_limits().models, dict[str, venice.ModelLimits])
    assert_type(client.run(operations[0], timeout=5, on_progress=follow), venice.Result)
    assert_type(client.run(operations[0]).save("a"), list[Path])
    assert_type(client.balance(), venice.Balance)
    assert_type(client.balance().usd, Decimal | None)
    assert_type(client.usage_history(page_size=10), Iterator[venice.UsageEntry])


def follow(progress: venice.Progress) -> None:
    assert_type(progress.expected, int | None)


def look(result: venice.Result) -> None:
    assert_type(result.images, tuple[venice.ImageBytes, ...])
    assert_type(result.unreadable, tuple[venice.Unreadable, ...])
    assert_type(result.timing, venice.Timing)
    assert_type(result.rate_limit, venice.RateLimit | None)
    assert_type(result.deprecation, venice.Deprecation | None)
    assert_type(venice.read_result(BytesIO()), venice.Result)
    assert_type(venice.error_from_reply(result.reply, b""), venice.VeniceError)


def react(error: venice.VeniceError) -> datetime | str | None:
    match error:
        case venice.InvalidRequest() | venice.NotSent():
            return "not sent"
        case venice.Moderated():
            return error.suggested_prompt
        case venice.AuthenticationFailed() | venice.Misconfigured() | venice.Forbidden():
            return "set up"
        case venice.InsufficientBalance():
            return "pay"
        case venice.ModelGone() | venice.BadRequest() | venice.Refused():
            return str(error.field_errors)
        case venice.RateLimited() | venice.Overloaded() | venice.BlockedForAWhile() | venice.Busy():
            return error.retry_at
        case venice.Unanswered() | venice.ServerFailed() | venice.BadResponse() | venice.CatalogError():
            return "charged" if error.charge_unknown else error.cf_ray
    return None
