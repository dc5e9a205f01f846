"""What of a tool is searched: its words by field, and the line whose meaning is embedded."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from toolmesh_retriever.domain.embedded_line import EmbeddedLine, TextKind

FIELDS = ("name", "description", "parameters", "output", "examples", "tags")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\-.]+")
_DEEPEST_SCHEMA = 6
_MOST_EMBEDDED_CHARACTERS = 600
_MOST_EMBEDDED_EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class ToolText:
    """The searched text of one tool; `parameters` and `output` are names and descriptions from its schemas."""

    name: str
    description: str = ""
    parameters: str = ""
    output: str = ""
    examples: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def field_texts(self) -> tuple[str, ...]:
        """The texts in the order of FIELDS."""
        return (
            self.name,
            self.description,
            self.parameters,
            self.output,
            "\n".join(self.examples),
            " ".join(self.tags),
        )

    def lines(self) -> list[EmbeddedLine]:
        """What is embedded: the name as words with the description, then the examples."""
        words = _HUMP.sub(" ", self.name).lower().strip()
        described = f"{words}: {self.description}"[:_MOST_EMBEDDED_CHARACTERS]
        examples = [
            text[:_MOST_EMBEDDED_CHARACTERS] for text in self.examples[:_MOST_EMBEDDED_EXAMPLES] if text.strip()
        ]
        return [
            EmbeddedLine.of(described, TextKind.PASSAGE),
            *(EmbeddedLine.of(text, TextKind.REQUEST) for text in examples),
        ]


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
