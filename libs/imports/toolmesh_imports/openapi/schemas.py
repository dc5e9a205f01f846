"""Turns schemas of a document into JSON Schema 2020-12 that stands alone: what is referred to becomes `$defs`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

from toolmesh_imports.openapi import schema_keywords as keywords
from toolmesh_imports.openapi.node import Node, shown
from toolmesh_imports.openapi.texts import MAX_FIELD_CHARS, argument_name, free_name, one_line
from toolmesh_imports.openapi.written_as_text import meant_by

Schema = dict[str, Any]
Direction = Literal["request", "response"]
_MAX_EXAMPLE_CHARS = 1000
_MAX_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class _Definition:
    schema: Schema | bool
    used: set[str]
    chars: int


class SchemaConverter:
    """Converts for one direction: a request has no `readOnly` properties, a response no `writeOnly` ones."""

    def __init__(self, root: Node, direction: Direction) -> None:
        self._is_30 = root.text("openapi").startswith("3.0")
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._names: dict[str, str] = {}
        self._targets: dict[str, Node] = {}
        self._definitions: dict[str, _Definition] = {}

    def convert(self, node: Node, used: set[str]) -> Schema | bool:
        """A schema whose references are "#/$defs/NAME"; each NAME is added to `used`.

        Raises:
            InvalidInput: it is none, with its place.
        """
        if isinstance(node.value, bool | str):
            return node.as_flag()
        schema = self._reference(node, used) if "$ref" in node.mapping() else {}
        if schema and self._is_30:
            return schema
        for key, inside in node.items():
            self._keyword(key, inside, schema, used)
        self._type(node, schema)
        self._required(node, schema)
        say_as_typed(schema)
        if not self._is_30:
            return schema
        keywords.bounds_of_30(schema)
        keywords.base64_of_30(schema, node.mapping())
        return keywords.nullable_of_30(schema) if node.flag("nullable") else schema

    def definitions(self, used: Iterable[str]) -> dict[str, Schema | bool]:
        """All definitions that the names need, and those that these need."""
        return {name: definition.schema for name, definition in sorted(self._reached(used), key=itemgetter(0))}

    def is_within(self, used: Iterable[str], most_chars: int) -> bool:
        """Whether the definitions that the names need have at most so many characters as JSON."""
        left = most_chars
        for _, definition in self._reached(used):
            left -= definition.chars
            if left < 0:
                return False
        return True

    def _reached(self, used: Iterable[str]) -> Iterator[tuple[str, "_Definition"]]:
        waiting, seen = sorted(used), set(used)
        while waiting:
            name = waiting.pop()
            definition = self._definition(name)
            yield name, definition
            new = definition.used - seen
            waiting.extend(sorted(new))
            seen |= new

    def is_hidden(self, node: Node) -> bool:
        """Whether a property is not part of this direction."""
        meant = node.followed()
        return isinstance(meant.value, dict) and self._hidden in meant.value and meant.flag(self._hidden)

    def _definition(self, name: str) -> "_Definition":
        if name not in self._definitions:
            used: set[str] = set()
            schema = self.convert(self._targets[name], used)
            self._definitions[name] = _Definition(schema, used, len(json.dumps(schema, ensure_ascii=False)))
        return self._definitions[name]

    def _reference(self, node: Node, used: set[str]) -> Schema:
        node.followed()  # says so where references only lead to each other
        target = node.target()
        if target.pointer not in self._names:
            name = free_name(argument_name(target.pointer.rsplit("/", 1)[-1]), self._targets)
            self._names[target.pointer], self._targets[name] = name, target
        used.add(self._names[target.pointer])
        return {"$ref": f"#/$defs/{self._names[target.pointer]}"}

    def _keyword(self, key: str, node: Node, schema: Schema, used: set[str]) -> None:
        if key in keywords.PLAIN:
            schema[key] = node.value
        elif key in keywords.NUMBERS:
            schema[key] = node.as_number()
        elif key in keywords.FLAGS:
            schema[key] = node.as_flag()
        elif key in keywords.TEXTS:
            schema[key] = one_line(node.as_text(), MAX_FIELD_CHARS)
        elif key in keywords.ONE_SCHEMA:
            schema[key] = self.convert(node, used)
        elif key in keywords.SCHEMA_LISTS:
            schema[key] = [self.convert(element, used) for element in node.elements()]
        elif key in keywords.SCHEMA_MAPS:
            visible = ((name, inside) for name, inside in node.items() if not self.is_hidden(inside))
            schema[key] = {name: self.convert(inside, used) for name, inside in visible}
        elif key in ("example", "examples"):
            add_examples(schema, example_values(node, is_one=key == "example"))

    def _required(self, node: Node, schema: Schema) -> None:
        """The required properties without the hidden ones; a boolean, as JSON Schema 3 had it, says nothing."""
        required = node.get("required")
        if required is None or isinstance(required.value, bool):
            return
        hidden = {name for name, inside in properties_of(node) if self.is_hidden(inside)}
        if names := [name for name in required.texts() if name not in hidden]:
            schema["required"] = names

    def _type(self, node: Node, schema: Schema) -> None:
        if (found := node.get("type")) is None:
            return
        schema["type"] = found.value
        for name in found.texts() if isinstance(found.value, list) else [found.as_text()]:
            if name not in keywords.TYPES:
                raise found.wrong(f"must be one of {', '.join(sorted(keywords.TYPES))}, got {shown(name)}")


def properties_of(node: Node) -> list[tuple[str, Node]]:
    """The properties that a schema itself names."""
    properties = node.get("properties")
    return [] if properties is None else list(properties.items())


def example_values(node: Node, *, is_one: bool) -> list[Any]:
    """The values of `example`, of a list, or of a map of Example Objects."""
    if is_one:
        return [node.value]
    if isinstance(node.value, dict):
        return [inside.followed().mapping().get("value") for _, inside in node.items()]
    return list(node.value) if isinstance(node.value, list) else [node.value]


def add_examples(schema: Schema, values: Iterable[Any]) -> None:
    """Adds up to three examples; long ones would only fill a prompt."""
    fitting = [value for value in values if len(json.dumps(value, ensure_ascii=False)) <= _MAX_EXAMPLE_CHARS]
    if fitting:
        schema["examples"] = [*schema.get("examples", []), *fitting][:_MAX_EXAMPLES]


def say_as_typed(schema: Schema) -> None:
    """Defaults, choices and examples that are written as text become what the schema's type says."""
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list):
            schema[key] = [meant_by(value, schema.get("type")) for value in schema[key]]
    if "default" in schema:
        schema["default"] = meant_by(schema["default"], schema.get("type"))
