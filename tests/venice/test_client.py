"""Calls that come back whole: what is sent, what is written, what the free calls give."""

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.venice.conftest import KEY, PNG, WEBP, Script, answer, image_body
from venice import (
    AuthenticationFailed,
    BadResponse,
    CatalogError,
    Client,
    Generate,
    Misconfigured,
    RateLimited,
    Unanswered,
    read_result,
)


def test_it_sends_one_json_request(script: Script, client: Client) -> None:
    script.plays(answer(image_body(), cf_ray="8f-AMS"))
    result = client.run(Generate(model="chroma", prompt="Gondel über 中", seed=-5, width=512))

    assert script.requests[0].startswith(b"POST /api/v1/image/generate HTTP/1.1\r\n")
    assert script.body == {"model": "chroma", "prompt": "Gondel über 中", "seed": -5, "width": 512}
    assert script.headers["authorization"] == f"Bearer {KEY}"
    assert script.headers["content-type"] == "application/json"
    assert script.headers["accept-encoding"] == "identity"
    assert "cookie" not in script.headers
    assert [image.data for image in result.images] == [PNG]
    assert result.cf_ray == "8f-AMS"
    assert len(script.requests) == 1


def test_it_spools_head_and_body(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), x_venice_is_blurred="true"))
    sink = io.BytesIO()
    seen: list[str] = []
    reply = client.send(
        operation,
        sink,
        on_sent=lambda: seen.append(f"sent {len(sink.getvalue())}"),
        on_headers=lambda: seen.append("headers" if sink.getvalue().endswith(b"}\n") else "no head"),
    )

    head, _, body = sink.getvalue().partition(b"\n")
    assert json.loads(head)["headers"]["x-venice-is-blurred"] == "true"
    assert body == image_body()
    assert reply.bytes == len(body)
    assert reply.started_at <= reply.sent_at <= reply.headers_at <= reply.finished_at
    assert reply.started_at.utcoffset() is not None
    assert seen == ["sent 0", "headers"]
    sink.seek(0)
    assert read_result(sink).is_blurred is True


def test_the_body_is_written_while_it_arrives(script: Script, client: Client, operation: Generate) -> None:
    go_on, body = threading.Event(), image_body()
    script.plays(answer(body)[:-10], lambda sock: go_on.wait(10) and None, body[-10:])

    class Sink(io.BytesIO):
        def write(self, data: object) -> int:
            size = super().write(data)  # type: ignore[arg-type]
            if self.getvalue().endswith(body[:-10]):
                go_on.set()
            return size

    assert client.send(operation, Sink()).bytes == len(body)
    assert go_on.is_set()


@pytest.mark.parametrize("status", [200, 204, 400, 402, 429, 500, 503, 999])
def test_every_whole_answer_is_a_reply(
    script: Script, client: Client, operation: Generate, status: int
) -> None:
    script.plays(answer(b"", status) if status == 204 else answer(b'{"error":"x"}', status))
    assert client.send(operation, io.BytesIO()).status == status
    assert len(script.requests) == 1


def test_a_refusal_is_raised_by_run(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(b'{"error":"Rate limit exceeded"}', 429, retry_after="9"))
    with pytest.raises(RateLimited) as caught:
        client.run(operation)
    assert caught.value.retry_at is not None
    assert len(script.requests) == 1


def test_a_binary_answer_is_an_image(script: Script, client: Client) -> None:
    script.plays(answer(WEBP, content_type="image/webp"))
    result = client.run(Generate(model="m", prompt="p", return_binary=True))
    assert result.images[0].format == "webp"
    assert script.body["return_binary"] is True


def test_a_chunked_answer_is_read(script: Script, client: Client, operation: Generate) -> None:
    body = image_body()
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]))
    script.plays(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert client.run(operation).images


def test_an_answer_that_ends_with_the_connection_is_read(
    script: Script, client: Client, operation: Generate
) -> None:
    script.plays(b"HTTP/1.0 200 OK\r\n\r\n" + image_body())
    assert client.run(operation).images


def test_callbacks_cannot_cost_the_answer(
    script: Script, client: Client, operation: Generate, caplog: pytest.LogCaptureFixture
) -> None:
    script.plays(answer(image_body()))

    def fails() -> None:
        raise RuntimeError("no database")

    assert client.send(operation, io.BytesIO(), on_sent=fails, on_headers=fails).status == 200
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 2


def test_every_request_has_its_own_connection(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), connection="keep-alive"), 0.2)
    for _ in range(3):
        client.run(operation)
    assert script.connections == 3


def test_many_threads_share_a_client(script: Script, client: Client) -> None:
    script.plays(answer(image_body()))
    with ThreadPoolExecutor(16) as threads:
        results = list(
            threads.map(client.run, [Generate(model="m", prompt=f"p{number}") for number in range(48)])
        )
    assert all(result.images for result in results)
    assert len(script.requests) == 48


def test_cookies_are_not_kept(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(image_body(), set_cookie="session=1; Path=/"))
    client.run(operation)
    client.run(operation)
    assert "cookie" not in script.headers


def test_the_environment_is_not_asked(
    script: Script, client: Client, operation: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    script.plays(answer(image_body()))
    assert client.run(operation).images


def test_a_client_may_have_no_key(script: Script) -> None:
    script.plays(answer(b'{"data":["Anime"]}'))
    with Client(None, script.url) as client:
        assert client.styles() == ["Anime"]
    assert "authorization" not in script.headers


def test_a_closed_client_opens_again(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(image_body()))
    client.run(operation)
    client.close()
    assert client.run(operation).images


def test_it_lists_models_styles_and_traits(script: Script, client: Client) -> None:
    script.plays(answer(b'{"data":[{"id":"m","type":"image"}]}'))
    script.plays(answer(b'["Anime"]'))
    script.plays(answer(b'{"data":{"default":"m","odd":5}}'))
    script.plays(answer(b'{"data":{"accessPermitted":true}}'))
    assert [model.id for model in client.models()] == ["m"]
    assert client.styles() == ["Anime"]
    assert client.traits() == {"default": "m"}
    assert client.rate_limits() == {"accessPermitted": True}
    paths = [request.split(b" ")[1] for request in script.requests]
    assert paths == [
        b"/api/v1/models?type=image",
        b"/api/v1/image/styles",
        b"/api/v1/models/traits?type=image",
        b"/api/v1/api_keys/rate_limits",
    ]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data":5}', b"[" * 100_000])
def test_a_list_that_is_none_is_an_error(script: Script, client: Client, body: bytes) -> None:
    script.plays(answer(body))
    for call in (client.models, client.styles):
        with pytest.raises(CatalogError) as caught:
            call()
        assert not caught.value.charge_unknown
    for call in (client.traits, client.rate_limits):
        with pytest.raises(BadResponse):
            call()


def test_a_free_call_raises_the_same_errors(script: Script, client: Client) -> None:
    script.plays(answer(b'{"error":"Authentication failed"}', 401))
    with pytest.raises(AuthenticationFailed):
        client.rate_limits()


def test_a_free_call_is_never_charged(script: Script, client: Client) -> None:
    script.plays(answer(b"x" * 100)[:-50])
    with pytest.raises(Unanswered) as caught:
        client.models()
    assert not caught.value.charge_unknown
    assert "charged" not in caught.value.advice


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed(
    script: Script, client: Client, operation: Generate, status: int
) -> None:
    script.plays(answer(b"moved", status, location=f"{script.url}/elsewhere"))
    with pytest.raises(Misconfigured) as caught:
        client.run(operation)
    assert caught.value.status == status
    with pytest.raises(Misconfigured):
        client.models()
    assert len(script.requests) == 2


def test_a_bad_key_or_address_is_refused_at_once() -> None:
    for key, url in (("a b", "https://venice.ai"), ("key", "http://venice.ai")):
        with pytest.raises(Misconfigured):
            Client(key, url)
