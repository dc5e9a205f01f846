"""A gallery tool out of a name, a description and the JSON Schemas of its arguments and its result."""

from collections.abc import Mapping
from typing import Any

from toolmesh_core.errors import InvalidInput
from toolmesh_core.json_schema import JsonSchema
from toolmesh_dialogues.gallery.gallery_tool import GalleryTool, Parameter
from toolmesh_dialogues.values.guess import guessed_draw

_DRAWN_TYPES = {"string", "integer", "number", "boolean", "array", "object"}


def tool_from_schemas(
    name: str, description: str, arguments: Mapping[str, Any], output: Mapping[str, Any], topic: str = ""
) -> GalleryTool:
    """The tool. Raises InvalidInput where the arguments' schema is none."""
    try:
        JsonSchema(arguments)
    except InvalidInput as error:
        raise InvalidInput(f"tool {name!r}: arguments_schema: {error.message}") from error
    return GalleryTool(
        base_name=name,
        name=name,
        description=description,
        parameters=_parameters(arguments),
        returns=_parameters(output),
        topic=topic,
    )


def _parameters(schema: Mapping[str, Any]) -> tuple[Parameter, ...]:
    required = schema.get("required", [])
    return tuple(
        _parameter(name, node, name in required) for name, node in schema.get("properties", {}).items() if node
    )


def _parameter(name: str, node: Mapping[str, Any], required: bool) -> Parameter:
    shown = {key: value for key, value in node.items() if key != "description"}
    kind = shown.get("type")
    if isinstance(kind, list):
        # "string or null" and the like: values are drawn of the first type that is not null.
        shown["type"] = next((one for one in kind if one != "null"), "string")
    elif kind not in _DRAWN_TYPES and "enum" not in shown:
        shown["type"] = "string"
    description = str(node.get("description", ""))
    return Parameter(name, shown, guessed_draw(name, description, shown), required, description)
