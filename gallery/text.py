"""What people type, made fit to keep: normal form, plain line ends, no controls, no broken bytes."""

import math
import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest, QueryDict

from venice.operations import MAX_PROMPT

MAX_NAME = 150
#: NFC never makes one character of more than these.
NFC_JOINS = 4
# Levels of JSON that are kept; Venice's catalogue has six.
MAX_DEPTH = 50
REPLACEMENT = "\ufffd"
# C0 but tab and line feed, DEL, C1. They move cursors and colour terminals; no model draws them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Format characters (zero width, soft hyphen, marks of direction), spaces and separators: nothing to see.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})
# Letters and signs without a picture: fillers of Hangul, the braille pattern without dots.
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_NOTHING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Accents of Latin and Greek letters; in other scripts a mark makes another letter.
_ACCENTS = re.compile("([A-Za-z\u0370-\u03ff])[\u0300-\u036f]+")
# Joiners, soft hyphens, marks of direction, choices of a glyph.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
)
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Han, kana and Bopomofo.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
# Marks that combine, and what is taken apart into such marks alone, all lie from U+0300 on.
_MAY_BE_MARKS = re.compile("[\u0300-\U0010ffff]{31,}")


def normalize(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """What `unicodedata.normalize` makes of `text`, in a time that grows with its length and no faster.

    That function puts the marks of one letter in order one by one: a megabyte of them takes it a minute, in
    which no thread of the process runs. Marks that are in order already cost it nothing, and sorting is fast.
    """
    if text.isascii():
        return text
    apart: Literal["NFD", "NFKD"] = "NFD" if form == "NFC" else "NFKD"
    return unicodedata.normalize(form, _MAY_BE_MARKS.sub(lambda run: _in_order(apart, run[0]), text))


def _in_order(form: Literal["NFD", "NFKD"], text: str) -> str:
    """`text` in `form`: each character taken apart, then the marks after each letter sorted by their class."""
    apart = "".join([unicodedata.normalize(form, character) for character in text])
    pieces: list[str] = []
    for are_marks, run in groupby(apart, key=lambda character: unicodedata.combining(character) > 0):
        characters = list(run)
        if are_marks:
            characters.sort(key=unicodedata.combining)
        pieces += characters
    return "".join(pieces)


def clean_text(text: str, limit: int = MAX_PROMPT) -> str:
    """`text` in NFC, trimmed, with LF for each line end (NEL, U+2028 too) and no control characters but tab and LF.

    Surrogates are kept: they are not ours to mend. Text of which nothing could be seen becomes the empty
    string. The length of the outcome is what a `limit` counts; text that could not come within it is left
    without a normal form, since nobody will use it.
    """
    lines = _LINE_ENDS.sub("\n", text)
    clean = _CONTROLS.sub("", lines).strip()
    if len(clean) <= NFC_JOINS * limit:
        clean = normalize("NFC", clean).strip()
    return "" if is_blank(clean) else clean


def fold(text: str) -> str:
    """`text` as a search compares it: any Unicode form, case, accent, curly quote and run of spaces like any other."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = normalize("NFKD", normalize("NFKD", _UNSEEN.sub("", text)).casefold())
    whole = normalize("NFKC", _ACCENTS.sub(r"\1", apart)).translate(QUOTES)
    return " ".join(whole.split())


@lru_cache(65_536)
def letter_kind(character: str) -> Literal["", "spaced", "unspaced"]:
    """The kind of script of a letter, digit or mark, by whether spaces part its words; empty for other characters."""
    if not character.isalnum() and not unicodedata.category(character).startswith("M"):
        return ""
    return "unspaced" if _UNSPACED.match(character) else "spaced"


def clean_name(text: str) -> str:
    """A member's name in NFKC, as it is stored. One that is too long comes back as it is, to be refused."""
    return text if len(text) > MAX_NAME else normalize("NFKC", text)


def clean_label(text: str) -> str:
    """A tag's or collection's name as it is kept: NFC in one line, nothing unseen; to be refused when it is too long.

    Marks of direction go with the unseen: a name must not turn the words around it.
    """
    return " ".join(normalize("NFC", _UNSEEN.sub("", _CONTROLS.sub(" ", _SURROGATES.sub("", text)))).split())


def label_key(label: str) -> str:
    """What two spellings of one label have in common: no case, no form."""
    return " ".join(normalize("NFKC", normalize("NFKD", label).casefold()).split())


def is_blank(text: str) -> bool:
    """Whether there is nothing to see in `text`."""
    seen = _UNSEEN.sub("", text)
    return all(character in _EMPTY or unicodedata.category(character) in _INVISIBLE for character in seen)


def without_unseen(text: str) -> str:
    """`text` with a plain space for every kind of one, and nothing that cannot be seen or is no character."""
    return "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _NOTHING
    )


def cut_to_bytes(text: str, most: int) -> str:
    """At most so many bytes of UTF-8: whole characters, and none that lost the marks behind it."""
    data = text.encode()
    if len(data) <= most:
        return text
    kept = data[:most].decode(errors="ignore")
    following = text[len(kept)]
    while kept and unicodedata.combining(following):
        kept, following = kept[:-1], kept[-1]
    return kept


def is_encodable(text: str) -> bool:
    """Whether `text` is free of surrogates, which are halves of characters and cannot be stored or sent."""
    return _SURROGATES.search(text) is None


def unreadable_fields(request: HttpRequest) -> frozenset[str]:
    """Names of the sent fields whose bytes are not UTF-8.

    Django reads such bytes as U+FFFD, or all of the body as Latin-1, without a word. An urlencoded body is read
    a second time, strictly; of a multipart body only the outcome is left, so that there U+FFFD itself counts.
    """
    posted = request.method == "POST"
    sent = request.POST if posted else request.GET
    if posted and request.content_type != "application/x-www-form-urlencoded":
        return _fields_with(sent, REPLACEMENT)
    raw = request.body if posted else request.META.get("QUERY_STRING", "").encode("latin-1")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return frozenset(name for name, values in sent.lists() if not all(str(v).isascii() for v in values))
    # Reading again costs time for long prompts: only where Django replaced something.
    suspects = _fields_with(sent, REPLACEMENT)
    if not suspects:
        return suspects
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=limit)
    return frozenset(name for name, value in pairs if not is_encodable(value))


def _fields_with(sent: QueryDict, character: str) -> frozenset[str]:
    return frozenset(name for name, values in sent.lists() if any(character in str(v) for v in values))


def storable(tree: Any, depth: int = MAX_DEPTH) -> Any:
    """A value of JSON as every database takes it: no zero bytes, no half characters, nothing that JSON cannot tell.

    What is nested deeper than `depth` becomes None: Python and the databases give up at a few hundred levels.
    """
    if isinstance(tree, str):
        return tree.replace("\0", "").encode(errors="replace").decode()
    if isinstance(tree, list | dict) and not depth:
        return None
    if isinstance(tree, list):
        return [storable(item, depth - 1) for item in tree]
    if isinstance(tree, dict):
        return {storable(name): storable(value, depth - 1) for name, value in tree.items()}
    return tree if isinstance(tree, int) or (isinstance(tree, float) and math.isfinite(tree)) else None
