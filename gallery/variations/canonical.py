"""A request in one form, so that two that ask for the same are equal however they were written."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from venice import Model
from venice.operations import DEFAULT_EDIT_MODEL, PARAMETERS, Edit, Generate, MultiEdit, parameters_of
from venice.operations.style import DEFAULT_STRENGTH

# How an answer comes and in whose name it is asked for: neither is seen in the picture.
_NOT_SEEN = frozenset(parameter.name for parameter in PARAMETERS if not parameter.is_seen)

# Made once: it writes hundreds for one page.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


#: The text of a frozen request with the digests of its inputs.
Form = Callable[[Mapping[str, Any], Iterable[str]], str]


def form_of(kind: str, model: Model | None = None) -> Form:
    """What writes frozen requests of this kind with every default that is known, sorted; equal texts ask for the same.

    The digests of a request's pictures, in order, are not in it. With a `model` the requests are of that one: with its
    defaults, and without what it does not take, since what has no influence on the picture makes no difference. What is
    the same for all of them is looked up once.
    """
    defaults, refused = _defaults(kind), frozenset[str]()
    if kind == Generate.kind and model is not None:
        offered, refused = _offered(model)
        defaults |= offered
    left_out = refused | _NOT_SEEN
    defaults = {name: _plain(value) for name, value in defaults.items() if name not in left_out}

    def form(request: Mapping[str, Any], inputs: Iterable[str]) -> str:
        values = defaults.copy()
        for name, value in request.items():
            if value is not None and name not in left_out:
                values[name] = _plain(value)
        values["style_references"] = _references(values.get("style_references"))
        return _ENCODER.encode([kind, values, list(inputs)])

    return form


def _defaults(kind: str) -> dict[str, Any]:
    """What Venice takes for what is left out, whatever the model."""
    # Of what only some models edit with, the default is theirs, and nobody tells it.
    defaults = {
        parameter.name: parameter.default
        for parameter in parameters_of(kind)
        if parameter.default is not None and not parameter.sizing
        if kind == Generate.kind or not parameter.offer
    }
    return defaults | ({"model": DEFAULT_EDIT_MODEL} if kind in (Edit.kind, MultiEdit.kind) else {})


def _offered(model: Model) -> tuple[dict[str, Any], frozenset[str]]:
    """What only some models take: the defaults of what this one does, and the names of the rest."""
    some = [each for each in parameters_of(Generate.kind) if each.sizing or each.offer]
    taken = {each.name: each.default_of(model) for each in some if each.taken_by(model)}
    refused = {each.name for each in some} - taken.keys()
    return taken, frozenset(refused if model.supports_style_references else refused | {"style_references"})


def _references(references: Any) -> list[dict[str, Any]]:
    """How strong each is; which pictures they are, their digests tell."""
    entries = references if isinstance(references, list) else []
    return [
        {"strength": DEFAULT_STRENGTH} | {name: _plain(value) for name, value in entry.items()}
        for entry in entries
        if isinstance(entry, Mapping)
    ]


def _plain(value: Any) -> Any:
    """A number in one type: 7 and 7.0 are one scale."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
