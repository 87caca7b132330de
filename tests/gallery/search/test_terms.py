"""Terms of a search are exchanged, and the rest of the text stays as it was typed."""

import pytest

from gallery import search
from gallery.models import User
from gallery.models.vocabulary import read_query

MODEL = "model:qwen-image"


def is_model(term: search.Term) -> bool:
    return term.name == "model" and not term.negated


@pytest.mark.parametrize(
    ("text", "without", "with_it"),
    [
        ("", "", MODEL),
        ("cat", "cat", f"{MODEL} cat"),
        ("model:flux", "", MODEL),
        ("a model:flux cat", "a cat", f"a {MODEL} cat"),
        ("MODEL:Flux cat", "cat", f"{MODEL} cat"),
        ("model\uff1aflux \u6a58\u732b", "\u6a58\u732b", f"{MODEL} \u6a58\u732b"),
        ('model:"Flux Dev" cat', "cat", f"{MODEL} cat"),
        ("model:a cat model:b", "cat", f"{MODEL} cat"),
        ("-model:flux cat", "-model:flux cat", f"{MODEL} -model:flux cat"),
        ('"model:flux" cat', '"model:flux" cat', f'{MODEL} "model:flux" cat'),
        ('cat "a pho', 'cat "a pho', f'{MODEL} cat "a pho'),
        ('cat model:"fl', "cat", f"cat {MODEL}"),
        ("\u201ca phrase\u201d model:x", "\u201ca phrase\u201d", f"\u201ca phrase\u201d {MODEL}"),
        ("  cat \u00a0  dog ", "cat dog", f"{MODEL} cat dog"),
        ('cat "" dog', "cat dog", f"{MODEL} cat dog"),
        ('model:"" cat', "cat", f"{MODEL} cat"),
        ("model: cat", "model: cat", f"{MODEL} model: cat"),
        ("colour:red cfg:many cat", "colour:red cfg:many cat", f"{MODEL} colour:red cfg:many cat"),
        ("caf\u00e9 \ufb01sh model:x", "caf\u00e9 fish", f"caf\u00e9 fish {MODEL}"),
        ("model_id:x cat", "model_id:x cat", f"{MODEL} model_id:x cat"),
        ("http://model:x", "http://model:x", f"{MODEL} http://model:x"),
    ],
)
def test_one_term_is_exchanged_and_the_others_stay(text: str, without: str, with_it: str) -> None:
    assert search.exchange(text, is_model) == without
    assert search.exchange(text, is_model, MODEL) == with_it
    assert search.exchange(with_it, is_model, MODEL) == with_it


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("42", "seed:42"),
        ("Film Noir", 'seed:"Film Noir"'),
        ('a "b" c', 'seed:"a ""b"" c"'),
        ('x"', 'seed:"x"""'),
        ('"', 'seed:""""'),
        ("\u201chi\u201d", 'seed:"\u201c\u201chi\u201d\u201d"'),
        ("//x", 'seed:"//x"'),
        ("16:9", "seed:16:9"),
    ],
)
def test_an_operator_is_written_as_it_is_read(value: str, written: str) -> None:
    assert search.operator("seed", value) == written
    (term,) = search.terms(written)
    assert (term.name, term.value) == ("seed", value)


@pytest.mark.parametrize(
    "text", ["castl", 'a "tall castl', "castl*", "-dog castl", "castl colour:red", "\u6a58"]
)
def test_what_is_put_in_leaves_the_meaning_of_the_rest(alice: User, text: str) -> None:
    before = read_query(text, alice)
    after = read_query(search.exchange(text, is_model, "is:mine"), alice)
    assert (after.words, after.problems) == (before.words, before.problems)
    assert len(after.filters) == len(before.filters) + 1


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("", ""),
        ("tag:old cat", 'tag:"the new" cat'),
        ("cat -TAG:Old", 'cat -tag:"the new"'),
        ('tag:"old"', 'tag:"the new"'),
        ("tag:older in:old old", "tag:older in:old old"),
        ('"tag:old" a', '"tag:old" a'),
        ("tag:old dog tag:old", 'tag:"the new" dog tag:"the new"'),
        ("\uff54\uff41\uff47\uff1aold \u6a58\u732b", 'tag:"the new" \u6a58\u732b'),
    ],
)
def test_the_value_of_an_operator_is_renamed_where_it_stands(text: str, renamed: str) -> None:
    assert search.renamed(text, "tag", lambda value: value.casefold() == "old", "the new") == renamed
