"""What people type into the search box, read into a query: terms that must all hold, and what cannot be searched.

Words, "a phrase", beginn*, -word, and operators `name:value`. Nothing that is typed is dropped in silence: a part
that has no meaning becomes a problem, and the rest is searched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_

from django.db.models import Q

from gallery.search.document import MAX_WORD, words
from gallery.search.filters import Filter, Vocabulary
from gallery.search.operators import NO_VALUE, OPERATORS, read_filter
from gallery.search.problems import Problem
from gallery.text import QUOTES, fold, letter_kind, normalize

MAX_WORDS = 10
MAX_FILTERS = 20
# So much fits into an address in any script, also behind `?next=` of the sign-in page, which escapes it twice.
MAX_QUERY = 500

_UNUSABLE = re.compile("[\x00-\x20\x7f-\x9f\ud800-\udfff]+")
# A minus before a letter, a sign or a quote takes away; `--ar` is a word. `16:9` and `http://…` are no operators.
# Within the quotes of a value a quote is written twice.
_TERM = re.compile(
    r"""(?P<minus>-(?=[^\s-]))?(?:
        (?P<name>[^\W\d_][\w-]*):(?!//)(?:"(?P<quoted>(?:[^"]|"")*)"?|(?P<bare>[^\s"]\S*))
        |(?P<nothing>"\s?"(?!\S))
        |"(?P<phrase>[^"]*[^"\s][^"]*)(?P<close>"?)
        |(?P<word>\S+))""",
    re.VERBOSE,
)
_TWICE = re.compile('(["\u201c-\u201f])["\u201c-\u201f]')


@dataclass(frozen=True, slots=True)
class Words:
    """Words that follow each other; the last may be a beginning. `literal`, when signs count, must occur as it is."""

    words: tuple[str, ...]
    literal: str = ""
    is_prefix: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search: `text` as it was typed, its terms, and the parts of it that are not searched."""

    text: str
    words: tuple[Words, ...] = ()
    filters: tuple[Filter, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def condition(self) -> Q:
        """What its operators ask of a picture's columns; its words are asked by documents."""
        return reduce(and_, (each.condition for each in self.filters), Q())

    @property
    def is_of_chosen(self) -> bool:
        """Whether it asks for what people have chosen a picture at a time: then no cover stands for its stack."""
        return any(each.chosen for each in self.filters)

    @property
    def walked(self) -> Filter | None:
        """The one whose table is joined, if any: of two, databases would not know with which to begin."""
        joined = [each for each in self.filters if each.is_joined]
        return next((each for each in joined if each.is_few), joined[0] if joined else None)

    @property
    def is_of_few(self) -> bool:
        """Whether it asks for something that people have chosen so seldom that each may be looked at."""
        return any(each.chosen and each.is_few for each in self.filters)

    @property
    def model(self) -> Filter | None:
        """The first that asks for a single model; None where none does."""
        return next((each for each in self.filters if each.is_of_one_model), None)

    @property
    def timed(self) -> tuple[Filter, ...]:
        """Those that are only met by pictures made from one moment on, or before one."""
        return tuple(each for each in self.filters if each.span)

    def without(self, one: Filter) -> "Query":
        """The same but for that filter."""
        return replace(self, filters=tuple(each for each in self.filters if each is not one))

    @property
    def typed(self) -> str:
        """`text` as it stands in a search box: behind an operator with a space, or the next word would be its value."""
        terms = list(parted(normalize("NFKC", self.text))) if self.filters or self.problems else []
        return f"{self.text} " if terms and terms[-1]["name"] else self.text

    def __bool__(self) -> bool:
        return bool(self.words or self.filters or (self.text and self.problems))


def cleaned(text: str) -> str:
    """A search as it is kept and shown: in NFC, with single spaces, without what cannot be typed."""
    return normalize("NFC", " ".join(_UNUSABLE.sub(" ", text).split()))


def parted(normal: str) -> Iterator[re.Match[str]]:
    """The terms of a search in NFKC, with straight quotes; quotes around nothing are none."""
    return (term for term in _TERM.finditer(normal.translate(QUOTES)) if term["nothing"] is None)


def value_of(term: re.Match[str], normal: str) -> str:
    """What an operator among the terms of `normal` asks for, with the quotes of a name as they were typed."""
    if term["quoted"] is not None:
        return _TWICE.sub(r"\1", normal[slice(*term.span("quoted"))])
    return normal[slice(*term.span("bare"))]


def parse(text: str, vocabulary: Vocabulary | None = None) -> Query:
    """Read a search. Values of operators are compared with `vocabulary`; without one there are no operators."""
    typed = cleaned(text[:MAX_QUERY])
    normal = normalize("NFKC", typed)
    terms = list(parted(normal))
    last = _last_word(terms, vocabulary)
    searched: list[Words] = []
    filters: list[Filter] = []
    problems: list[Problem] = []
    if len(text) > MAX_QUERY:
        problems.append(Problem("", f"Only the first {MAX_QUERY} characters are searched."))
    for term in terms:
        if term["name"] and vocabulary:
            _read_operator(term, value_of(term, normal), vocabulary, filters, problems)
        elif message := _unfinished(term, vocabulary):
            problems.append(Problem(term[0], message))
        elif (each := _read_words(term, is_last=term is last)) and len(searched) < MAX_WORDS:
            searched.append(each)
        elif each:
            problems.append(
                Problem(term[0], f"Only the first {MAX_WORDS} words are searched; this one is not.")
            )
    return Query(typed, tuple(searched), tuple(filters), tuple(problems))


def _last_word(terms: list[re.Match[str]], vocabulary: Vocabulary | None) -> re.Match[str] | None:
    """The one that may be a beginning, whatever is asked for behind it: operators, phrases, what is taken away."""
    for term in reversed(terms):
        is_operator = vocabulary and term["name"]
        is_word = not (is_operator or term["minus"] or term["close"] or _unfinished(term, vocabulary))
        if is_word and fold(term[0]):
            return term
    return None


def _unfinished(term: re.Match[str], vocabulary: Vocabulary | None) -> str:
    """What is missing behind a minus, or the colon of an operator."""
    word = term["word"] or ""
    if word == "-":
        return "A minus takes away what stands right behind it."
    return NO_VALUE if vocabulary and word.endswith(":") and fold(word[:-1]) in OPERATORS else ""


def _read_operator(
    term: re.Match[str],
    value: str,
    vocabulary: Vocabulary,
    filters: list[Filter],
    problems: list[Problem],
) -> None:
    read = read_filter(term["name"], value, bool(term["minus"]), vocabulary)
    if isinstance(read, Filter) and len(filters) >= MAX_FILTERS:
        read = Problem(term[0], f"Only the first {MAX_FILTERS} operators are searched; this one is not.")
    if isinstance(read, Filter):
        filters.append(read)
    else:
        problems.append(replace(read, part=term[0]))


def _read_words(term: re.Match[str], *, is_last: bool) -> Words | None:
    """None for what cannot be seen, such as a zero-width space."""
    quoted, negated = term["phrase"] is not None, bool(term["minus"])
    typed = fold(term["phrase"] if quoted else term[0][len(term["minus"] or "") :])
    is_cut = not quoted and len(typed) > 1 and typed[-1] == "*" and bool(letter_kind(typed[-2]))
    typed = typed[:-1] if is_cut else typed
    parts = tuple(words(typed, is_open=True))
    if not typed:
        return None
    may_go_on = is_cut or is_last
    ends_open = letter_kind(typed[-1]) == "unspaced"
    is_prefix = bool(parts) and bool(letter_kind(typed[-1])) and (may_go_on or ends_open)
    # Whole words beside each other need no second look at the text; signs, and what the index has cut, do.
    plain = all(letter_kind(character) or (quoted and character == " ") for character in typed)
    literal = "" if plain and not any(len(word) == MAX_WORD for word in parts) else typed
    return Words(parts, literal, is_prefix, negated)
