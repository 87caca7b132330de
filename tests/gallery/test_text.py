"""Text is made fit to keep, and nothing that can be seen is lost."""

import sys
import time
import unicodedata

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from gallery.text import (
    MAX_DEPTH,
    NFC_JOINS,
    clean_name,
    clean_text,
    is_blank,
    is_encodable,
    normalize,
    storable,
    unreadable_fields,
)

# Letters, marks of many classes, what is taken apart into marks alone (U+0F73, U+FF9E), Hangul, ligatures.
TRICKY = "ae\u00e9\u01d5\u0300\u0301\u0308\u0316\u0323\u0327\u0345\u034f\u0488\u05b0\u093c\u0344"
TRICKY += "\u0f71\u0f72\u0f73\u0f75\u0f81"
TRICKY += "\u1100\u1161\u11a8\uac00\u1e9b\u2126\u3099\ufb2c\ufdfa\uff9e\uff9f\uff76\U0001d15e\U0001d16d \n"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("  a bridge \n", "a bridge", id="trimmed"),
        pytest.param("a\r\nb\rc\nd", "a\nb\nc\nd", id="line ends"),
        pytest.param("a\tb", "a\tb", id="tab stays"),
        pytest.param("red\x1b[31m\x07\x08 sky\x00", "red[31m sky", id="C0"),
        pytest.param("a\x84\x9bb\x7fc", "abc", id="C1 and DEL"),
        pytest.param("a\x85b\x85", "a\nb", id="NEL"),
        pytest.param("Cafe\u0301", "Café", id="NFC"),
        pytest.param("\u202egnorw\u2066x\u2069", "\u202egnorw\u2066x\u2069", id="bidi stays"),
        pytest.param("👩\u200d🚀", "👩\u200d🚀", id="joined emoji stay"),
        pytest.param("\u200b", "", id="zero width space"),
        pytest.param("\ufeff\u2060\u00ad \n", "", id="nothing to see"),
        pytest.param("\u3164 \u2800\ufe0f", "", id="fillers"),
        pytest.param("\u115f\u1160\uffa0", "", id="fillers of syllables"),
        pytest.param("\u2800\u2803", "\u2800\u2803", id="braille"),
        pytest.param("", "", id="empty"),
    ],
)
def test_it_cleans(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


@given(st.text())
def test_it_is_stable_and_free_of_controls(text: str) -> None:
    clean = clean_text(text)

    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in clean)
    assert clean == "" or not is_blank(clean)


@given(st.text(TRICKY, max_size=40).map(lambda text: text * 3), st.sampled_from(["NFC", "NFKC"]))
def test_its_normal_form_is_that_of_unicode(text: str, form: str) -> None:
    normal = normalize(form, text)  # type: ignore[arg-type]

    assert normal == unicodedata.normalize(form, text)  # type: ignore[arg-type]
    assert normalize(form, normal) == normal  # type: ignore[arg-type]


@given(st.text(TRICKY, min_size=60, max_size=200))
def test_equal_texts_become_the_same(text: str) -> None:
    apart, together = unicodedata.normalize("NFD", text), unicodedata.normalize("NFC", text)

    assert clean_text(text) == clean_text(apart) == clean_text(together)
    assert clean_text(clean_text(text)) == clean_text(text)


def test_all_that_may_be_marks_is_put_in_order() -> None:
    """Of all of Unicode; and NFC shortens a text as far as is said, at most."""
    everything = [chr(number) for number in range(sys.maxunicode + 1)]
    becoming_marks = [c for c in everything if unicodedata.combining(unicodedata.normalize("NFKD", c)[0])]

    assert min(becoming_marks) == "\u0300"
    assert max(len(unicodedata.normalize("NFD", character)) for character in everything) == NFC_JOINS


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
@pytest.mark.parametrize("marks", ["\u0300\u0323", "\u0f73", "\uff9e\u093c", "\u0344\u0316"])
def test_many_marks_cost_what_other_text_does(form: str, marks: str) -> None:
    text = "a" + marks * (60_000 // len(marks))
    before = time.thread_time()

    normal = normalize(form, text)  # type: ignore[arg-type]

    assert time.thread_time() - before < 0.2
    assert normalize(form, normal) == normal  # type: ignore[arg-type]


def test_a_letter_under_a_heap_of_marks_is_kept() -> None:
    heap = "".join(chr(0x300 + number % 0x30) for number in range(300))
    kept = clean_text(f"Z{heap}algo")

    assert kept == unicodedata.normalize("NFC", f"Z{heap}algo")
    assert len(kept) >= 300


def test_text_that_cannot_come_within_the_limit_is_left_as_it_is() -> None:
    letters, beyond = "e\u0301" * 20, "e\u0301" * 21

    assert clean_text(letters, 10) == "é" * 20
    assert clean_text(beyond, 10) == beyond
    assert clean_name("ａ" * 150) == "a" * 150
    assert clean_name("ａ" * 151) == "ａ" * 151


def test_json_may_be_nested_deeply() -> None:
    tree: object = "x\0"
    for _ in range(900):
        tree = [tree]

    kept = storable({"id": "a\0b", "deep": tree, "odd": float("nan")})

    assert kept["id"] == "ab"
    assert kept["odd"] is None
    depth, inner = 1, kept["deep"]
    while inner is not None:
        depth, inner = depth + 1, inner[0]
    assert depth == MAX_DEPTH


def test_it_knows_what_cannot_be_encoded() -> None:
    assert is_encodable("a 😀 �")
    assert not is_encodable("a \ud800")


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"prompt=%FF%FE&model=a", {"prompt"}),
        (b"prompt=%ED%A0%80", {"prompt"}),
        (b"prompt=\xff", {"prompt"}),
        (b"prompt=%EF%BF%BD", set()),
        (b"prompt=a+b%C3%A9", set()),
        (b"prompt=%FF&prompt=fine", {"prompt"}),
    ],
)
def test_it_finds_broken_bytes_of_a_form(body: bytes, names: set[str]) -> None:
    """Django alone would read them as U+FFFD."""
    request = RequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")

    assert unreadable_fields(request) == names


def test_it_finds_broken_bytes_of_a_multipart_form_and_of_an_address() -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xff\xfe\r\n--x--\r\n'
    posted = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=x")

    assert unreadable_fields(posted) == {"prompt"}
    assert unreadable_fields(RequestFactory().get("/", query_params=None, QUERY_STRING="q=%FF&p=a")) == {"q"}
