"""What came and could not be read is in the caller's hands: it may be all that there is of what was paid."""

import base64
import io
import pickle

import pytest

from tests.venice.conftest import JPEG, KEY, PNG, Script, answer, image_body, reset, unanswered
from venice import BadResponse, Client, Generate, Unanswered, read_result

BROKEN = b'{"images": ["no image"]}'


@pytest.mark.parametrize(
    ("status", "data"),
    [(200, b"<html>wait</html>"), (200, b""), (200, BROKEN), (200, b'{"images": []}'), (201, image_body())],
)
def test_a_bad_answer_comes_with_its_bytes(
    script: Script, client: Client, operation: Generate, status: int, data: bytes
) -> None:
    script.plays(answer(data, status))

    with pytest.raises(BadResponse) as caught:
        client.run(operation)

    assert caught.value.body == data
    assert repr(data)[2:-1] not in repr(caught.value) + str(caught.value) or not data
    assert pickle.loads(pickle.dumps(caught.value)).body == data


def test_reading_a_stored_answer_gives_the_same(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(BROKEN))
    sink = io.BytesIO()
    client.send(operation, sink)
    sink.seek(0)

    with pytest.raises(BadResponse, match="not base64") as caught:
        read_result(sink)

    assert caught.value.body == BROKEN


def test_a_result_of_which_some_could_not_be_read_has_its_bytes(
    script: Script, client: Client, operation: Generate
) -> None:
    good, data = image_body(), image_body().replace(b'"images": [', b'"images": ["no image", ')
    script.plays(answer(good))
    script.plays(answer(data))

    whole, partly = client.run(operation), client.run(operation)

    assert whole.body == b""
    assert (partly.body, [image.data for image in partly.images]) == (data, [PNG])
    assert "no image" not in repr(partly)


def test_a_cut_answer_comes_with_what_arrived_and_its_complete_images(
    script: Script, quick: Client, operation: Generate
) -> None:
    data = image_body(PNG, JPEG, b"RIFF\x10\x00\x00\x00WEBP" + b"w" * 4000)
    script.plays(answer(data)[:-200])

    error = unanswered(quick, operation)

    assert error.body == data[:-200]
    assert [(image.index, image.data) for image in error.images] == [(0, PNG), (1, JPEG)]


def test_an_answer_of_which_nothing_came_is_empty(script: Script, quick: Client, operation: Generate) -> None:
    script.plays(reset)

    error = unanswered(quick, operation)

    assert (error.body, error.images) == (b"", ())


def test_a_gateways_page_is_there_to_look_at(script: Script, client: Client, operation: Generate) -> None:
    script.plays(answer(b"<html>bad gateway</html>", 502))

    with pytest.raises(Unanswered) as caught:
        client.run(operation)

    assert (caught.value.body, caught.value.images) == (b"<html>bad gateway</html>", ())


@pytest.mark.parametrize("cut", [0, 3])
def test_the_key_is_struck_out_of_it(script: Script, quick: Client, operation: Generate, cut: int) -> None:
    page = f"<html>Authorization: Bearer {KEY}</html>".encode()
    script.plays(answer(page)[: -cut or None])

    with pytest.raises((BadResponse, Unanswered)) as caught:
        quick.run(operation)

    assert KEY.encode() not in pickle.dumps(caught.value)
    assert caught.value.body == page[: -cut or None].replace(KEY.encode(), b"*" * len(KEY))
    assert KEY not in repr(vars(caught.value))


def test_an_image_may_hold_anything_but_what_is_struck_out(
    script: Script, client: Client, operation: Generate
) -> None:
    data = image_body().replace(b'"images": [', b'"images": ["' + base64.b64encode(b"?") + b'", ')
    script.plays(answer(data))

    assert client.run(operation).body == data
