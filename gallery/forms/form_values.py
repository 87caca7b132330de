"""What a form sent, as a plain dict: one text for each field, but the models, of which there may be several."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

MODEL = "model"
#: The list that adds one to the models that are chosen already.
ANOTHER_MODEL = "another-model"


def values(sent: QueryDict) -> dict[str, Any]:
    """The last text of each field; `model` is a list where several are named."""
    models = models_named(sent)
    return {**sent.dict(), **({MODEL: models} if len(models) > 1 else {})}


def models_named(sent: Mapping[str, Any]) -> list[str]:
    """The ids of all models that are named, each once: the first is the one that the form is drawn for."""
    named = sent.getlist(MODEL) if isinstance(sent, QueryDict) else sent.get(MODEL)
    listed = named if isinstance(named, list | tuple) else [named]
    return list(dict.fromkeys(str(each) for each in (*listed, sent.get(ANOTHER_MODEL)) if each))
