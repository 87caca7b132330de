"""The reader of large answers finds what the standard library's reader finds, whatever stands in the text."""

import base64
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import venice.results
import venice.scanner
from tests.examples import tried
from tests.venice.conftest import JPEG, PNG, WEBP
from tests.venice.test_results import _reply
from venice import BadResponse, ImageBytes, Unreadable
from venice.bodies import InMemory, Stored
from venice.layout import read_layout
from venice.reply import Reply
from venice.results import Answer, laid_out, open_answer

REPLY = _reply()


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def built(data: bytes) -> Any:
    return summary(venice.results._built(REPLY, InMemory([data])))


def laid(data: bytes, size: int = 1 << 18) -> Any:
    return summary(laid_out(REPLY, InMemory(pieces(data, size))))


def summary(answer: Answer | None) -> Any:
    """Everything that an answer tells, fit to be compared."""
    return answer and (answer.listed, answer.id, answer.timing, list(answer.entries()))


def escaped(text: str, rng: random.Random) -> str:
    """The text as JSON may also write it."""

    def sign(one: str) -> str:
        if one == "/" and rng.random() < 0.5:
            return "\\/"
        if rng.random() < 0.05:
            return "".join(f"\\u{ord(half):04{rng.choice('xX')}}" for half in utf16(one))
        return json.dumps(one, ensure_ascii=rng.random() < 0.5)[1:-1]

    return f'"{"".join(map(sign, text))}"'


def utf16(one: str) -> Iterator[str]:
    units = one.encode("utf-16-be", "surrogatepass")
    return (chr(int.from_bytes(units[at : at + 2], "big")) for at in range(0, len(units), 2))


def written(tree: Any, rng: random.Random) -> str:
    """A tree as odd but valid JSON: space, escapes, numbers in any form, names that come twice (as pairs)."""
    space = rng.choice(["", "", " ", "\n\t", "\r\n  "])
    if isinstance(tree, str):
        return escaped(tree, rng)
    if isinstance(tree, list) and tree and isinstance(tree[0], tuple):
        members = (f"{escaped(name, rng)}{space}:{space}{written(value, rng)}" for name, value in tree)
        return f"{{{space}{f'{space},{space}'.join(members)}{space}}}"
    if isinstance(tree, list):
        return f"[{space}{f'{space},{space}'.join(written(item, rng) for item in tree)}{space}]"
    if isinstance(tree, dict):
        return written(list(tree.items()), rng) if tree else f"{{{space}}}"
    return json.dumps(tree)


IMAGES = [base64.b64encode(data).decode() for data in (PNG, JPEG, WEBP)]
IMAGES += [f"data:image/png;base64,{IMAGES[0]}", base64.encodebytes(PNG * 3).decode(), f" {IMAGES[1]}\t"]
IMAGES += [
    "",
    "=",
    "AAAA",
    "AA==",
    IMAGES[0][:-1],
    IMAGES[0] + "=",
    IMAGES[0] + "AAAA",
    "é",
    "R0lGODlh",
    "a,b",
]
numbers = st.one_of(
    st.integers(-(10**40), 10**40), st.floats(), st.sampled_from([0, -0.0, 1e-400, 5, 86_400_000, 1.5])
)
plain = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=8), st.sampled_from(IMAGES))
trees = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
entries = st.lists(st.one_of(st.sampled_from(IMAGES), trees), max_size=9) | st.lists(
    plain, min_size=60, max_size=80
)
objects = st.lists(st.tuples(st.sampled_from(["b64_json", "url", "x"]), trees), min_size=1, max_size=4)
timings = st.lists(
    st.tuples(st.sampled_from(["total", "inferenceDuration", "inferenceQueueTime", "x"]), trees), max_size=5
)
member = st.one_of(
    st.tuples(st.just("images"), entries | trees),
    st.tuples(st.just("data"), st.lists(objects | trees, max_size=70) | trees),
    st.tuples(st.just("id"), trees | st.text(max_size=2000)),
    st.tuples(st.just("timing"), timings | trees),
    st.tuples(st.text(max_size=12), trees),
)
answers = st.lists(member, min_size=1, max_size=8) | trees


@tried(100)
@given(answers, st.integers(0, 1 << 30), st.sampled_from([1, 2, 7, 64, 1 << 18]))
def test_it_finds_what_the_standard_library_finds(tree: Any, seed: int, size: int) -> None:
    rng = random.Random(seed)
    text = written(tree, rng)
    # Half signs on their own cannot be written in UTF-8, but as escapes.
    data = rng.choice(["", "", "\ufeff"]).encode() + text.encode("utf-8", "surrogatepass")
    expected = built(data)
    assert laid(data, size) == expected
    # What is spoilt is no JSON for either, or is read alike by both.
    for spoilt in (data[: rng.randrange(len(data) + 1)], data + rng.choice([b"x", b"{}", b"\0", b" \n"])):
        assert laid(spoilt, size) == built(spoilt)
    position = rng.randrange(len(data) + 1)
    odd = rng.choice([b'"', b"\\", b"\n", b"\xff", b",", b"0", b"[", b"}", b"\\u12", b"-", b".5", b"nul"])
    assert laid(data[:position] + odd + data[position:], size) == built(
        data[:position] + odd + data[position:]
    )


@pytest.mark.one_in(4)
@pytest.mark.parametrize(
    "text",
    [
        *(
            "01",
            "-",
            "-0",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1E5",
            "+1",
            "0x1",
            "--1",
            "NaN",
            "-Infinity",
            "-NaN",
            "Inf",
        ),
        *(
            "nul",
            "nulll",
            "True",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{}x",
            '{"a"}',
            '{"a":}',
            '{"a":1,}',
            "{a:1}",
            "[1}",
        ),
        *(
            '"\t"',
            '"\\x41"',
            '"\\u12G4"',
            '"\\u1"',
            '"',
            '"\\',
            "'a'",
            "\ufeff\ufeff{}",
            "//",
            "[]]",
            "",
            " ",
            "[[]",
        ),
        *("9" * 9000, "1" + "0" * 5000 + ".5e3", "[" + "9" * 300_000 + "]", '{"\\ud800":"\\udc00"}'),
    ],
)
@pytest.mark.parametrize("inside", ["%s", '{"images": ["iVBORw0KGgo="], "x": %s}', '{"images": [%s, 1]}'])
def test_it_takes_and_refuses_the_same_texts(text: str, inside: str) -> None:
    data = (inside % text).encode()
    for size in (1, 3, 1 << 18):
        assert laid(data, size) == built(data)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_another_encoding_than_utf_8_is_no_json(encoding: str) -> None:
    data = json.dumps({"images": IMAGES[:1], "x": "é"}, ensure_ascii=False).encode(encoding)
    assert laid(data) is None
    assert built(data) is None


@pytest.mark.parametrize(
    "nested",
    [
        pytest.param(b"[" * 10**5 + b"]" * 10**5, id="lists"),
        pytest.param(b"[" * 10**6 + b"]" * 10**6, id="a million lists", marks=pytest.mark.long),
        pytest.param(b'{"a":' * 30_000 + b"1" + b"}" * 30_000, id="objects"),
        pytest.param(b"[[[[1]]]]," * 20_000 + b"2", id="many"),
    ],
)
def test_depth_neither_recurses_nor_costs_the_images(nested: bytes) -> None:
    listed = b"[" + nested + b"]"
    data = b'{"request":' + listed + b',"images":["' + IMAGES[0].encode() + b'"]}'
    answer = laid(data)
    assert answer[0] == 1
    assert answer[3] == [ImageBytes(PNG, "png", 0)]
    assert laid(data[:-1]) is None


def test_what_holds_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venice.scanner, "MAX_STEPS", 1000)
    assert laid(b"[" * 2000 + b"]" * 2000) is None
    assert laid(b'{"images":[' + b"[]," * 100_000 + b"[]]}")[0] == 100_001


def test_entries_beyond_the_limit_are_counted() -> None:
    for entry in (b"[]", b'"a"', b"1", b'{"a":1}', b'"a,b"', b"[[[[]]]]", b'"\\n"'):
        assert laid(b'{"images":[' + entry + (b", " + entry) * 4999 + b"]}")[0] == 5000


@pytest.mark.parametrize("kind", ["plain", "escaped", "lines", "address", "coded"])
def test_a_large_image_is_decoded_in_pieces(kind: str) -> None:
    rng = random.Random(1)
    image = b"\x89PNG\r\n\x1a\n" + rng.randbytes(7_000_001)
    text = base64.b64encode(image).decode()
    wrapped = {
        "plain": f'"{text}"',
        "escaped": json.dumps(text).replace("/", "\\/"),
        "lines": json.dumps(base64.encodebytes(image).decode()),
        "address": f'"data:image/png;base64,{text}"',
        "coded": '"' + text.replace("A", "\\u0041") + '"',
    }[kind]
    data = b'{"images":["AAAA",' + wrapped.encode() + b"]}"
    for size in (1 << 18, 65_537):
        assert laid(data, size)[3] == [
            Unreadable(0, "neither PNG, JPEG nor WebP"),
            ImageBytes(image, "png", 1),
        ]


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (lambda text: text[:-1], "not base64"),
        (lambda text: text[:3_000_000] + "=" + text[3_000_000:], "not base64"),
        (lambda text: text[:3_000_000] + "é" + text[3_000_001:], "not base64"),
        (lambda text: text + "====", "not base64"),
        (lambda text: text.replace("iVBOR", "AAAAA", 1), "neither PNG, JPEG nor WebP"),
        (lambda text: text * 20, "larger than 64 MB"),
    ],
)
def test_a_large_text_that_is_no_image_says_why(spoilt: Any, reason: str) -> None:
    # A multiple of three bytes: its base64 can be put together.
    text = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4_499_998)).decode()
    data = json.dumps({"images": [spoilt(text)]}).encode()
    assert laid(data)[3] == [Unreadable(0, reason)]


def test_a_body_that_is_the_image_is_bounded_too() -> None:
    image = b"\x89PNG\r\n\x1a\n" + bytes(70_000_000)
    with open_answer(REPLY, Stored(io.BytesIO(image), 0, len(image))) as answer:
        assert list(answer.entries()) == [Unreadable(0, "larger than 64 MB")]


def test_what_comes_before_a_cut_is_found() -> None:
    data = json.dumps({"id": "x", "images": IMAGES[:3]}).encode()
    for end in range(len(data)):
        layout = read_layout(iter(pieces(data[:end], 16)))
        assert not layout.is_whole
        whole = sum(data.find(image.encode()) + len(image) < end for image in IMAGES[:3])
        assert sum(span is not None for span in layout.listed.entries) == whole


def test_an_error_of_many_parts_is_not_built() -> None:
    reply = Reply(**{name: getattr(REPLY, name) for name in REPLY.__slots__} | {"status": 400})
    with pytest.raises(Exception, match="400"):
        open_answer(reply, InMemory([b'{"error": "no", "details": [' + b"[]," * 1_000_000 + b"[]]}"]))


def test_no_image_among_many_says_why() -> None:
    with pytest.raises(
        BadResponse, match=r"None of 3 images can be read: Picture 1 of 3: not base64;"
    ) as caught:
        venice.results.result_from(REPLY, InMemory([b'{"images": ["x", 1, ""]}']))
    assert [entry.reason for entry in caught.value.unreadable] == ["not base64", "not a text", "empty"]
