"""Presets as JSON: written for others, read field by field from what somebody brings."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from gallery.forms import sources
from gallery.forms.draft import NAMES, NotKept, check
from gallery.forms.fields import DECIMAL, OFF, ON, WHOLE
from gallery.forms.sources import name_of
from gallery.forms.style_references import FIELD, HIGH, LOW, STRENGTH
from gallery.models import Preset, User
from gallery.models.draft import Values
from gallery.text import REPLACEMENT, clean_label
from venice.operations import PARAMETER

FORMAT, VERSION = "venice-gallery-presets", 1
#: Bytes of a file, and presets in it.
LARGEST, MOST = 500_000, 200
_DIGITS = {"integer": WHOLE, "number": DECIMAL}
#: Of a file's unknown fields so many are named.
_NAMED = 5
_OURS = {"count": "integer", "alternatives": "flag"}
# The SHA-256 of each picture that the values name.
_PICTURES = "pictures"
# Characters of a value that is no prose.
_SHORT = 200


class NoPresets(Exception):
    """The file cannot be read; its words are for people."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A preset of a file: its name, whether it is for the team, its values.

    `as_written` are the same with pictures that are not here.
    """

    name: str
    is_shared: bool
    values: Values
    as_written: Values


def written(presets: Iterable[Preset], user: User) -> str:
    """The file. Numbers name other pictures elsewhere: beside them stands what tells each apart, as `user` sees it."""
    entries = []
    for preset in presets:
        entry = {"name": preset.name, "shared": preset.is_shared, "values": preset.values}
        if names := _names(preset.values.get(FIELD)):
            entry[_PICTURES] = {name_of(each): each.sha256 for each in sources.read(names, user).pictures}
        entries.append(entry)
    return json.dumps(
        {"format": FORMAT, "version": VERSION, "presets": entries}, ensure_ascii=False, indent=1
    )


def read(data: bytes, user: User) -> tuple[list[Entry], list[str]]:
    """The presets of a file, and in words what of it was left out. NoPresets where it is no such file."""
    if len(data) > LARGEST:
        raise NoPresets(f"A file of presets has at most {LARGEST // 1000} KB.")
    try:
        tree = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NoPresets("That is no JSON that can be read.") from error
    if (
        not isinstance(tree, dict)
        or tree.get("format") != FORMAT
        or not isinstance(tree.get("presets"), list)
    ):
        raise NoPresets(f"That is no file of presets: it has no “format”: “{FORMAT}”.")
    if tree.get("version") != VERSION or isinstance(tree["version"], bool):
        raise NoPresets(f"That file is of another version; this site reads version {VERSION}.")
    if len(tree["presets"]) > MOST:
        raise NoPresets(f"A file holds at most {MOST} presets.")
    notes: list[str] = []
    entries = [entry for item in tree["presets"] if (entry := _entry(item, user, notes))]
    return entries, notes


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _entry(item: Any, user: User, notes: list[str]) -> Entry | None:
    name = item.get("name") if isinstance(item, dict) else None
    try:
        title = Preset.checked_name(name if isinstance(name, str) else "")
    except ValidationError as error:
        notes.append(f"A preset was left out. {' '.join(error.messages)}")
        return None
    given = item.get("values")
    given = given if isinstance(given, dict) else {}
    values, unknown, wrong = _values(given)
    followed, missing = _followed(given, item.get(_PICTURES), user)
    as_written = values | {name: value for name, value in given.items() if _is_of_style(name)}
    values |= followed
    extra = [*unknown, *(key for key in item if key not in ("name", "shared", "values", _PICTURES))]
    if extra:
        notes.append(f"“{title}”: not known here and left out: {_listed(extra)}.")
    if wrong:
        notes.append(f"“{title}”: of no use and left out: {_listed(wrong)}.")
    if missing:
        notes.append(
            f"“{title}”: of the pictures whose style it follows, not here and left out: {_listed(missing)}."
        )
    try:
        check(values)
    except NotKept as error:
        notes.append(f"“{title}” was left out. {error}")
        return None
    if not values:
        notes.append(f"“{title}” was left out: it holds no value.")
        return None
    return Entry(title, item.get("shared") is True, values, as_written)


def _listed(names: list[str]) -> str:
    # Half characters can be in a file, and on no page.
    shown = [clean_label(name[:40]) or REPLACEMENT for name in names[:_NAMED]]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(shown) + more


def _values(given: Mapping[str, Any]) -> tuple[Values, list[str], list[str]]:
    values: Values = {}
    unknown, wrong = [], []
    for name, value in given.items():
        if _is_of_style(name):
            continue
        if name not in NAMES:
            unknown.append(name)
        elif (kept := _value(name, value)) is None:
            wrong.append(name)
        else:
            values[name] = kept
    return values, unknown, wrong


def _is_of_style(name: str) -> bool:
    return name == FIELD or name.startswith(STRENGTH)


def _names(value: Any) -> list[str]:
    named = value if isinstance(value, list) else [value]
    return [each for each in named if isinstance(each, str) and 0 < len(each) <= _SHORT][: sources.MOST]


def _followed(given: Mapping[str, Any], digests: Any, user: User) -> tuple[Values, list[str]]:
    """The pictures whose style is followed, with their strengths, that are here and the same; the names of others."""
    names, expected = _names(given.get(FIELD)), digests if isinstance(digests, dict) else {}
    pictures = sources.read(names, user).pictures if names else ()
    here = [name_of(each) for each in pictures if expected.get(name_of(each)) == each.sha256]
    values: Values = {FIELD: list(here)} if here else {}
    for name in here:
        strength = str(given.get(f"{STRENGTH}{name}", ""))
        if _DIGITS["number"].fullmatch(strength) and LOW <= float(strength) <= HIGH:
            values[f"{STRENGTH}{name}"] = strength
    return values, [name for name in names if name not in here]


def _value(name: str, value: Any) -> str | list[str] | None:
    """As a draft holds it; None for what that field never takes."""
    if name == "model" and isinstance(value, list):
        models = [each for each in value if isinstance(each, str) and 0 < len(each) <= _SHORT]
        return models if models and len(models) == len(value) <= MOST else None
    if isinstance(value, bool):
        value = "on" if value else "off"
    if not isinstance(value, str | int | float):
        return None
    text = str(value)
    return text if _fits(name, _OURS.get(name) or PARAMETER[name].kind, text) else None


def _fits(name: str, kind: str, text: str) -> bool:
    if kind == "text":
        return bool(text)
    if kind == "flag":
        return text in ON | OFF - {""}
    if kind in _DIGITS:
        return bool(_DIGITS[kind].fullmatch(text.strip())) and _in_bounds(name, text)
    return 0 < len(text) <= _SHORT


def _in_bounds(name: str, text: str) -> bool:
    parameter = PARAMETER.get(name)
    low, high = (parameter.low, parameter.high) if parameter else (1, 20)
    return (low is None or float(text) >= low) and (high is None or float(text) <= high)
