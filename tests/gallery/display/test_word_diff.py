"""The difference of two texts: every word of both is in it, in order, and what stayed is not said to have changed."""

from random import Random

import pytest

from gallery.display.word_diff import Difference, Piece, difference, tokens


def told(found: Difference) -> str:
    """`a [-red-]{+blue+} cat`."""
    marks = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}
    return "".join(f"{marks[kind][0]}{text}{marks[kind][1]}" for kind, text in found.pieces)


def both(found: Difference) -> tuple[str, str]:
    old = "".join(text for kind, text in found.pieces if kind != "added")
    return old, "".join(text for kind, text in found.pieces if kind != "removed")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a cat", "a cat", "a cat"),
        ("a red cat on a wall", "a blue cat on a wall", "a [-red-]{+blue+} cat on a wall"),
        ("a cat", "a cat on a wall", "a cat{+ on a wall+}"),
        ("a grey cat, asleep", "cat, asleep", "[-a grey -]cat, asleep"),
        (
            "red cat on wall, night",
            "blue dog by house, night",
            "[-red cat on wall-]{+blue dog by house+}, night",
        ),
        ("a, b, c", "a, c, c", "a, [-b-]{+c+}, c"),
        ("橘猫坐在墙上", "黑猫坐在高墙上", "[-橘-]{+黑+}猫坐在{+高+}墙上"),
        ("a 猫 here", "a 犬 here", "a [-猫-]{+犬+} here"),
        ("un café noir", "un café crème", "un café [-noir-]{+crème+}"),
        ("ที่นี่", "ที่นั่น", "ที่[-นี่-]{+นั่น+}"),
        ("two\nlines", "two\n\nlines", "two[-\n-]{+\n\n+}lines"),
        ("👩‍🚀 in space", "👨‍🚀 in space", "[-👩‍🚀-]{+👨‍🚀+} in space"),
        ("", "a cat", "{+a cat+}"),
        ("a cat", "", "[-a cat-]"),
        ("<b>&", "<i>&", "<[-b-]{+i+}>&"),
    ],
)
def test_what_has_changed_is_marked_word_by_word(old: str, new: str, expected: str) -> None:
    found = difference(old, new)
    assert told(found) == expected
    assert not found.is_coarse


def test_a_phrase_that_moved_or_was_put_in_between_leaves_the_rest_alone() -> None:
    old = "A lighthouse on a cliff, at dusk, long exposure, soft light, film grain, 35 mm"
    new = "A tall lighthouse on a cliff above the sea, at dusk, soft light, fine film grain, 35 mm, no people"
    assert told(difference(old, new)) == (
        "A {+tall +}lighthouse on a cliff{+ above the sea+}, at dusk, [-long exposure, -]soft light, "
        "{+fine +}film grain, 35 mm{+, no people+}"
    )


@pytest.mark.parametrize("words", [("a", "b"), ("cat", "dog", "on", "wall", ",", "\n"), tuple("猫犬墙上ก็")])
def test_both_texts_are_whole_in_it(words: tuple[str, ...]) -> None:
    random = Random(11)
    for _ in range(300):
        old, new = (" ".join(random.choices(words, k=random.randrange(40))) for _ in range(2))
        found = difference(old, new)
        assert both(found) == (old, new)
        neighbours = zip(found.pieces, found.pieces[1:], strict=False)
        assert all(before.kind != after.kind for before, after in neighbours)
        assert found.is_coarse is False


def test_what_is_too_different_is_told_as_a_whole_with_its_ends_kept() -> None:
    random = Random(7)
    old, new = (f"Begin {' '.join(random.choices('abcdef', k=16_000))} end" for _ in range(2))
    found = difference(old, new)
    assert found.is_coarse
    assert both(found) == (old, new)
    assert found.pieces[0].text.startswith("Begin ")
    assert found.pieces[-1].text.endswith(" end")


def test_very_many_changes_are_not_drawn_one_by_one() -> None:
    old = [f"{number:05x}" for number in range(5_000)]
    new = [word if number % 2 else "x" for number, word in enumerate(old)]
    found = difference(" ".join(old), " ".join(new))
    assert found.is_coarse
    assert len(found.pieces) <= 3_002
    assert both(found) == (" ".join(old), " ".join(new))


def test_tokens_are_words_signs_and_letters_of_unspaced_scripts() -> None:
    assert tokens("Don't  stop!") == ["Don", "'", "t", "  ", "stop", "!"]
    assert tokens("ที่ é🎨!!") == ["ที่", " ", "é", "🎨", "!", "!"]
    assert difference("a", "a").pieces == [Piece("same", "a")]
