"""Venice's own description of its bodies, as validators."""

from pathlib import Path
from typing import Any

import jsonschema
import yaml

SCHEMA_FILE = Path(__file__).parent.parent / "data" / "openapi-image.schema.yaml"


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans only: `on` and `off` stay words."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", yaml.resolver.re.compile("true|false"), list("tf"))


def request_schema(name: str) -> dict[str, Any]:
    """The schema of a request body as JSON Schema."""
    document = yaml.load(SCHEMA_FILE.read_text(encoding="utf-8"), Loader=_Loader)
    schema: dict[str, Any] = _modern(document["components"]["schemas"][name])
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
    # The file was written by a YAML 1.1 that took ratios for minutes and seconds: 16:9 is 969 in it.
    if schema.get("type") == "string" and "enum" in schema:
        words = schema["enum"]
        schema["enum"] = [f"{word // 60}:{word % 60}" if isinstance(word, int) else word for word in words]
    return schema
