"""Fields that are newer than we are: sent as they are, kept, frozen, and without a price."""

import copy
import dataclasses
import json
import pickle
from typing import Any

import pytest

from tests.venice.conftest import Script, answer, image_body
from tests.venice.test_command_line import Run, emulator, run
from tests.venice.test_payloads import EVERY
from venice import Client, Generate, InvalidRequest, bundled_models, price
from venice.operations import KINDS, operation_from

__all__ = ["emulator", "run"]

NEW = {"transparent_background": True, "palette": ["#ff0000", {"weight": 0.5}], "nothing": None}


@pytest.mark.parametrize("kind", KINDS)
def test_every_operation_sends_and_keeps_them(kind: str, script: Script) -> None:
    operation = dataclasses.replace(EVERY[kind], extra=NEW)
    script.plays(answer(image_body()))
    with Client("key", script.url, models=[]) as client:
        client.run(operation)
    assert {name: script.body[name] for name in NEW} == NEW
    body, images = operation.payload(images=False), [each.image.data for each in operation.inputs]
    assert operation_from(kind, json.loads(json.dumps(body)), images) == operation
    assert operation.payload().keys() == EVERY[kind].payload().keys() | NEW.keys()
    assert EVERY[kind].extra == {}
    assert price(operation, bundled_models()[0]) is None


@pytest.mark.parametrize("kind", KINDS)
def test_they_replace_no_field_that_is_known(kind: str) -> None:
    operation = EVERY[kind]
    for name in {
        *operation.payload(),
        *(entry.name for entry in dataclasses.fields(operation)),
        "model",
        "strict",
    }:
        with pytest.raises(InvalidRequest) as caught:
            dataclasses.replace(operation, extra={name: 1})
        assert name in caught.value.field_errors["extra"]


@pytest.mark.parametrize(
    "extra",
    [
        {"a": float("nan")},
        {"a": object()},
        {"a": b"bytes"},
        {"a": "\ud800"},
        {1: "a"},
        {"": 1},
        {"a b": 1},
        {"a\n": 1},
        ["a"],
        "a",
        None,
    ],
)
def test_what_no_body_can_hold_is_refused(extra: Any) -> None:
    with pytest.raises(InvalidRequest):
        Generate(model="m", prompt="p", extra=extra)
    with pytest.raises(InvalidRequest):
        Generate(model="m", prompt="p", extra=extra, strict=False)


def test_they_are_frozen_to_the_ground() -> None:
    given = {"palette": ["red"]}
    operation = Generate(model="m", prompt="p", extra=given)
    given["palette"].append("green")
    operation.extra["palette"].append("blue")
    operation.payload()["palette"].append("white")
    assert operation.payload()["palette"] == ["red"]
    with pytest.raises(TypeError):
        operation.extra["palette"] = []  # type: ignore[index]
    again = pickle.loads(pickle.dumps(operation))
    assert again == copy.deepcopy(operation) == operation
    assert hash(again) == hash(operation)
    assert operation != Generate(model="m", prompt="p")
    model = next(model for model in bundled_models() if model.takes_generate)
    assert operation.for_model(model).extra == {"palette": ["red"]}


def test_the_command_sends_them_and_says_that_they_have_no_price(run: Run, script: Script) -> None:
    script.plays(answer(image_body()))
    fields = ("--extra", "transparent_background=true", "--extra", 'palette=["red"]')
    done = run("generate", "a canal", *fields, VENICE_BASE_URL=script.url)
    assert done.returncode == 0, done.stderr
    assert (script.body["transparent_background"], script.body["palette"]) == (True, ["red"])
    assert "What transparent_background, palette may cost is in no catalogue." in done.stderr
    assert "Price by the catalogue: –." in done.stderr


@pytest.mark.parametrize("field", ["a=", "a=text", "prompt=1", "a=NaN", 'a b="x"'])
def test_the_command_refuses_what_is_no_field(run: Run, script: Script, field: str) -> None:
    assert run("generate", "a canal", "--extra", field, VENICE_BASE_URL=script.url).returncode == 2
    assert script.connections == 0
