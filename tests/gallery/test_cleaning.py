"""Text is made fit to keep, and nothing that can be seen is lost."""

import unicodedata

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from gallery.text import clean_text, is_blank, is_encodable, unreadable_fields


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        pytest.param("  a bridge \n", "a bridge", id="trimmed"),
        pytest.param("a\r\nb\rc\nd", "a\nb\nc\nd", id="B7 line ends"),
        pytest.param("a\tb", "a\tb", id="tab stays"),
        pytest.param("red\x1b[31m\x07\x08 sky\x00", "red[31m sky", id="B4 C0"),
        pytest.param("a\x85\x9bb\x7fc", "abc", id="B4 C1 and DEL"),
        pytest.param("Cafe\u0301", "Café", id="B6 NFC"),
        pytest.param("\u202egnorw\u2066x\u2069", "\u202egnorw\u2066x\u2069", id="B5 bidi stays"),
        pytest.param("👩\u200d🚀", "👩\u200d🚀", id="joined emoji stay"),
        pytest.param("\u200b", "", id="B2 zero width space"),
        pytest.param("\ufeff\u2060\u00ad \n", "", id="B2 nothing to see"),
        pytest.param("", "", id="B1 empty"),
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
    """B14: Django alone would read them as U+FFFD."""
    request = RequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")

    assert unreadable_fields(request) == names


def test_it_finds_broken_bytes_of_a_multipart_form_and_of_an_address() -> None:
    """B14"""
    body = b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n\xff\xfe\r\n--x--\r\n'
    posted = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=x")

    assert unreadable_fields(posted) == {"prompt"}
    assert unreadable_fields(RequestFactory().get("/", query_params=None, QUERY_STRING="q=%FF&p=a")) == {"q"}
