"""Our own key is cut from whatever comes back, whatever its shape; and a 402 says what lacks, key or credits."""

import base64
import html
import io
import json
import logging
from urllib.parse import quote

import pytest

from tests.venice.conftest import Script, answer
from tests.venice.test_retry import decided
from venice import AuthenticationFailed, Client, Generate, InsufficientBalance, VeniceError, read_result
from venice.cli.output import show_error
from venice.complaint import read_complaint
from venice.shortfall import beginning
from venice.text import clean_line, clean_lines

#: Of no shape that is known.
KEY = "zq/91+live&7f3e=Canary"
FORMS = {
    "as it is": KEY,
    "in capitals": KEY.upper(),
    "percent": quote(KEY, safe=""),
    "html": html.escape(KEY),
    "slashes": KEY.replace("/", "\\/"),
    "base64": base64.b64encode(KEY.encode()).decode(),
}


def everything_in(error: VeniceError) -> str:
    return f"{error} {error!r} {error.args} {vars(error)}"


@pytest.mark.one_in(8)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("status", [200, 400, 401, 402, 403, 404, 422, 429, 500, 502, 503])
def test_a_key_that_a_gateway_sends_back_is_shown_nowhere(
    script: Script,
    operation: Generate,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    status: int,
    form: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    bodies = [
        json.dumps({"error": f"bad {form}", "code": form, "request_id": form, "suggested_prompt": form}),
        json.dumps({"error": {"message": form}, "details": {form: {"_errors": [form]}, "steps": form}}),
        json.dumps({"error": "no", "issues": [{"path": [form], "message": f"x {form}"}]}),
        f"<html><title>{form}</title>{form}</html>",
        f"refused: {'x' * 270}{form}",
        form,
    ]
    for body in bodies:
        script.plays(answer(body.encode(), status, cf_ray=form, x_request_id=form, x_echo=form))
        with Client(KEY, script.url) as client, pytest.raises(VeniceError) as caught:
            client.run(operation)
        show_error(caught.value, as_json=True)
        written = everything_in(caught.value) + repr(client) + caplog.text + "".join(capsys.readouterr())
        # The answer itself is what came; only the key as it is is struck from it.
        written = written.replace(repr(getattr(caught.value, "body", b"")), "")
        assert form.lower() not in written.lower()


def test_the_stored_head_and_what_is_read_from_it_hold_no_key(script: Script, operation: Generate) -> None:
    script.plays(answer(f"<p>{KEY}".encode(), 200, x_echo=KEY, x_venice_enhanced_prompt=quote(KEY)))
    file = io.BytesIO()
    with Client(KEY, script.url) as client:
        reply = client.send(operation, file)
    assert KEY not in repr(reply) + reply.enhanced_prompt
    head, _, _ = file.getvalue().partition(b"\n")
    assert KEY.encode() not in head
    file.seek(0)
    with pytest.raises(VeniceError) as caught:
        read_result(file)
    assert "zq/91" not in f"{caught.value}"


def test_no_part_of_a_key_is_left_at_a_cut() -> None:
    key = "k" * 5 + "-canary-" * 40
    Client(key, "http://127.0.0.1:1")
    for before in range(0, 400, 7):
        body = b"." * before + key.encode() + b"." * 5000
        assert "canary" not in beginning(body)
        assert "canary" not in read_complaint(body).text
        for limit in (40, 100, 300, 500):
            text = clean_line(f"{'.' * before}{key} {key * 9}", limit)
            assert "canary" not in text
            assert "canary" not in clean_lines("." * before + key * 9, limit)


def test_what_is_too_short_to_be_a_secret_cuts_no_words() -> None:
    Client("demo", "http://127.0.0.1:1")
    assert clean_line("a demo of demonstrations", 100) == "a demo of demonstrations"


X402 = {
    "x402Version": 2,
    "error": "Authentication required",
    "accepts": [{"scheme": "exact"}],
    "authOptions": {},
}


@pytest.mark.parametrize(
    "words", ["Authentication required", "X-PAYMENT header is required", "Payment required", ""]
)
def test_a_402_that_offers_payment_to_a_key_means_no_credits(
    script: Script, operation: Generate, words: str
) -> None:
    script.plays(answer(json.dumps(X402 | {"error": words}).encode(), 402))
    file = io.BytesIO()
    with Client("a-good-key-1", script.url) as client:
        client.send(operation, file)
    file.seek(0)
    with pytest.raises(InsufficientBalance) as caught:
        read_result(file)
    assert caught.value.gate == "balance"
    assert "no credits" in caught.value.message
    decision = decided(caught.value)
    assert (decision.action, decision.hold) == ("again", "balance")


def test_the_same_402_without_a_key_means_the_key(script: Script, operation: Generate) -> None:
    script.plays(answer(json.dumps(X402).encode(), 402))
    with Client(None, script.url) as client, pytest.raises(AuthenticationFailed) as caught:
        client.run(operation)
    assert decided(caught.value).hold == "key"
