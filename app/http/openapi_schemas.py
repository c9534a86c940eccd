"""Component schemas of the OpenAPI document: each model once, under a plain name.

Requests and responses have schemas of their own. In a request only fields without a default are required, and
no schema has `default`, because client generators take a field with a default for a required one. A response
has all of its fields.
"""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

Schema = dict[str, Any]
Models = Iterable[tuple[type[BaseModel], JsonSchemaMode]]
_PREFIX = "#/components/schemas/"


class _PlainSchema(GenerateJsonSchema):
    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> Schema:
        """The schema of the value, with a default other than null or nothing in its description."""
        inner = super().default_schema(schema)
        default = inner.pop("default", None)
        if default in (None, "", [], {}) or self.mode == "serialization":
            return inner
        return inner | {"description": f"Default: {json.dumps(default)}."}


class Components:
    """The schemas of these models, and where each of them is."""

    def __init__(self, models: Models, names: dict[str, str]) -> None:
        places, found = models_json_schema(
            sorted(set(models), key=lambda each: (each[0].__module__, each[0].__name__, each[1])),
            ref_template=f"{_PREFIX}{{model}}",
            schema_generator=_PlainSchema,
        )
        self._names = names
        self.schemas = {
            plain: self._renamed(schema) | {"title": plain}
            for name, schema in found["$defs"].items()
            for plain in [self._plain(name)]
        }
        self._places = {model: self._renamed(place) for model, place in places.items()}

    def reference(self, model: type[BaseModel], mode: JsonSchemaMode) -> Schema:
        found: Schema = self._places[model, mode]
        return found

    def has_required_fields(self, model: type[BaseModel]) -> bool:
        return bool(self._schema(model).get("required"))

    def fields(self, model: type[BaseModel]) -> dict[str, Schema]:
        """The fields of a query, by name. A query cannot hold null."""
        return {name: _without_null(field) for name, field in self._schema(model)["properties"].items()}

    def schemas_besides(self, queries: Iterable[type[BaseModel]]) -> dict[str, Schema]:
        """The schemas without those of queries, whose fields are parameters."""
        hidden = {self._name(model) for model in queries}
        return {name: schema for name, schema in sorted(self.schemas.items()) if name not in hidden}

    def _name(self, model: type[BaseModel]) -> str:
        return str(self.reference(model, "validation")["$ref"]).removeprefix(_PREFIX)

    def _schema(self, model: type[BaseModel]) -> Schema:
        found: Schema = self.schemas[self._name(model)]
        return found

    def _plain(self, name: str) -> str:
        """`BookingStatus` for `app__bookings__status__Status`, `HoursInput` for `Hours-Input`."""
        return (
            self._names.get(name, name.rpartition("__")[2]).replace("-Input", "Input").replace("-Output", "")
        )

    def _renamed(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._renamed(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        return {key: self._renamed_value(key, value) for key, value in schema.items()}

    def _renamed_value(self, key: str, value: Any) -> Any:
        if key == "$ref" and isinstance(value, str):
            return _PREFIX + self._plain(value.removeprefix(_PREFIX))
        return self._renamed(value)


def _without_null(schema: Schema) -> Schema:
    choices = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return rest | (choices[0] if len(choices) == 1 else {"anyOf": choices})
