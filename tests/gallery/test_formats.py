"""Sizes and lengths of time: written, and read from what people and programs write."""

from datetime import timedelta

import pytest

from gallery.formats import about, age, megapixels, read_sides, sides
from venice.operations.ratio import read_ratio


@pytest.mark.parametrize(
    "text", ["1024x768", "1024×768", "1024 × 768", " 1024X768 ", "1024*768", "01024x768"]
)
def test_a_size_is_read_however_it_was_written(text: str) -> None:
    assert read_sides(text) == (1024, 768)


@pytest.mark.parametrize(
    "text", ["", "x", "1024", "1024x", "x768", "1024:768", "-1x5", "1e3x5", "٣x٤", "9" * 10 + "x1"]
)
def test_what_is_no_size_is_none(text: str) -> None:
    assert read_sides(text) is None


def test_what_was_written_is_read() -> None:
    assert [read_sides(sides(1152, 864, sign)) for sign in (" × ", "×", "x")] == [(1152, 864)] * 3
    assert sides(1152, 864) == "1152 × 864"


def test_a_ratio_has_two_numbers_above_nought() -> None:
    assert [read_ratio(text) for text in ("16:9", "16x9", "16 / 9")] == [(16, 9)] * 3
    assert [read_ratio(text) for text in ("auto", "0:9", "16:0", "٣:٤", "1234567:1")] == [None] * 5


def test_megapixels_have_a_decimal_where_it_tells_something() -> None:
    assert [megapixels(pixels) for pixels in (64_000_000, 16_777_216)] == ["64 megapixels", "16.8 megapixels"]


def test_how_long_something_takes_is_round() -> None:
    spans = {
        0: "a few seconds",
        2.9: "a few seconds",
        3: "about 3 s",
        12.4: "about 12 s",
        41: "about 40 s",
        90: "about 2 min",
    }
    assert [about(timedelta(seconds=seconds)) for seconds in spans] == list(spans.values())


def test_an_age_is_a_whole_number_of_its_unit() -> None:
    spans = {
        -5: "0 s",
        40.9: "40 s",
        119: "119 s",
        120: "2 min",
        7199: "119 min",
        7200: "2 h",
        172_800: "2 days",
    }
    assert [age(timedelta(seconds=seconds)) for seconds in spans] == list(spans.values())
