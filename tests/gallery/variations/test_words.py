"""Words to choose between: every combination once, counted before it is written, and errors at their place."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gallery.variations.words import DEEPEST, WrongWords, plain, read

texts = st.text(st.sampled_from("ab {|}\\\n"), max_size=40)


@st.composite
def written(draw: st.DrawFn, depth: int = 3) -> tuple[str, list[str]]:
    """A text with choices, and all that it stands for in order."""
    pieces: list[tuple[str, list[str]]] = []
    for _ in range(draw(st.integers(0, 3))):
        if depth and draw(st.booleans()):
            inner = [draw(written(depth=depth - 1)) for _ in range(draw(st.integers(2, 3)))]
            braces = "{" + "|".join(text for text, _ in inner) + "}"
            pieces.append((braces, [each for _, meant in inner for each in meant]))
        else:
            text = draw(texts)
            pieces.append((plain(text), [text]))
    meant = ["".join(parts) for parts in product(*(each for _, each in pieces))]
    return "".join(text for text, _ in pieces), meant


@given(written())
def test_it_stands_for_every_combination_in_order(drawn: tuple[str, list[str]]) -> None:
    text, meant = drawn
    found = read(text)

    assert found.count == len(meant)
    assert found.texts() == meant


@given(texts)
def test_what_is_made_plain_means_itself(text: str) -> None:
    assert read(plain(text)).texts() == [text]


@given(texts)
def test_whatever_is_typed_is_read_or_told_at_its_place(text: str) -> None:
    wrong: WrongWords | None = None
    try:
        found = read(text)
    except WrongWords as error:
        wrong = error
    if wrong is None:
        assert found.count > 999 or len(found.texts()) == found.count
        return
    line = text.split("\n")[wrong.line - 1]
    assert line[wrong.column - 1 :].startswith(wrong.piece.rstrip("…"))
    assert line[wrong.column - 1] in "{}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", [""]),
        ("a | b", ["a | b"]),
        ("{dawn|noon}", ["dawn", "noon"]),
        ("{a|a|b}", ["a", "a", "b"]),
        ("a{ red|} door", ["a red door", "a door"]),
        ("{a|{b|c} d}{1|2}", ["a1", "a2", "b d1", "b d2", "c d1", "c d2"]),
        (r"\{a\|b\} \\ \n", [r"{a|b} \ \n"]),
        ("\\", ["\\"]),
    ],
)
def test_examples(text: str, meant: list[str]) -> None:
    assert read(text).texts() == meant


@pytest.mark.parametrize(
    ("text", "line", "column", "piece", "words"),
    [
        ("a {b|c", 1, 3, "{b|c", "never closed"),
        ("a\nbc} d", 2, 3, "} d", "closes nothing"),
        ("{a}", 1, 1, "{a}", "nothing to choose"),
        ("x {{a|b}", 1, 3, "{{a|b}", "never closed"),
        ("{" * (DEEPEST + 1), 1, DEEPEST + 1, "{", "at most 20 deep"),
        ("é {" + "long " * 9, 1, 3, "{long long long long lon…", "never closed"),
    ],
)
def test_a_wrong_one_is_told_at_its_place(text: str, line: int, column: int, piece: str, words: str) -> None:
    with pytest.raises(WrongWords) as told:
        read(text)

    wrong = told.value
    assert (wrong.line, wrong.column, wrong.piece) == (line, column, piece)
    assert words in wrong.message
    assert piece in str(wrong)


def test_more_than_anybody_could_write_down_is_counted_at_once() -> None:
    began = time.process_time()

    assert read("{a|b|c|d|e|f|g|h}" * 1900).count == 8**1900
    assert time.process_time() - began < 2
