"""Venice's own description of its API, as a document and as validators."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from openapi_core import OpenAPI
from ruamel.yaml import YAML

SCHEMA_FILE = Path(__file__).parent.parent / "data" / "openapi-image.schema.yaml"
HOST, PREFIX = "https://api.venice.ai", "/api/v1"


@cache
def description() -> dict[str, Any]:
    """The document, read as YAML 1.2."""
    document: dict[str, Any] = _mended(YAML(typ="safe", pure=True).load(SCHEMA_FILE))
    return document


@cache
def openapi() -> OpenAPI:
    return OpenAPI.from_dict(description())


def request_schema(name: str) -> dict[str, Any]:
    """The schema of a request body as JSON Schema."""
    schema: dict[str, Any] = _modern(description()["components"]["schemas"][name])
    return schema


def body_schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(request_schema(name))


def _modern(schema: Any) -> Any:
    """OpenAPI 3.0 has exclusive bounds as booleans; JSON Schema has them as numbers."""
    if isinstance(schema, list):
        return [_modern(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _modern(value) for key, value in schema.items()}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.pop(exclusive, False) is True:
            schema[exclusive] = schema.pop(bound)
    return schema


def _mended(tree: Any) -> Any:
    """The file was once written by a YAML 1.1 that took ratios for minutes and seconds: 16:9 is 969 in it."""
    if isinstance(tree, list):
        return [_mended(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    tree = {key: _mended(value) for key, value in tree.items()}
    if tree.get("type") == "string" and "enum" in tree:
        words = tree["enum"]
        tree["enum"] = [f"{word // 60}:{word % 60}" if isinstance(word, int) else word for word in words]
    return tree
