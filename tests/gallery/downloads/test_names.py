"""Names of files that are taken home."""

import unicodedata

import pytest

from gallery.downloads.names import FIELDS, BadPattern, Unique, check, stem

VALUES = {
    **{"date": "2026-11-26", "time": "09-05-00", "prompt": "a heron, at dawn", "seed": "42"},
    **{"model": "venice-sd35", "style": "Cinematic", "id": "7", "by": "ana", "format": "png"},
}


@pytest.mark.parametrize(
    ("pattern", "values", "name"),
    [
        ("{date}-{prompt}-{seed}", {}, "2026-11-26-a-heron,-at-dawn-42"),
        ("{date}-{prompt}-{seed}", {"seed": ""}, "2026-11-26-a-heron,-at-dawn"),
        ("{seed}-{prompt}", {"seed": ""}, "a-heron,-at-dawn"),
        ("{id} {by} {model} {style} {time}", {}, "7 ana venice-sd35 Cinematic 09-05-00"),
        ("{format}-{seed}", {}, "png-42"),
        ("{prompt}", {"prompt": "../../etc/passwd"}, "etc-passwd"),
        ("{prompt}", {"prompt": 'a<b>c:"d"|e?f*g\\h\0\x07'}, "a-b-c-d-e-f-g-h"),
        ("{prompt}", {"prompt": "CON"}, "_CON"),
        ("{prompt}", {"prompt": "lpt1.x"}, "_lpt1.x"),
        ("{prompt}", {"prompt": "nul .png"}, "nul-png"),
        ("{prompt}", {"prompt": "COM¹"}, "_COM¹"),
        ("{prompt}", {"prompt": "trailing dots ... "}, "trailing-dots"),
        ("{prompt}", {"prompt": "\u202egnp.exe\u2066\u200b"}, "gnp.exe"),
        ("{prompt}", {"prompt": "cafe\u0301"}, "caf\u00e9"),
        ("{prompt}", {"prompt": "\u200b \ud800 ..."}, "picture-7"),
        ("{prompt}-{seed}", {"prompt": "橘" * 100}, "橘" * 26 + "-42"),
        ("{prompt}", {"prompt": "-rf *"}, "rf"),
    ],
)
def test_a_name_is_safe_everywhere(pattern: str, values: dict[str, str], name: str) -> None:
    assert stem(pattern, VALUES | values) == name


@pytest.mark.parametrize(
    "text", ["é" * 500, "e\u0301\u0323" * 300, "🌊" * 300, "x" * 10_000, "a" * 79 + "e\u0323\u0301"]
)
def test_a_long_name_is_cut_between_characters(text: str) -> None:
    name = stem(
        "{prompt}-{model}-{style}-{by}", VALUES | dict.fromkeys(("prompt", "model", "style", "by"), text)
    )
    assert 0 < len(name.encode()) <= 150
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{date}-{promt}", "no {promt}"),
        ("{date", "brace"),
        ("{date}}", "brace"),
        ("{a{date}", "brace"),
        ("{date}/{id}", "'/'"),
        ("{date}:{id}", "':'"),
        ("name", "same name"),
    ],
)
def test_a_pattern_that_names_nothing_is_refused(pattern: str, words: str) -> None:
    with pytest.raises(BadPattern, match=words):
        check(pattern)


def test_the_ending_is_put_behind_by_us() -> None:
    assert check(" {date}-{prompt}-{seed}.{format} ") == "{date}-{prompt}-{seed}"
    assert check(" ".join(f"{{{field}}}" for field in FIELDS))


def test_no_name_is_there_twice() -> None:
    unique = Unique("pictures.csv")
    assert unique.name("pictures", "csv") == "pictures-2.csv"
    names = [
        unique.name(stem, "png") for stem in ("Café", "cafe\u0301", "CAFÉ", "café-2", "Straße", "STRASSE")
    ]
    assert names == [
        "Café.png",
        "cafe\u0301-2.png",
        "CAFÉ-3.png",
        "café-2-2.png",
        "Straße.png",
        "STRASSE-2.png",
    ]


def test_thousands_of_one_name_are_numbered_in_a_moment() -> None:
    """Each is asked for once or twice, not for every number before it."""
    unique, asked = Unique(), 0
    key = Unique._key

    def counted(name: str) -> str:
        nonlocal asked
        asked += 1
        return key(name)

    unique._key = counted  # type: ignore[method-assign]
    found = [unique.name("2026-11-26", "webp") for _ in range(2_000)]
    assert found[-1] == "2026-11-26-2000.webp"
    assert len(set(found)) == 2_000
    assert asked < 10_000
