"""The schema of what a tool gives back: the body of the operation's successful answers."""

from typing import Any

from toolmesh_imports.openapi.bodies import is_json
from toolmesh_imports.openapi.node import Node
from toolmesh_imports.openapi.schemas import Schema, SchemaConverter

MAX_OUTPUT_SCHEMA_CHARS = 32_000
"""A longer one is left out: some APIs' objects lead to all others, which would be sent with each tool."""
NO_BODY: Schema = {
    "type": "object",
    "properties": {"status": {"type": "integer", "description": "HTTP status; the answer has no body."}},
    "required": ["status"],
    "additionalProperties": False,
}


def output_schema(operation: Node, converter: SchemaConverter) -> Schema | None:
    """The schema of the output, of any of the successful answers; None where one is not described, or endlessly.

    Raises:
        InvalidInput: a response is none, with its place.
    """
    used: set[str] = set()
    schemas: list[Any] = []
    for node in _successes(operation):
        schema = _of_response(node.followed(), converter, used)
        if schema is None:
            return None
        if schema not in schemas:
            schemas.append(schema)
    if not schemas or not converter.is_within(used, MAX_OUTPUT_SCHEMA_CHARS):
        return None
    joined: Schema = dict(schemas[0]) if len(schemas) == 1 else {"anyOf": schemas}
    definitions = converter.definitions(used)
    return {**joined, "$defs": definitions} if definitions else joined


def _successes(operation: Node) -> list[Node]:
    responses = operation.get("responses")
    entries = dict(responses.items()) if responses else {}
    found = [node for status, node in sorted(entries.items()) if status.upper().startswith("2")]
    return found or [node for status, node in entries.items() if status == "default"]


def _of_response(response: Node, converter: SchemaConverter, used: set[str]) -> Schema | None:
    content = response.get("content")
    if content is None or not content.mapping():
        return NO_BODY
    for media_type, media in content.items():
        if is_json(media_type):
            schema = media.get("schema")
            converted = converter.convert(schema, used) if schema else None
            return converted if isinstance(converted, dict) and converted else None
    return {"type": "string"}
