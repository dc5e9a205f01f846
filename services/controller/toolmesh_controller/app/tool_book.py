"""Candidate tools read once: parameters, words and validator of a schema are kept from one decision to the next."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from toolmesh_controller.domain.conversation import Candidate
from toolmesh_controller.domain.lexical import ToolWords, words_of
from toolmesh_controller.domain.listed_values import described_words
from toolmesh_controller.domain.tool_schema import Parameter, parameters_of
from toolmesh_controller.domain.turn import parsed
from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema

_KEPT_TOOLS = 2048


@dataclass(frozen=True)
class ReadTool:
    """A candidate with everything about it that does not depend on the request."""

    name: str
    description: str
    schema: dict[str, Any]
    parameters: tuple[Parameter, ...]
    words: ToolWords
    validator: JsonSchema

    @property
    def schema_json(self) -> str:
        return json.dumps(self.schema)

    @property
    def own_words(self) -> frozenset[str]:
        """The words of its name and description: said in a request, they ask for the tool and are no value."""
        return self.words.name | described_words(self.description)


def read_tool(candidate: Candidate) -> ReadTool:
    """Raises InvalidInput where the schema is none, or not one of an object."""
    return _read(candidate.name, candidate.description, candidate.schema_json, candidate.examples)


@lru_cache(maxsize=_KEPT_TOOLS)
def _read(name: str, description: str, schema_json: str, examples: tuple[str, ...]) -> ReadTool:
    schema = parsed(schema_json or '{"type": "object"}')
    if not isinstance(schema, dict) or schema.get("type", "object") != "object":
        raise InvalidInput(
            f"candidate '{name}': its arguments_schema_json must be a JSON Schema of type \"object\"",
            reason="BAD_SCHEMA",
            field="candidates",
        )
    try:
        validator = JsonSchema(schema)
        parameters = parameters_of(schema)
    except InvalidInput as error:
        raise InvalidInput(f"candidate '{name}': {error.message}", reason="BAD_SCHEMA", field="candidates") from error
    words = words_of(Candidate(name, description, schema_json, 0.0, examples), parameters)
    return ReadTool(name, description, schema, parameters, words, validator)
