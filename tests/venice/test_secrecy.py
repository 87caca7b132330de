"""The key is told nowhere."""

import logging
import traceback

import pytest

from tests.venice.conftest import HEAD, KEY, QUICK, Script, answer, free_port
from venice import Client, Generate, NotSent, VeniceError


def _everything_in(error: BaseException) -> str:
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None and cause not in chain:
            chain.append(cause)
            waiting += [cause.__cause__, cause.__context__]
    shown = [repr(cause) + str(cause) + repr(cause.args) + repr(vars(cause)) for cause in chain]
    return "".join([*shown, *traceback.format_exception(error)])


def test_the_key_is_shown_nowhere(
    script: Script, operation: Generate, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    plays = [
        b"",
        HEAD,
        b"HTTP/1.1 HELLO\r\n\r\n",
        answer(b"", 302),
        answer(f'{{"error":"bad {KEY}"}}'.encode(), 401),
    ]
    shown = ""
    with Client(KEY, script.url, deadlines=QUICK) as client:
        for play in plays:
            script.plays(play)
        for _ in plays:
            with pytest.raises(VeniceError) as caught:
                client.run(operation)
            shown += _everything_in(caught.value)
        shown += repr(client) + str(vars(client)) + repr(client._transport) + str(vars(client._transport))
        shown += repr(client._request("POST", "/x", b"y"))
    with Client(KEY, f"http://127.0.0.1:{free_port()}") as client, pytest.raises(NotSent) as refused:
        client.run(operation)
    shown += _everything_in(refused.value) + caplog.text + "".join(capfd.readouterr())
    assert KEY not in shown
    assert "very-secret" not in shown
    assert len(script.requests) == len(plays)
