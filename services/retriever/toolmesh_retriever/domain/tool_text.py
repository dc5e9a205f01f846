"""What of a tool is searched: its words by field, and the line whose meaning is embedded."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

FIELDS = ("name", "description", "parameters", "output", "examples", "tags")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")
_DEEPEST_SCHEMA = 6
_MOST_EMBEDDED_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class ToolText:
    """The searched text of one tool; `parameters` and `output` are names and descriptions from its schemas."""

    name: str
    description: str = ""
    parameters: str = ""
    output: str = ""
    examples: str = ""
    tags: tuple[str, ...] = ()

    def field_texts(self) -> tuple[str, ...]:
        """The texts in the order of FIELDS."""
        return (self.name, self.description, self.parameters, self.output, self.examples, " ".join(self.tags))

    def meaning(self) -> str:
        """The line that is embedded: the name as words, and the description."""
        words = _HUMP.sub(" ", self.name).lower().strip()
        return f"{words}: {self.description}"[:_MOST_EMBEDDED_CHARACTERS]

    def meaning_hash(self) -> str:
        """Names the embedded line, so that its vector is made once."""
        return hashlib.sha256(self.meaning().encode()).hexdigest()


def schema_text(schema_json: str) -> str:
    """Names, titles, descriptions and allowed values of all properties of a JSON Schema; empty where it is none."""
    try:
        schema = json.loads(schema_json or "{}")
    except ValueError:
        # The router checks schemas; a tool with a broken one is still found by its name.
        return ""
    return " ".join(_schema_words(schema, 0))


def _schema_words(schema: Any, depth: int) -> Iterator[str]:
    if not isinstance(schema, dict) or depth > _DEEPEST_SCHEMA:
        return
    if depth:
        yield from (schema[key] for key in ("title", "description") if isinstance(schema.get(key), str))
        allowed = schema.get("enum")
        if isinstance(allowed, list):
            yield from (value for value in allowed[:20] if isinstance(value, str))
    properties = schema.get("properties")
    if isinstance(properties, dict):
        for name, value in properties.items():
            yield name
            yield from _schema_words(value, depth + 1)
    yield from _schema_words(schema.get("items"), depth + 1)
